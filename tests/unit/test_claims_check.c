// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts: each test makes a recording's tables row by row, checks claims on
 * them and compares all of table claim.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "claims/claims.h"
#include "claims_file.h"
#include "claims/claims_impl.h"
#include "event.h"
#include "record/records.h"

static void run(sqlite3 *db, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
}

/* Parent and child; the child copied 23 pages, the parent reused 19. */
static int set_up(void **state)
{
	sqlite3 *db;

	if (claims_schema_open(&db))
		return -1;
	run(db, "INSERT INTO run VALUES ('status', 'complete'), ('rusage_minflt', '42'),"
		" ('arch', 'x86_64');"
		"INSERT INTO task (task, tid, pid, created_by, role, exit_ns)"
		" VALUES (1, 7, 7, 'launch', 'parent', 97), (2, 8, 8, 'fork', 'child', 89);"
		"INSERT INTO fault_count (task, phase, kind, n)"
		" VALUES (2, 'c.write', 'copy', 23), (1, 'p.write', 'reuse', 19);"
		"INSERT INTO fault_run (task, kind, n) VALUES (2, 'copy', 13), (2, 'copy', 10);"
		"INSERT INTO value (task, name, value) VALUES (1, 'merged', 3), (2, 'merged', 2);"
		"INSERT INTO syscall (task, name, data) VALUES (2, 'read', x'373131'),"
		" (2, 'write', x'410042')");
	*state = db;
	return 0;
}

static int tear_down(void **state)
{
	return sqlite3_close(*state) == SQLITE_OK ? 0 : -1;
}

static struct claims *load(const char *text)
{
	char whole[4000];

	assert_in_range(snprintf(whole, sizeof(whole), "-- title: x\n%s", text), 0,
			sizeof(whole) - 1);
	return claims_file_load(whole);
}

/* Check CLAIMS and free them; the rest is as check() says. */
static void check_loaded(sqlite3 *db, struct claims *claims, const char *wanted)
{
	char why[600] = "", got[4000] = "";
	sqlite3_stmt *stmt;

	if (claims_check(claims, db, why, sizeof(why)))
		fail_msg("%s", why);
	claims_free(claims);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT id, expected, observed, verdict, reason"
					    " FROM claim ORDER BY rowid",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		int i;

		for (i = 0; i < 5; i++) {
			const char *value = (const char *)sqlite3_column_text(stmt, i);

			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
				 value ? value : "", i < 4 ? "|" : "\n");
		}
	}
	sqlite3_finalize(stmt);
	assert_string_equal(got, wanted);
}

/* Check TEXT's claims; table claim must then be WANTED, "id|expected|observed|verdict|reason\n"... */
static void check(sqlite3 *db, const char *text, const char *wanted)
{
	check_loaded(db, load(text), wanted);
}

#define CLAIM(id, expect, sql) "-- claim E " id ": text\n-- expect: " expect "\n" sql ";\n"

/* What did not come to its end proves nothing, neither by what was seen nor by what was not. */
static void died(void **state)
{
	static const char claims[] =
		CLAIM("copies", "23", "SELECT sum(n) FROM fault_count WHERE n = 23")
			CLAIM("none", "7", "SELECT 0");

	run(*state, "INSERT INTO run VALUES ('wait_status', 9)");
	check(*state, claims,
	      "copies|23|23|inconclusive|the workload was killed by signal 9 (Killed)\n"
	      "none|7|0|inconclusive|the workload was killed by signal 9 (Killed)\n");
	run(*state, "UPDATE run SET value = 139 WHERE key = 'wait_status'");
	check(*state, CLAIM("none", "0", "SELECT 0"),
	      "none|0|0|inconclusive|the workload was killed by signal 11 (Segmentation fault)\n");
	run(*state, "UPDATE run SET value = 768 WHERE key = 'wait_status'");
	check(*state, claims,
	      "copies|23|23|inconclusive|the workload failed: it ended with status 3\n"
	      "none|7|0|inconclusive|the workload failed: it ended with status 3\n");
	run(*state, "UPDATE run SET value = 0 WHERE key = 'wait_status'");
	check(*state, claims, "copies|23|23|pass|\nnone|7|0|fail|\n");
}

static void numbers(void **state)
{
	check(*state,
	      CLAIM("copies", "23", "SELECT sum(n) FROM fault_count WHERE kind = 'copy'") CLAIM(
		      "fewer", "22", "SELECT sum(n) FROM fault_count WHERE kind = 'copy'")
		      CLAIM("join", "19",
			    "SELECT sum(n) FROM fault_count JOIN task USING (task) WHERE role = 'parent'")
			      CLAIM("none", "0", "SELECT sum(n) FROM fault_count WHERE kind = 'swap'") CLAIM(
				      "none.but", "1",
				      "SELECT sum(n) FROM fault_count WHERE kind = 'swap'")
				      CLAIM("bound", "<= 22", "SELECT 23") CLAIM(
					      "range", "22 .. 24",
					      "SELECT 23") CLAIM("near", "1000 +- 3%",
								 "SELECT 1030.0")
					      CLAIM("far", "1000 +- 3%", "SELECT 1030.25") CLAIM(
						      "real", "23",
						      "SELECT 23.0") CLAIM("unreal", "23",
									   "SELECT 23.5")
						      CLAIM("text", "42",
							    "SELECT value FROM run WHERE key = 'rusage_minflt'")
							      CLAIM("bytes", "711",
								    "SELECT data FROM syscall WHERE name = 'read'")
								      CLAIM("big",
									    "9223372036854775807",
									    "SELECT 9223372036854775807"),
	      "copies|23|23|pass|\n"
	      "fewer|22|23|fail|\n"
	      "join|19|19|pass|\n"
	      "none|0|0|pass|\n"
	      "none.but|1|0|fail|\n"
	      "bound|<= 22|23|fail|\n"
	      "range|22..24|23|pass|\n"
	      "near|1000 +- 3%|1030|pass|\n"
	      "far|1000 +- 3%|1030.25|fail|\n"
	      "real|23|23|pass|\n"
	      "unreal|23|23.5|fail|\n"
	      "text|42|42|pass|\n"
	      "bytes|711|711|pass|\n"
	      "big|9223372036854775807|9223372036854775807|pass|\n");
}

static void texts(void **state)
{
	check(*state,
	      CLAIM("arch", "'x86_64'", "SELECT value FROM run WHERE key = 'arch'") CLAIM(
		      "case", "'X86_64'",
		      "SELECT value FROM run WHERE key = 'arch'") CLAIM("number", "'7'", "SELECT 7")
		      CLAIM("bytes", "'711'", "SELECT data FROM syscall WHERE name = 'read'")
			      CLAIM("cut", "'A'", "SELECT data FROM syscall WHERE name = 'write'")
				      CLAIM("null", "''", "SELECT NULL")
					      CLAIM("empty", "''", "SELECT ''"),
	      "arch|x86_64|x86_64|pass|\n"
	      "case|X86_64|x86_64|fail|\n"
	      "number|7|7|pass|\n"
	      "bytes|711|711|pass|\n"
	      "cut|A|A\\x00B|fail|\n"
	      "null|||fail|the query gave NULL where a text was expected\n"
	      "empty|||pass|\n");
}

static void odd_answers(void **state)
{
	check(*state,
	      CLAIM("no.row", "0", "SELECT n FROM fault_count WHERE kind = 'swap'")
		      CLAIM("rows", "23", "SELECT n FROM fault_count ORDER BY n DESC")
			      CLAIM("word", "23", "SELECT role FROM task WHERE task = 2")
				      CLAIM("half", "23", "SELECT '23x'") CLAIM(
					      "bomb", "23", "SELECT zeroblob(1000000000)")
					      CLAIM("overflow", "23",
						    "SELECT sum(9223372036854775807) FROM task"),
	      "no.row|0||fail|the query gave no row; sum() and count() always give one\n"
	      "rows|23|23|fail|the query gave more than one row\n"
	      "word|23|child|fail|the query gave a text where a number was expected\n"
	      "half|23|23x|fail|the query gave a text where a number was expected\n"
	      "bomb|23||fail|a value is longer than 256 KiB\n"
	      "overflow|23||fail|integer overflow\n");
}

#define LEDGER CLAIM("ledger", "23", "SELECT sum(n) FROM fault_count WHERE kind = 'copy'")

/* A query that was stopped proves nothing; the next has its whole time again. */
static void too_slow(void **state)
{
	struct claims *claims =
		load(CLAIM("endless", "0",
			   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
			   " SELECT count(*) FROM n") LEDGER);

	claims->query_ms = 97;
	check_loaded(*state, claims,
		     "endless|0||inconclusive|the query took longer than 97 ms and was stopped;"
		     " run it with smaller parameters, or where less else is going on\n"
		     "ledger|23|23|pass|\n");
	check(*state,
	      CLAIM("greedy", "0",
		    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)"
		    " SELECT count(*) FROM (SELECT zeroblob(200000) || i AS big FROM n ORDER BY big)"),
	      "greedy|0||inconclusive|the query needs more than 256 MiB of memory;"
	      " run it with smaller parameters, or where less else is going on\n");
}

/* A recording from elsewhere need not have what the claim reads. */
static void a_table_is_missing(void **state)
{
	run(*state, "DROP TABLE rss; ALTER TABLE task DROP COLUMN nvcsw");
	check(*state,
	      CLAIM("rss", "0", "SELECT sum(anon) FROM rss") CLAIM("column", "0",
								   "SELECT sum(nvcsw) FROM task")
		      CLAIM("copies", "23", "SELECT sum(n) FROM fault_count WHERE kind = 'copy'"),
	      "rss|0||fail|no such table: rss\n"
	      "column|0||fail|no such column: nvcsw\n"
	      "copies|23|23|pass|\n");
}

#define WRONG CLAIM("wrong", "24", "SELECT sum(n) FROM fault_count WHERE kind = 'copy'")
#define ROLE                                                                                       \
	CLAIM("role", "19",                                                                        \
	      "SELECT sum(n) FROM fault_count JOIN task USING (task) WHERE role = 'parent'")
#define EVENTS CLAIM("events", "23", "SELECT sum(n) FROM fault")
#define FEWER CLAIM("fewer", "22", "SELECT sum(n) FROM fault")
#define REAPED CLAIM("reaped", "0", "SELECT count(reaped_ns) FROM task")
#define BROKEN CLAIM("broken", "0", "SELECT zeroblob(1000000000) FROM fault")

static void incomplete(sqlite3 *db, const char *loss)
{
	run(db, "UPDATE run SET value = 'incomplete' WHERE key = 'status';"
		"INSERT INTO run VALUES ('reason', '3 records were lost')");
	run(db, loss);
}

/* Counts kept apart from the events outlive a full ring; what travelled in the events does not. */
static void lost_events(void **state)
{
	incomplete(*state, "INSERT INTO loss (what, kind, n) VALUES ('ring', 'fault_run', 2),"
			   " ('ring', 'syscall', 1)");
	check(*state, LEDGER WRONG ROLE EVENTS FEWER BROKEN REAPED,
	      "ledger|23|23|pass|\n"
	      "wrong|24|23|fail|\n"
	      "role|19|19|pass|\n"
	      "events|23|23|inconclusive|3 records were lost\n"
	      "fewer|22|23|inconclusive|3 records were lost\n"
	      "broken|0||fail|a value is longer than 256 KiB\n"
	      "reaped|0|0|inconclusive|3 records were lost\n");
}

/* A lost marker may have been the one that named a role. */
static void lost_markers(void **state)
{
	incomplete(*state, "INSERT INTO loss (what, kind, n) VALUES ('ring', 'fault_run', 2),"
			   " ('ring', 'mark', 1)");
	check(*state, LEDGER ROLE EVENTS,
	      "ledger|23|23|pass|\n"
	      "role|19|19|inconclusive|3 records were lost\n"
	      "events|23|23|inconclusive|3 records were lost\n");
}

/*
 * What each sort of record can have told: tasks and markers all, the rest nothing of
 * table task, and a record that stands for itself nothing outside its own table.  What
 * is looked at while a task waits may lack what came by another way than the full ring.
 */
static void lost_one_kind(void **state)
{
	static const char *const own[] = { "fault_run", "rss",  "prio", "sock_state", "net_queue",
					   "kthread",   "card", "vma",  "open_file",  "task_free" };
	static const char claims[] = ROLE CLAIM("calls", "2", "SELECT count(*) FROM syscall")
		CLAIM("cards", "0", "SELECT count(*) FROM card")
			CLAIM("marks", "0", "SELECT count(*) FROM phase, region") EVENTS;
	unsigned int type;

	incomplete(*state, "");
	for (type = 1; type <= FL_LAST_TYPE; type++) {
		const char *kind = records_word(type);
		bool stands_alone = false, tells_all, counts;
		char sql[128], wanted[500];
		size_t i;

		if (!strcmp(kind, "unknown"))
			continue;
		for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			stands_alone |= !strcmp(kind, own[i]);
		tells_all = (type <= FL_MARK && !stands_alone);
		counts = type == FL_LEDGER || type == FL_PAGES;
#define SAYS(touched) counts || (touched) ? "inconclusive|3 records were lost" : "pass|"
		snprintf(
			wanted, sizeof(wanted),
			"role|19|19|%s\ncalls|2|2|%s\ncards|0|0|%s\nmarks|0|0|%s\nevents|23|23|%s\n",
			SAYS(tells_all), SAYS(!stands_alone), SAYS(true), SAYS(tells_all),
			SAYS(tells_all || !strcmp(kind, "fault_run")));
#undef SAYS
		snprintf(
			sql, sizeof(sql),
			"DELETE FROM loss; INSERT INTO loss (what, kind, n) VALUES ('ring', '%s', 3)",
			kind);
		run(*state, sql);
		check(*state, claims, wanted);
	}
	/* a kind that a later faultline knows may have told anything */
	run(*state, "UPDATE loss SET kind = 'unknown'");
	check(*state, ROLE LEDGER,
	      "role|19|19|inconclusive|3 records were lost\nledger|23|23|pass|\n");
}

#define NOTHING_HOLDS                                                                              \
	"ledger|23|23|inconclusive|3 records were lost\n"                                          \
	"wrong|24|23|inconclusive|3 records were lost\n"                                           \
	"role|19|19|inconclusive|3 records were lost\n"                                            \
	"events|23|23|inconclusive|3 records were lost\n"

static void lost_counts(void **state)
{
	incomplete(*state, "INSERT INTO loss (what, kind, n) VALUES ('ring', 'fault_run', 2),"
			   " ('recursion', 'fault_user', 1)");
	check(*state, LEDGER WRONG ROLE EVENTS, NOTHING_HOLDS);
	run(*state, "UPDATE loss SET what = 'map' WHERE what = 'recursion'");
	check(*state, LEDGER WRONG ROLE EVENTS, NOTHING_HOLDS);
	run(*state, "UPDATE loss SET what = 'untracked' WHERE what = 'map'");
	check(*state, LEDGER WRONG ROLE EVENTS, NOTHING_HOLDS);
}

/* Stopped in the middle: nothing is in table loss, or a task still ran. */
static void cut_off(void **state)
{
	incomplete(*state, "");
	check(*state, LEDGER WRONG ROLE EVENTS, NOTHING_HOLDS);
	run(*state, "INSERT INTO loss (what, kind, n) VALUES ('ring', 'fault_run', 2);"
		    "UPDATE task SET exit_ns = NULL WHERE task = 2");
	check(*state, LEDGER WRONG ROLE EVENTS, NOTHING_HOLDS);
}

static void no_status(void **state)
{
	run(*state, "DELETE FROM run");
	check(*state, LEDGER, "ledger|23|23|inconclusive|the run is incomplete\n");
}

/* Frames take rights that not every machine gives: then nothing is known, and nothing failed. */
static void no_frames(void **state)
{
	static const char claims[] = CLAIM("frames", "23", "SELECT count(*) FROM frame")
		CLAIM("both", "23", "SELECT sum(n) FROM fault_count, frame") LEDGER;

	run(*state, "INSERT INTO run VALUES ('frames', 'unavailable: not shown to us')");
	check(*state, claims,
	      "frames|23||skip|page frames are unavailable: not shown to us\n"
	      "both|23||skip|page frames are unavailable: not shown to us\n"
	      "ledger|23|23|pass|\n");
	run(*state, "UPDATE run SET value = 'available' WHERE key = 'frames'");
	check(*state, claims,
	      "frames|23|0|fail|\n"
	      "both|23|0|fail|\n"
	      "ledger|23|23|pass|\n");
	incomplete(*state, "INSERT INTO loss (what, kind, n) VALUES ('ring', 'fault_run', 2)");
	check(*state, claims,
	      "frames|23|0|inconclusive|3 records were lost\n"
	      "both|23|0|inconclusive|3 records were lost\n"
	      "ledger|23|23|pass|\n");
}

/* Some kinds are told by the page table: where it cannot be read nothing is known of them. */
static void no_page_tables(void **state)
{
	static const char claims[] = CLAIM("stale", "<= 5",
					   "SELECT sum(n) FROM fault_count WHERE kind = 'stale'")
		CLAIM("huge", "0", "SELECT count(*) FROM fault WHERE kind IN ('huge_reuse')") CLAIM(
			"zero", "0", "SELECT count(*) FROM fault WHERE kind = 'huge_zero_page'")
			CLAIM("other", "0",
			      "SELECT count(*) FROM fault WHERE kind = 'huge_zero_fill'") LEDGER;
	static const char told[] = "stale|<= 5|0|pass|\n"
				   "huge|0|0|pass|\n"
				   "zero|0|0|pass|\n"
				   "other|0|0|pass|\n"
				   "ledger|23|23|pass|\n";

	check(*state, claims, told);
	run(*state, "INSERT INTO run VALUES ('page_tables', 'unavailable: no map of memory')");
	check(*state, claims,
	      "stale|<= 5||skip|page tables are unavailable: no map of memory\n"
	      "huge|0||skip|page tables are unavailable: no map of memory\n"
	      "zero|0||skip|page tables are unavailable: no map of memory\n"
	      "other|0|0|pass|\n"
	      "ledger|23|23|pass|\n");
	run(*state, "UPDATE run SET value = 'available' WHERE key = 'page_tables'");
	check(*state, claims, told);
}

static void provisos(void **state)
{
	static const char text[] =
		"-- needs: page_size >= 4K   pages of 4 KiB\n"
		"-- claim B enough: text\n-- expect: 23\n"
		"-- needs: told('merged') >= 5   the kernel merged too little\nSELECT 23;\n"
		"-- claim B few: text\n-- expect: 23\n"
		"-- needs: told('merged') >= 6   the kernel merged too little\nSELECT 23;\n"
		"-- claim B never: text\n-- expect: 23\n"
		"-- needs: told('x') > 0   the workload could not\nSELECT 23;\n"
		"-- claim B before: text\n-- expect: 23\n"
		"-- needs: cpus > 1_000_000   a million processors\nSELECT 23;\n"
		"-- claim B met: text\n-- expect: < 20\n"
		"-- inconclusive: observed == 20   the threads never met\nSELECT 19;\n"
		"-- claim B not.met: text\n-- expect: < 20\n"
		"-- inconclusive: observed == 20   the threads never met\nSELECT 20;\n"
		"-- claim B more: text\n-- expect: < 20\n"
		"-- inconclusive: observed == 20   the threads never met\nSELECT 21;\n"
		"-- claim B zero: text\n-- expect: 0\n"
		"-- needs: 1 / told('x') > 0   the workload could not\nSELECT 0;\n"
		"-- claim B left.out: text\n-- when: 0\n-- expect: 0\nSELECT 0;\n";

	check(*state, text,
	      "enough|23|23|pass|\n"
	      "few|23|23|skip|the kernel merged too little\n"
	      "never|23|23|skip|the workload could not\n"
	      "before|23||skip|a million processors\n"
	      "met|< 20|19|pass|\n"
	      "not.met|< 20|20|inconclusive|the threads never met\n"
	      "more|< 20|21|fail|\n"
	      "zero|0|0|fail|x.sql:33: needs: division by zero in \"/\"\n");
	incomplete(*state, "INSERT INTO loss (what, kind, n) VALUES ('ring', 'mark', 1)");
	check(*state,
	      "-- claim B told: text\n-- expect: 23\n"
	      "-- needs: told('merged') >= 6   the kernel merged too little\n"
	      "SELECT sum(n) FROM fault_count WHERE kind = 'copy';\n",
	      "told|23|23|inconclusive|3 records were lost\n");
}

/* Checked twice is told once; another experiment's rows stay; the handle can write again. */
static void rows_are_replaced(void **state)
{
	sqlite3 *db = *state;
	sqlite3_stmt *stmt;

	run(db, "INSERT INTO claim (experiment, id) VALUES ('other', 'theirs')");
	check(db, LEDGER, "theirs||||\nledger|23|23|pass|\n");
	check(db, WRONG, "theirs||||\nwrong|24|23|fail|\n");
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT experiment, class, text FROM claim"
					    " WHERE id = 'wrong'",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "x");
	assert_string_equal((const char *)sqlite3_column_text(stmt, 1), "E");
	assert_string_equal((const char *)sqlite3_column_text(stmt, 2), "text");
	assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
	run(db, "DELETE FROM fault_count");
}

static void nowhere_to_write(void **state)
{
	struct claims *claims = load(LEDGER);
	char why[600] = "";

	run(*state, "PRAGMA query_only = 1");
	assert_int_equal(claims_check(claims, *state, why, sizeof(why)), -EIO);
	assert_string_equal(why, "the claims of x cannot be checked: the recording says: "
				 "attempt to write a readonly database");
	run(*state, "PRAGMA query_only = 0; DROP TABLE run");
	assert_int_equal(claims_check(claims, *state, why, sizeof(why)), -EIO);
	assert_string_equal(why, "the claims of x cannot be checked: the recording says: "
				 "no such table: run");
	claims_free(claims);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(died),        TEST(numbers),           TEST(texts),
		TEST(odd_answers), TEST(too_slow),          TEST(a_table_is_missing),
		TEST(lost_events), TEST(lost_markers),      TEST(lost_one_kind),
		TEST(lost_counts), TEST(cut_off),           TEST(no_status),
		TEST(provisos),    TEST(rows_are_replaced), TEST(nowhere_to_write),
		TEST(no_frames),   TEST(no_page_tables),
	};

	return cmocka_run_group_tests(tests, claims_file_enter, claims_file_leave);
}
