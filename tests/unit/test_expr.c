// SPDX-License-Identifier: GPL-2.0
/*
 * Expressions and expected values.  Each case is a source and the exact result
 * or the exact sentence that refuses it.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "claims/expr.h"

static char *const lock_words[] = { "none", "wrong", "flock" };

static bool lookup(const char *name, struct expr_value *value, void *arg)
{
	(void)arg;
	if (strcmp(name, "pages") == 0) {
		value->number = 23;
	} else if (strcmp(name, "rounds") == 0) {
		value->number = 7;
	} else if (strcmp(name, "mode") == 0) {
		value->is_word = true;
		strcpy(value->word, "flock");
		value->choices = lock_words;
		value->nr_choices = 3;
	} else {
		return false;
	}
	return true;
}

static int told(const char *name, long long *number, void *arg)
{
	(void)arg;
	*number = strlen(name);
	return strcmp(name, "broken") == 0 ? -EIO : 0;
}

static const struct expr_scope scope = { .lookup = lookup, .names = "pages, rounds, mode" };

struct good {
	const char *source;
	long long number;
};

static void numbers(void **state)
{
	static const struct good cases[] = {
		{ "0", 0 },
		{ " 25600 ", 25600 },
		{ "1_000", 1000 },
		{ "1_0_0", 100 },
		{ "64K", 65536 },
		{ "100M", 104857600 },
		{ "2G", 2147483648 },
		{ "9223372036854775807", LLONG_MAX },
		{ "-9223372036854775807 - 1", LLONG_MIN },
		{ "1 + 2 * 3", 7 },
		{ "(1 + 2) * 3", 9 },
		{ "20 - 7 - 3", 10 },
		{ "100 / 7 / 2", 7 },
		{ "-7 / 2", -3 },
		{ "-7 % 3", -1 },
		{ "7 % -3", 1 },
		{ "- - 5", 5 },
		{ "!0 + !7", 1 },
		{ "!!23", 1 },
		{ "3 < 5", 1 },
		{ "5 <= 4", 0 },
		{ "5 > 4 && 4 >= 4", 1 },
		{ "0 || 2", 1 },
		{ "0 && 1 || 1", 1 },
		{ "1 || 1 && 0", 1 },
		{ "5 == 5", 1 },
		{ "5 != 5", 0 },
		{ "pages", 23 },
		{ "pages*rounds", 161 },
		{ "pages > 7 ? 11 : 13", 11 },
		{ "0 ? 1 : 0 ? 2 : 3", 3 },
		{ "1 ? 0 ? 5 : 6 : 7", 6 },
		{ "min(7, 3, 5)", 3 },
		{ "max(7)", 7 },
		{ "max(-7, -3)", -3 },
		{ "ceil_div(23, 7)", 4 },
		{ "ceil_div(21, 7)", 3 },
		{ "ceil_div(-7, 2)", -3 },
		{ "ceil_div(0, 5)", 0 },
		{ "ceil_div(9223372036854775807, 2)", 4611686018427387904 },
		{ "mode == 'flock'", 1 },
		{ "mode != 'flock'", 0 },
		{ "'none' == mode", 0 },
		{ "mode == 'flock' ? pages : 1", 23 },
		{ "'a' == 'b'", 0 },
		/* what is not taken may not be computable */
		{ "0 && 1 / 0", 0 },
		{ "1 || 1 % 0", 1 },
		{ "rounds == 0 ? pages / (rounds - 7) : 5", 5 },
		{ "0 && 9223372036854775807 + 1", 0 },
	};
	char why[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long long number = 4711;

		strcpy(why, "");
		if (expr_eval_number(cases[i].source, &scope, &number, why, sizeof(why)))
			fail_msg("%s: %s", cases[i].source, why);
		if (number != cases[i].number)
			fail_msg("%s is %lld", cases[i].source, number);
	}
}

struct bad {
	const char *source, *why;
};

static void refused(void **state)
{
	static const struct bad cases[] = {
		{ "", "the expression ends where a number, a name or \"(\" should follow" },
		{ "1 +", "the expression ends where a number, a name or \"(\" should follow" },
		{ "1 2", "expected an operator at \"2\"" },
		{ "(1", "the expression ends where \")\" should follow" },
		{ "1)", "expected an operator at \")\"" },
		{ "pages rounds", "expected an operator at \"rounds\"" },
		{ "page", "there is no parameter \"page\"; known here: pages, rounds, mode" },
		{ "0 && page", "there is no parameter \"page\"; known here: pages, rounds, mode" },
		{ "1 ? 2 : page",
		  "there is no parameter \"page\"; known here: pages, rounds, mode" },
		{ "sqrt(4)", "there is no function sqrt(); there are min, max, ceil_div and told" },
		{ "ceil_div(4)", "ceil_div() takes two numbers, not 1" },
		{ "ceil_div(4, 2, 1)", "ceil_div() takes two numbers, not 3" },
		{ "min()", "expected a number, a name or \"(\" at \")\"" },
		{ "min(1 2)", "expected \",\" or \")\" at \"2)\"" },
		{ "1 / 0", "division by zero in \"/\"" },
		{ "1 % (7 - rounds)", "division by zero in \"%\"" },
		{ "ceil_div(1, 0)", "division by zero in \"ceil_div\"" },
		{ "9223372036854775807 + 1", "the result of \"+\" does not fit into 64 bits" },
		{ "-9223372036854775807 - 2", "the result of \"-\" does not fit into 64 bits" },
		{ "4G * 4G", "the result of \"*\" does not fit into 64 bits" },
		{ "-(-9223372036854775807 - 1)", "the result of \"-\" does not fit into 64 bits" },
		{ "(-9223372036854775807 - 1) / -1",
		  "the result of \"/\" does not fit into 64 bits" },
		{ "(-9223372036854775807 - 1) % -1",
		  "the result of \"%\" does not fit into 64 bits" },
		{ "9223372036854775808", "a number does not fit into 64 bits" },
		{ "9223372036854775807G", "a number does not fit into 64 bits" },
		{ "12pages", "\"12pages\" is not a number (write 25600, 1_000, 64K, 100M or 2G)" },
		{ "64KB", "\"64KB\" is not a number (write 25600, 1_000, 64K, 100M or 2G)" },
		{ "1_", "\"1_\" is not a number (write 25600, 1_000, 64K, 100M or 2G)" },
		{ "1.5", "expected an operator at \".5\"" },
		{ "pages = 3", "expected an operator at \"= 3\"" },
		{ "mode", "'flock' is a word where a number is needed" },
		{ "mode == 'flok'", "'flok' is none of the words that the parameter can have" },
		{ "mode < 'flock'", "words compare with == and != only, not with \"<\"" },
		{ "mode == 1", "\"==\" compares a word with a number" },
		{ "mode + 1", "'flock' is a word; \"+\" works on numbers" },
		{ "!mode", "'flock' is a word; \"!\" works on numbers" },
		{ "mode && 1", "'flock' is a word; \"&&\" works on numbers" },
		{ "mode ? 1 : 2", "'flock' is a word; \"?:\" works on numbers" },
		{ "1 ? 'a' : 2", "the two sides of \":\" are a word and a number" },
		{ "1 ? 2", "the expression ends where \":\" should follow" },
		{ "'flock", "the word that starts at 'flock has no closing quote" },
		{ "told('x')",
		  "told() is known only after the run; \"needs\" and \"inconclusive\" may ask for it" },
		{ "pages \x1b[2J", "expected an operator at \"\\x1b[2J\"" },
	};
	char why[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long long number;

		strcpy(why, "");
		if (expr_eval_number(cases[i].source, &scope, &number, why, sizeof(why)) != -EINVAL)
			fail_msg("%s was accepted", cases[i].source);
		if (strcmp(why, cases[i].why) != 0)
			fail_msg("%s: %s", cases[i].source, why);
	}
}

static void nesting_has_an_end(void **state)
{
	static const char *const openers[] = { "(", "!", "-", "1?", "1?1:", "min(" };
	char source[8192], why[200];
	long long number;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		size_t len = 0;

		while (len + strlen(openers[i]) < sizeof(source))
			len += sprintf(source + len, "%s", openers[i]);
		assert_int_equal(expr_eval_number(source, &scope, &number, why, sizeof(why)),
				 -EINVAL);
		assert_string_equal(why, "the expression is nested more than 100 deep");
	}
}

static void what_the_workload_told(void **state)
{
	struct expr_scope with = scope;
	char why[200];
	long long number;

	(void)state;
	with.told = told;
	assert_int_equal(expr_eval_number("told('merged') * 7", &with, &number, why, sizeof(why)),
			 0);
	assert_int_equal(number, 42);
	assert_int_equal(expr_eval_number("told('broken')", &with, &number, why, sizeof(why)),
			 -EINVAL);
	assert_string_equal(why, "what the workload told as 'broken' cannot be read");
	assert_int_equal(expr_eval_number("told(7)", &with, &number, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "expected a quoted name, as in told('name'), at \"7)\"");
}

static void literals(void **state)
{
	long long number;

	(void)state;
	assert_int_equal(expr_parse_number("-64K", &number), 0);
	assert_int_equal(number, -65536);
	assert_int_equal(expr_parse_number("1_009", &number), 0);
	assert_int_equal(number, 1009);
	assert_int_equal(expr_parse_number("9223372036854775808", &number), -ERANGE);
	assert_int_equal(expr_parse_number("-9223372036854775808", &number), -ERANGE);
	assert_int_equal(expr_parse_number("", &number), -EINVAL);
	assert_int_equal(expr_parse_number("-", &number), -EINVAL);
	assert_int_equal(expr_parse_number("--1", &number), -EINVAL);
	assert_int_equal(expr_parse_number("+1", &number), -EINVAL);
	assert_int_equal(expr_parse_number(" 1", &number), -EINVAL);
	assert_int_equal(expr_parse_number("1 ", &number), -EINVAL);
	assert_int_equal(expr_parse_number("0x10", &number), -EINVAL);
	assert_int_equal(expr_parse_number("99999999999999999999x", &number), -EINVAL);
}

static void expected_values(void **state)
{
	static const struct bad cases[] = {
		{ "pages", "23" },
		{ "<= 2 * pages", "<= 46" },
		{ ">=pages - 30", ">= -7" },
		{ "< 5", "< 5" },
		{ "> 5", "> 5" },
		{ "2 * rounds .. 2 * rounds + 4", "14..18" },
		{ "1..4", "1..4" },
		{ "-3 .. -3", "-3..-3" },
		{ "3057 +- 7%", "3057 +- 7%" },
		{ "pages +- rounds - 2 %", "23 +- 5%" },
		{ "'a..b +- c'", "a..b +- c" },
		{ "mode", "flock" },
		{ "mode == 'none' ? 'lost' : 'kept'", "kept" },
		{ "''", "" },
	};
	struct expect expect;
	char why[200], printed[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (expect_eval(cases[i].source, &scope, &expect, why, sizeof(why)))
			fail_msg("%s: %s", cases[i].source, why);
		expect_print(&expect, printed, sizeof(printed));
		if (strcmp(printed, cases[i].why) != 0)
			fail_msg("%s is printed %s", cases[i].source, printed);
	}
}

static void expected_values_refused(void **state)
{
	static const struct bad cases[] = {
		{ "", "the expression ends where a number, a name or \"(\" should follow" },
		{ "<=", "the expression ends where a number, a name or \"(\" should follow" },
		{ "4 ..", "the expression ends where a number, a name or \"(\" should follow" },
		{ "pages .. rounds", "the range 23..7 is empty" },
		{ "1 .. 2 .. 3", "expected an operator at \".. 3\"" },
		{ "5 +- 3", "a tolerance is written EXPR +- EXPR%, with its per cent sign" },
		{ "5 +-", "a tolerance is written EXPR +- EXPR%, with its per cent sign" },
		{ "5 +- %", "the expression ends where a number, a name or \"(\" should follow" },
		{ "5 +- -1%", "the tolerance is -1%; it must be from 0% to 1000%" },
		{ "<= mode", "'flock' is a word where a number is needed" },
		{ "== 5", "expected a number, a name or \"(\" at \"== 5\"" },
	};
	struct expect expect;
	char why[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (expect_eval(cases[i].source, &scope, &expect, why, sizeof(why)) != -EINVAL)
			fail_msg("%s was accepted", cases[i].source);
		if (strcmp(why, cases[i].why) != 0)
			fail_msg("%s: %s", cases[i].source, why);
	}
}

/* Around the edges of each form: holds from LOW to HIGH and nowhere else. */
static void check_edges(const char *source, long long low, long long high)
{
	struct expect expect;
	char why[200];

	if (expect_eval(source, &scope, &expect, why, sizeof(why)))
		fail_msg("%s: %s", source, why);
	if (low > LLONG_MIN) {
		assert_true(expect_holds_integer(&expect, low));
		assert_false(expect_holds_integer(&expect, low - 1));
	}
	if (high < LLONG_MAX) {
		assert_true(expect_holds_integer(&expect, high));
		assert_false(expect_holds_integer(&expect, high + 1));
	}
	assert_int_equal(expect_holds_integer(&expect, LLONG_MIN), low == LLONG_MIN);
	assert_int_equal(expect_holds_integer(&expect, LLONG_MAX), high == LLONG_MAX);
	if (low > LLONG_MIN) {
		assert_true(expect_holds_real(&expect, low));
		assert_false(expect_holds_real(&expect, low - 0.001));
	}
	if (high < LLONG_MAX) {
		assert_true(expect_holds_real(&expect, high));
		assert_false(expect_holds_real(&expect, high + 0.001));
	}
}

static void edges(void **state)
{
	struct expect below = { .form = EXPECT_BELOW, .a = 23 };
	struct expect above = { .form = EXPECT_ABOVE, .a = 23 };

	(void)state;
	check_edges("pages", 23, 23);
	check_edges("<= pages", LLONG_MIN, 23);
	check_edges(">= pages", 23, LLONG_MAX);
	check_edges("7 .. 11", 7, 11);
	check_edges("1000 +- 7%", 930, 1070);
	check_edges("-1000 +- 7%", -1070, -930);
	check_edges("0 +- 7%", 0, 0);
	assert_true(expect_holds_integer(&below, 22));
	assert_false(expect_holds_integer(&below, 23));
	assert_true(expect_holds_real(&below, 22.999));
	assert_false(expect_holds_real(&below, 23));
	assert_true(expect_holds_integer(&above, 24));
	assert_false(expect_holds_integer(&above, 23));
	assert_true(expect_holds_real(&above, 23.001));
	assert_false(expect_holds_real(&above, 23));
}

static void not_a_number_holds_nowhere(void **state)
{
	static const char *const sources[] = {
		"7", "<= 7", ">= 7", "< 7", "> 7", "1..7", "7 +- 5%"
	};
	struct expect expect;
	char why[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		assert_int_equal(expect_eval(sources[i], &scope, &expect, why, sizeof(why)), 0);
		assert_false(expect_holds_real(&expect, __builtin_nan("")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(refused),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(what_the_workload_told),
		cmocka_unit_test(literals),
		cmocka_unit_test(expected_values),
		cmocka_unit_test(expected_values_refused),
		cmocka_unit_test(edges),
		cmocka_unit_test(not_a_number_holds_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
