// SPDX-License-Identifier: GPL-2.0
/* Below the table of faults: rusage, differences in words, what the kernel does not count. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "recording/recording.h"
#include "report/report_part.h"
#include "base/text.h"
#include "report/timeline.h"

#define MOST_SURPLUS 10

static char *count(char buf[32], long long n)
{
	return text_count(buf, 32, n);
}

/* Processes whose faults wait4() gives for the command, ascending. */
struct counted {
	long long *process;
	size_t nr;
};

static int by_number(const void *a, const void *b)
{
	long long one = *(const long long *)a, two = *(const long long *)b;

	return (one > two) - (one < two);
}

static bool is_counted(const struct counted *counted, long long process)
{
	return bsearch(&process, counted->process, counted->nr, sizeof(process), by_number);
}

/*
 * When a thread that does not lead its process calls exec, its row becomes that
 * of the process; the threads that end there keep the number of the first
 * leader, which here stands for all of them.
 */
#define MEMBERS                                                                                    \
	"moved(new, old) AS MATERIALIZED ("                                                        \
	"	SELECT task.task, creator.process FROM task"                                             \
	"	JOIN task AS creator ON creator.task = task.creator_task"                                \
	"	WHERE task.created_by = 'thread' AND task.process = task.task"                           \
	"), member(task, process) AS MATERIALIZED ("                                               \
	"	SELECT task, coalesce(old, process, task) FROM task LEFT JOIN moved ON new = process"    \
	") "

/*
 * The command, and those waited for by one of these: wait_task_zombie() adds a
 * child's sums to those of the process that waits.  That is an ancestor, so it
 * has a lower number and has been decided before.
 */
static int find_counted(sqlite3 *db, struct counted *counted)
{
	sqlite3_stmt *stmt;
	size_t room = 64;
	int rc, err;

	counted->process = calloc(room, sizeof(*counted->process));
	if (!counted->process)
		return -ENOMEM;
	counted->process[counted->nr++] = 1;
	err = report_prepare(
		db, &stmt,
		"WITH " MEMBERS ", waiter(end_ns, process) AS MATERIALIZED ("
		"	SELECT end_ns, process FROM syscall JOIN member USING (task)"
		"	WHERE name IN ('wait4', 'waitid')"
		") SELECT child.process, coalesce(waiter.process, parent.process) FROM task"
		"	JOIN member AS child USING (task)"
		"	LEFT JOIN waiter ON waiter.end_ns = task.reaped_ns"
		"	LEFT JOIN member AS parent ON parent.task = task.parent_task "
		"WHERE task.reaped_ns IS NOT NULL AND task.task > 1 "
		"ORDER BY child.process");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (!is_counted(counted, sqlite3_column_int64(stmt, 1)))
			continue;
		if (counted->nr == room) {
			long long *more;

			room *= 2;
			more = reallocarray(counted->process, room, sizeof(*more));
			if (!more) {
				rc = SQLITE_NOMEM;
				break;
			}
			counted->process = more;
		}
		counted->process[counted->nr++] = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

struct observed {
	long long inside, outside, outsiders;
	bool waits_lost; /* who was waited for is not known: everybody is inside */
};

/* Tasks and system calls tell who waited for whom: were records of them lost? */
static int find_lost_waits(sqlite3 *db, bool *lost)
{
	sqlite3_stmt *stmt;
	int rc, err;

	err = report_prepare(db, &stmt,
			     "SELECT 1 FROM loss WHERE NOT " RECORDING_COUNTS_SPARED
			     " OR kind = 'syscall' OR kind LIKE 'task%' OR kind = 'unknown'");
	if (err)
		return err;
	rc = sqlite3_step(stmt);
	*lost = rc == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
}

static int sum_observed(sqlite3 *db, struct observed *sum)
{
	struct counted counted = { 0 };
	sqlite3_stmt *stmt;
	int rc, err;

	err = find_lost_waits(db, &sum->waits_lost);
	if (!err && !sum->waits_lost)
		err = find_counted(db, &counted);
	if (!err)
		err = report_prepare(db, &stmt,
				     "WITH " MEMBERS "SELECT process, observed "
				     "FROM reconcile JOIN member USING (task)");
	if (err) {
		free(counted.process);
		return err;
	}
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		long long n = sqlite3_column_int64(stmt, 1);

		if (sum->waits_lost || is_counted(&counted, sqlite3_column_int64(stmt, 0))) {
			sum->inside = timeline_sum(sum->inside, n);
		} else {
			sum->outside = timeline_sum(sum->outside, n);
			sum->outsiders++;
		}
	}
	free(counted.process);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

static int print_rusage(sqlite3 *db, FILE *out, const struct report_style *style)
{
	long long minor, major = 0, base = 0, sum, difference;
	struct observed observed = { 0 };
	char one[32], two[32], three[32], text[512];
	sqlite3_stmt *stmt;
	bool unknown, bad;
	int err, used;

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
	err = sum_observed(db, &observed);
	if (err)
		return err;
	sum = timeline_sum(observed.inside, base);
	minor = timeline_sum(minor, major);
	if (__builtin_sub_overflow(sum, minor, &difference))
		difference = LLONG_MAX;
	/* more than rusage has may be of tasks that nobody waited for; fewer cannot */
	unknown = observed.waits_lost && difference > 0;
	used = snprintf(text, sizeof(text), "rusage of wait4: %s%s%s observed", count(one, minor),
			unknown    ? "; " :
			difference ? ", but " :
				     " = ",
			count(two, observed.inside));
	if (base)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 " + %s before the gate opened", count(three, base));
	if (difference && base)
		used += snprintf(text + used, sizeof(text) - (size_t)used, " = %s",
				 count(one, sum));
	if (unknown)
		snprintf(text + used, sizeof(text) - (size_t)used,
			 "; with records lost it is not known which tasks nobody waited for: "
			 "their faults are not in rusage");
	else if (difference)
		used += snprintf(text + used, sizeof(text) - (size_t)used, ": difference %s",
				 count(two, difference));
	if (observed.outsiders)
		snprintf(text + used, sizeof(text) - (size_t)used,
			 "; the %s fault%s of %s task%s that nobody waited for %s not in it",
			 count(one, observed.outside), observed.outside == 1 ? "" : "s",
			 count(two, observed.outsiders), observed.outsiders == 1 ? "" : "s",
			 observed.outside == 1 ? "is" : "are");
	bad = difference && !unknown;
	fputs(bad ? report_ink(style, REPORT_BAD) : "", out);
	report_wrap(out, style, text, 0, 4);
	fputs(bad ? report_ink(style, REPORT_PLAIN) : "", out);
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

/* What a stale fault proves; or that none could be told, where there may be some. */
static int print_stale(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char one[32], why[256], text[480];
	sqlite3_stmt *stmt;
	long long n = 0, others = 0;
	int rc, err;

	err = report_prepare(db, &stmt,
			     "SELECT sum(n) FILTER (WHERE kind = 'stale'), sum(n) FILTER (WHERE "
			     "kind IN ('reuse', 'shared_dirty', 'shmem', 'zero_page')) "
			     "FROM fault_count");
	if (err)
		return err;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		n = sqlite3_column_int64(stmt, 0);
		others = sqlite3_column_int64(stmt, 1);
	}
	report_run_text(db, style, "page_tables", why, sizeof(why), "available");
	text[0] = '\0';
	if (n)
		snprintf(
			text, sizeof(text),
			"%s of these %s stale: the page table permitted the write already; the CPU "
			"held an old translation, or another CPU changed the entry in that moment",
			count(one, n), n == 1 ? "is" : "are");
	else if (others && strcmp(why, "available"))
		snprintf(text, sizeof(text),
			 "page tables are %s; which of these faults were stale, or of huge pages "
			 "that were kept or of zeros, is not known",
			 why);
	if (*text)
		report_wrap(out, style, text, 0, 4);
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
		"SELECT coalesce(phase, ''), kind, n, address, vma_start, vma_end,"
		"	coalesce(object, iif(vma_offset IS NULL, '', 'a file')), coalesce(syscall, '') "
		"FROM fault_run WHERE task = ? AND coalesce(region, '') = '' "
		"ORDER BY start_ns DESC LIMIT 11");
	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, task);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		char phase[80], kind[64], object[200], call[64], number[32];
		char address[32] = "", vma[280] = "";
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
		/* a fault without an exception has no address */
		if (sqlite3_column_int64(stmt, 3))
			snprintf(address, sizeof(address), " at %#llx",
				 (unsigned long long)sqlite3_column_int64(stmt, 3));
		if (asprintf(&line, "%s x %s%s%s%s%s%s%s",
			     count(number, sqlite3_column_int64(stmt, 2)), kind, address, vma,
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
		print_rusage, print_major, print_stale, print_uncounted, print_differences,
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
		err = parts[i](db, out, style);
	return err;
}
