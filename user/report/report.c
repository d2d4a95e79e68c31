// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/report.h"
#include "report/report_part.h"
#include "base/text.h"

#define PIPE_COLUMNS 100
#define LEAST_COLUMNS 60
#define MOST_COLUMNS 1000
#define SHORT_ROWS 60

struct report_style report_style_for(FILE *out)
{
	struct report_style style = { .width = PIPE_COLUMNS, .rows = SHORT_ROWS };
	const char *columns = getenv("COLUMNS"), *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");
	bool terminal = isatty(fileno(out));
	struct winsize size;
	long width = columns ? strtol(columns, NULL, 10) : 0;

	if (width <= 0 && terminal && !ioctl(fileno(out), TIOCGWINSZ, &size))
		width = size.ws_col;
	if (width > 0)
		style.width = width < LEAST_COLUMNS ? LEAST_COLUMNS :
			      width > MOST_COLUMNS  ? MOST_COLUMNS :
						      (int)width;
	else if (terminal)
		style.width = 80;
	style.colour = terminal && !(no_colour && *no_colour) && term && strcmp(term, "dumb");
	style.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	return style;
}

const char *report_ink(const struct report_style *style, const char *code)
{
	static const struct {
		const char *code, *sequence;
	} inks[] = {
		{ REPORT_BOLD, "\033[1m" },   { REPORT_DIM, "\033[2m" },
		{ REPORT_GOOD, "\033[32m" },  { REPORT_BAD, "\033[1;31m" },
		{ REPORT_DOUBT, "\033[33m" },
	};

	if (!style->colour)
		return "";
	for (size_t i = 0; i < sizeof(inks) / sizeof(inks[0]); i++)
		if (!strcmp(inks[i].code, code))
			return inks[i].sequence;
	return "\033[0m";
}

int report_prepare(sqlite3 *db, sqlite3_stmt **stmt, const char *sql)
{
	if (sqlite3_prepare_v2(db, sql, -1, stmt, NULL) == SQLITE_OK)
		return 0;
	return sqlite3_errcode(db) == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

int report_flush(FILE *out)
{
	/* a write that failed before left its errno, and nothing for fflush() to do */
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

int report_end(sqlite3_stmt *stmt, int rc, FILE *out)
{
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
	return report_flush(out);
}

const char *report_column(sqlite3_stmt *stmt, int i)
{
	const char *text = (const char *)sqlite3_column_text(stmt, i);

	return text ? text : "";
}

static sqlite3_stmt *run_row(sqlite3 *db, const char *key)
{
	sqlite3_stmt *stmt;

	if (report_prepare(db, &stmt, "SELECT value FROM run WHERE key = ? AND value IS NOT NULL"))
		return NULL;
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		return stmt;
	sqlite3_finalize(stmt);
	return NULL;
}

char *report_run_text(sqlite3 *db, const struct report_style *style, const char *key, char *buf,
		      size_t size, const char *fallback)
{
	sqlite3_stmt *stmt = run_row(db, key);

	text_escape_for(buf, size, stmt ? report_column(stmt, 0) : fallback, 0, style->utf8);
	sqlite3_finalize(stmt);
	return buf;
}

bool report_run_number(sqlite3 *db, const char *key, long long *value)
{
	sqlite3_stmt *stmt = run_row(db, key);

	if (!stmt)
		return false;
	*value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return true;
}

void report_wrap(FILE *out, const struct report_style *style, const char *text, int first,
		 int indent)
{
	int width = style->width, x = first, gap = 0;

	while (*text) {
		size_t word = strcspn(text, " ");
		char *copy = strndup(text, word);
		int columns = copy ? text_width(copy) : (int)word;

		free(copy);
		/* a word longer than a line is cut where the line ends */
		if (gap && width && x + gap + columns > width) {
			fprintf(out, "\n%*s", indent, "");
			x = indent;
		} else {
			fprintf(out, "%*s", gap, "");
			x += gap;
		}
		for (size_t i = 0; i < word;) {
			uint32_t c;
			size_t bytes = text_char(text + i, &c);
			char one[8] = "";
			int w;

			memcpy(one, text + i, bytes);
			w = text_width(one);
			if (width && x + w > width && x > indent) {
				fprintf(out, "\n%*s", indent, "");
				x = indent;
			}
			fputs(one, out);
			x += w;
			i += bytes;
		}
		gap = (int)strspn(text + word, " ");
		text += word + (size_t)gap;
	}
	putc('\n', out);
}

/* "pages = 25,600 (100 MiB)", several with two blanks in between */
static int parameters(sqlite3 *db, const struct report_style *style, FILE *out)
{
	sqlite3_stmt *stmt;
	long long page_size = 0;
	bool first = true;
	int rc, err;

	err = report_prepare(
		db, &stmt,
		"SELECT substr(key, 7), value FROM run WHERE key GLOB 'param.*' ORDER BY key");
	if (err)
		return err;
	report_run_number(db, "page_size", &page_size);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		char name[64], value[64], number[80], size[32] = "";
		long long n = sqlite3_column_int64(stmt, 1), bytes;

		text_escape_for(name, sizeof(name), report_column(stmt, 0), 24, style->utf8);
		text_escape_for(value, sizeof(value), report_column(stmt, 1), 32, style->utf8);
		if (strstr(name, "pages") && n > 0 && page_size > 0 &&
		    !__builtin_mul_overflow(n, page_size, &bytes))
			text_size(size, sizeof(size), bytes);
		fprintf(out, "%s%s = %s%s%s%s", first ? "" : "  ", name,
			text_counts_in(number, sizeof(number), value), *size ? " (" : "", size,
			*size ? ")" : "");
		first = false;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

/* "Linux 6.18.44 x86_64, 2 CPUs, 96.3 ms, exit 0" */
static void machine(sqlite3 *db, const struct report_style *style, FILE *out)
{
	char kernel[64], arch[32], time[32];
	const char *comma = "";
	long long cpus, ns;

	report_run_text(db, style, "kernel", kernel, sizeof(kernel), "");
	report_run_text(db, style, "arch", arch, sizeof(arch), "");
	fprintf(out, "%s%s%s%s", *kernel && strncmp(kernel, "Linux", 5) ? "Linux " : "", kernel,
		*kernel && *arch ? " " : "", arch);
	if (*kernel || *arch)
		comma = ", ";
	if (report_run_number(db, "cpus", &cpus)) {
		fprintf(out, "%s%lld CPU%s", comma, cpus, cpus == 1 ? "" : "s");
		comma = ", ";
	}
	if (report_run_number(db, "duration_ns", &ns))
		fprintf(out, "%s%s", comma, text_duration(time, sizeof(time), ns));
}

int report_header(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char id[64], title[256], command[512], *left = NULL, *right = NULL, *below = NULL;
	size_t size;
	FILE *memory;
	int err = -ENOMEM, gap;

	report_run_text(db, style, "experiment", id, sizeof(id), "");
	report_run_text(db, style, "title", title, sizeof(title), "");
	report_run_text(db, style, "command", command, sizeof(command), "");
	if (*id)
		gap = asprintf(&left, "%s%s%s", id, *title ? ": " : "", title);
	else
		gap = asprintf(&left, "%s", command);
	if (gap < 0) {
		left = NULL;
		goto out;
	}
	memory = open_memstream(&right, &size);
	if (!memory)
		goto out;
	err = parameters(db, style, memory);
	fclose(memory);
	memory = open_memstream(&below, &size);
	if (!memory) {
		err = -ENOMEM;
		goto out;
	}
	machine(db, style, memory);
	fclose(memory);
	if (err)
		goto out;

	if (!*left && !*right && !*below)
		goto out;
	fputs(report_ink(style, REPORT_BOLD), out);
	gap = style->width - text_width(left) - text_width(right);
	if (*right && (gap >= 3 || !style->width)) {
		fputs(left, out);
		fprintf(out, "%s%*s%s\n", report_ink(style, REPORT_PLAIN), gap > 3 ? gap : 3, "",
			right);
	} else {
		report_wrap(out, style, left, 0, 4);
		fputs(report_ink(style, REPORT_PLAIN), out);
		if (*right) {
			fputs("    ", out);
			report_wrap(out, style, right, 4, 4);
		}
	}
	if (*below) {
		fputs(report_ink(style, REPORT_DIM), out);
		report_wrap(out, style, below, 0, 4);
		fputs(report_ink(style, REPORT_PLAIN), out);
	}
	err = report_flush(out);
out:
	free(left);
	free(right);
	free(below);
	return err;
}

int report_text(sqlite3 *db, FILE *out, const struct report_style *style)
{
	static int (*const parts[])(sqlite3 *, FILE *, const struct report_style *) = {
		report_header, report_loss,    report_timeline, report_shown,  report_faults,
		report_claims, report_surplus, report_notes,    report_lesson, report_loss,
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *memory = open_memstream(&text, &size);

		if (!memory)
			return -ENOMEM;
		err = parts[i](db, memory, style);
		if (fclose(memory) && !err)
			err = -ENOMEM;
		/* one empty line between parts that say something */
		errno = 0;
		if (!err && size) {
			if (i)
				putc('\n', out);
			fwrite(text, 1, size, out);
			err = report_flush(out);
		}
		free(text);
	}
	return err;
}
