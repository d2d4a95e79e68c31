// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
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

/* A name is what was recorded, whatever the terminal can show of it; what it shows will do as well. */
static void test_names_that_are_not_shown_whole(void **state)
{
	static const struct report_style ascii = { .width = 80 };
	static const char *const names[] = { "the-reader-of-all-the-pages", "읽는이", "a\033[1mb",
					     "12345678901234567890", "123456789012345678901" };
	sqlite3 *db = report_db("");
	char why[200] = "", shown[128];
	struct lives l;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *sql = sqlite3_mprintf(
			"INSERT INTO task (task, tid, pid, created_by, comm, role, process)"
			" VALUES (%d, %d, %d, 'fork', 'it', %Q, %d);",
			(int)i + 1, (int)i + 101, (int)i + 101, names[i], (int)i + 1);

		report_db_add(db, sql);
		sqlite3_free(sql);
	}
	for (int utf8 = 0; utf8 < 2; utf8++) {
		assert_int_equal(lives_load(&l, db, utf8 ? &plain : &ascii), 0);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			assert_int_equal(lives_find(&l, names[i], why, sizeof(why)), i);
			timeline_task(&l.t, (int)i, 0, shown, sizeof(shown));
			assert_int_equal(lives_find(&l, shown, why, sizeof(why)), i);
			assert_in_range(text_width(shown), 1, 20);
		}
		assert_string_equal(timeline_task(&l.t, 0, 0, shown, sizeof(shown)),
				    "the-reader-of-all-t~");
		assert_string_equal(timeline_task(&l.t, 0, 7, shown, sizeof(shown)), "the-re~");
		assert_string_equal(lives_name(&l, 2, shown, sizeof(shown), 0), "a\\x1b[1mb 103");
		lives_free(&l);
	}
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
		cmocka_unit_test(test_names_that_are_not_shown_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
