// SPDX-License-Identifier: GPL-2.0
/* A card's address space, the highest addresses on top, and its open files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "views/card_impl.h"
#include "report/report_part.h"
#include "base/text.h"

#define RANGE_COLUMNS 25 /* 2 addresses of 47 bits */
#define SIZE_COLUMNS 11
#define PART_COLUMNS 7
#define LEAST_NAME 8

static void heading(const struct card *c, const char *text)
{
	fprintf(c->out, "\n%s", report_ink(c->style, REPORT_BOLD));
	report_wrap(c->out, c->style, text, 0, 0);
	fputs(report_ink(c->style, REPORT_PLAIN), c->out);
}

/* A path where it fits, else its last component; nothing where there is no room at all. */
static const char *name_of(const struct card *c, const char *path, int used, char *buf, size_t size)
{
	int room = c->style->width ? c->style->width - used : 1000;
	const char *slash = strrchr(path, '/');

	buf[0] = '\0';
	if (room < LEAST_NAME)
		return buf;
	text_escape_for(buf, size, path, 0, c->style->utf8);
	if (text_width(buf) > room)
		text_escape_for(buf, size, slash && slash[1] ? slash + 1 : path, room,
				c->style->utf8);
	return buf;
}

static void segment(const struct card *c, const char *range, const char *rights, const char *bytes,
		    const char *part, const char *name)
{
	text_pad(c->out, range, RANGE_COLUMNS);
	fprintf(c->out, " %4s %*s ", rights, SIZE_COLUMNS, bytes);
	if (*name)
		text_pad(c->out, part, PART_COLUMNS);
	else
		fputs(part, c->out);
	fprintf(c->out, "%s%s\n", *name ? " " : "", name);
}

/* Every upper half is filled from the same page tables: pgd_ctor(). */
static void kernel_half(const struct card *c)
{
	fputs("ffff800000000000 and up: the kernel's half, the same for all\n", c->out);
}

/* A recording that was made up has any number. */
static char *size_text(char *buf, size_t size, long long bytes)
{
	if (bytes < 0)
		snprintf(buf, size, "?");
	else
		text_size(buf, size, bytes);
	return buf;
}

static char *range_text(char *buf, size_t size, long long start, long long length)
{
	snprintf(buf, size, "%012llx-%012llx", (unsigned long long)start,
		 (unsigned long long)start + (unsigned long long)length);
	return buf;
}

static int print_mappings(const struct card *c)
{
	char range[60], bytes[40], part[40], rights[40], name[1100];
	sqlite3_stmt *stmt;
	int rc, used,
		err = report_prepare(
			c->db, &stmt,
			"SELECT v.start, v.length, v.rights, v.part, v.path FROM vma v"
			" JOIN task t ON t.task = ?1 AND v.task = coalesce(t.process, t.task)"
			" WHERE v.t_ns = ?2 ORDER BY v.start DESC");

	if (err)
		return err;
	heading(c, "Address space");
	kernel_half(c);
	sqlite3_bind_int64(stmt, 1, c->l.t.tasks[c->task].id);
	sqlite3_bind_int64(stmt, 2, c->t_ns);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		range_text(range, sizeof(range), sqlite3_column_int64(stmt, 0),
			   sqlite3_column_int64(stmt, 1));
		size_text(bytes, sizeof(bytes), sqlite3_column_int64(stmt, 1));
		text_escape_for(rights, sizeof(rights), report_column(stmt, 2), 4, c->style->utf8);
		text_escape_for(part, sizeof(part), report_column(stmt, 3), PART_COLUMNS,
				c->style->utf8);
		used = text_width(range) > RANGE_COLUMNS ? text_width(range) : RANGE_COLUMNS;
		name_of(c, report_column(stmt, 4), used + 6 + SIZE_COLUMNS + 1 + PART_COLUMNS + 1,
			name, sizeof(name));
		segment(c, range, rights, bytes, part, name);
	}
	return report_end(stmt, rc, c->out);
}

static int print_files(const struct card *c)
{
	static const char *const modes[] = { "r", "w", "rw", "-" };
	char kind[40], name[1100], position[40];
	sqlite3_stmt *stmt;
	int rc, err = report_prepare(
			c->db, &stmt,
			"SELECT f.fd, f.kind, f.flags, f.close_on_exec, f.position, f.path"
			" FROM open_file f JOIN task t ON t.task = ?1"
			" AND f.task = coalesce(t.process, t.task) WHERE f.t_ns = ?2 ORDER BY f.fd");

	if (err)
		return err;
	heading(c, "Open files");
	sqlite3_bind_int64(stmt, 1, c->l.t.tasks[c->task].id);
	sqlite3_bind_int64(stmt, 2, c->t_ns);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int fd = sqlite3_column_int(stmt, 0);
		int flags = sqlite3_column_int(stmt, 2);
		bool closes = sqlite3_column_int(stmt, 3);

		text_escape_for(kind, sizeof(kind), report_column(stmt, 1), 11, c->style->utf8);
		snprintf(position, sizeof(position), "at %lld", sqlite3_column_int64(stmt, 4));
		fprintf(c->out, "%4d %-11s %-2s %-14.14s %-13s ", fd, kind,
			modes[flags & O_ACCMODE], position, closes ? "close on exec" : "");
		fprintf(c->out, "%s\n", name_of(c, report_column(stmt, 5), 56, name, sizeof(name)));
	}
	return report_end(stmt, rc, c->out);
}

/* What mm_struct alone says. */
static int print_bounds(const struct card *c)
{
	static const struct {
		int column;
		const char *part;
	} parts[] = { { 3, "heap" }, { 2, "data" }, { 1, "text" } };
	char range[60], bytes[40];
	sqlite3_stmt *stmt;
	int rc, err = report_prepare(
			c->db, &stmt,
			"SELECT map_count, start_code, start_data, start_brk, start_stack,"
			" end_code - start_code, end_data - start_data, brk - start_brk"
			" FROM card WHERE rowid = ?1 AND mm IS NOT NULL");

	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, c->row);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		heading(c, "Address space, as mm_struct has it; mappings are looked at when the"
			   " program calls fl_barrier()");
		kernel_half(c);
		snprintf(range, sizeof(range), "%012llx and down",
			 (unsigned long long)sqlite3_column_int64(stmt, 4));
		segment(c, range, "", "", "stack", "");
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			int column = parts[i].column;
			long long length = sqlite3_column_int64(stmt, column + 4);

			range_text(range, sizeof(range), sqlite3_column_int64(stmt, column),
				   length);
			size_text(bytes, sizeof(bytes), length);
			segment(c, range, "", bytes, parts[i].part, "");
		}
		rc = sqlite3_step(stmt);
	}
	return report_end(stmt, rc, c->out);
}

int card_map(const struct card *c)
{
	int err;

	if (!c->row)
		return 0;
	if (!c->barrier)
		return print_bounds(c);
	err = print_mappings(c);
	return err ? err : print_files(c);
}
