// SPDX-License-Identifier: GPL-2.0
/* The table of records: every type has a row that says all of it. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <string.h>

#include "event.h"
#include "record/records.h"
#include "schema.h"

static void test_each_type_has_a_row(void **state)
{
	(void)state;
	for (unsigned int type = FL_TASK_NEW; type <= FL_LAST_TYPE; type++) {
		const struct record_type *t = records_type(type);

		if (type > FL_TASK_FREE && type < FL_NAME) {
			assert_null(t); /* numbers that are still free */
			continue;
		}
		assert_non_null(t);
		assert_true(t->size >= sizeof(struct fl_event));
		assert_string_equal(records_word(type), t->word);
		for (unsigned int other = 0; other < type; other++)
			assert_string_not_equal(records_word(other), t->word);
	}
	assert_null(records_type(0));
	assert_null(records_type(FL_LAST_TYPE + 1));
	assert_string_equal(records_word(0xffff), "unknown");
}

/* A record that is a row of a table has one, and no other record has the same. */
static void test_tables_are_in_the_schema(void **state)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int tables = 0;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, schema_sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TEMP TABLE own (name TEXT UNIQUE)", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "INSERT INTO own SELECT name FROM sqlite_schema"
					    " WHERE type = 'table' AND name = ?",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	for (unsigned int type = 0; type <= FL_LAST_TYPE; type++) {
		const struct record_type *t = records_type(type);

		if (!t || !t->table)
			continue;
		sqlite3_bind_text(stmt, 1, t->table, -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
		assert_int_equal(sqlite3_changes(db), 1);
		sqlite3_reset(stmt);
		tables++;
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	assert_in_range(tables, 1, 29); /* a bit each in claims/claims_trust.c, and three others */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_type_has_a_row),
		cmocka_unit_test(test_tables_are_in_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
