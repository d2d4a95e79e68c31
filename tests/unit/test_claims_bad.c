// SPDX-License-Identifier: GPL-2.0
/*
 * Claims files that are wrong: the exact sentence for each.
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
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "claims/claims.h"
#include "claims_file.h"
#include "claims/claims_impl.h"

#define T "-- title: x\n"
#define C T "-- claim E a: b\n"
#define CE C "-- expect: 1\n"

static void bad_files(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "1: the file is empty; it must begin with \"-- title: ...\"" },
		{ "\n \t\n", "1: the file is empty; it must begin with \"-- title: ...\"" },
		{ "-- chapter: A\n", "1: there is no \"-- title: ...\"" },
		{ "hello", "1: \"hello\" is neither a comment nor the statement of a claim" },
		{ T "SELECT 1;",
		  "2: \"SELECT 1;\" is neither a comment nor the statement of a claim" },
		{ T T, "2: this is there twice" },
		{ "-- title:\n", "1: there is no text behind the colon" },
		{ T "-- chapter: AB", "2: a chapter is one letter from A to Z" },
		{ T "-- chapter: a", "2: a chapter is one letter from A to Z" },
		{ T "-- chapter: A\n-- chapter: A", "3: this is there twice" },
		{ T "-- root:", "2: say why the experiment needs root" },
		{ T "\n--   more",
		  "3: an indented line goes on with the one above; there is none" },
		{ T "-- questoin: y", "2: unknown key \"questoin\"; is it \"question\"?" },
		{ T "-- A remark\n-- params: y", "3: unknown key \"params\"; is it \"param\"?" },
		{ T "-- colour: red",
		  "2: unknown key \"colour\"; there are title, chapter, question, "
		  "lesson, param, root, show, memory, claim, expect, when, phase, notes, needs, "
		  "inconclusive" },
		{ T "-- show: rss", "2: there is \"show: memory\" and no other" },
		{ T "-- lesson one",
		  "2: a colon is missing behind \"lesson\" (or begin the remark with another word)" },
		/* claims */
		{ C "-- expct: 1\nSELECT 1;", "3: unknown key \"expct\"; is it \"expect\"?" },
		{ C "SELECT 1;", "2: claim a has no \"-- expect:\"" },
		{ C "-- expect:\nSELECT 1;", "3: there is no text behind the colon" },
		{ CE "-- expect: 2\nSELECT 1;", "4: this is there twice" },
		{ CE, "2: claim a has no statement" },
		{ CE "-- claim E b: c\n", "2: claim a has no statement" },
		{ CE "SELECT 1", "4: the statement of claim a does not end with \";\"" },
		{ CE "SELECT '1;\n", "4: the statement of claim a does not end with \";\"" },
		{ CE "\nSELECT 1\n-- claim E b: c\n-- expect: 2\nSELECT 2;",
		  "5: the statement of claim a does not end with \";\"" },
		{ CE "SELECT 1; SELECT 2;",
		  "4: claim a: expected one SELECT: there is more than one statement" },
		{ CE "SELECT 1;\nSELECT 2;",
		  "5: \"SELECT 2;\" is neither a comment nor the statement of a claim" },
		{ CE ";", "4: claim a: expected one SELECT: there is no statement" },
		{ CE "SELECT 1, 2;", "4: claim a: expected one column, not 2" },
		{ CE "SELECT colour FROM fault;",
		  "4: claim a: expected one SELECT: no such column: colour" },
		{ CE "SELECT n FROM faults;",
		  "4: claim a: expected one SELECT: no such table: faults" },
		{ CE "DELETE FROM task;",
		  "4: claim a: expected one SELECT: a change of the database "
		  "is not allowed here: only SELECT is" },
		{ CE "PRAGMA writable_schema = 1;",
		  "4: claim a: expected one SELECT: the pragma writable_schema is not allowed here" },
		{ CE "ATTACH 'x' AS y;", "4: claim a: expected one SELECT: attaching a database is "
					 "not allowed here: only SELECT is" },
		{ CE "SELECT load_extension('x');", "4: claim a: expected one SELECT: the function "
						    "load_extension is not allowed here" },
		{ CE "SELECT 1;\n-- expect: 2",
		  "5: expect without a claim; it stands between \"-- claim\" and the SELECT" },
		{ T "-- expect: 2",
		  "2: expect without a claim; it stands between \"-- claim\" and the SELECT" },
		{ T "-- phase: a",
		  "2: phase without a claim; it stands between \"-- claim\" and the SELECT" },
		{ CE "SELECT 1;\n-- needs: 1   x", "5: needs belongs before the first claim, or "
						   "between \"-- claim\" and its SELECT" },
		{ CE "-- question: y\nSELECT 1;", "4: question belongs before the first claim" },
		{ CE "SELECT 1;\n-- param: n = 1   1..2   x",
		  "5: param belongs before the first claim" },
		{ CE "SELECT 1;\n-- claim B a: again\n-- expect: 1\nSELECT 1;",
		  "5: claim a is there already, in line 2" },
#define HOW                                                                                        \
	"expected \"claim CLASS ID: TEXT\"; CLASS is E (exact), B (bounded) or S (statistical), "  \
	"ID is of letters, digits, \".\", \"_\" and \"-\""
		{ T "-- claim", "2: " HOW },
		{ T "-- claim X a: b", "2: " HOW },
		{ T "-- claim E: b", "2: " HOW },
		{ T "-- claim E a", "2: " HOW },
		{ T "-- claim E a:", "2: " HOW },
		{ T "-- claim Ea: b", "2: " HOW },
		{ T "-- claim E a b: c", "2: " HOW },
		/* expressions */
		{ C "-- expect: page\nSELECT 1;",
		  "3: expect: there is no parameter \"page\"; known here: page_size, cpus" },
		{ C "-- when: 0\n-- expect: page\nSELECT 1;",
		  "4: expect: there is no parameter \"page\"; known here: page_size, cpus" },
		{ C "-- expect: 1 / 0\nSELECT 1;", "3: expect: division by zero in \"/\"" },
		{ C "-- expect: observed\nSELECT 1;",
		  "3: expect: there is no parameter \"observed\"; known here: page_size, cpus" },
		{ C "-- expect: told('x')\nSELECT 1;",
		  "3: expect: told() is known only after the "
		  "run; \"needs\" and \"inconclusive\" may ask "
		  "for it" },
		{ CE "-- when: 'x'\nSELECT 1;", "4: when: 'x' is a word where a number is needed" },
		{ CE "-- needs: cpu > 1   two\nSELECT 1;",
		  "4: needs: there is no parameter \"cpu\"; known here: page_size, cpus, observed" },
		{ CE "-- needs: told('x') > cpu   two\nSELECT 1;",
		  "4: needs: there is no parameter \"cpu\"; known here: page_size, cpus, observed" },
		{ CE "-- needs: 0   x\n-- inconclusive: (observed   x\nSELECT 1;",
		  "5: inconclusive: the expression ends where \")\" should follow" },
		{ CE "-- needs: cpus > 1 two\nSELECT 1;",
		  "4: expected CONDITION  REASON with two blanks between, as in \"cpus >= 2   the "
		  "writers must run at once\"" },
	/* parameters */
#define PARAM T "-- param: "
#define SHAPE                                                                                      \
	"2: expected NAME = DEFAULT  RANGE  WHAT IT MEANS, as in \"pages = 25600   1..4194304   "  \
	"pages in the region\""
		{ PARAM "n", SHAPE },
		{ PARAM "n = 1", SHAPE },
		{ PARAM "n = 1   1..2", SHAPE },
		{ PARAM "n 1   1..2   x", SHAPE },
		{ PARAM "= 1   1..2   x", "2: \"\" cannot name a parameter; use a-z, 0-9 and _, 31 "
					  "bytes at most" },
		{ PARAM "Pages = 1   1..2   x",
		  "2: \"Pages\" cannot name a parameter; use a-z, 0-9 "
		  "and _, 31 bytes at most" },
		{ PARAM "7up = 1   1..2   x",
		  "2: \"7up\" cannot name a parameter; use a-z, 0-9 and "
		  "_, 31 bytes at most" },
		{ PARAM "cpus = 1   1..2   x", "2: the name cpus has a meaning already" },
		{ PARAM "n = 0   1..2   x",
		  "2: the default n = 0 is out of range; it can be from 1 to 2" },
		{ PARAM "n = y   1..2   x",
		  "2: the default n = y is not a number; write one from 1 to 2" },
		{ PARAM "n = 1   2..1   x", "2: the range 2..1 is empty" },
		{ PARAM "n = 1   1..   x", "2: \"1..\" is not a range such as 1..4096" },
		{ PARAM "n = 1   1..99999999999999999999   x",
		  "2: \"1..99999999999999999999\" is not a range such as 1..4096" },
		{ PARAM "n = a   b|c   x",
		  "2: the default n = a is none of its words; it can be b, c" },
		{ PARAM "n = b   b|c|b   x", "2: the word b is there twice" },
		{ PARAM "n = b   b||c   x", "2: \"b||c\" is neither a range such as 1..4096 nor "
					    "words such as none|flock" },
		{ PARAM "n = 1   1..2   x\n-- param: n = 1   1..2   x",
		  "3: the parameter n is there twice" },
		/* what is no text */
		{ T "\x7f"
		    "ELF",
		  "2: byte 0x7f, so this is not a text file" },
		{ T "-- question: \x1b[2J", "2: byte 0x1b, so this is not a text file" },
		{ T "\xff\xfe\xfd", "2: \"\\xff\\xfe\\xfd\" is neither a comment nor the statement "
				    "of a claim" },
	};
	struct claims *claims;
	char why[600];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char wanted[600];

		strcpy(why, "");
		claims_file_write(cases[i].text, strlen(cases[i].text));
		snprintf(wanted, sizeof(wanted), CLAIMS_FILE ":%s", cases[i].why);
		if (claims_load(&claims, CLAIMS_FILE, why, sizeof(why)) != -EINVAL)
			fail_msg("accepted: %s (%s)", cases[i].text, why);
		claims_free(claims);
		if (strcmp(why, wanted) != 0)
			fail_msg("%s\n--\n%s\n%s", cases[i].text, why, wanted);
	}
}

static void check_load(int wanted_err, const char *path, const char *wanted)
{
	struct claims *claims;
	char why[600] = "";

	assert_int_equal(claims_load(&claims, path, why, sizeof(why)), wanted_err);
	claims_free(claims);
	assert_string_equal(why, wanted);
}

static void put(char *at, const char *s)
{
	while (*s)
		*at++ = *s++;
}

static void what_is_no_file(void **state)
{
	static char big[CLAIMS_MAX_FILE + 1];
	size_t i;

	(void)state;
	claims_file_write("-- title: a\0b\n", 14);
	check_load(-EINVAL, CLAIMS_FILE, CLAIMS_FILE ":1: byte 0x00, so this is not a text file");
	claims_file_write("\0", 1);
	check_load(-EINVAL, CLAIMS_FILE, CLAIMS_FILE ":1: byte 0x00, so this is not a text file");
	memset(big, 'x', sizeof(big));
	put(big, "-- title: ");
	claims_file_write(big, CLAIMS_MAX_LINE);
	check_load(0, CLAIMS_FILE, "");
	claims_file_write(big, CLAIMS_MAX_LINE + 2);
	check_load(-EINVAL, CLAIMS_FILE, CLAIMS_FILE ":1: a line longer than 4096 bytes");
	claims_file_write(big, CLAIMS_MAX_FILE);
	check_load(-EINVAL, CLAIMS_FILE, CLAIMS_FILE ":1: a line longer than 4096 bytes");
	claims_file_write(big, CLAIMS_MAX_FILE + 1);
	check_load(-EINVAL, CLAIMS_FILE,
		   CLAIMS_FILE ": larger than 1024 KiB, so not a claims file");
	/* one key that goes on and on */
	for (i = 0; i < 2000; i++)
		put(big + 11 + 7 * i, "--  xy\n");
	put(big, "-- title: \n");
	claims_file_write(big, 11 + 7 * 2000);
	check_load(-EINVAL, CLAIMS_FILE, CLAIMS_FILE ":1365: more than 4096 bytes for one key");
	check_load(-ENOENT, "none.sql", "none.sql: No such file or directory");
	check_load(-EINVAL, ".", ".: not a regular file");
	unlink(CLAIMS_FILE);
	assert_int_equal(mkfifo(CLAIMS_FILE, 0600), 0);
	check_load(-EINVAL, CLAIMS_FILE, CLAIMS_FILE ": not a regular file");
	unlink(CLAIMS_FILE);
}

static const char cow[] = "-- SPDX-License-Identifier: GPL-2.0\n"
			  "-- title: the first write copies\n"
			  "-- chapter: A\n"
			  "-- question: Who pays,\n"
			  "--           and when?\n"
			  "-- param: pages = 23   1..4_096   pages in the region\n"
			  "-- param: mode = flock   none|wrong|flock   which lock\r\n"
			  "-- root: it takes\n"
			  "--    frame numbers\n"
			  "-- lesson: The first writer\n"
			  "--\tpays.\n"
			  "\n"
			  "-- A remark: what looks like a key in its\n"
			  "-- middle: is none.\n"
			  "-- claim E c.write: each first write\n"
			  "--       copies once\n"
			  "-- phase: c.write\n"
			  "-- expect: mode == 'none'\n"
			  "--    ? 0 : pages\n"
			  "SELECT sum(n) FROM fault_count -- here; too\n"
			  "\tWHERE kind = 'copy'\n"
			  "\n"
			  "\tAND phase = 'c.write';\n"
			  "-- claim B some-time: the end comes; in time\n"
			  "-- when: pages >= 7\n"
			  "-- needs: cpus >= 2   the writers must run at once\n"
			  "-- expect: <= 2 * pages\n"
			  "WITH x AS (SELECT count(*) AS c FROM fault) SELECT c FROM x;\n";

/* As many pieces as every truncation and some deterministic damage give: no crash, and a reason. */
static void damaged_files(void **state)
{
	unsigned int random = 4711;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * (sizeof(cow) - 1); i++) {
		struct claims *claims = calloc(1, sizeof(*claims));
		char text[sizeof(cow)], why[600] = "";
		size_t size = sizeof(cow) - 1;
		int err;

		assert_non_null(claims);
		claims->path = strdup(CLAIMS_FILE);
		memcpy(text, cow, sizeof(cow));
		if (i < size) {
			size = i;
		} else {
			random = random * 1103515245 + 12345;
			text[i - size] = (char)(random >> 16);
		}
		text[size] = '\0';
		err = claims_parse(claims, text, size, why, sizeof(why));
		if (err && (err != -EINVAL || strncmp(why, CLAIMS_FILE ":", 6) != 0))
			fail_msg("%zu: %d %s", i, err, why);
		claims_free(claims);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(damaged_files),
	};

	return cmocka_run_group_tests(tests, claims_file_enter, claims_file_leave);
}
