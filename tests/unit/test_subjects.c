// SPDX-License-Identifier: GPL-2.0
/* The table of subjects: whole, of tables that there are, and what follows from it. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <string.h>

#include "record/subjects.h"
#include "schema.h"

static void test_each_has_a_word_of_its_own(void **state)
{
	char all[256], one[256];
	int words = 1;

	(void)state;
	subjects_words(all, sizeof(all), SUBJECT_ALL);
	for (const char *c = all; *c; c++)
		words += *c == ',';
	assert_int_equal(words, __builtin_popcount(SUBJECT_ALL));
	for (unsigned int subject = 1; subject < SUBJECT_ALL; subject <<= 1) {
		subjects_words(one, sizeof(one), subject);
		assert_true(*one && !strchr(one, ','));
		assert_non_null(strstr(all, one));
	}
	assert_string_equal(subjects_words(one, sizeof(one), SUBJECT_STATES | SUBJECT_SIGNALS),
			    "states, signals");
	assert_string_equal(subjects_words(one, sizeof(one), 0), "");
}

/* What the columns of the schema need; each subject is needed by one of them. */
static void test_tables_of_the_schema(void **state)
{
	unsigned int found = 0;
	sqlite3_stmt *stmt;
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, schema_sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT m.name, p.name FROM sqlite_schema AS m,"
					    " pragma_table_info(m.name) AS p",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		found |= subjects_of_column((const char *)sqlite3_column_text(stmt, 0),
					    (const char *)sqlite3_column_text(stmt, 1));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	assert_int_equal(found, SUBJECT_ALL);
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(subjects_of_column("syscall", "data"), SUBJECT_CALLS | SUBJECT_DATA);
	assert_int_equal(subjects_of_column("syscall", "ret"), SUBJECT_CALLS);
	assert_int_equal(subjects_of_column("syscall", ""), SUBJECT_CALLS);
	assert_int_equal(subjects_of_column("open_file", "fd"), SUBJECT_CARDS);
	assert_int_equal(subjects_of_column("open", "fd"), 0);
	assert_int_equal(subjects_of_column("fault_count", "n"), 0);
	assert_int_equal(subjects_of_column("", ""), 0);
}

static void test_programs(void **state)
{
	(void)state;
	assert_int_equal(subjects_of_program("kthread_ask"), SUBJECT_KTHREADS);
	assert_int_equal(subjects_of_program("lock_posix"), SUBJECT_LOCKS);
	assert_int_equal(subjects_of_program("sched_wakeup_new"), SUBJECT_STATES);
	assert_int_equal(subjects_of_program("sched_switched"), ~0u);
	assert_int_equal(subjects_of_program("snapshot_vma"), SUBJECT_CARDS);
	assert_int_equal(subjects_of_program("snapshot_tasks"), ~0u);
	assert_int_equal(subjects_of_program("task_rename"), SUBJECT_DEFAULT);
	assert_int_equal(subjects_of_program("fault_user"), ~0u);
	assert_int_equal(subjects_of_program(""), ~0u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_has_a_word_of_its_own),
		cmocka_unit_test(test_tables_of_the_schema),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
