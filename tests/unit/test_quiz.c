// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims_file.h"
#include "experiment/quiz.h"

static const char claims_text[] = "-- title: t\n"
				  "-- param: pages = 25600   1..50000   how many\n"
				  "-- claim E write: each first write takes one fault\n"
				  "-- expect: pages\n"
				  "SELECT 1;\n"
				  "-- claim E no: cannot be checked\n"
				  "-- needs: cpus > 100   too few CPUs\n"
				  "-- expect: 7\n"
				  "SELECT 1;\n"
				  "-- claim B few: few others\n"
				  "-- expect: <= 30\n"
				  "SELECT 1;\n"
				  "-- claim E lock: which lock\n"
				  "-- expect: 'flock'\n"
				  "SELECT 1;\n";

/* The quiz with the lines of ANSWERS; what it said into *SAID, which the caller frees. */
static void ask(struct quiz *quiz, const struct claims *claims, const char *answers, char **said)
{
	FILE *in = fmemopen((void *)answers, strlen(answers), "r"), *out;
	size_t size;

	out = open_memstream(said, &size);
	assert_non_null(in);
	assert_non_null(out);
	assert_int_equal(quiz_ask(quiz, claims, in, out), 0);
	fclose(in);
	fclose(out);
}

static void test_asks_and_shows(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	struct quiz quiz = { 0 };
	char *said, *shown;
	size_t size;
	FILE *out;

	(void)state;
	ask(&quiz, claims, " 25,600 \n31\nflock\n", &said);
	assert_string_equal(
		said,
		"Your prediction? A number, or an expression such as 2 * pages. "
		"Enter alone leaves the quiz.\n"
		"1 of 3  each first write takes one fault\n  write = ? "
		"2 of 3  few others (a number within the bounds, or closer bounds)\n  few = ? "
		"3 of 3  which lock (a word)\n  lock = ? ");
	free(said);
	assert_true(quiz_was_asked(&quiz));
	claims->claims[0].observed = strdup("25600");
	out = open_memstream(&shown, &size);
	quiz_show(&quiz, claims, out);
	fclose(out);
	assert_string_equal(shown, "\n"
				   "quiz   your guess  prediction  measured\n"
				   "write      25,600      25,600    25,600  right\n"
				   "few            31       <= 30         -  not so\n"
				   "lock        flock       flock         -  right\n"
				   "2 of 3 right\n");
	free(shown);
	quiz_free(&quiz);
	claims_free(claims);
}

static void test_is_left(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	struct quiz quiz = { 0 };
	char *said;

	(void)state;
	ask(&quiz, claims, "\n25600\n", &said);
	assert_false(quiz_was_asked(&quiz));
	free(said);
	quiz_free(&quiz);
	ask(&quiz, claims, "1\n\t\n3\n", &said);
	assert_true(quiz_was_asked(&quiz));
	assert_string_equal(quiz.guesses[0], "1");
	assert_null(quiz.guesses[2]);
	assert_null(quiz.guesses[3]);
	free(said);
	quiz_free(&quiz);
	/* the end of the input, in the middle of a line */
	ask(&quiz, claims, "1\n2", &said);
	assert_string_equal(quiz.guesses[2], "2");
	assert_null(quiz.guesses[3]);
	free(said);
	quiz_free(&quiz);
	claims_free(claims);
}

static void test_asks_again(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	struct quiz quiz = { 0 };
	char *said;

	(void)state;
	ask(&quiz, claims, "abc\npages/0\n<= 7\n'flock'\n7\n<= 3\nno such lock\n", &said);
	assert_string_equal(quiz.guesses[0], "7");
	assert_string_equal(quiz.guesses[2], "<= 3");
	assert_string_equal(quiz.guesses[3], "no such lock");
	assert_non_null(strstr(said, "write = ?   no answer: "));
	assert_non_null(strstr(said, "abc"));
	assert_non_null(strstr(said, "no answer: one number is asked for\n  write = ?"));
	assert_non_null(strstr(said, "no answer: a number is asked for\n  write = ? 2 of 3  "));
	free(said);
	quiz_free(&quiz);
	claims_free(claims);
}

/* Bounds closer than those of the claim are right if what came lies within. */
static void test_closer_bounds(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	struct claim *few = &claims->claims[2];

	(void)state;
	few->observed = strdup("2");
	assert_true(quiz_is_right(claims, few, "<= 3"));
	assert_true(quiz_is_right(claims, few, "< 31"));
	assert_true(quiz_is_right(claims, few, "0 .. 2"));
	assert_true(quiz_is_right(claims, few, "2 +- 7%"));
	assert_true(quiz_is_right(claims, few, "29"));
	assert_false(quiz_is_right(claims, few, "<= 1"));
	assert_false(quiz_is_right(claims, few, "< 32"));
	assert_false(quiz_is_right(claims, few, ">= 2"));
	assert_false(quiz_is_right(claims, few, "20 +- 60%"));
	assert_false(quiz_is_right(claims, few, "3 .. 29"));
	claims_free(claims);
}

static void test_answers(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	static const struct {
		size_t claim;
		const char *guess;
		bool right;
	} cases[] = {
		{ 0, "25600", true },   { 0, "25,600", true },   { 0, "pages", true },
		{ 0, "25K", true },     { 0, "50 * 512", true }, { 0, "25601", false },
		{ 0, "2,5600", false }, { 0, "many", false },    { 0, "<= 25600", false },
		{ 0, "1/0", false },    { 2, "0", true },        { 2, "30", true },
		{ 2, "31", false },     { 2, "<= 30", true },    { 2, "<= 31", false },
		{ 3, "flock", true },   { 3, "'flock'", true },  { 3, "posix", false },
		{ 3, "1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (quiz_is_right(claims, &claims->claims[cases[i].claim], cases[i].guess) !=
		    cases[i].right)
			fail_msg("%s for %s", cases[i].guess,
				 claims->claims[cases[i].claim].expected);
	claims_free(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asks_and_shows), cmocka_unit_test(test_is_left),
		cmocka_unit_test(test_asks_again),     cmocka_unit_test(test_closer_bounds),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, claims_file_enter, claims_file_leave);
}
