// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lives_db.h"
#include "views/path_view.h"
#include "report_db.h"

static const struct report_style plain = { .width = 80, .utf8 = true, .rows = 60 };

static int path_of_first(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char why[200] = "";
	int err = report_path(db, "task:1", out, style, why, sizeof(why));

	assert_string_equal(why, "");
	return err;
}

/* With SQL executed on DB, which is closed then. */
static void expect(sqlite3 *db, const char *sql, const struct report_style *style,
		   const char *expected)
{
	report_db_add(db, sql);
	report_db_expect(db, path_of_first, style, expected);
	sqlite3_close(db);
}

static void test_waits_lead_to_who_ended_them(void **state)
{
	(void)state;
	expect(report_db(lives_db_small), "", &plain,
	       "Why parent 101 took 10.0 ms (10,000,000 ns) from its creation to its end\n"
	       "  itself       ready 500 us (5.0%), running 3.50 ms (35.0%), waiting 6.00 ms\n"
	       "               (60.0%)\n"
	       "  on the path  new 500 us (5.0%), ready 1.50 ms (15.0%), running 7.00 ms\n"
	       "               (70.0%), waiting 1.00 ms (10.0%)\n"
	       "The path leads from a wait to the task whose wake-up ended it, and from a birth\n"
	       "to the creator. Its times add up to those from creation to end.\n"
	       "\n"
	       "   time ms        for  task        what held it up\n"
	       "     0.000    1.00 ms  parent 101  running 1.00 ms; creates child 103\n"
	       "     1.000    7.00 ms  child 103   running 4.50 ms, ready 1.00 ms (the CPU ran\n"
	       "                                   parent 101 500 us, others 500 us), waiting in\n"
	       "                                   read 1.00 ms (timer or device), new 500 us;\n"
	       "                                   wakes parent 101 from wait4\n"
	       "     8.000    2.00 ms  parent 101  running 1.50 ms, ready 500 us (the CPU ran\n"
	       "                                   others 500 us)\n");
}

/* Two tasks that wake each other 31 times, every 10 us. */
static const char pingpong[] =
	"INSERT INTO run VALUES ('duration_ns', 5310000), ('cpus', 2);"
	"INSERT INTO task (task, tid, pid, created_by, comm, start_ns, exit_ns, process, creator_task)"
	"VALUES (1, 101, 101, 'launch', 'ping', 0, 5310000, 1, NULL),"
	"  (2, 103, 103, 'fork', 'pong', 0, 5310000, 2, NULL);"
	"INSERT INTO state (task, state, why, cpu, start_ns, end_ns, waker_task) VALUES"
	"  (1, 'running', NULL, 0, 0, 3000000, NULL), (1, 'running', NULL, 0, 3310000, 5310000, NULL),"
	"  (2, 'waiting', 'read', NULL, 0, 3000000, 1);"
	"WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 30)"
	"INSERT INTO state (task, state, why, cpu, start_ns, end_ns, waker_task)"
	"SELECT 1 + (n % 2 = 0), 'running', NULL, n % 2, 3000000 + n * 10000, 3010000 + n * 10000, NULL"
	"  FROM i UNION ALL "
	"SELECT 1 + (n % 2 = 1), 'waiting', 'read', NULL, 3000000 + n * 10000, 3010000 + n * 10000,"
	"  1 + (n % 2 = 0) FROM i;";

static void test_short_stays_are_told_together(void **state)
{
	static const struct report_style few = { .width = 80, .utf8 = true, .rows = 6 };

	(void)state;
	expect(report_db(""), pingpong, &few,
	       "Why ping 101 took 5.31 ms (5,310,000 ns) from its creation to its end\n"
	       "  itself       running 5.15 ms (97.0%), waiting 160 us (3.0%)\n"
	       "  on the path  running 5.31 ms (100.0%)\n"
	       "The path leads from a wait to the task whose wake-up ended it, and from a birth\n"
	       "to the creator. Its times add up to those from creation to end.\n"
	       "\n"
	       "   time ms        for  task      what held it up\n"
	       "     0.000    3.00 ms  ping 101  running 3.00 ms; wakes pong 103 from read\n"
	       "     3.000     310 us  ...       31 short stays (pong 103, ping 101): running\n"
	       "                                 310 us; wakes ping 101 from read\n"
	       "     3.310    2.00 ms  ping 101  running 2.00 ms\n");
}

/* Whatever the rows are, the steps follow each other and add up to the turnaround. */
static void check_sum(const char *sql)
{
	sqlite3 *db = report_db(sql);
	struct lives l;

	assert_int_equal(lives_load(&l, db, &plain), 0);
	for (size_t i = 0; i < l.t.nr_tasks; i++) {
		long long at = l.lives[i].start_ns;
		struct path path;

		assert_int_equal(path_walk(&path, &l, (int)i), 0);
		for (size_t n = 0; n < path.nr; n++) {
			assert_true(path.steps[n].start_ns == at);
			assert_true(path.steps[n].end_ns > at);
			at = path.steps[n].end_ns;
		}
		assert_true(at == l.lives[i].end_ns);
		free(path.steps);
	}
	lives_free(&l);
	sqlite3_close(db);
}

static void test_steps_add_up(void **state)
{
	(void)state;
	check_sum(lives_db_small);
	check_sum(lives_db_hostile);
	check_sum(pingpong);
	check_sum(report_db_cow);
}

/* The waker sleeps already when its wake-up arrives on another CPU. */
static void test_a_wake_up_travels(void **state)
{
	sqlite3 *db = report_db(
		"INSERT INTO run VALUES ('duration_ns', 4000);"
		"INSERT INTO task (task, tid, pid, created_by, comm, start_ns, exit_ns, process)"
		"  VALUES (1, 101, 101, 'launch', 'a', 0, 4000, 1), (2, 103, 103, 'fork', 'b', 0, 4000, 2);"
		"INSERT INTO state (task, state, why, cpu, start_ns, end_ns, waker_task) VALUES"
		"  (1, 'running', NULL, 0, 0, 1000, NULL), (1, 'waiting', 'futex', NULL, 1000, 3000, 2),"
		"  (1, 'running', NULL, 0, 3000, 4000, NULL), (2, 'running', NULL, 1, 0, 2900, NULL),"
		"  (2, 'waiting', 'pause', NULL, 2900, 3900, 1), (2, 'running', NULL, 1, 3900, 4000, NULL);");
	struct lives l;
	struct path path;

	(void)state;
	assert_int_equal(lives_load(&l, db, &plain), 0);
	assert_int_equal(path_walk(&path, &l, 0), 0);
	assert_int_equal(path.nr, 3);
	assert_int_equal(path.steps[0].task, 1);
	assert_int_equal(path.steps[0].doing, DOING_RUNNING);
	assert_int_equal(path.steps[0].end_ns, 2900);
	assert_int_equal(path.steps[0].next, 0);
	assert_string_equal(path.steps[0].woke_from, "futex");
	assert_int_equal(path.steps[1].task, 0);
	assert_int_equal(path.steps[1].doing, DOING_WAITING);
	assert_true(path.steps[1].on_its_way);
	assert_int_equal(path.steps[1].end_ns, 3000);
	assert_int_equal(path.steps[2].task, 0);
	assert_int_equal(path.steps[2].doing, DOING_RUNNING);
	free(path.steps);
	lives_free(&l);
	sqlite3_close(db);
}

static void test_a_gap_stays_unknown(void **state)
{
	sqlite3 *db = report_db(lives_db_small);
	long long unknown = 0;
	struct lives l;
	struct path path;

	(void)state;
	assert_int_equal(lives_load(&l, db, &plain), 0);
	assert_int_equal(path_walk(&path, &l, 2), 0);
	for (size_t n = 0; n < path.nr; n++)
		if (path.steps[n].doing == DOING_UNKNOWN)
			unknown += path.steps[n].end_ns - path.steps[n].start_ns;
	assert_int_equal(unknown, 500000);
	free(path.steps);
	lives_free(&l);
	sqlite3_close(db);
}

static void test_every_width_holds(void **state)
{
	static const char *const all[] = { lives_db_small, lives_db_hostile, report_db_cow,
					   pingpong };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sqlite3 *db = report_db(all[i]);

		for (int width = 60; width <= 211; width++) {
			struct report_style style = { .width = width,
						      .utf8 = width % 2,
						      .rows = 13 };
			char *text = report_db_render(db, path_of_first, &style);

			report_db_check_lines(text, width);
			free(text);
		}
		sqlite3_close(db);
	}
}

static void test_nobody_is_named_so(void **state)
{
	sqlite3 *db = report_db(lives_db_small);
	char why[200];

	(void)state;
	assert_int_equal(report_path(db, "\x1b[2J", stderr, &plain, why, sizeof(why)), -2);
	assert_string_equal(why, "there is no task \\x1b[2J; \"faultline show --tree\" lists them");
	sqlite3_close(db);
}

static void test_errors_of_writing_are_returned(void **state)
{
	sqlite3 *db = report_db(lives_db_small);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(path_of_first(db, full, &plain), -28);
	fclose(full);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_lead_to_who_ended_them),
		cmocka_unit_test(test_short_stays_are_told_together),
		cmocka_unit_test(test_steps_add_up),
		cmocka_unit_test(test_a_wake_up_travels),
		cmocka_unit_test(test_a_gap_stays_unknown),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_nobody_is_named_so),
		cmocka_unit_test(test_errors_of_writing_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
