// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "views/lives.h"
#include "lives_db.h"
#include "report_db.h"

static const struct report_style plain = { .width = 80, .utf8 = true };

struct seen {
	long long at, sums[NR_DOING];
};

static void add(const struct lives_row *row, void *arg)
{
	struct seen *seen = arg;

	assert_true(row->start_ns == seen->at);
	assert_true(row->end_ns > row->start_ns);
	seen->sums[row->doing] += row->end_ns - row->start_ns;
	seen->at = row->end_ns;
}

/* The stretches of each life follow each other, and its sums are theirs. */
static void check_partition(const char *sql)
{
	sqlite3 *db = report_db(sql);
	struct lives l;

	assert_int_equal(lives_load(&l, db, &plain), 0);
	for (size_t i = 0; i < l.t.nr_tasks; i++) {
		const struct life *life = &l.lives[i];
		struct seen seen = { .at = life->start_ns };
		long long all = 0;

		lives_each(&l, (int)i, add, &seen);
		for (int doing = 0; doing < DOING_ZOMBIE; doing++) {
			assert_true(seen.sums[doing] == life->sums[doing]);
			all += life->sums[doing];
		}
		assert_true(all <= life->end_ns - life->start_ns);
		assert_true(life->sums[DOING_UNKNOWN] == life->end_ns - life->start_ns - all);
	}
	lives_free(&l);
	sqlite3_close(db);
}

static void test_lives_are_partitioned(void **state)
{
	(void)state;
	check_partition(lives_db_small);
	check_partition(lives_db_hostile);
	check_partition(report_db_cow);
	check_partition("");
}

static void test_sums_of_a_life(void **state)
{
	sqlite3 *db = report_db(lives_db_small);
	struct lives l;

	(void)state;
	assert_int_equal(lives_load(&l, db, &plain), 0);
	assert_int_equal(l.t.nr_tasks, 3);
	assert_int_equal(l.odd, 0);
	assert_int_equal(l.cpus, 2);
	assert_true(l.lives[1].ended);
	assert_int_equal(l.lives[1].start_ns, 1000000);
	assert_int_equal(l.lives[1].end_ns, 8000000);
	assert_int_equal(l.lives[1].response_ns, 1000000);
	assert_int_equal(l.lives[1].sums[DOING_RUNNING], 4500000);
	assert_int_equal(l.lives[1].sums[DOING_ZOMBIE], 1000000);
	assert_int_equal(l.lives[1].sums[DOING_UNKNOWN], 0);
	assert_int_equal(l.lives[2].sums[DOING_UNKNOWN], 500000);
	assert_int_equal(l.lives[2].nvcsw, 1);
	lives_free(&l);
	sqlite3_close(db);
}

static void test_rows_that_cannot_be_are_counted(void **state)
{
	sqlite3 *db = report_db(lives_db_small);
	struct lives l;

	(void)state;
	report_db_add(db, "INSERT INTO state (task, state, cpu, start_ns, end_ns) VALUES"
			  "  (1, 'running', 1, 1500000, 2500000), (1, 'flying', 1, 1, 2),"
			  "  (2, 'running', 0, 7, 5), (77, 'running', 0, 1, 2);");
	assert_int_equal(lives_load(&l, db, &plain), 0);
	assert_int_equal(l.odd, 5);
	assert_int_equal(l.lives[0].sums[DOING_RUNNING], 4000000);
	assert_int_equal(l.lives[0].sums[DOING_WAITING], 5500000);
	lives_free(&l);
	sqlite3_close(db);
}

static void test_row_before(void **state)
{
	sqlite3 *db = report_db(lives_db_small);
	struct lives l;

	(void)state;
	assert_int_equal(lives_load(&l, db, &plain), 0);
	assert_int_equal(lives_row_before(&l, 0, 0), -1);
	assert_int_equal(lives_row_before(&l, 0, 1), 0);
	assert_int_equal(lives_row_before(&l, 0, 2000000), 0);
	assert_int_equal(lives_row_before(&l, 0, 2000001), 1);
	assert_int_equal(lives_row_before(&l, 2, 7000000), 2);
	assert_int_equal(lives_row_before(&l, 2, 7000001), -1);
	assert_int_equal(lives_row_before(&l, 2, 7500001), 3);
	assert_int_equal(lives_row_before(&l, 2, 9000000), -1);
	lives_free(&l);
	sqlite3_close(db);
}

static void test_who_is_meant(void **state)
{
	sqlite3 *db = report_db(lives_db_small);
	char why[200] = "";
	struct lives l;

	(void)state;
	report_db_add(db, "INSERT INTO task (task, tid, pid, created_by, comm, process) VALUES"
			  "  (4, 2, 2, 'fork', 'ls', 4), (5, 109, 109, 'fork', 'w', 5),"
			  "  (6, 113, 113, 'fork', 'w', 6);");
	assert_int_equal(lives_load(&l, db, &plain), 0);
	assert_int_equal(lives_find(&l, "child", why, sizeof(why)), 1);
	assert_int_equal(lives_find(&l, "107", why, sizeof(why)), 2);
	assert_int_equal(lives_find(&l, "2", why, sizeof(why)), 3);
	assert_int_equal(lives_find(&l, "task:2", why, sizeof(why)), 1);
	assert_int_equal(lives_find(&l, "1", why, sizeof(why)), 0);
	assert_int_equal(lives_find(&l, "ls", why, sizeof(why)), 3);
	assert_string_equal(why, "");
	assert_int_equal(lives_find(&l, "w", why, sizeof(why)), TL_NONE);
	assert_string_equal(why, "2 tasks are called w; choose one of: task:5 task:6");
	assert_int_equal(lives_find(&l, "task:99", why, sizeof(why)), TL_NONE);
	assert_string_equal(why, "there is no task task:99; \"faultline show --tree\" lists them");
	assert_int_equal(lives_find(&l, "-1", why, sizeof(why)), TL_NONE);
	assert_int_equal(lives_find(&l, "", why, sizeof(why)), TL_NONE);
	lives_free(&l);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives_are_partitioned),
		cmocka_unit_test(test_sums_of_a_life),
		cmocka_unit_test(test_rows_that_cannot_be_are_counted),
		cmocka_unit_test(test_row_before),
		cmocka_unit_test(test_who_is_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
