// SPDX-License-Identifier: GPL-2.0
/* Kernel threads in the timeline: in the lane of who asks, else across all lanes. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report_db.h"

static const struct report_style plain = { .width = 80, .utf8 = true, .rows = 60 };

static void births_and_ends(void **state)
{
	sqlite3 *db = report_db(
		"INSERT INTO run (key, value) VALUES ('duration_ns', 90000000);"
		"INSERT INTO task (task, tid, pid, created_by, comm, role, start_ns, exit_ns,"
		"  exit_code, process) VALUES (1, 101, 101, 'launch', 'prog', 'maker', 0, 89000000, 0, 1);"
		"INSERT INTO kthread VALUES"
		"  (2000000, 'ask', 2, 'kthreadd', 0, 0, 1, 101, 'prog'),"
		"  (3000000, 'ask', 2, 'kthreadd', 0, 0, 7, 103, 'other'),"
		"  (5000000, 'born', 211, 'one', 2, 0, NULL, 2, 'kthreadd'),"
		"  (7000000, 'stop', 211, 'one', 2, 0, NULL, 23, 'kworker'),"
		"  (11000000, 'exit', 211, x'1b', 2, 0, NULL, 211, NULL);");

	(void)state;
	report_db_expect(db, report_timeline, &plain,
			 "time ms  maker 101\n"
			 "  0.000  │ maker 101  by launch\n"
			 "  2.000  │ wakes kthreadd 2\n"
			 "  3.000  other 103 wakes kthreadd 2\n"
			 "  5.000  kthreadd 2 makes the kernel thread one 211\n"
			 "  7.000  kworker 23 tells one 211 to end\n"
			 " 11.000  \\x1b 211 ends\n"
			 "         ~ 78.0 ms without an event\n"
			 " 89.000  │ exit 0\n");
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(births_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
