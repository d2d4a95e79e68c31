// SPDX-License-Identifier: GPL-2.0
/* The reconciliation: what was observed against what the kernel counted. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "base/text.h"
#include "report/timeline.h"

#define MOST_ROWS 12
#define MOST_KINDS 32

struct row {
	char *label;
	long long task; /* of the first */
	long long tasks;
	long long counts[MOST_KINDS];
	long long total, kernel, difference;
	bool kernel_known;
	bool named; /* never to be folded into "others" */
};

struct table {
	struct row *rows;
	size_t nr_rows;
	char kinds[MOST_KINDS][24]; /* as the tables have them */
	long long sums[MOST_KINDS];
	size_t nr_kinds;
};

static int by_task(const void *a, const void *b)
{
	const struct row *one = a, *two = b;

	return (one->task > two->task) - (one->task < two->task);
}

/* Those that must stay visible first, then the ones with most faults. */
static int by_weight(const void *a, const void *b)
{
	const struct row *one = a, *two = b;

	if (one->named != two->named)
		return one->named ? -1 : 1;
	if (one->total != two->total)
		return one->total > two->total ? -1 : 1;
	return by_task(a, b);
}

static int by_label(const void *a, const void *b)
{
	const struct row *one = a, *two = b;
	int difference = strcmp(one->label, two->label);

	/* what must stay alone does not stand between those alike */
	if (one->named != two->named)
		return one->named ? -1 : 1;
	return difference ? difference : by_task(a, b);
}

static void merge(struct row *into, const struct row *row)
{
	into->tasks += row->tasks;
	for (size_t i = 0; i < MOST_KINDS; i++)
		into->counts[i] = timeline_sum(into->counts[i], row->counts[i]);
	into->total = timeline_sum(into->total, row->total);
	into->kernel = timeline_sum(into->kernel, row->kernel);
	into->difference = timeline_sum(into->difference, row->difference);
	into->kernel_known &= row->kernel_known;
}

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->nr_rows; i++)
		free(table->rows[i].label);
	free(table->rows);
}

/* Rows without their tids: those alike are one after fold(). */
static int load_rows(struct table *table, sqlite3 *db, const struct report_style *style)
{
	sqlite3_stmt *stmt;
	size_t room = 0;
	int rc, err;

	err = report_prepare(
		db, &stmt,
		"SELECT reconcile.task, coalesce(nullif(role, ''), reconcile.comm, '?'), task.tid,"
		"	observed, kernel, difference, min_flt IS NOT NULL "
		"FROM reconcile JOIN task ON task.task = reconcile.task ORDER BY reconcile.task");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		char name[64];
		struct row *row;

		if (table->nr_rows == room) {
			struct row *rows;

			room = room ? 2 * room : 16;
			rows = reallocarray(table->rows, room, sizeof(*rows));
			if (!rows) {
				sqlite3_finalize(stmt);
				return -ENOMEM;
			}
			table->rows = rows;
		}
		row = &table->rows[table->nr_rows];
		*row = (struct row){
			.task = sqlite3_column_int64(stmt, 0),
			.tasks = 1,
			.total = sqlite3_column_int64(stmt, 3),
			.kernel = sqlite3_column_int64(stmt, 4),
			.difference = sqlite3_column_int64(stmt, 5),
			.kernel_known = sqlite3_column_type(stmt, 4) != SQLITE_NULL,
		};
		row->named = row->difference || !row->kernel_known || row->task == 1;
		text_escape_for(name, sizeof(name), report_column(stmt, 1), 16, style->utf8);
		if (asprintf(&row->label, "%s %lld", name,
			     (long long)sqlite3_column_int64(stmt, 2)) < 0) {
			sqlite3_finalize(stmt);
			return -ENOMEM;
		}
		table->nr_rows++;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

static int load_kinds(struct table *table, sqlite3 *db)
{
	static const char *const order[] = {
		"zero_fill",      "zero_page",    "copy",          "copy_zero", "reuse",
		"file",           "file_copy",    "shared_dirty",  "shmem",     "huge_zero_fill",
		"huge_zero_page", "huge_copy",    "huge_reuse",    "swap",      "numa",
		"hugetlb_fill",   "hugetlb_copy", "hugetlb_reuse", "uffd",      "stale",
		"other",
	};
	sqlite3_stmt *stmt;
	int rc, err;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		strcpy(table->kinds[table->nr_kinds++], order[i]);
	err = report_prepare(db, &stmt,
			     "SELECT task, coalesce(kind, ''), sum(n) FROM fault_count "
			     "WHERE kind NOT IN ('segv', 'bus', 'nofault', 'spurious') AND n <> 0 "
			     "GROUP BY 1, 2 ORDER BY 1");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *kind = report_column(stmt, 1);
		struct row key = { .task = sqlite3_column_int64(stmt, 0) };
		struct row *row = table->nr_rows ? bsearch(&key, table->rows, table->nr_rows,
							   sizeof(key), by_task) :
						   NULL;
		size_t i = 0;

		while (i < table->nr_kinds && strcmp(table->kinds[i], kind))
			i++;
		if (i == table->nr_kinds && i < MOST_KINDS)
			snprintf(table->kinds[table->nr_kinds++], sizeof(table->kinds[0]), "%s",
				 kind);
		if (i == MOST_KINDS)
			i--;
		if (row)
			row->counts[i] =
				timeline_sum(row->counts[i], sqlite3_column_int64(stmt, 2));
		table->sums[i] = timeline_sum(table->sums[i], sqlite3_column_int64(stmt, 2));
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

/* The label without the tid. */
static size_t name_length(const struct row *row)
{
	return (size_t)(strrchr(row->label, ' ') - row->label);
}

static bool alike(const struct row *a, const struct row *b)
{
	return !a->named && !b->named && name_length(a) == name_length(b) &&
	       !strncmp(a->label, b->label, name_length(a));
}

/* At most about MOST_ROWS: those alike as one, then the smallest as "others". */
static int fold(struct table *table)
{
	size_t nr = 0;

	if (table->nr_rows <= MOST_ROWS)
		return 0;
	qsort(table->rows, table->nr_rows, sizeof(*table->rows), by_label);
	for (size_t i = 0; i < table->nr_rows; i++) {
		struct row *last = nr ? &table->rows[nr - 1] : NULL;

		if (last && alike(last, &table->rows[i])) {
			merge(last, &table->rows[i]);
			free(table->rows[i].label);
		} else {
			table->rows[nr++] = table->rows[i];
		}
	}
	table->nr_rows = nr;
	for (size_t i = 0; i < nr; i++) {
		struct row *row = &table->rows[i];
		char number[32], *label;

		if (row->tasks == 1)
			continue;
		if (asprintf(&label, "%s x %.*s", text_count(number, sizeof(number), row->tasks),
			     (int)name_length(row), row->label) < 0)
			return -ENOMEM;
		free(row->label);
		row->label = label;
	}
	qsort(table->rows, nr, sizeof(*table->rows), by_weight);
	if (nr > MOST_ROWS && !table->rows[MOST_ROWS - 1].named) {
		struct row *others = &table->rows[MOST_ROWS - 1];
		char number[32];

		while (table->nr_rows > MOST_ROWS) {
			merge(others, &table->rows[--table->nr_rows]);
			free(table->rows[table->nr_rows].label);
		}
		free(others->label);
		others->task = LLONG_MAX;
		if (asprintf(&others->label, "%s others",
			     text_count(number, sizeof(number), others->tasks)) < 0) {
			others->label = NULL;
			return -ENOMEM;
		}
	}
	qsort(table->rows, table->nr_rows, sizeof(*table->rows), by_task);
	return 0;
}

static int wider(int width, long long n)
{
	char number[32];
	int w = (int)strlen(text_count(number, sizeof(number), n));

	return w > width ? w : width;
}

static void cell(FILE *out, const struct report_style *style, const char *text, int width,
		 const char *ink)
{
	fputs("  ", out);
	if (ink)
		fputs(report_ink(style, ink), out);
	text_pad(out, text, -width);
	if (ink)
		fputs(report_ink(style, REPORT_PLAIN), out);
}

static void number(FILE *out, const struct report_style *style, long long n, int width,
		   const char *ink)
{
	char buf[32];

	cell(out, style, text_count(buf, sizeof(buf), n), width, ink);
}

static void print_row(FILE *out, const struct report_style *style, const struct row *row,
		      const struct table *table, const int *widths, int label_width, long long rest,
		      int rest_width)
{
	const char *ink = row->task == LLONG_MIN ? REPORT_BOLD : NULL;

	fputs(ink ? report_ink(style, ink) : "", out);
	text_pad(out, row->label, label_width);
	fputs(ink ? report_ink(style, REPORT_PLAIN) : "", out);
	for (size_t i = 0; i < table->nr_kinds; i++)
		if (widths[i])
			number(out, style, row->counts[i], widths[i], ink);
	if (rest_width)
		number(out, style, rest, rest_width, ink);
	number(out, style, row->total, widths[MOST_KINDS], ink);
	if (row->kernel_known) {
		number(out, style, row->kernel, widths[MOST_KINDS + 1], ink);
		number(out, style, row->difference, widths[MOST_KINDS + 2],
		       row->difference ? REPORT_BAD : ink);
	} else {
		cell(out, style, "unknown", widths[MOST_KINDS + 1], REPORT_BAD);
		cell(out, style, "unknown", widths[MOST_KINDS + 2], REPORT_BAD);
	}
	putc('\n', out);
}

static long long rest_of(const struct row *row, const struct table *table, const int *widths)
{
	long long rest = 0;

	for (size_t i = 0; i < table->nr_kinds; i++)
		if (!widths[i])
			rest = timeline_sum(rest, row->counts[i]);
	return rest;
}

/* Of the columns after the kinds, see print_row(). */
static void last_widths(int *widths, const char *const *headings, const struct row *sum)
{
	for (size_t i = 0; i < 3; i++)
		widths[i] = (int)strlen(headings[i]);
	widths[0] = wider(widths[0], sum->total);
	if (!sum->kernel_known) {
		for (size_t i = 1; i < 3; i++)
			if (widths[i] < (int)strlen("unknown"))
				widths[i] = (int)strlen("unknown");
		return;
	}
	widths[1] = wider(widths[1], sum->kernel);
	widths[2] = wider(widths[2], sum->difference);
}

static void print_table(FILE *out, const struct report_style *style, struct table *table)
{
	static const char *const full[] = { "total", "kernel's count", "difference" };
	static const char *const brief[] = { "total", "kernel", "diff" };
	const char *const *last = full;
	struct row sum = { .label = (char *)"total", .task = LLONG_MIN, .kernel_known = true };
	int widths[MOST_KINDS + 3] = { 0 }, label_width = (int)strlen("faults"), rest_width = 0;
	char kind[64];
	int total;

	for (size_t r = 0; r < table->nr_rows; r++) {
		merge(&sum, &table->rows[r]);
		if (text_width(table->rows[r].label) > label_width)
			label_width = text_width(table->rows[r].label);
	}
	for (size_t i = 0; i < table->nr_kinds; i++)
		if (table->sums[i])
			widths[i] = wider(text_width(timeline_kind(kind, sizeof(kind),
								   table->kinds[i], style->utf8)),
					  table->sums[i]);
	last_widths(widths + MOST_KINDS, last, &sum);

	/* Where it is too wide, headings are shorter, and then the rarest kinds share a column. */
	for (;;) {
		size_t rarest = table->nr_kinds, shown = 0;

		total = label_width + (rest_width ? rest_width + 2 : 0);
		for (size_t i = 0; i < MOST_KINDS + 3; i++)
			total += widths[i] ? widths[i] + 2 : 0;
		for (size_t i = 0; i < table->nr_kinds; i++) {
			if (!widths[i])
				continue;
			shown++;
			if (rarest == table->nr_kinds || table->sums[i] < table->sums[rarest])
				rarest = i;
		}
		if (!style->width || total <= style->width || shown < 1)
			break;
		if (last == full) {
			last = brief;
			last_widths(widths + MOST_KINDS, last, &sum);
			continue;
		}
		widths[rarest] = 0;
		rest_width = wider((int)strlen("others"), rest_of(&sum, table, widths));
	}

	fputs(report_ink(style, REPORT_BOLD), out);
	text_pad(out, "faults", label_width);
	fputs(report_ink(style, REPORT_PLAIN), out);
	for (size_t i = 0; i < table->nr_kinds; i++)
		if (widths[i])
			cell(out, style,
			     timeline_kind(kind, sizeof(kind), table->kinds[i], style->utf8),
			     widths[i], REPORT_BOLD);
	if (rest_width)
		cell(out, style, "others", rest_width, REPORT_BOLD);
	for (size_t i = 0; i < 3; i++)
		cell(out, style, last[i], widths[MOST_KINDS + i], REPORT_BOLD);
	putc('\n', out);
	for (size_t r = 0; r < table->nr_rows; r++)
		print_row(out, style, &table->rows[r], table, widths, label_width,
			  rest_of(&table->rows[r], table, widths), rest_width);
	if (table->nr_rows > 1)
		print_row(out, style, &sum, table, widths, label_width,
			  rest_of(&sum, table, widths), rest_width);
}

int report_faults(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct table table = { 0 };
	int err = load_rows(&table, db, style);

	if (!err)
		err = load_kinds(&table, db);
	if (!err && table.nr_rows)
		err = fold(&table);
	if (!err && table.nr_rows) {
		print_table(out, style, &table);
		err = report_sums(db, out, style);
	}
	free_table(&table);
	return err ? err : report_flush(out);
}
