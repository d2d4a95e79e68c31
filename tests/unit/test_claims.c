// SPDX-License-Identifier: GPL-2.0
/*
 * A good claims file: what is read from it, its parameters and its predictions.
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
#include <cmocka.h>

#include "claims/claims.h"
#include "claims_file.h"

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
			  "WITH x AS (SELECT count(*) AS c FROM state) SELECT c FROM x;\n";

static void a_good_file(void **state)
{
	struct claims *claims = claims_file_load(cow);
	const struct param *pages, *mode;
	const struct claim *claim;

	(void)state;
	assert_string_equal(claims->id, "x");
	assert_string_equal(claims->path, CLAIMS_FILE);
	assert_string_equal(claims->title, "the first write copies");
	assert_int_equal(claims->chapter, 'A');
	assert_string_equal(claims->question, "Who pays, and when?");
	assert_string_equal(claims->lesson, "The first writer pays.");
	assert_true(claims->root);
	assert_string_equal(claims->root_why, "it takes frame numbers");
	assert_int_equal(claims->nr_params, 2);
	pages = &claims->params[0];
	assert_string_equal(pages->name, "pages");
	assert_string_equal(pages->text, "pages in the region");
	assert_false(pages->is_word);
	assert_int_equal(pages->value, 23);
	assert_int_equal(pages->def, 23);
	assert_int_equal(pages->min, 1);
	assert_int_equal(pages->max, 4096);
	mode = &claims->params[1];
	assert_string_equal(mode->name, "mode");
	assert_string_equal(mode->text, "which lock");
	assert_true(mode->is_word);
	assert_string_equal(mode->word, "flock");
	assert_string_equal(mode->def_word, "flock");
	assert_int_equal(mode->nr_choices, 3);
	assert_string_equal(mode->choices[1], "wrong");
	assert_int_equal(claims->nr_claims, 2);
	assert_int_equal(claims->nr_provisos, 0);
	claim = &claims->claims[0];
	assert_int_equal(claim->class, 'E');
	assert_string_equal(claim->id, "c.write");
	assert_string_equal(claim->text, "each first write copies once");
	assert_string_equal(claim->phase, "c.write");
	assert_string_equal(claim->expect, "mode == 'none' ? 0 : pages");
	assert_null(claim->when);
	assert_int_equal(claim->line, 15);
	assert_int_equal(claim->expect_line, 18);
	assert_int_equal(claim->sql_line, 20);
	assert_string_equal(claim->sql, "SELECT sum(n) FROM fault_count -- here; too\n"
					"\tWHERE kind = 'copy'\n\n\tAND phase = 'c.write';\n");
	assert_string_equal(claim->expected, "23");
	assert_true(claim->applies);
	assert_int_equal(claim->verdict, VERDICT_PENDING);
	claim = &claims->claims[1];
	assert_int_equal(claim->class, 'B');
	assert_string_equal(claim->id, "some-time");
	assert_string_equal(claim->when, "pages >= 7");
	assert_int_equal(claim->nr_provisos, 1);
	assert_string_equal(claim->provisos[0].condition, "cpus >= 2");
	assert_string_equal(claim->provisos[0].reason, "the writers must run at once");
	assert_string_equal(claim->expected, "<= 46");
	claims_free(claims);
}

static void little_is_needed(void **state)
{
	struct claims *claims = claims_file_load("--title:x");

	(void)state;
	assert_string_equal(claims->title, "x");
	assert_int_equal(claims->chapter, 'Z');
	assert_int_equal(claims->nr_params, 0);
	assert_int_equal(claims->nr_claims, 0);
	assert_null(claims->question);
	assert_false(claims->root);
	claims_free(claims);
}

static void parameters_are_set(void **state)
{
	static const struct {
		const char *assignment;
		int err;
		const char *why;
	} cases[] = {
		{ "pages=4096", 0, "" },
		{ "pages=1_009", 0, "" },
		{ "pages=4K", 0, "" },
		{ "mode=none", 0, "" },
		{ "pages=0", -ERANGE, "pages = 0 is out of range; it can be from 1 to 4096" },
		{ "pages=4097", -ERANGE, "pages = 4097 is out of range; it can be from 1 to 4096" },
		{ "pages=99999999999999999999", -ERANGE,
		  "pages = 99999999999999999999 is out of range; it can be from 1 to 4096" },
		{ "pages=", -EINVAL, "pages =  is not a number; write one from 1 to 4096" },
		{ "pages=7x", -EINVAL, "pages = 7x is not a number; write one from 1 to 4096" },
		{ "pages=\x1b[2J", -EINVAL,
		  "pages = \\x1b[2J is not a number; write one from 1 to 4096" },
		{ "mode=Flock", -ERANGE,
		  "mode = Flock is none of its words; it can be none, wrong, flock" },
		{ "page=7", -ENOENT, "x has no parameter page; it has pages, mode" },
		{ "=7", -ENOENT, "x has no parameter ; it has pages, mode" },
		{ "pages", -EINVAL, "\"pages\" is not NAME=VALUE" },
	};
	struct claims *claims = claims_file_load(cow);
	char why[600];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(why, "");
		if (claims_set(claims, cases[i].assignment, why, sizeof(why)) != cases[i].err ||
		    strcmp(why, cases[i].why) != 0)
			fail_msg("%s: %s", cases[i].assignment, why);
	}
	assert_int_equal(claims->params[0].value, 4096);
	assert_int_equal(claims->params[0].def, 23);
	assert_string_equal(claims->params[1].word, "none");
	assert_string_equal(claims->params[1].def_word, "flock");
	claims_free(claims);
}

static void predictions_follow(void **state)
{
	struct claims *claims = claims_file_load(cow);
	char why[600];

	(void)state;
	assert_int_equal(claims_set(claims, "pages=7", why, sizeof(why)), 0);
	assert_int_equal(claims_predict(claims, why, sizeof(why)), 0);
	assert_string_equal(claims->claims[0].expected, "7");
	assert_string_equal(claims->claims[1].expected, "<= 14");
	assert_true(claims->claims[1].applies);

	assert_int_equal(claims_set(claims, "pages=5", why, sizeof(why)), 0);
	assert_int_equal(claims_set(claims, "mode=none", why, sizeof(why)), 0);
	assert_int_equal(claims_predict(claims, why, sizeof(why)), 0);
	assert_string_equal(claims->claims[0].expected, "0");
	assert_false(claims->claims[1].applies);
	assert_string_equal(claims->claims[1].expected, "");

	assert_int_equal(claims_set(claims, "pages=7", why, sizeof(why)), 0);
	claims->cpus = 1;
	assert_int_equal(claims_predict(claims, why, sizeof(why)), 0);
	assert_int_equal(claims->claims[1].verdict, VERDICT_SKIP);
	assert_string_equal(claims->claims[1].reason, "the writers must run at once");
	assert_int_equal(claims->claims[0].verdict, VERDICT_PENDING);

	claims->cpus = 2;
	assert_int_equal(claims_predict(claims, why, sizeof(why)), 0);
	assert_int_equal(claims->claims[1].verdict, VERDICT_PENDING);
	assert_null(claims->claims[1].reason);
	claims_free(claims);
}

/* A division that only some parameter makes impossible. */
static void a_parameter_may_not_fit(void **state)
{
	struct claims *claims = claims_file_load("-- title: x\n-- param: n = 7   0..9   x\n"
						 "-- claim E a: b\n-- expect: 23 / n\nSELECT 1;\n");
	char why[600];

	(void)state;
	assert_int_equal(claims_set(claims, "n=0", why, sizeof(why)), 0);
	assert_int_equal(claims_predict(claims, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, CLAIMS_FILE ":4: expect: division by zero in \"/\"");
	claims_free(claims);
}

static void add_read(const char *table, const char *column, void *arg)
{
	char *reads = arg;
	char read[100];

	snprintf(read, sizeof(read), " %s.%s", table, column);
	if (!strstr(reads, read))
		strcat(reads, read);
}

static void reads(void **state)
{
	struct claims *claims = claims_file_load(cow);
	char why[600], seen[1000] = "";

	(void)state;
	assert_int_equal(claims_reads(claims, add_read, seen), 0);
	assert_string_equal(seen, " fault_count.n fault_count.kind fault_count.phase state.");
	claims_set(claims, "pages=5", why, sizeof(why));
	claims_predict(claims, why, sizeof(why));
	seen[0] = '\0';
	assert_int_equal(claims_reads(claims, add_read, seen), 0);
	assert_string_equal(seen, " fault_count.n fault_count.kind fault_count.phase");
	claims_free(claims);

	claims = claims_file_load(
		"-- title: x\n-- claim E a: b\n-- expect: 1\nSELECT sum(difference) FROM reconcile;");
	seen[0] = '\0';
	assert_int_equal(claims_reads(claims, add_read, seen), 0);
	assert_non_null(strstr(seen, " reconcile.difference"));
	assert_non_null(strstr(seen, " task.min_flt"));
	assert_non_null(strstr(seen, " fault_count.n"));
	claims_free(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file),
		cmocka_unit_test(little_is_needed),
		cmocka_unit_test(parameters_are_set),
		cmocka_unit_test(predictions_follow),
		cmocka_unit_test(a_parameter_may_not_fit),
		cmocka_unit_test(reads),
	};

	return cmocka_run_group_tests(tests, claims_file_enter, claims_file_leave);
}
