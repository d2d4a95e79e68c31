// SPDX-License-Identifier: GPL-2.0
/* Below the table of faults: rusage, differences in words, what the kernel does not count. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report_part.h"
#include "text.h"
#include "timeline.h"

#define MOST_SURPLUS 10

static char *count(char buf[32], long long n)
{
	return text_count(buf, 32, n);
}

/*
 * wait4() gives the faults of the command and of those descendants that were
 * waited for by one who was itself waited for (wait_task_zombie() adds them
 * up).  The set is followed from the command down.
 */
static const char waited_sql[] =
	"WITH RECURSIVE reaper(task, process, by) AS ("
	"	SELECT task.task, coalesce(task.process, task.task), coalesce("
	"		(SELECT coalesce(waiter.process, waiter.task) FROM syscall"
	"		 JOIN task AS waiter ON waiter.task = syscall.task"
	"		 WHERE syscall.name IN ('wait4', 'waitid') AND syscall.end_ns = task.reaped_ns),"
	"		parent_task)"
	"	FROM task WHERE reaped_ns IS NOT NULL AND coalesce(process, task) = task"
	"), counted(process) AS ("
	"	SELECT 1 UNION"
	"	SELECT reaper.process FROM reaper JOIN counted ON ("
	"		SELECT coalesce(parent.process, parent.task) FROM task AS parent"
	"		WHERE parent.task = reaper.by) = counted.process"
	") SELECT coalesce(task.process, task.task) IN counted AS inside, count(*),"
	"	coalesce(sum(observed), 0) "
	"FROM reconcile JOIN task ON task.task = reconcile.task GROUP BY inside";

static int print_rusage(sqlite3 *db, FILE *out, const struct report_style *style)
{
	long long minor, major = 0, base = 0, inside = 0, outside = 0, outsiders = 0, sum,
			 difference;
	char one[32], two[32], three[32], text[512];
	sqlite3_stmt *stmt;
	int rc, err, used;

	if (!report_run_number(db, "rusage_minflt", &minor))
		return 0;
	report_run_number(db, "rusage_majflt", &major);
	err = report_prepare(db, &stmt,
			     "SELECT coalesce(base_min, 0) + coalesce(base_maj, 0) FROM task "
			     "WHERE task = 1");
	if (err)
		return err;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		base = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	err = report_prepare(db, &stmt, waited_sql);
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (sqlite3_column_int(stmt, 0)) {
			inside = sqlite3_column_int64(stmt, 2);
		} else {
			outsiders = sqlite3_column_int64(stmt, 1);
			outside = sqlite3_column_int64(stmt, 2);
		}
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE)
		return -EIO;
	if (__builtin_add_overflow(inside, base, &sum) ||
	    __builtin_add_overflow(minor, major, &minor) ||
	    __builtin_sub_overflow(sum, minor, &difference))
		return -EIO;
	used = snprintf(text, sizeof(text), "rusage of wait4: %s%s%s observed", count(one, minor),
			difference ? ", but " : " = ", count(two, inside));
	if (base)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 " + %s before the gate opened", count(three, base));
	if (difference && base)
		used += snprintf(text + used, sizeof(text) - (size_t)used, " = %s",
				 count(one, sum));
	if (difference)
		used += snprintf(text + used, sizeof(text) - (size_t)used, ": difference %s",
				 count(two, difference));
	if (outsiders)
		snprintf(text + used, sizeof(text) - (size_t)used,
			 "; the %s fault%s of %s task%s that nobody waited for %s not in it",
			 count(one, outside), outside == 1 ? "" : "s", count(two, outsiders),
			 outsiders == 1 ? "" : "s", outside == 1 ? "is" : "are");
	fputs(difference ? report_ink(style, REPORT_BAD) : "", out);
	report_wrap(out, style, text, 0, 4);
	fputs(difference ? report_ink(style, REPORT_PLAIN) : "", out);
	return 0;
}

static int print_major(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char one[32], text[96];
	sqlite3_stmt *stmt;
	long long n = 0;
	int rc, err;

	err = report_prepare(db, &stmt, "SELECT sum(n) FROM fault_count WHERE major = 1");
	if (err)
		return err;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	if (n) {
		snprintf(text, sizeof(text),
			 "%s of these %s major: the page had to be read from disk first",
			 count(one, n), n == 1 ? "is" : "are");
		report_wrap(out, style, text, 0, 4);
	}
	return report_end(stmt, rc, out);
}

static int print_uncounted(sqlite3 *db, FILE *out, const struct report_style *style)
{
	static const char before[] = "exceptions that the kernel does not count as faults: ";
	char one[32], kind[64], text[320], *end = stpcpy(text, before), *const start = end;
	sqlite3_stmt *stmt;
	int rc, err;

	err = report_prepare(db, &stmt,
			     "SELECT kind, sum(n) FROM fault_count "
			     "WHERE kind IN ('segv', 'bus', 'nofault', 'spurious') "
			     "GROUP BY kind HAVING sum(n) <> 0 ORDER BY 1");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		end += snprintf(end, sizeof(text) - (size_t)(end - text), "%s%s %s",
				end == start ? "" : ", ", count(one, sqlite3_column_int64(stmt, 1)),
				timeline_kind(kind, sizeof(kind), report_column(stmt, 0),
					      style->utf8));
	if (end != start)
		report_wrap(out, style, text, 0, 4);
	return report_end(stmt, rc, out);
}

/* Faults of TASK outside every named region: among them is what nobody expected. */
static int print_candidates(sqlite3 *db, FILE *out, const struct report_style *style,
			    long long task)
{
	sqlite3_stmt *stmt;
	int rc, err, nr = 0;

	err = report_prepare(
		db, &stmt,
		"SELECT coalesce(phase, ''), kind, n, address, vma_start, vma_end, coalesce(object, ''),"
		"	coalesce(syscall, '') "
		"FROM fault WHERE task = ? AND coalesce(region, '') = '' "
		"ORDER BY start_ns DESC LIMIT 11");
	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, task);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		char phase[80], kind[64], object[200], call[64], number[32];
		char vma[280] = "";
		char *line = NULL;

		if (nr++ == MOST_SURPLUS) {
			fputs("    ... and earlier ones (faultline show --faults)\n", out);
			continue;
		}
		text_escape_for(phase, sizeof(phase), report_column(stmt, 0), 24, style->utf8);
		text_escape_for(object, sizeof(object), report_column(stmt, 6), 40, style->utf8);
		text_escape_for(call, sizeof(call), report_column(stmt, 7), 24, style->utf8);
		timeline_kind(kind, sizeof(kind), report_column(stmt, 1), style->utf8);
		if (sqlite3_column_int64(stmt, 5))
			snprintf(vma, sizeof(vma), " in %s [%#llx-%#llx]",
				 *object ? object : "anonymous memory",
				 (unsigned long long)sqlite3_column_int64(stmt, 4),
				 (unsigned long long)sqlite3_column_int64(stmt, 5));
		if (asprintf(&line, "%s x %s at %#llx%s%s%s%s%s",
			     count(number, sqlite3_column_int64(stmt, 2)), kind,
			     (unsigned long long)sqlite3_column_int64(stmt, 3), vma,
			     *phase ? ", phase " : "", phase, *call ? ", in " : "", call) < 0) {
			sqlite3_finalize(stmt);
			return -ENOMEM;
		}
		fputs("    ", out);
		report_wrap(out, style, line, 4, 8);
		free(line);
	}
	return report_end(stmt, rc, out);
}

static int print_differences(sqlite3 *db, FILE *out, const struct report_style *style)
{
	sqlite3_stmt *stmt;
	int rc, err;

	err = report_prepare(
		db, &stmt,
		"SELECT reconcile.task, coalesce(nullif(role, ''), reconcile.comm, '?'), task.tid,"
		"	difference, kernel FROM reconcile JOIN task ON task.task = reconcile.task "
		"WHERE difference <> 0 OR difference IS NULL ORDER BY reconcile.task");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && !err) {
		long long difference = sqlite3_column_int64(stmt, 3);
		char name[80], number[32], text[256];
		long long task = sqlite3_column_int64(stmt, 0);

		text_escape_for(name, sizeof(name), report_column(stmt, 1), 20, style->utf8);
		count(number, difference < 0 ? -(difference + 1) + 1 : difference);
		if (sqlite3_column_type(stmt, 3) == SQLITE_NULL)
			snprintf(text, sizeof(text),
				 "%s %lld: its end was not seen, so the kernel's "
				 "count is not known",
				 name, (long long)sqlite3_column_int64(stmt, 2));
		else if (difference > 0)
			snprintf(text, sizeof(text),
				 "%s %lld: faultline saw %s fault%s more than the "
				 "kernel counted",
				 name, (long long)sqlite3_column_int64(stmt, 2), number,
				 difference == 1 ? "" : "s");
		else
			snprintf(text, sizeof(text),
				 "%s %lld: the kernel counted %s fault%s more than "
				 "faultline saw",
				 name, (long long)sqlite3_column_int64(stmt, 2), number,
				 difference == -1 ? "" : "s");
		fputs(report_ink(style, REPORT_BAD), out);
		report_wrap(out, style, text, 0, 4);
		fputs(report_ink(style, REPORT_PLAIN), out);
		if (difference > 0)
			err = print_candidates(db, out, style, task);
	}
	if (err) {
		sqlite3_finalize(stmt);
		return err;
	}
	return report_end(stmt, rc, out);
}

int report_sums(sqlite3 *db, FILE *out, const struct report_style *style)
{
	static int (*const parts[])(sqlite3 *, FILE *, const struct report_style *) = {
		print_rusage,
		print_major,
		print_uncounted,
		print_differences,
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
		err = parts[i](db, out, style);
	return err;
}
