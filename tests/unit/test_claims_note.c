// SPDX-License-Identifier: GPL-2.0
/* What notes say beside what was measured: read, refused, measured, shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claims/claims.h"
#include "claims_file.h"
#include "report_db.h"

#define CLAIM "-- expect: 7\nSELECT sum(n) FROM fault_count WHERE kind = 'copy';\n"

static const char good[] = "-- title: t\n"
			   "-- param: mode = a   a|b   which\n"
			   "-- notes: all is copied | 657,\n"
			   "--    26718 | {c} copies, {not} others, {SELECT max(n) || '|' FROM\n"
			   "--    fault_count} at most\n"
			   "-- claim E c: each first write copies\n"
			   "-- notes: the parent copies | | copied: {c}\n" CLAIM
			   "-- claim E not: left out\n"
			   "-- when: mode == 'b'\n"
			   "-- notes: not about this run\n" CLAIM "-- claim E last: the last one\n"
			   "-- notes: nothing is copied |\n" CLAIM;

static void test_measured(void **state)
{
	struct claims *claims = claims_file_load(good);
	sqlite3 *db =
		report_db("INSERT INTO run VALUES ('status', 'complete');"
			  "INSERT INTO fault_count (kind, n) VALUES ('copy', 3), ('copy', 4)");
	const struct report_style style = { .width = 60 };
	char why[300];

	(void)state;
	assert_int_equal(claims->nr_notes, 4);
	assert_string_equal(claims->notes[0].said, "all is copied");
	assert_string_equal(claims->notes[0].printed, "657, 26718");
	assert_int_equal(claims->notes[0].claim, NO_CLAIM);
	assert_string_equal(claims->notes[1].said, "the parent copies");
	assert_null(claims->notes[1].printed);
	assert_int_equal(claims->notes[1].claim, 0);
	assert_int_equal(claims->notes[3].claim, 2);
	/* twice: the rows of the first time go */
	assert_int_equal(claims_check(claims, db, why, sizeof(why)), 0);
	assert_int_equal(claims_check(claims, db, why, sizeof(why)), 0);
	report_db_expect(db, report_notes, &style,
			 "the notes say                  measured here\n"
			 "all is copied (printed: 657,   7 copies, (not measured\n"
			 "  26,718)                        here) others, 4| at most\n"
			 "the parent copies              copied: 7\n"
			 "nothing is copied              7: the last one\n");
	sqlite3_close(db);
	claims_free(claims);
}

static void test_no_notes(void **state)
{
	sqlite3 *db = report_db("");
	const struct report_style style = { .width = 60 };

	(void)state;
	report_db_expect(db, report_notes, &style, "");
	sqlite3_close(db);
}

static void expect_refused(const char *notes, const char *reason)
{
	struct claims *claims;
	char text[512], why[600] = "";

	snprintf(text, sizeof(text), "-- title: t\n-- notes: %s\n-- claim E c: t\n" CLAIM, notes);
	claims_file_write(text, strlen(text));
	assert_int_equal(claims_load(&claims, CLAIMS_FILE, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, reason);
	claims_free(claims);
}

static void test_refused(void **state)
{
	(void)state;
	expect_refused("they say", CLAIMS_FILE
		       ":2: expected \"notes: WHAT THEY SAY | WHAT THEY PRINTED | WHAT IS "
		       "MEASURED\"; only the notes of a claim may leave the last out");
	expect_refused("| 1 | 2", CLAIMS_FILE ":2: notes: nothing stands before the first |");
	expect_refused("they say | | {d}",
		       CLAIMS_FILE ":2: notes: {d} is neither a claim of this file nor a SELECT");
	expect_refused("they say | | {SELECT 1, 2}",
		       CLAIMS_FILE ":2: notes: expected one column, not 2");
	expect_refused("they say | | {c", CLAIMS_FILE ":2: notes: a { stands there without its }");
	expect_refused("they say | | {SELECT x FROM nowhere}", CLAIMS_FILE
		       ":2: notes: expected one SELECT within { }: no such table: nowhere");
}

static void note(const char *table, const char *column, void *arg)
{
	bool *pages = arg;

	(void)column;
	*pages |= !strcmp(table, "page_alloc");
}

/* What a note reads is recorded like what a claim reads. */
static void test_reads(void **state)
{
	struct claims *claims = claims_file_load(
		"-- title: t\n-- notes: a | | {SELECT sum(n) FROM page_alloc}\n-- claim E c: t\n" CLAIM);
	bool pages = false;

	(void)state;
	assert_int_equal(claims_reads(claims, note, &pages), 0);
	assert_true(pages);
	claims_free(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_no_notes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reads),
	};

	return cmocka_run_group_tests(tests, claims_file_enter, claims_file_leave);
}
