// SPDX-License-Identifier: GPL-2.0
/* Faults by phase, region, kind and via, with what they cost; then those outside of regions. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "views/grid.h"
#include "report/report_part.h"
#include "views/surplus.h"
#include "base/text.h"

static const struct grid_column columns[] = {
	{ .name = "phase", .least = 8 },
	{ .name = "region", .least = 6 },
	{ .name = "kind" },
	{ .name = "via" },
	{ .name = "faults", .right = true },
	{ .name = "timed", .right = true, .optional = true },
	{ .name = "minimum", .right = true },
	{ .name = "median", .right = true },
	{ .name = "99th per cent", .right = true },
};

enum { NR_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* Least, median and 99th per cent of a cell, ns; within a class all are taken to be spread evenly. */
struct cost {
	long long n, least, median, p99;
};

static long long within(long long rank, long long before, long long n, long long from, long long to)
{
	return from +
	       (long long)((double)(to - from) * ((double)(rank - before) - 0.5) / (double)n);
}

static int read_cost(sqlite3_stmt *stmt, struct cost *cost, long long total)
{
	long long median = (total + 1) / 2, p99 = (total * 99 + 99) / 100;
	int rc;

	*cost = (struct cost){ 0 };
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		long long from = sqlite3_column_int64(stmt, 0), to = sqlite3_column_int64(stmt, 1);
		long long n = sqlite3_column_int64(stmt, 2), before = cost->n;

		if (n <= 0)
			continue;
		if (!before)
			cost->least = from;
		cost->n += n;
		if (before < median && median <= cost->n)
			cost->median = within(median, before, n, from, to);
		if (before < p99 && p99 <= cost->n)
			cost->p99 = within(p99, before, n, from, to);
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

static int find_cost(sqlite3_stmt *classes, sqlite3_stmt *row, struct cost *cost, long long total)
{
	for (int i = 0; i < 4; i++)
		sqlite3_bind_value(classes, i + 1, sqlite3_column_value(row, i));
	return read_cost(classes, cost, total);
}

static void add_row(struct grid *grid, sqlite3_stmt *row, const struct cost *cost, bool utf8)
{
	char phase[136], region[136], n[32], timed[32], least[32] = "", median[32] = "",
							p99[32] = "";

	text_escape_for(phase, sizeof(phase), report_column(row, 0), 32, utf8);
	text_escape_for(region, sizeof(region), report_column(row, 1), 32, utf8);
	text_count(n, sizeof(n), sqlite3_column_int64(row, 4));
	text_count(timed, sizeof(timed), cost->n);
	if (cost->n) {
		text_duration(least, sizeof(least), cost->least);
		text_duration(median, sizeof(median), cost->median);
		text_duration(p99, sizeof(p99), cost->p99);
	}
	grid_row(grid, (const char *const[]){ *phase ? phase : "-", *region ? region : "-",
					      report_column(row, 2), report_column(row, 3), n,
					      timed, least, median, p99 });
}

/* Phases as they began; what belongs to none comes last. */
static const char rows_sql[] =
	"SELECT phase, region, kind, via, sum(n), (SELECT coalesce(sum(c.n), 0) FROM fault_cost AS c"
	" WHERE c.phase IS f.phase AND c.region IS f.region AND c.kind = f.kind AND c.via = f.via) "
	"FROM fault_count AS f GROUP BY phase, region, kind, via "
	"ORDER BY (SELECT min(start_ns) FROM phase AS p WHERE p.name = f.phase) IS NULL,"
	" (SELECT min(start_ns) FROM phase AS p WHERE p.name = f.phase), phase, region IS NULL,"
	" region, sum(n) DESC, kind, via";

static int print_costs(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct grid *grid = grid_new(columns, NR_COLUMNS);
	sqlite3_stmt *rows = NULL, *classes = NULL;
	struct cost cost;
	int rc = SQLITE_DONE, err = grid ? 0 : -ENOMEM;

	if (!err)
		err = report_prepare(db, &rows, rows_sql);
	if (!err)
		err = report_prepare(
			db, &classes,
			"SELECT least_ns, below_ns, sum(n) FROM fault_cost"
			" WHERE phase IS ?1 AND region IS ?2 AND kind IS ?3 AND via IS ?4"
			" GROUP BY least_ns, below_ns ORDER BY least_ns");
	while (!err && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
		err = find_cost(classes, rows, &cost, sqlite3_column_int64(rows, 5));
		if (!err)
			add_row(grid, rows, &cost, style->utf8);
	}
	if (!err && rc != SQLITE_DONE)
		err = -EIO;
	if (!err)
		err = grid_print(grid, out, style);
	sqlite3_finalize(rows);
	sqlite3_finalize(classes);
	grid_free(grid);
	return err;
}

int report_costs(sqlite3 *db, FILE *out, const struct report_style *style)
{
	long long outside;
	int err = print_costs(db, out, style);

	if (err)
		return err;
	fputs(report_ink(style, REPORT_DIM), out);
	report_wrap(out, style,
		    "Costs are of the faults that were timed, a sample (all with --every-end), in "
		    "classes of an eighth of a power of two.",
		    0, 0);
	fprintf(out, "%s\n%soutside of named regions%s\n", report_ink(style, REPORT_PLAIN),
		report_ink(style, REPORT_BOLD), report_ink(style, REPORT_PLAIN));
	err = surplus_list(db, NULL, 0, out, style, &outside);
	if (!err && !outside)
		fputs("none\n", out);
	return err ? err : report_flush(out);
}
