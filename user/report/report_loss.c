// SPDX-License-Identifier: GPL-2.0
/* An incomplete run: what is missing, what stays exact, what to do. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/recording.h"
#include "report/report_part.h"
#include "base/text.h"

#define LARGEST_RING (1LL << 31) /* the kernel counts the bytes in 32 bits */

/* A larger ring than the run had, in BUF. */
static const char *larger_ring(sqlite3 *db, char *buf, size_t size)
{
	long long bytes;

	if (!report_run_number(db, "ring_bytes", &bytes) || bytes <= 0)
		return "a larger --ring-size";
	if (bytes >= LARGEST_RING)
		return "do less at once, or without --every-fault: no ring buffer can be larger";
	bytes *= 2;
	snprintf(buf, size, "--ring-size %lld%c or more", bytes >> (bytes < 1 << 20 ? 10 : 20),
		 bytes < 1 << 20 ? 'K' : 'M');
	return buf;
}

static int print_one(sqlite3 *db, FILE *out, const struct report_style *style, sqlite3_stmt *stmt)
{
	static const struct {
		const char *what, *lost, *remedy;
	} causes[] = {
		{ "ring", "records that did not fit into the ring buffer", NULL },
		{ "late", "records that came too late to be put in their places",
		  "run it again where less is going on" },
		{ "unseen",
		  "switches of tasks that were not seen; later records show that they must have been",
		  NULL },
		{ "recursion",
		  "calls of tracing programs that were left out, since one was running already",
		  "run it again; nothing else that traces should run beside it" },
		{ "map", "entries that did not fit into a table in the kernel",
		  "trace fewer tasks, phases or files at once" },
		{ "record", "records in the file that could not be read", "record it again" },
		{ "untracked", "tasks that could not be followed", "trace fewer tasks at once" },
	};
	const char *what = report_column(stmt, 0), *lost = "lost in another way", *remedy = NULL;
	char number[32], kinds[300], shown[400], ring[64], *text = NULL;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (strcmp(what, causes[i].what))
			continue;
		lost = causes[i].lost;
		remedy = causes[i].remedy;
	}
	if (!strcmp(what, "ring"))
		remedy = larger_ring(db, ring, sizeof(ring));
	text_escape_for(kinds, sizeof(kinds), report_column(stmt, 2), 160, style->utf8);
	text_count(number, sizeof(number), sqlite3_column_int64(stmt, 1));
	if (asprintf(&text, "%s: %s%s%s%s%s%s", lost, number, *kinds ? " (" : "",
		     text_counts_in(shown, sizeof(shown), kinds), *kinds ? ")" : "",
		     remedy ? "; remedy: " : "", remedy ? remedy : "") < 0)
		return -ENOMEM;
	fputs("  ", out);
	report_wrap(out, style, text, 2, 4);
	free(text);
	return 0;
}

int report_incomplete(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char status[64], reason[512], shown[640], *text = NULL;

	report_run_text(db, style, "status", status, sizeof(status), "incomplete");
	if (!strcmp(status, "complete"))
		return 0;
	report_run_text(db, style, "reason", reason, sizeof(reason), "");
	if (asprintf(&text, "INCOMPLETE%s%s", *reason ? ": " : "",
		     text_counts_in(shown, sizeof(shown), reason)) < 0)
		return -ENOMEM;
	fputs(report_ink(style, REPORT_BAD), out);
	report_wrap(out, style, text, 0, 4);
	fputs(report_ink(style, REPORT_PLAIN), out);
	free(text);
	return 1;
}

int report_loss(sqlite3 *db, FILE *out, const struct report_style *style)
{
	bool exact = false, lost = false;
	sqlite3_stmt *stmt;
	int rc, err = report_incomplete(db, out, style);

	if (err <= 0)
		return err;
	err = report_prepare(
		db, &stmt,
		"SELECT what, sum(n), group_concat(n || ' ' || kind, ', '), " RECORDING_COUNTS_EXACT
		" FROM ("
		"	SELECT what, kind, sum(n) AS n FROM loss GROUP BY 1, 2 ORDER BY 3 DESC"
		") GROUP BY what");
	if (err)
		return err;
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		exact = sqlite3_column_int(stmt, 3);
		lost = true;
		err = print_one(db, out, style, stmt);
	}
	if (err) {
		sqlite3_finalize(stmt);
		return err;
	}
	rc = report_end(stmt, rc, out);
	if (rc)
		return rc;
	if (lost) {
		fputs("  ", out);
		report_wrap(
			out, style,
			exact ? "Exact all the same: the counts of faults, and the table that compares them "
				"with the kernel's. Not exact: the timeline, times, single events." :
				"The counts may be too low. The kernel's own count in the table is right, "
				"and the difference shows what is missing.",
			2, 2);
	}
	return report_flush(out);
}
