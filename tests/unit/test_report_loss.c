// SPDX-License-Identifier: GPL-2.0
/* What the report says of a run that lost something. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report_db.h"

static const struct report_style plain = { .width = 100, .utf8 = true, .rows = 60 };

static void expect(sqlite3 *db, report_part *part, const struct report_style *style,
		   const char *expected)
{
	report_db_expect(db, part, style, expected);
	sqlite3_close(db);
}

/* Who was waited for is known from records of system calls. */
static void test_rusage_after_loss(void **state)
{
	static const char table[] = "faults      zero-fill  total  kernel's count  difference\n"
				    "shell 101           7      7               7           0\n"
				    "child 102          11     11              11           0\n"
				    "daemon 103         23     23              23           0\n"
				    "total              41     41              41           0\n";
	static const struct {
		const char *kind, *rusage, *line;
	} runs[] = {
		{ "syscall", "43",
		  "rusage of wait4: 43 = 41 observed + 2 before the gate opened\n" },
		{ "task_new", "20",
		  "rusage of wait4: 20; 41 observed + 2 before the gate opened = 43; with records lost it is not known\n"
		  "    which tasks nobody waited for: their faults are not in rusage\n" },
		{ "syscall", "47",
		  "rusage of wait4: 47, but 41 observed + 2 before the gate opened = 43: difference -4\n" },
		{ "fault_run", "20",
		  "rusage of wait4: 20 = 18 observed + 2 before the gate opened; the 23 faults of 1 task that nobody\n"
		  "    waited for are not in it\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		sqlite3 *db = report_db("");
		char *sql = sqlite3_mprintf("INSERT INTO run VALUES ('rusage_minflt', %s);"
					    "INSERT INTO loss (what, kind, n) VALUES"
					    " ('ring', %Q, 13), ('unseen', 'switch', 2)",
					    runs[i].rusage, runs[i].kind);
		char *text = sqlite3_mprintf("%s%s", table, runs[i].line);

		report_db_task(db, 1, 0, "shell", 7, 0, 7);
		report_db_task(db, 2, 1, "child", 11, 0, 11);
		report_db_task(db, 3, 1, "daemon", 23, 0, 23);
		report_db_add(db, "UPDATE task SET base_min = 2, min_flt = 9 WHERE task = 1;"
				  "UPDATE task SET reaped_ns = 2000 WHERE task = 2;");
		report_db_add(db, sql);
		expect(db, report_faults, &plain, text);
		sqlite3_free(text);
		sqlite3_free(sql);
	}
}

/* What stands above a single list. */
static int incomplete(sqlite3 *db, FILE *out, const struct report_style *style)
{
	int ret = report_incomplete(db, out, style);

	fprintf(out, "%d\n", ret);
	return 0;
}

static void test_one_line_says_that_it_is_incomplete(void **state)
{
	(void)state;
	expect(report_db("INSERT INTO run VALUES ('status', 'complete');"), incomplete, &plain,
	       "0\n");
	expect(report_db("INSERT INTO run VALUES ('status', 'incomplete'), ('reason', '1009 records"
			 " were lost');"
			 "INSERT INTO loss VALUES ('ring', 'syscall', 1, 6, 7, 1009);"),
	       incomplete, &plain, "INCOMPLETE: 1,009 records were lost\n1\n");
	expect(report_db(""), incomplete, &plain, "INCOMPLETE\n1\n");
}

static void test_loss(void **state)
{
	(void)state;
	expect(report_db("INSERT INTO run VALUES ('status', 'complete');"), report_loss, &plain,
	       "");
	expect(report_db("INSERT INTO run VALUES ('status', 'incomplete'), ('reason', 'stopped by"
			 " SIGTERM');"),
	       report_loss, &plain, "INCOMPLETE: stopped by SIGTERM\n");
	expect(report_db(""), report_loss, &plain, "INCOMPLETE\n");
	expect(report_db("INSERT INTO run VALUES ('status', 'incomplete'), ('reason', 'records were"
			 " lost');"
			 "INSERT INTO loss VALUES ('ring', 'fault_run', 0, 5, 9, 1009),"
			 "  ('ring', 'fault_run', 1, 5, 9, 2), ('ring', 'syscall', 1, 6, 7, 13);"),
	       report_loss, &plain,
	       "INCOMPLETE: records were lost\n"
	       "  records that did not fit into the ring buffer: 1,024 (1,011 fault_run, 13 syscall); remedy: a\n"
	       "    larger --ring-size\n"
	       "  Exact all the same: the counts of faults, and the table that compares them with the kernel's. Not\n"
	       "  exact: the timeline, times, single events.\n");
	expect(report_db("INSERT INTO run VALUES ('status', 'incomplete'), ('reason', 'things were"
			 " lost');"
			 "INSERT INTO loss VALUES ('recursion', 'page_fault_user', 0, 5, 9, 1),"
			 "  ('map', 'ledger', 0, 5, 9, 2), ('untracked', 'task', 0, 5, 9, 3),"
			 "  ('record', '99', 0, 5, 9, 5), ('else', x'1b', 0, 5, 9, 7);"),
	       report_loss, &plain,
	       "INCOMPLETE: things were lost\n"
	       "  lost in another way: 7 (7 \\x1b)\n"
	       "  entries that did not fit into a table in the kernel: 2 (2 ledger); remedy: trace fewer tasks,\n"
	       "    phases or files at once\n"
	       "  records in the file that could not be read: 5 (5 99); remedy: record it again\n"
	       "  calls of tracing programs that were left out, since one was running already: 1 (1\n"
	       "    page_fault_user); remedy: run it again; nothing else that traces should run beside it\n"
	       "  tasks that could not be followed: 3 (3 task); remedy: trace fewer tasks at once\n"
	       "  The counts may be too low. The kernel's own count in the table is right, and the difference shows\n"
	       "  what is missing.\n");
}

/* What was lost in these ways are events; the counts are kept apart from them. */
static void test_counts_spared(void **state)
{
	static const char lost[] =
		"INSERT INTO run VALUES ('status', 'incomplete'), ('reason', '11929 records were lost'),"
		"  ('ring_bytes', 134217728);"
		"INSERT INTO loss (what, kind, n) VALUES ('ring', 'switch_out', 11929),"
		"  ('unseen', 'switch', 2), ('late', 'syscall', 1013);";
	sqlite3 *db = report_db(lost);

	(void)state;
	report_db_expect(
		db, report_loss, &plain,
		"INCOMPLETE: 11,929 records were lost\n"
		"  records that came too late to be put in their places: 1,013 (1,013 syscall); remedy: run it again\n"
		"    where less is going on\n"
		"  records that did not fit into the ring buffer: 11,929 (11,929 switch_out); remedy: --ring-size\n"
		"    256M or more\n"
		"  switches of tasks that were not seen; later records show that they must have been: 2 (2 switch)\n"
		"  Exact all the same: the counts of faults, and the table that compares them with the kernel's. Not\n"
		"  exact: the timeline, times, single events.\n");
	/* cut off while a task lived: what it would have counted is missing */
	report_db_add(db,
		      "DELETE FROM loss WHERE what <> 'ring';"
		      "INSERT INTO task (task, tid, pid, created_by) VALUES (1, 7, 7, 'launch')");
	report_db_expect(
		db, report_loss, &plain,
		"INCOMPLETE: 11,929 records were lost\n"
		"  records that did not fit into the ring buffer: 11,929 (11,929 switch_out); remedy: --ring-size\n"
		"    256M or more\n"
		"  The counts may be too low. The kernel's own count in the table is right, and the difference shows\n"
		"  what is missing.\n");
	sqlite3_close(db);
}

/* Twice what the run had. */
static void test_remedy_for_a_full_ring(void **state)
{
	static const struct {
		long long bytes;
		const char *remedy;
	} rings[] = {
		{ 4096, "--ring-size 8K or more" },
		{ 512 << 10, "--ring-size 1M or more" },
		{ 16 << 20, "--ring-size 32M or more" },
		{ 1LL << 30, "--ring-size 2048M or more" },
		{ 1LL << 31, "no ring buffer can be larger" },
	};
	const struct report_style wide = { .width = 400 };

	(void)state;
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		sqlite3 *db =
			report_db("INSERT INTO loss (what, kind, n) VALUES ('ring', 'vma', 7)");
		char *sql = sqlite3_mprintf("INSERT INTO run VALUES ('ring_bytes', %lld)",
					    rings[i].bytes);
		char *text;

		report_db_add(db, sql);
		text = report_db_render(db, report_loss, &wide);
		assert_non_null(strstr(text, rings[i].remedy));
		free(text);
		sqlite3_free(sql);
		sqlite3_close(db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rusage_after_loss),
		cmocka_unit_test(test_one_line_says_that_it_is_incomplete),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_counts_spared),
		cmocka_unit_test(test_remedy_for_a_full_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
