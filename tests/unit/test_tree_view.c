// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lives_db.h"
#include "report_db.h"
#include "views/tree_view.h"

static const struct report_style plain = { .width = 80, .utf8 = true, .rows = 60 };
static const struct report_style ascii = { .width = 80, .rows = 60 };

/* With SQL executed on DB, which is closed then. */
static void expect(sqlite3 *db, const char *sql, const struct report_style *style,
		   const char *expected)
{
	report_db_add(db, sql);
	report_db_expect(db, report_tree, style, expected);
	sqlite3_close(db);
}

static void test_threads_stand_apart(void **state)
{
	(void)state;
	expect(report_db(lives_db_small), "", &plain,
	       "time ms          |0        |5\n"
	       "parent 101       ━e━━━━━━━━━━━━━━━━━━━ launch at 0.000, exec /bin/pair at 0.500,\n"
	       "│                                      exit 0 at 9.900\n"
	       "└ child 103        ━━━━━━━━━━━━━━━zz   fork at 1.000, exit 3 at 7.950,\n"
	       "  │                                    zombie for 1.00 ms, reaped by parent 101\n"
	       "  └ +worker 107             ──────     thread at 5.600, ends at 7.750\n"
	       "\n"
	       "━ alive   ─ + thread   e exec   z zombie\n");
}

/* The child ends before its own child, which the parent reaps at the end. */
static const char orphan[] =
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns, reaped_ns,"
	"  exit_code, exit_signal, process, creator_task)"
	"VALUES (4, 109, 109, 2, 'fork', 'pair', 7000000, 9300000, 9500000, NULL, 11, 4, 3);"
	"INSERT INTO syscall (task, name, start_ns, end_ns, ret) VALUES"
	"  (1, 'wait4', 9100000, 9500000, 109);";

static void test_an_orphan_is_adopted(void **state)
{
	(void)state;
	expect(report_db(lives_db_small), orphan, &ascii,
	       "time ms          |0        |5\n"
	       "parent 101       =e=================== launch at 0.000, exec /bin/pair at 0.500,\n"
	       "|                                      exit 0 at 9.900\n"
	       "`-child 103        ===============zz   fork at 1.000, exit 3 at 7.950,\n"
	       "  |                                    zombie for 1.00 ms, reaped by parent 101\n"
	       "  |-+worker 107             ------     thread at 5.600, ends at 7.750\n"
	       "  `-pair 109                   ==~~~~  fork by worker 107 at 7.000,\n"
	       "                                       loses its parent at 7.950,\n"
	       "                                       adopted by parent 101,\n"
	       "                                       killed by SIGSEGV at 9.300,\n"
	       "                                       zombie for 200 us, reaped by parent 101\n"
	       "\n"
	       "= alive   - + thread   e exec   ~ without its parent   z zombie\n");
}

/* What the kernel told goes before what can be concluded; here it goes on to others twice. */
static void test_new_parents_as_the_kernel_told(void **state)
{
	sqlite3 *db = report_db(lives_db_small);

	(void)state;
	report_db_add(db, orphan);
	expect(db,
	       "INSERT INTO reparent VALUES (4, 7950000, 2, 1, 101, 'pair', 8000000),"
	       " (4, 9200000, 1, NULL, 1, x'696e69741b', 9250000);",
	       &ascii,
	       "time ms          |0        |5\n"
	       "parent 101       =e=================== launch at 0.000, exec /bin/pair at 0.500,\n"
	       "|                                      exit 0 at 9.900\n"
	       "`-child 103        ===============zz   fork at 1.000, exit 3 at 7.950,\n"
	       "  |                                    zombie for 1.00 ms, reaped by parent 101\n"
	       "  |-+worker 107             ------     thread at 5.600, ends at 7.750\n"
	       "  `-pair 109                   ==~~~~  fork by worker 107 at 7.000,\n"
	       "                                       loses its parent at 7.950,\n"
	       "                                       adopted by parent 101,\n"
	       "                                       loses its parent at 9.200,\n"
	       "                                       adopted by init\\x1b 1,\n"
	       "                                       outside the recording,\n"
	       "                                       killed by SIGSEGV at 9.300,\n"
	       "                                       zombie for 200 us, reaped by parent 101\n"
	       "\n"
	       "= alive   - + thread   e exec   ~ without its parent   z zombie\n");
}

/* A shell that starts 41 processes, one after the other; each runs for a millisecond. */
static const char many[] =
	"INSERT INTO run VALUES ('duration_ns', 43000000), ('cpus', 1);"
	"INSERT INTO task (task, tid, pid, created_by, comm, exe, start_ns, exec_ns, exit_ns, exit_code,"
	"  exit_signal, process) VALUES (1, 101, 101, 'launch', 'sh', '/bin/sh', 0, 0, 43000000, 0, 0, 1);"
	"WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 41)"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, exe, start_ns, exec_ns, exit_ns,"
	"  reaped_ns, exit_code, exit_signal, nvcsw, nivcsw, process, creator_task)"
	"SELECT 1 + n, 101 + n, 101 + n, 1, 'fork', 'true', '/bin/true', n * 1000000, n * 1000000 + 7,"
	"  (n + 1) * 1000000, (n + 1) * 1000000, 0, 0, 1, 0, 1 + n, 1 FROM i;"
	"INSERT INTO state (task, state, cpu, start_ns, end_ns)"
	"  SELECT task, 'running', 0, start_ns, exit_ns FROM task WHERE task > 1;"
	"INSERT INTO state (task, state, cpu, start_ns, end_ns) VALUES"
	"  (1, 'running', 0, 0, 1000000), (1, 'running', 0, 42000000, 43000000);"
	"INSERT INTO state (task, state, why, start_ns, end_ns, waker_task) VALUES"
	"  (1, 'waiting', 'wait4', 1000000, 42000000, 42);";

static void test_siblings_alike_are_one_line(void **state)
{
	(void)state;
	expect(report_db(""), many, &plain,
	       "time ms          |0       |20\n"
	       "sh 101           e━━━━━━━━━━━━━━━━━━━━ launch at 0.000, exec /bin/sh at 0.000,\n"
	       "│                                      exit 0 at 43.000\n"
	       "└ 41 x true      ━━━━━━━━━━━━━━━━━━━━━ fork at 1.000 to 41.000,\n"
	       "                                       each exec /bin/true,\n"
	       "                                       lived 1.00 ms to 1.00 ms, each exit 0,\n"
	       "                                       each reaped by sh 101\n"
	       "\n"
	       "━ alive   e exec\n");
}

static void test_every_width_holds(void **state)
{
	(void)state;
	lives_db_every_width(report_tree);
}

static void test_errors_of_writing_are_returned(void **state)
{
	(void)state;
	lives_db_no_space(report_tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_stand_apart),
		cmocka_unit_test(test_an_orphan_is_adopted),
		cmocka_unit_test(test_new_parents_as_the_kernel_told),
		cmocka_unit_test(test_siblings_alike_are_one_line),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_errors_of_writing_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
