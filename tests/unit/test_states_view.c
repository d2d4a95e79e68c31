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
#include "views/states_view.h"

static const struct report_style plain = { .width = 80, .utf8 = true, .rows = 60 };
static const struct report_style ascii = { .width = 80, .rows = 60 };

/* With SQL executed on DB, which is closed then. */
static void expect(sqlite3 *db, const char *sql, const struct report_style *style,
		   const char *expected)
{
	report_db_add(db, sql);
	report_db_expect(db, report_states, style, expected);
	sqlite3_close(db);
}

static void test_gaps_are_gaps(void **state)
{
	(void)state;
	expect(report_db(lives_db_small), "", &ascii,
	       "3 tasks in 10.0 ms. A column is 156 us; several states in one take turns.\n"
	       "\n"
	       "time ms        |0    |1    |2     |3    |4     |5    |6    |7     |8    |9\n"
	       "A parent 101   RRRRRRRRRRRRRSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSrrrRRRRRRRRRR\n"
	       "B child 103          nnnnrrrRRRRRRRRRRRRRSSSSSSrrrRRRRRRRRRRRRRRRRzzzzzzz\n"
	       "C +worker 107                                     nrrRRRRRRR???RR\n"
	       "\n"
	       "CPU 0    80%   AAAAAAAAAAAAABBBBBBBBBBBBB.........BBBBBBBBBBBBBBBBb..AAAAAAAAAA\n"
	       "CPU 1    12%   ......................................CCCCCCC...CC..............\n"
	       "ready queue             1111                   1111111            1111\n"
	       "\n"
	       "R running   r ready   S waiting   z zombie   n new   ? not known\n"
	       "CPU: whom it ran; a small letter: less than half of the time; . nobody, or\n"
	       "  others than these tasks\n"
	       "ready queue: its mean length, a digit is its number; at most 1 at once\n"
	       "\n"
	       "               turnaround running   ready waiting unknown   CPU gave up forced\n"
	       "A parent 101      10.0 ms 3.50 ms  500 us 6.00 ms       - 35.0%       2      1\n"
	       "B child 103       7.00 ms 4.50 ms 1.00 ms 1.00 ms       - 64.3%       2      0\n"
	       "C +worker 107     2.15 ms 1.25 ms  300 us    0 ns  500 us 58.1%       1      0\n"
	       "turnaround: from creation to end   CPU: running / turnaround\n"
	       "gave up, forced: voluntary and involuntary switches that the kernel counted\n"
	       "  unknown: the recording does not say\n"
	       "\n"
	       "utilisation  46.2%   9.25 ms of CPU time in 10.0 ms on 2 CPUs\n"
	       "fairness     0.999   Jain's index over 3 tasks of running / (running + ready);\n"
	       "             1: all got the same share of what they could use\n"
	       "turnaround   6.38 ms on average; 3 tasks ended, 300 a second\n");
}

static void test_bars_in_utf8(void **state)
{
	(void)state;
	expect(report_db(lives_db_small),
	       "DELETE FROM state WHERE task = 3; DELETE FROM task WHERE task = 3;", &plain,
	       "2 tasks in 10.0 ms. A column is 156 us; several states in one take turns.\n"
	       "\n"
	       "time ms        |0    |1    |2     |3    |4     |5    |6    |7     |8    |9\n"
	       "A parent 101   RRRRRRRRRRRRRSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSrrrRRRRRRRRRR\n"
	       "B child 103          nnnnrrrRRRRRRRRRRRRRSSSSSSrrrRRRRRRRRRRRRRRRRzzzzzzz\n"
	       "\n"
	       "CPU 0    80%   AAAAAAAAAAAAABBBBBBBBBBBBB.........BBBBBBBBBBBBBBBBb..AAAAAAAAAA\n"
	       "ready queue             ▃██▆                   ███▂               ▆██▃\n"
	       "\n"
	       "R running   r ready   S waiting   z zombie   n new\n"
	       "CPU: whom it ran; a small letter: less than half of the time; . nobody, or\n"
	       "  others than these tasks\n"
	       "ready queue: its mean length, a full column is 1; at most 1 at once\n"
	       "\n"
	       "               turnaround response running   ready waiting   CPU gave up forced\n"
	       "A parent 101      10.0 ms     0 ns 3.50 ms  500 us 6.00 ms 35.0%       2      1\n"
	       "B child 103       7.00 ms  1.00 ms 4.50 ms 1.00 ms 1.00 ms 64.3%       2      0\n"
	       "turnaround: from creation to end   response: until it first ran   CPU: running /\n"
	       "  turnaround\n"
	       "gave up, forced: voluntary and involuntary switches that the kernel counted\n"
	       "\n"
	       "utilisation  40.0%   8.00 ms of CPU time in 10.0 ms on 2 CPUs\n"
	       "fairness     0.999   Jain's index over 2 tasks of running / (running + ready);\n"
	       "             1: all got the same share of what they could use\n"
	       "turnaround   8.50 ms on average; 2 tasks ended, 200 a second\n");
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

static void test_tasks_alike_share_a_lane(void **state)
{
	(void)state;
	expect(report_db(""), many, &plain,
	       "42 tasks in 43.0 ms. A column is 672 us; several states in one take turns.\n"
	       "\n"
	       "time ms        |0     |5     |10     |15    |20     |25    |30     |35    |40\n"
	       "A sh 101       RSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSRR\n"
	       "B 41 x true     RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\n"
	       "\n"
	       "CPU 0   100%   ABBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA\n"
	       "ready queue    \n"
	       "\n"
	       "R running   S waiting\n"
	       "CPU: whom it ran\n"
	       "ready queue: its mean length, a full column is 1; at most 0 at once\n"
	       "\n"
	       "               turnaround response running ready waiting    CPU gave up forced\n"
	       "A sh 101          43.0 ms     0 ns 2.00 ms  0 ns 41.0 ms   4.7%       -      -\n"
	       "B 41 x true       1.00 ms     0 ns 1.00 ms  0 ns    0 ns 100.0%       1      0\n"
	       "turnaround: from creation to end   response: until it first ran   CPU: running /\n"
	       "  turnaround\n"
	       "gave up, forced: voluntary and involuntary switches that the kernel counted\n"
	       "A row of several tasks has the mean of each.\n"
	       "\n"
	       "utilisation  100.0%   43.0 ms of CPU time in 43.0 ms on 1 CPU\n"
	       "fairness     1.000   Jain's index over 42 tasks of running / (running + ready);\n"
	       "             1: all got the same share of what they could use\n"
	       "turnaround   2.00 ms on average; 42 tasks ended, 977 a second\n");
}

/* It runs for one seventh of each 70 us, much less than a column: so do its letters. */
static void test_letters_are_in_proportion(void **state)
{
	sqlite3 *db = report_db(
		"INSERT INTO run VALUES ('duration_ns', 70000000);"
		"INSERT INTO task (task, tid, pid, created_by, comm, start_ns, exit_ns, process)"
		"  VALUES (1, 101, 101, 'launch', 'slow', 0, 70000000, 1);"
		"WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 999)"
		"INSERT INTO state (task, state, cpu, start_ns, end_ns)"
		"  SELECT 1, 'running', 0, n * 70000, n * 70000 + 10000 FROM i UNION ALL"
		"  SELECT 1, 'ready', 0, n * 70000 + 10000, (n + 1) * 70000 FROM i;");
	static const struct report_style style = { .width = 86 }; /* 70 columns */
	char *text = report_db_render(db, report_states, &style);
	const char *lane = strstr(text, "\nA slow 101");
	size_t running = 0, ready = 0;

	(void)state;
	assert_non_null(lane);
	for (lane += 1 + strlen("A slow 101"); *lane != '\n'; lane++) {
		running += *lane == 'R';
		ready += *lane == 'r';
	}
	assert_int_equal(running, 10);
	assert_int_equal(ready, 60);
	free(text);
	sqlite3_close(db);
}

/* A wait that a signal does not end has a letter and a sum of its own. */
static void test_deep_waits_are_told_apart(void **state)
{
	static const struct report_style wide = { .width = 90 };

	(void)state;
	expect(report_db(lives_db_small),
	       "DELETE FROM state WHERE task = 3; DELETE FROM task WHERE task = 3;"
	       "UPDATE state SET sleep = 'interruptible' WHERE state = 'waiting';"
	       "UPDATE state SET sleep = 'killable' WHERE state = 'waiting' AND task = 2;",
	       &wide,
	       "2 tasks in 10.0 ms. A column is 135 us; several states in one take turns.\n"
	       "\n"
	       "time ms        |0     |1     |2      |3     |4      |5     |6     |7      |8     |9\n"
	       "A parent 101   RRRRRRRRRRRRRRRSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSrrrrRRRRRRRRRRR\n"
	       "B child 103           nnnnrrrrRRRRRRRRRRRRRRRDDDDDDDrrrrRRRRRRRRRRRRRRRRRRzzzzzzzz\n"
	       "\n"
	       "CPU 0    80%   AAAAAAAAAAAAAAABBBBBBBBBBBBBBB..........bBBBBBBBBBBBBBBBBBBb..aAAAAAAAAAAA\n"
	       "ready queue               1111                      1111                  1111\n"
	       "\n"
	       "R running   r ready   D waiting, deaf to signals   S waiting   z zombie   n new\n"
	       "CPU: whom it ran; a small letter: less than half of the time; . nobody, or others than\n"
	       "  these tasks\n"
	       "ready queue: its mean length, a digit is its number; at most 1 at once\n"
	       "\n"
	       "               turnaround response running   ready waiting    in D   CPU gave up forced\n"
	       "A parent 101      10.0 ms     0 ns 3.50 ms  500 us 6.00 ms       - 35.0%       2      1\n"
	       "B child 103       7.00 ms  1.00 ms 4.50 ms 1.00 ms 1.00 ms 1.00 ms 64.3%       2      0\n"
	       "turnaround: from creation to end   response: until it first ran   in D: of waiting, what\n"
	       "  no signal ends but one that kills   CPU: running / turnaround\n"
	       "gave up, forced: voluntary and involuntary switches that the kernel counted\n"
	       "\n"
	       "utilisation  40.0%   8.00 ms of CPU time in 10.0 ms on 2 CPUs\n"
	       "fairness     0.999   Jain's index over 2 tasks of running / (running + ready); 1: all got\n"
	       "             the same share of what they could use\n"
	       "turnaround   8.50 ms on average; 2 tasks ended, 200 a second\n");
}

static void test_without_states_there_is_a_sentence(void **state)
{
	(void)state;
	expect(report_db(report_db_cow), "", &plain,
	       "The recording has no states: what was asked for did not need them. \"faultline\n"
	       "  trace -o FILE build/workloads/cow\" records them.\n");
}

static void test_every_width_holds(void **state)
{
	(void)state;
	lives_db_every_width(report_states);
}

static void test_errors_of_writing_are_returned(void **state)
{
	(void)state;
	lives_db_no_space(report_states);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gaps_are_gaps),
		cmocka_unit_test(test_bars_in_utf8),
		cmocka_unit_test(test_tasks_alike_share_a_lane),
		cmocka_unit_test(test_letters_are_in_proportion),
		cmocka_unit_test(test_deep_waits_are_told_apart),
		cmocka_unit_test(test_without_states_there_is_a_sentence),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_errors_of_writing_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
