// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lives_db.h"
#include "views/progress_view.h"
#include "report_db.h"

static const struct report_style plain = { .width = 80, .utf8 = true, .rows = 60 };
static const struct report_style ascii = { .width = 80, .rows = 60 };

/* With SQL executed on DB, which is closed then. */
static void expect(sqlite3 *db, const char *sql, const struct report_style *style,
		   const char *expected)
{
	report_db_add(db, sql);
	report_db_expect(db, report_progress, style, expected);
	sqlite3_close(db);
}

static void test_dots_in_utf8(void **state)
{
	(void)state;
	expect(report_db(lives_db_small), "", &plain,
	       "How much of its CPU time each task has had: it climbs while it runs, and is flat\n"
	       "while others run or it waits.\n"
	       "\n"
	       " 100% │                                                        C⡠B            ⢀A\n"
	       "      │                                                      ⢀⣠⠋             ⡠⠃\n"
	       "      │                                                    ⢀⠔⠁⡜            ⢀⠎\n"
	       "      │                                                  ⢀⡖⠓⠒⠒⠁           ⡔⠁\n"
	       "      │                                                ⢀⠔⡹              ⡠⠊\n"
	       "      │                                              ⢀⠔⠁⢀⠇            ⢀⠔⠁\n"
	       "      │               ⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣔⣁⣀⣀⣜⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⡠⠃\n"
	       "      │             ⢀⠔⠁                          ⢀⠔⠁   ⢠⠃\n"
	       "  50% │            ⡠⠃               ⢀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⠔⠁     ⡎\n"
	       "      │          ⢀⠎               ⢀⠔⠁                 ⢰⠁\n"
	       "      │         ⡔⠁              ⢀⠔⠁                   ⡇\n"
	       "      │       ⡠⠊              ⢀⠔⠁                    ⡸\n"
	       "      │     ⢀⠔⠁             ⢀⠔⠁                     ⢀⠇\n"
	       "      │    ⡠⠃             ⢀⠔⠁                       ⡜\n"
	       "      │  ⢀⠎             ⡠⠊⠁                        ⢠⠃\n"
	       "   0% │ ⠔⠁     ⣀⣀⣀⣀⣀⣀⣀⡠⠊                        ⣀⣀⣀⠎\n"
	       "time ms |0     |1     |2     |3     |4      |5     |6     |7     |8     |9\n"
	       "\n"
	       "A parent 101                  3.50 ms of CPU time in   10.0 ms\n"
	       "B child 103                   4.50 ms of CPU time in   7.00 ms\n"
	       "C worker 107                  1.25 ms of CPU time in   2.15 ms ?\n"
	       "? the recording does not know all that it did: 100% is what was seen\n"
	       "\n"
	       "average turnaround 6.38 ms   throughput 300 tasks a second (3 ended in 10.0 ms)\n");
}

static void test_letters_in_ascii(void **state)
{
	(void)state;
	expect(report_db(lives_db_small),
	       "DELETE FROM state WHERE task = 3; DELETE FROM task WHERE task = 3;", &ascii,
	       "How much of its CPU time each task has had: it climbs while it runs, and is flat\n"
	       "while others run or it waits.\n"
	       "\n"
	       " 100% |                                                          B             A\n"
	       "      |                                                        BB             A\n"
	       "      |                                                      BB             AA\n"
	       "      |                                                    BB             AA\n"
	       "      |                                                 BBB              A\n"
	       "      |                                               BB               AA\n"
	       "      |                                             BB               AA\n"
	       "      |              AAAAAAAAAAAAAAAAAAAAAAAAAAAAABBAAAAAAAAAAAAAAAAA\n"
	       "  50% |            AA                           BB\n"
	       "      |           A                BBBBBBBBBBBBB\n"
	       "      |         AA               BB\n"
	       "      |       AA               BB\n"
	       "      |      A              BBB\n"
	       "      |    AA             BB\n"
	       "      |  AA             BB\n"
	       "   0% | A      BBBBBBBBB\n"
	       "time ms |0     |1     |2     |3     |4      |5     |6     |7     |8     |9\n"
	       "\n"
	       "A parent 101                  3.50 ms of CPU time in   10.0 ms\n"
	       "B child 103                   4.50 ms of CPU time in   7.00 ms\n"
	       "\n"
	       "average turnaround 8.50 ms   throughput 200 tasks a second (2 ended in 10.0 ms)\n");
}

/*
 * Each process needs 100 ms.  In phase a there is one of them, in b three on one CPU
 * that take turns, one after the other, in c two on two CPUs; in d one that needs
 * less.  Phase b is there a second time, with others who take longer: the mean.
 */
static const char played[] =
	"INSERT INTO run VALUES ('duration_ns', 1300000000), ('cpus', 2);"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns, process) VALUES"
	"  (1, 101, 101, NULL, 'launch', 'all', 0, 1300000000, 1),"
	"  (2, 102, 102, 1, 'fork', 'a', 0, 110000000, 2),"
	"  (3, 103, 103, 1, 'fork', 'b', 110000000, 220000000, 3),"
	"  (4, 104, 104, 1, 'fork', 'b', 110000000, 320000000, 4),"
	"  (5, 105, 105, 1, 'fork', 'b', 120000000, 420000000, 5),"
	"  (6, 106, 106, 1, 'fork', 'c', 500000000, 600000000, 6),"
	"  (7, 107, 107, 1, 'fork', 'c', 500000000, 600000000, 7),"
	"  (8, 108, 108, 1, 'fork', 'd', 700000000, 750000000, 8),"
	"  (9, 109, 109, 1, 'fork', 'b', 800000000, 1000000000, 9),"
	"  (10, 110, 110, 1, 'fork', 'b', 800000000, 1100000000, 10),"
	"  (11, 111, 111, 1, 'fork', 'b', 800000000, 1200000000, 11),"
	"  (12, 112, 112, 2, 'fork', 'other parent', 0, 90000000, 12),"
	"  (13, 113, 101, NULL, 'thread', 'no child', 0, 90000000, 1);"
	"INSERT INTO phase VALUES (1, 'a', 10000000, 110000000), (1, 'b', 120000000, 420000000),"
	"  (1, 'c', 500000000, 600000000), (1, 'd', 700000000, 760000000), (1, 'b', 800000000, 1200000000),"
	"  (1, 'nobody', 1200000000, 1300000000);"
	"INSERT INTO state (task, state, cpu, start_ns, end_ns) VALUES"
	"  (2, 'running', 0, 10000000, 110000000), (3, 'running', 0, 120000000, 220000000),"
	"  (4, 'running', 0, 220000000, 320000000), (5, 'running', 0, 320000000, 420000000),"
	"  (6, 'running', 0, 500000000, 600000000), (7, 'running', 1, 500000000, 600000000),"
	"  (8, 'running', 0, 700000000, 750000000), (9, 'running', 0, 900000000, 1000000000),"
	/* 5 % of the round on the other CPU do not count */
	"  (10, 'running', 0, 1000000000, 1085000000), (10, 'running', 1, 1085000000, 1100000000),"
	"  (11, 'running', 0, 1100000000, 1200000000), (12, 'running', 0, 0, 1000000);";

static void test_rounds_of_several_sizes(void **state)
{
	sqlite3 *db = report_db(played);
	char *text;

	(void)state;
	text = report_db_render(db, report_progress, &ascii);
	assert_string_equal(
		strstr(text, "\nProcesses of"),
		"\n"
		"Processes of equal work in one phase: a figure is the number of CPUs that they\n"
		"had, * where several meet.\n"
		"\n"
		"           mean turnaround                        throughput\n"
		"   250 ms |                        ..1      20/s |             2\n"
		"          |                  ......              |\n"
		"          |             .....                    |\n"
		"          |        .....                         |\n"
		"          |  ......                              |1.........................1\n"
		"          |1.           2                        |\n"
		"          |                                      |\n"
		"          |                                      |\n"
		"        0 |                                    0 |\n"
		"  at once  1            2            3   at once  1            2            3\n"
		"1 CPU: 1 at once 100 ms, 10 a second; 3 at once 250 ms, 8.75 a second\n"
		"2 CPUs: 2 at once 100 ms, 20 a second\n");
	free(text);
	/* of one size alone there is nothing to say */
	report_db_add(db, "DELETE FROM phase WHERE name <> 'b'");
	text = report_db_render(db, report_progress, &ascii);
	assert_null(strstr(text, "Processes of"));
	free(text);
	sqlite3_close(db);
}

static void test_every_width_holds(void **state)
{
	(void)state;
	lives_db_every_width(report_progress);
}

static void test_errors_of_writing_are_returned(void **state)
{
	(void)state;
	lives_db_no_space(report_progress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dots_in_utf8),
		cmocka_unit_test(test_letters_in_ascii),
		cmocka_unit_test(test_rounds_of_several_sizes),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_errors_of_writing_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
