// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lives_db.h"
#include "progress_view.h"
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
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_errors_of_writing_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
