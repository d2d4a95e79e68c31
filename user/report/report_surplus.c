// SPDX-License-Identifier: GPL-2.0
/* Claims that failed by some faults: which ones those may be. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "views/surplus.h"
#include "base/text.h"

#define MOST_ROWS 12

/* "3 more than expected"; false: these are no numbers, or one of them is a range. */
static bool describe(char *buf, size_t size, const char *observed, const char *expected)
{
	char *end_seen, *end_wanted, count[32];
	long long seen, wanted;

	errno = 0;
	seen = *observed ? strtoll(observed, &end_seen, 10) : 0;
	wanted = strtoll(expected, &end_wanted, 10);
	if (errno || !*expected || *end_wanted || (*observed && *end_seen) ||
	    __builtin_sub_overflow(seen, wanted, &seen) || !seen)
		return false;
	snprintf(buf, size, "%s %s than expected",
		 text_count(count, sizeof(count), seen < 0 ? -seen : seen),
		 seen < 0 ? "fewer" : "more");
	return true;
}

/* "in phase c.write: 25,597 copy (heap), 3 reuse (kernel, outside)" */
static int print_kinds(sqlite3 *db, FILE *out, const struct report_style *style, const char *phase)
{
	char *line = NULL, count[32], safe[136];
	sqlite3_stmt *stmt;
	size_t size;
	FILE *memory;
	int n = 0, rc, err;

	err = report_prepare(db, &stmt,
			     "SELECT kind, via, region, sum(n) FROM fault_count WHERE phase = ?1"
			     " GROUP BY kind, via, region ORDER BY sum(n) DESC, kind, via, region");
	if (err)
		return err;
	memory = open_memstream(&line, &size);
	if (!memory) {
		sqlite3_finalize(stmt);
		return -ENOMEM;
	}
	sqlite3_bind_text(stmt, 1, phase, -1, SQLITE_STATIC);
	text_escape_for(safe, sizeof(safe), phase, 32, style->utf8);
	fprintf(memory, "faults of phase %s:", safe);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		text_escape_for(safe, sizeof(safe), report_column(stmt, 2), 32, style->utf8);
		fprintf(memory, "%s %s %s (%s%s%s%s)", n++ ? "," : "",
			text_count(count, sizeof(count), sqlite3_column_int64(stmt, 3)),
			report_column(stmt, 0),
			strcmp(report_column(stmt, 1), "user") ? report_column(stmt, 1) : "",
			strcmp(report_column(stmt, 1), "user") ? ", " : "",
			*safe ? "region " : "outside of regions", safe);
	}
	sqlite3_finalize(stmt);
	fprintf(memory, "%s", n ? "" : " none");
	fclose(memory);
	if (line) {
		fputs("  ", out);
		report_wrap(out, style, line, 2, 4);
	}
	free(line);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

int report_surplus(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char by[96], id[104], last[104] = "";
	sqlite3_stmt *stmt;
	long long outside;
	int rc, err;

	err = report_prepare(db, &stmt,
			     "SELECT id, phase, observed, expected FROM claim"
			     " WHERE verdict = 'fail' AND phase IS NOT NULL ORDER BY rowid");
	if (err)
		return err;
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *phase = report_column(stmt, 1);
		bool again = !strcmp(last, phase);

		if (!describe(by, sizeof(by), report_column(stmt, 2), report_column(stmt, 3)))
			continue;
		text_escape_for(id, sizeof(id), report_column(stmt, 0), 24, style->utf8);
		fprintf(out, "%s: %s\n", id, by);
		/* Several claims about a phase: what is there is told once. */
		if (again)
			continue;
		snprintf(last, sizeof(last), "%s", phase);
		err = print_kinds(db, out, style, phase);
		if (!err)
			err = surplus_list(db, phase, MOST_ROWS, out, style, &outside);
	}
	if (err) {
		sqlite3_finalize(stmt);
		return err;
	}
	return report_end(stmt, rc, out);
}
