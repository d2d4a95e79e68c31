// SPDX-License-Identifier: GPL-2.0
/*
 * The sandbox under SQL and recordings that mean harm, the handle after it, and
 * the printing of a query's rows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "claims/query.h"
#include "claims/sandbox.h"

static void run(sqlite3 *db, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
}

static int set_up(void **state)
{
	sqlite3 *db;

	if (sqlite3_open(":memory:", &db))
		return -1;
	run(db, "CREATE TABLE t (n INTEGER, name TEXT);"
		"INSERT INTO t VALUES (7, 'seven'), (11, NULL), (13, 'thirteen')");
	*state = db;
	return 0;
}

static int tear_down(void **state)
{
	/* SQLITE_BUSY here would mean a statement that nobody finalized. */
	return sqlite3_close(*state) == SQLITE_OK ? 0 : -1;
}

/* The answer of SQL as text, or the sentence that refused or ended it. */
static const char *answer(sqlite3 *db, const char *sql, int deadline_ms)
{
	static char text[512];
	struct sandbox box;
	sqlite3_stmt *stmt;
	int rc;

	assert_int_equal(sandbox_enter(&box, db, deadline_ms), 0);
	if (sandbox_prepare(&box, sql, &stmt, text, sizeof(text)) == 0) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW) {
			const char *value = (const char *)sqlite3_column_text(stmt, 0);

			snprintf(text, sizeof(text), "%s", value ? value : "NULL");
			while (rc == SQLITE_ROW)
				rc = sqlite3_step(stmt);
		}
		if (rc != SQLITE_DONE)
			sandbox_error(&box, rc, text, sizeof(text));
	}
	sqlite3_finalize(stmt);
	sandbox_leave(&box);
	return text;
}

static void reading_works(void **state)
{
	static const char *const cases[][2] = {
		{ "SELECT sum(n) FROM t", "31" },
		{ "SELECT sum(n) FROM t;", "31" },
		{ "SELECT sum(n) FROM t; -- the end\n /* really */ ;", "31" },
		{ "WITH x AS (SELECT n FROM t WHERE n > 7) SELECT max(n) FROM x", "13" },
		{ "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 23)"
		  " SELECT sum(i) FROM c",
		  "276" },
		{ "SELECT group_concat(n, '+') FROM t", "7+11+13" },
		{ "SELECT row_number() OVER (ORDER BY n DESC) FROM t WHERE n = 11", "1" },
		{ "SELECT printf('%05d', 23)", "00023" },
		{ "SELECT json_extract('{\"a\": [3, 5]}', '$.a[1]')", "5" },
		{ "SELECT '{\"a\": 7}' ->> '$.a'", "7" },
		{ "SELECT count(*) FROM json_each('[2, 3, 5]')", "3" },
		{ "SELECT count(*) FROM pragma_table_info('t')", "2" },
		{ "SELECT name FROM sqlite_master", "t" },
		{ "SELECT COALESCE(NULL, 5)", "5" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(answer(*state, cases[i][0], 10000), cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], answer(*state, cases[i][0], 10000));
}

#define CHANGE "a change of the database is not allowed here: only SELECT is"

static void everything_else_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "INSERT INTO t VALUES (1, 'x')", CHANGE },
		{ "UPDATE t SET n = 0", CHANGE },
		{ "DELETE FROM t", CHANGE },
		{ "DELETE FROM sqlite_master", "table sqlite_master may not be modified" },
		{ "WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 'x' FROM x", CHANGE },
		{ "INSERT INTO t VALUES (1, 'x') RETURNING n", CHANGE },
		{ "DROP TABLE t", CHANGE },
		{ "ALTER TABLE t RENAME TO u", CHANGE },
		{ "CREATE TABLE u (x)", CHANGE },
		{ "CREATE TEMP TABLE u (x)", CHANGE },
		{ "CREATE TEMP VIEW v AS SELECT 1", CHANGE },
		{ "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END", CHANGE },
		{ "CREATE INDEX i ON t (n)", CHANGE },
		{ "CREATE VIRTUAL TABLE v USING fts5(x)", CHANGE },
		{ "REINDEX", CHANGE },
		{ "ANALYZE", CHANGE },
		{ "ATTACH '/tmp/faultline-must-not-exist' AS x",
		  "attaching a database is not allowed here: only SELECT is" },
		{ "ATTACH ':memory:' AS x",
		  "attaching a database is not allowed here: only SELECT is" },
		{ "DETACH main", "attaching a database is not allowed here: only SELECT is" },
		{ "VACUUM", "only SELECT is allowed here" },
		{ "VACUUM INTO '/tmp/faultline-must-not-exist'", "only SELECT is allowed here" },
		{ "BEGIN", "a transaction is not allowed here: only SELECT is" },
		{ "COMMIT", "a transaction is not allowed here: only SELECT is" },
		{ "SAVEPOINT s", "a transaction is not allowed here: only SELECT is" },
		{ "PRAGMA writable_schema = 1", "the pragma writable_schema is not allowed here" },
		{ "PRAGMA user_version = 7", "the pragma user_version is not allowed here" },
		{ "PRAGMA query_only = 0", "the pragma query_only is not allowed here" },
		{ "PRAGMA temp_store_directory = '/'",
		  "the pragma temp_store_directory is not allowed here" },
		{ "SELECT * FROM pragma_database_list",
		  "the pragma database_list is not allowed here" },
		{ "SELECT * FROM pragma_user_version",
		  "the pragma user_version is not allowed here" },
		{ "SELECT compile_options FROM pragma_compile_options",
		  "the pragma compile_options is not allowed here" },
		{ "SELECT load_extension('/tmp/x.so')",
		  "the function load_extension is not allowed here" },
		{ "SELECT randomblob(1000)", "the function randomblob is not allowed here" },
		{ "SELECT fts3_tokenizer('simple')",
		  "the function fts3_tokenizer is not allowed here" },
		{ "SELECT trim('x', 'y')", "the function trim is not allowed here" },
		{ "SELECT readfile('/etc/passwd')", "no such function: readfile" },
		{ "SELECT edit('x')", "no such function: edit" },
		{ "EXPLAIN SELECT 1", "only SELECT is allowed here" },
		{ "EXPLAIN QUERY PLAN SELECT 1", "only SELECT is allowed here" },
		{ "SELECT 1; SELECT 2", "there is more than one statement" },
		{ "SELECT 1; DROP TABLE t", "there is more than one statement" },
		{ "", "there is no statement" },
		{ " ; -- nothing", "there is no statement" },
		{ "SELEC 1", "near \"SELEC\": syntax error" },
		{ "SELECT x FROM t", "no such column: x" },
		{ "SELECT ?1", "variable number must be between ?1 and ?0" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(answer(*state, cases[i][0], 10000), cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], answer(*state, cases[i][0], 10000));
	assert_string_equal(answer(*state, "SELECT count(*) || ' ' || sum(n) FROM t", 10000),
			    "3 31");
	assert_string_equal(answer(*state, "SELECT count(*) FROM sqlite_master", 10000), "1");
	assert_int_equal(access("/tmp/faultline-must-not-exist", F_OK), -1);
	assert_int_equal(errno, ENOENT);
}

static void bombs_end(void **state)
{
	static const char *const endless[] = {
		"WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c)"
		" SELECT count(*) FROM c",
		"WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT 1 FROM c) SELECT i FROM c",
		/* each step is as slow as a single step can be made */
		"WITH RECURSIVE h(s) AS (SELECT hex(zeroblob(65536))),"
		" c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c)"
		" SELECT sum(instr(s || i, substr(s, 1, 65536) || 'x')) FROM c, h",
		"WITH RECURSIVE h(s) AS (SELECT hex(zeroblob(100000))),"
		" c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c)"
		" SELECT sum(s || i LIKE '%0%0%0%0%0%0%0%0x') FROM c, h",
	};
	size_t i;

	for (i = 0; i < sizeof(endless) / sizeof(endless[0]); i++)
		assert_string_equal(answer(*state, endless[i], 37),
				    "the query took longer than 37 ms and was stopped");
}

static void greed_ends(void **state)
{
	static const char *const cases[][2] = {
		{ "SELECT zeroblob(1000000000)", "a value is longer than 256 KiB" },
		{ "SELECT length(zeroblob(262144))", "262144" },
		{ "SELECT length(zeroblob(262145))", "a value is longer than 256 KiB" },
		/* SQLite gives up on these by itself, before anything is allocated */
		{ "SELECT printf('%1000000000d', 1)", "NULL" },
		{ "SELECT printf('%.*c', 1000000000, 'x')", "NULL" },
		{ "SELECT replace(hex(zeroblob(65536)), '0', '0123456789')",
		  "a value is longer than 256 KiB" },
		{ "WITH RECURSIVE c(s) AS (VALUES ('x') UNION ALL SELECT s || s FROM c)"
		  " SELECT max(length(s)) FROM c",
		  "a value is longer than 256 KiB" },
		{ "WITH RECURSIVE c(i, s) AS (VALUES (1, zeroblob(200000)) UNION ALL"
		  " SELECT i + 1, zeroblob(200000) FROM c) SELECT s FROM c ORDER BY i DESC",
		  "the query needs more than 256 MiB of memory" },
		{ "SELECT abs(-9223372036854775807 - 1)", "integer overflow" },
	};
	char deep[4096] = "SELECT ", wide[200000] = "SELECT '";
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(answer(*state, cases[i][0], 60000), cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], answer(*state, cases[i][0], 60000));
	for (i = 0; i < 211; i++)
		strcat(deep, "1+");
	strcat(deep, "1");
	assert_string_equal(answer(*state, deep, 60000),
			    "Expression tree is too large (maximum depth 200)");
	memset(wide + strlen(wide), 'x', 100003);
	strcat(wide, "'");
	assert_string_equal(answer(*state, wide, 60000), "the query is longer than 64 KiB");
}

static void the_handle_is_given_back(void **state)
{
	static const int ids[] = { SQLITE_LIMIT_LENGTH,         SQLITE_LIMIT_SQL_LENGTH,
				   SQLITE_LIMIT_COLUMN,         SQLITE_LIMIT_EXPR_DEPTH,
				   SQLITE_LIMIT_VDBE_OP,        SQLITE_LIMIT_ATTACHED,
				   SQLITE_LIMIT_VARIABLE_NUMBER };
	sqlite3_int64 heap = sqlite3_hard_heap_limit64(-1);
	int before[sizeof(ids) / sizeof(ids[0])], defensive = -1, trusted = -1;
	struct sandbox box;
	sqlite3 *db = *state;
	size_t i;

	run(db, "PRAGMA temp_store = 1");
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		before[i] = sqlite3_limit(db, ids[i], -1);
	assert_int_equal(sandbox_enter(&box, db, 10000), 0);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (17, 'x')", NULL, NULL, NULL),
			 SQLITE_AUTH);
	sandbox_leave(&box);
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(sqlite3_limit(db, ids[i], -1), before[i]);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
	assert_int_equal(defensive, 0);
	assert_int_equal(trusted, 1);
	assert_int_equal(sqlite3_hard_heap_limit64(-1), heap);
	run(db, "INSERT INTO t VALUES (17, 'x')");
	run(db, "ATTACH ':memory:' AS other");
	run(db, "CREATE TEMP TABLE u AS SELECT random() AS r");
	assert_string_equal(answer(db, "SELECT count(*) FROM t", 10000), "4");
}

static void a_stopped_handle_goes_on(void **state)
{
	struct sandbox box;
	sqlite3_stmt *stmt;
	char why[200];

	assert_int_equal(sandbox_enter(&box, *state, 23), 0);
	assert_int_equal(sandbox_prepare(&box,
					 "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL"
					 " SELECT i + 1 FROM c) SELECT count(*) FROM c",
					 &stmt, why, sizeof(why)),
			 0);
	assert_int_equal(sqlite3_step(stmt), SQLITE_INTERRUPT);
	sqlite3_finalize(stmt);
	sandbox_restart(&box);
	assert_int_equal(sandbox_prepare(&box, "SELECT sum(n) FROM t", &stmt, why, sizeof(why)), 0);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(stmt, 0), 31);
	assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
	sandbox_leave(&box);
}

/* A view in somebody else's recording runs with the reader's rights. */
static void hostile_schema(void **state)
{
	sqlite3 *db = *state;

	run(db, "CREATE VIEW ext AS SELECT load_extension('/tmp/x.so') AS x;"
		"CREATE VIEW blob AS SELECT zeroblob(1000000000) AS x;"
		"CREATE VIEW bomb AS WITH RECURSIVE c(i) AS"
		" (VALUES (1) UNION ALL SELECT i + 1 FROM c) SELECT count(*) AS x FROM c;"
		"CREATE VIEW fine AS SELECT n AS x FROM t;"
		"CREATE TRIGGER r INSTEAD OF INSERT ON fine BEGIN DELETE FROM t; END");
	assert_string_equal(answer(db, "SELECT x FROM ext", 10000),
			    "unsafe use of load_extension()");
	assert_string_equal(answer(db, "SELECT x FROM blob", 10000),
			    "a value is longer than 256 KiB");
	assert_string_equal(answer(db, "SELECT x FROM bomb", 37),
			    "the query took longer than 37 ms and was stopped");
	assert_string_equal(answer(db, "INSERT INTO fine VALUES (1)", 10000), CHANGE);
	assert_string_equal(answer(db, "SELECT sum(x) FROM fine", 10000), "31");
}

static void add_read(const char *table, const char *column, void *arg)
{
	char *reads = arg;

	sprintf(reads + strlen(reads), "%s.%s ", table, column);
}

static void reads_are_told(void **state)
{
	char reads[200] = "", why[200];
	struct sandbox box;
	sqlite3_stmt *stmt;

	assert_int_equal(sandbox_enter(&box, *state, 10000), 0);
	box.on_read = add_read;
	box.on_read_arg = reads;
	assert_int_equal(sandbox_prepare(&box, "SELECT n FROM t WHERE name = 'x'", &stmt, why,
					 sizeof(why)),
			 0);
	sqlite3_finalize(stmt);
	assert_string_equal(reads, "t.n t.name ");
	reads[0] = '\0';
	assert_int_equal(sandbox_prepare(&box, "SELECT count(*) FROM t", &stmt, why, sizeof(why)),
			 0);
	sqlite3_finalize(stmt);
	sandbox_leave(&box);
	assert_string_equal(reads, "t. ");
}

/* What query_print() writes, and its result. */
static int print(sqlite3 *db, const char *sql, enum query_format format, char *text, size_t size,
		 char *why)
{
	FILE *out = fmemopen(text, size, "w");
	int err;

	assert_non_null(out);
	text[0] = '\0';
	strcpy(why, "");
	err = query_print(db, sql, out, format, 10000, why, 200);
	fclose(out);
	return err;
}

static void rows_are_printed(void **state)
{
	static const char sql[] = "SELECT n, name, n / 2.0 AS \"a\tb\" FROM t";
	char text[1000], why[200];

	assert_int_equal(print(*state, sql, QUERY_TSV, text, sizeof(text), why), 0);
	assert_string_equal(text, "n\tname\ta\\x09b\n"
				  "7\tseven\t3.5\n"
				  "11\t\t5.5\n"
				  "13\tthirteen\t6.5\n");
	assert_int_equal(print(*state, sql, QUERY_JSON, text, sizeof(text), why), 0);
	assert_string_equal(text, "[\n"
				  "{\"n\": 7, \"name\": \"seven\", \"a\\tb\": 3.5},\n"
				  "{\"n\": 11, \"name\": null, \"a\\tb\": 5.5},\n"
				  "{\"n\": 13, \"name\": \"thirteen\", \"a\\tb\": 6.5}\n"
				  "]\n");
	assert_int_equal(
		print(*state, "SELECT n, name FROM t", QUERY_TABLE, text, sizeof(text), why), 0);
	assert_string_equal(text, " n name\n"
				  " 7 seven\n"
				  "11 \n"
				  "13 thirteen\n");
	assert_int_equal(
		print(*state, "SELECT n FROM t WHERE 0", QUERY_TSV, text, sizeof(text), why), 0);
	assert_string_equal(text, "n\n");
	assert_int_equal(
		print(*state, "SELECT n FROM t WHERE 0", QUERY_JSON, text, sizeof(text), why), 0);
	assert_string_equal(text, "[]\n");
}

/* Each member of an object has a name of its own, also where a name with a number is there already. */
static void names_are_told_apart(void **state)
{
	char text[1000], why[200];

	assert_int_equal(print(*state,
			       "SELECT 1 AS n, 2 AS m, 3 AS n, 5 AS n_2, 7 AS n, 11 AS m, 13 AS N",
			       QUERY_JSON, text, sizeof(text), why),
			 0);
	assert_string_equal(text, "[\n{\"n\": 1, \"m\": 2, \"n_3\": 3, \"n_2\": 5, \"n_4\": 7, "
				  "\"m_2\": 11, \"N\": 13}\n]\n");
	assert_int_equal(print(*state, "SELECT 1 AS n, 3 AS n", QUERY_TSV, text, sizeof(text), why),
			 0);
	assert_string_equal(text, "n\tn\n1\t3\n");
}

static void values_are_escaped(void **state)
{
	static const char sql[] = "SELECT 'a' || char(27) || '[2J' || char(9) || char(10) AS e,"
				  " x'41004200' AS b, 9e999 AS i, char(8238) || 'x' AS r";
	char text[1000], why[200];

	assert_int_equal(print(*state, sql, QUERY_TSV, text, sizeof(text), why), 0);
	assert_string_equal(text, "e\tb\ti\tr\n"
				  "a\\x1b[2J\\x09\\x0a\tA\\x00B\\x00\tInf\t\\xe2\\x80\\xaex\n");
	assert_int_equal(print(*state,
			       "SELECT 'a' || char(27, 10, 34) AS e, x'00' AS b, -9e999 AS i",
			       QUERY_JSON, text, sizeof(text), why),
			 0);
	assert_string_equal(
		text, "[\n{\"e\": \"a\\u001b\\n\\\"\", \"b\": \"\\\\x00\", \"i\": null}\n]\n");
}

static void wrong_queries_are_told(void **state)
{
	char text[1000], why[200];
	FILE *full;

	assert_int_equal(print(*state, "DELETE FROM t", QUERY_TSV, text, sizeof(text), why),
			 -EINVAL);
	assert_string_equal(why, CHANGE);
	assert_string_equal(text, "");
	assert_int_equal(print(*state, "SELECT zeroblob(300007)", QUERY_JSON, text, sizeof(text),
			       why),
			 -EIO);
	assert_string_equal(why, "a value is longer than 256 KiB");
	assert_string_equal(text, "");
	assert_int_equal(print(*state, "SELECT n, zeroblob(n * 100000) FROM t", QUERY_TSV, text,
			       sizeof(text), why),
			 -EIO);
	assert_string_equal(why, "a value is longer than 256 KiB");
	assert_int_equal(print(*state,
			       "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c)"
			       " SELECT i FROM c",
			       QUERY_TABLE, text, sizeof(text), why),
			 -E2BIG);
	assert_string_equal(why,
			    "more than 100000 rows: add LIMIT, or write them to a file or pipe");
	full = fopen("/dev/full", "w");
	assert_non_null(full);
	assert_int_equal(query_print(*state, "SELECT n FROM t", full, QUERY_TSV, 10000, why,
				     sizeof(why)),
			 -EIO);
	assert_string_equal(why, "the output cannot be written");
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading_works, set_up, tear_down),
		cmocka_unit_test_setup_teardown(everything_else_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bombs_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(greed_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_handle_is_given_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stopped_handle_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hostile_schema, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_are_printed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(values_are_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_queries_are_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
