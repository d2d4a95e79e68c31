// SPDX-License-Identifier: GPL-2.0
/* Claims and their verdicts; what was lost and what that means. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "base/text.h"

#define ID_COLUMNS 24
#define VALUE_COLUMNS 120
#define SHORT_VALUE 16 /* columns; a longer value stands below its claim, or all texts get narrow */
#define VERDICTS 5
#define LEAST_TEXT 20

struct line {
	int verdict; /* index into verdicts[] */
	char id[4 * ID_COLUMNS + 1], text[512], reason[512];
	char expected[5 * VALUE_COLUMNS], observed[5 * VALUE_COLUMNS];
};

static const struct {
	const char *word, *shown, *ink;
} verdicts[VERDICTS] = {
	{ "pass", "PASS", REPORT_GOOD },  { "fail", "FAIL", REPORT_BAD },
	{ "skip", "SKIP", REPORT_DOUBT }, { "inconclusive", "INCONCLUSIVE", REPORT_DOUBT },
	{ "", "PENDING", REPORT_DOUBT },
};

static void read_value(char *buf, size_t size, const struct report_style *style, const char *s)
{
	char safe[4 * VALUE_COLUMNS + 1];

	text_escape_for(safe, sizeof(safe), s, VALUE_COLUMNS, style->utf8);
	text_counts_in(buf, size, safe);
}

static void read_line(struct line *line, sqlite3_stmt *stmt, const struct report_style *style)
{
	line->verdict = 0;
	while (line->verdict < VERDICTS - 1 &&
	       strcmp(report_column(stmt, 0), verdicts[line->verdict].word))
		line->verdict++;
	text_escape_for(line->id, sizeof(line->id), report_column(stmt, 1), ID_COLUMNS,
			style->utf8);
	text_escape_for(line->text, sizeof(line->text), report_column(stmt, 2), 0, style->utf8);
	read_value(line->observed, sizeof(line->observed), style, report_column(stmt, 3));
	read_value(line->expected, sizeof(line->expected), style, report_column(stmt, 4));
	text_escape_for(line->reason, sizeof(line->reason), report_column(stmt, 5), 0, style->utf8);
}

static int widest(int width, const char *s)
{
	int w = text_width(s);

	return w > width ? w : width;
}

/* TEXT, and from its second line on INDENT blanks; VALUES stand at the end of the first line. */
static void print_text(FILE *out, const struct report_style *style, const char *text, int indent,
		       int room, const char *values)
{
	struct report_style narrow = { .width = indent + room };
	char *wrapped = NULL, *end;
	size_t size;
	FILE *memory = open_memstream(&wrapped, &size);

	if (!memory)
		return;
	report_wrap(memory, style->width ? &narrow : style, text, indent, indent);
	fclose(memory);
	end = wrapped ? strchr(wrapped, '\n') : NULL;
	if (end) {
		*end = '\0';
		if (*values) {
			text_pad(out, wrapped, room);
			fputs(values, out);
		} else {
			fputs(wrapped, out);
		}
		fprintf(out, "\n%s", end + 1);
	}
	free(wrapped);
}

static void print_verdict(FILE *out, const struct report_style *style, const struct line *line,
			  int width)
{
	fputs(report_ink(style, verdicts[line->verdict].ink), out);
	text_pad(out, verdicts[line->verdict].shown, width);
	fprintf(out, "%s  ", report_ink(style, REPORT_PLAIN));
}

static bool fits_columns(const struct line *line)
{
	return text_width(line->observed) <= SHORT_VALUE &&
	       text_width(line->expected) <= SHORT_VALUE;
}

static void print_below(FILE *out, const struct report_style *style, const char *what,
			const char *s, int indent)
{
	char *text;

	if (!*s || asprintf(&text, "%s%s", what, s) < 0)
		return;
	fprintf(out, "%*s", indent, "");
	report_wrap(out, style, text, indent, indent);
	free(text);
}

static void print_values_below(FILE *out, const struct report_style *style, const struct line *line,
			       int indent)
{
	char *values;

	if (!fits_columns(line)) {
		print_below(out, style, "observed ", line->observed, indent);
		print_below(out, style, "expected ", line->expected, indent);
	} else if (asprintf(&values, "%s%s%sexpected %s", *line->observed ? "observed " : "",
			    line->observed, *line->observed ? "  " : "", line->expected) >= 0) {
		print_below(out, style, "", values, indent);
		free(values);
	}
}

/* Where there is no room for columns. */
static void print_stacked(FILE *out, const struct report_style *style, const struct line *line)
{
	print_verdict(out, style, line, 0);
	fprintf(out, "%s\n    ", line->id);
	report_wrap(out, style, line->text, 4, 4);
	print_values_below(out, style, line, 4);
	print_below(out, style, "", line->reason, 4);
}

/* Both values for the end of a claim's first line; the caller frees it; NULL without memory. */
static char *value_columns(const struct line *line, int observed, int expected)
{
	char *values = NULL;
	size_t size;
	FILE *memory = open_memstream(&values, &size);

	if (!memory)
		return NULL;
	if (fits_columns(line)) {
		fputs("  ", memory);
		text_pad(memory, line->observed, -observed);
		fputs("  ", memory);
		text_pad(memory, line->expected, -expected);
	}
	fclose(memory);
	return values;
}

static void print_lines(FILE *out, const struct report_style *style, const struct line *lines,
			size_t nr)
{
	int verdict = 4, id = 0, text = 0, observed = 8, expected = 8, room, indent;
	char *values;

	for (size_t i = 0; i < nr; i++) {
		verdict = widest(verdict, verdicts[lines[i].verdict].shown);
		id = widest(id, lines[i].id);
		text = widest(text, lines[i].text);
		if (!fits_columns(&lines[i]))
			continue;
		observed = widest(observed, lines[i].observed);
		expected = widest(expected, lines[i].expected);
	}
	indent = verdict + 2 + id + 2;
	room = style->width ? style->width - indent - 4 - observed - expected : text;
	if (room > text)
		room = text;
	if (room < LEAST_TEXT && room < text) {
		for (size_t i = 0; i < nr; i++)
			print_stacked(out, style, &lines[i]);
		return;
	}

	fputs(report_ink(style, REPORT_BOLD), out);
	text_pad(out, "claims", indent + room);
	fputs("  ", out);
	text_pad(out, "observed", -observed);
	fputs("  ", out);
	text_pad(out, "expected", -expected);
	fprintf(out, "%s\n", report_ink(style, REPORT_PLAIN));
	for (size_t i = 0; i < nr; i++) {
		values = value_columns(&lines[i], observed, expected);
		if (!values)
			return;
		print_verdict(out, style, &lines[i], verdict);
		text_pad(out, lines[i].id, id);
		fputs("  ", out);
		print_text(out, style, lines[i].text, indent, room, values);
		free(values);
		if (!fits_columns(&lines[i]))
			print_values_below(out, style, &lines[i], indent);
		print_below(out, style, "", lines[i].reason, indent);
	}
}

static void print_summary(FILE *out, const struct report_style *style, const struct line *lines,
			  size_t nr)
{
	static const char *const words[VERDICTS] = {
		"pass", "fail", "skipped", "inconclusive", "pending",
	};
	size_t counts[VERDICTS] = { 0 };
	char text[160];
	int used;

	for (size_t i = 0; i < nr; i++)
		counts[lines[i].verdict]++;
	used = snprintf(text, sizeof(text), "%zu claim%s:", nr, nr == 1 ? "" : "s");
	for (size_t i = 0, shown = 0; i < VERDICTS; i++)
		if (counts[i])
			used += snprintf(text + used, sizeof(text) - (size_t)used, "%s %zu %s",
					 shown++ ? "," : "", counts[i], words[i]);
	fputs(report_ink(style, counts[1]       ? REPORT_BAD :
				counts[0] == nr ? REPORT_GOOD :
						  REPORT_DOUBT),
	      out);
	report_wrap(out, style, text, 0, 4);
	fputs(report_ink(style, REPORT_PLAIN), out);
}

int report_claims(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct line *lines = NULL;
	size_t nr = 0, room = 0;
	sqlite3_stmt *stmt;
	int rc, err;

	err = report_prepare(db, &stmt,
			     "SELECT verdict, id, text, observed, expected, reason FROM claim "
			     "ORDER BY rowid");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (nr == room) {
			struct line *more;

			room = room ? 2 * room : 16;
			more = reallocarray(lines, room, sizeof(*lines));
			if (!more) {
				rc = SQLITE_NOMEM;
				break;
			}
			lines = more;
		}
		read_line(&lines[nr++], stmt, style);
	}
	if (rc == SQLITE_DONE && nr) {
		print_lines(out, style, lines, nr);
		print_summary(out, style, lines, nr);
	}
	free(lines);
	return report_end(stmt, rc, out);
}
