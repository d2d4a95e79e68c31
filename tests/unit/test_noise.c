// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims_file.h"
#include "experiment/compare.h"
#include "experiment/noise.h"
#include "launch/profile.h"

static const unsigned int all = NOISE_THP | NOISE_MIGRATE | NOISE_DYNAMIC | NOISE_RSEQ |
				NOISE_NO_PIN | NOISE_ASLR;

static void test_lists(void **state)
{
	unsigned int sources = 0;
	char why[300];

	(void)state;
	assert_int_equal(noise_parse("thp", &sources, why, sizeof(why)), 0);
	assert_int_equal(sources, NOISE_THP);
	assert_int_equal(noise_parse("aslr,no-pin,aslr", &sources, why, sizeof(why)), 0);
	assert_int_equal(sources, NOISE_ASLR | NOISE_NO_PIN);
	assert_int_equal(
		noise_parse("thp,migrate,dynamic,rseq,no-pin,aslr", &sources, why, sizeof(why)), 0);
	assert_int_equal(sources, all);
}

static void test_what_is_no_source(void **state)
{
	static const char *const bad[] = { "", "thp,", ",thp", "THP", "thp migrate", "th\033p" };
	unsigned int sources;
	char why[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(noise_parse(bad[i], &sources, why, sizeof(why)), -EINVAL);
	assert_null(strchr(why, '\033'));
	assert_int_equal(noise_parse("thp,migrat", &sources, why, sizeof(why)), -EINVAL);
	assert_string_equal(why,
			    "--noise: no source of noise is named \"migrat\", did you mean "
			    "\"migrate\"?; there are thp, migrate, dynamic, rseq, no-pin, aslr");
}

static void test_one_after_the_other(void **state)
{
	(void)state;
	assert_int_equal(noise_next(NOISE_ASLR | NOISE_MIGRATE, 0), NOISE_MIGRATE);
	assert_int_equal(noise_next(NOISE_ASLR | NOISE_MIGRATE, NOISE_MIGRATE), NOISE_ASLR);
	assert_int_equal(noise_next(NOISE_ASLR | NOISE_MIGRATE, NOISE_ASLR), 0);
	assert_int_equal(noise_next(0, 0), 0);
}

static void test_profiles(void **state)
{
	(void)state;
	assert_int_equal(noise_profile(0, NOISE_THP), PROFILE_CLEAN);
	assert_int_equal(noise_profile(NOISE_THP, all),
			 (PROFILE_CLEAN & ~PROFILE_THP) | PROFILE_HUGE | PROFILE_FIXED);
	assert_int_equal(noise_profile(NOISE_MIGRATE, NOISE_MIGRATE),
			 (PROFILE_CLEAN & ~PROFILE_PIN) | PROFILE_MOVE);
	assert_int_equal(noise_profile(NOISE_RSEQ, NOISE_RSEQ), PROFILE_CLEAN & ~PROFILE_RSEQ);
	assert_int_equal(noise_profile(NOISE_NO_PIN, NOISE_NO_PIN), PROFILE_CLEAN & ~PROFILE_PIN);
	assert_int_equal(noise_profile(NOISE_DYNAMIC, NOISE_DYNAMIC), PROFILE_CLEAN);
	/* what every ordinary run has is taken from the clean one */
	assert_int_equal(noise_profile(0, NOISE_ASLR), PROFILE_CLEAN | PROFILE_FIXED);
	assert_int_equal(noise_profile(NOISE_ASLR, NOISE_ASLR), PROFILE_CLEAN);
}

static void test_huge_pages_allowed(void **state)
{
	(void)state;
	assert_true(noise_has_huge_pages("always [madvise] never\n"));
	assert_true(noise_has_huge_pages("[always] madvise never\n"));
	assert_false(noise_has_huge_pages("always madvise [never]\n"));
	assert_false(noise_has_huge_pages(""));
}

static void test_no_dynamic_build(void **state)
{
	char other[64], why[128] = "";

	(void)state;
	assert_false(noise_possible(NOISE_DYNAMIC, "/nowhere/x", other, sizeof(other), why,
				    sizeof(why)));
	assert_string_equal(other, "/nowhere/dynamic/x");
	assert_string_not_equal(why, "");
	assert_true(noise_possible(0, "/nowhere/x", other, sizeof(other), why, sizeof(why)));
	assert_string_equal(other, "/nowhere/x");
}

/* Every source has a rule for every claim, and the better one where it knows more. */
static void test_rules(void **state)
{
	const char *filled = "SELECT sum(n) FROM fault_count WHERE kind = 'zero_fill'";

	(void)state;
	for (unsigned int source = noise_next(all, 0); source; source = noise_next(all, source)) {
		assert_non_null(strchr(noise_rule(source, "SELECT 1"), '.'));
		assert_null(strstr(noise_rule(source, "SELECT 1"), "No rule"));
	}
	assert_string_not_equal(noise_rule(NOISE_THP, filled), noise_rule(NOISE_THP, "SELECT 1"));
	assert_non_null(strstr(noise_rule(NOISE_THP, filled), "512"));
}

static const char claims_text[] = "-- title: t\n"
				  "-- param: pages = 1009   1..5000   how many\n"
				  "-- claim E filled: each page is filled\n"
				  "-- expect: pages\n"
				  "SELECT sum(n) FROM fault_count WHERE kind = 'zero_fill';\n"
				  "-- claim E left.out: not about this run\n"
				  "-- when: pages == 1\n"
				  "-- expect: 1\n"
				  "SELECT 1;\n"
				  "-- claim B few: and few others\n"
				  "-- expect: <= 3\n"
				  "SELECT sum(n) FROM fault_count;\n";

static void set(struct claim *claim, enum verdict verdict, const char *observed, const char *reason)
{
	free(claim->observed);
	free(claim->reason);
	claim->verdict = verdict;
	claim->observed = observed ? strdup(observed) : NULL;
	claim->reason = reason ? strdup(reason) : NULL;
}

/* What one process writes and another one reads. */
static void carry(const struct claims *claims, struct compare_column *column, int expected)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	compare_write(file, claims);
	rewind(file);
	assert_int_equal(compare_read(file, claims, column), expected);
	assert_int_equal(getc(file), EOF);
	fclose(file);
}

static void test_side_by_side(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	struct compare_column columns[3] = { { .source = 0 },
					     { .source = NOISE_THP },
					     { .source = NOISE_DYNAMIC } };
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	set(&claims->claims[0], VERDICT_PASS, "1009", NULL);
	set(&claims->claims[2], VERDICT_PASS, "2", NULL);
	carry(claims, &columns[0], 0);
	assert_string_equal(columns[0].verdicts[0].observed, "1009");
	assert_string_equal(columns[0].verdicts[0].reason, "");
	set(&claims->claims[0], VERDICT_FAIL, "2", "a reason\nof two lines");
	set(&claims->claims[2], VERDICT_INCONCLUSIVE, NULL, "7 records were lost");
	carry(claims, &columns[1], 0);
	assert_string_equal(columns[1].verdicts[0].reason, "a reason\nof two lines");
	columns[2].cannot = strdup("it is not there");
	out = open_memstream(&text, &size);
	assert_non_null(out);
	compare_show(out, claims, columns, 3, 80);
	fclose(out);
	assert_string_equal(
		text,
		"claims  expected  clean     thp  dynamic  \n"
		"filled     1,009  1,009  FAIL 2        -  \n"
		"few         <= 3      2      ?         -  \n"
		"\n"
		"thp: huge pages are allowed, and asked for in each region\n"
		"  0 held, 1 broke, 1 not decided\n"
		"  broken: filled\n"
		"    One fault fills a whole huge page: 512 small ones with pages of 4 KiB. The\n"
		"    faults are huge_zero_fill, and so many times fewer.\n"
		"  not decided: few\n"
		"    7 records were lost\n"
		"\n"
		"dynamic: the same program, dynamically linked\n"
		"  cannot be had here: it is not there\n");
	free(text);
	compare_free(claims, columns, 3);
	claims_free(claims);
}

/* What does not fit beside the clean run stands below it, with the clean run again. */
static void test_narrow(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	struct compare_column columns[3] = { { .source = 0 },
					     { .source = NOISE_THP },
					     { .source = NOISE_DYNAMIC } };
	static const char table[] = "claims  expected  clean    thp  \n"
				    "filled     1,009  1,009  1,009  \n"
				    "few         <= 3      2      2  \n"
				    "\n"
				    "claims  expected  clean  dynamic  \n"
				    "filled     1,009  1,009    1,009  \n"
				    "few         <= 3      2        2  \n"
				    "\n";
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	set(&claims->claims[0], VERDICT_PASS, "1009", NULL);
	set(&claims->claims[2], VERDICT_PASS, "2", NULL);
	for (size_t i = 0; i < 3; i++)
		carry(claims, &columns[i], 0);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	compare_show(out, claims, columns, 3, 38);
	fclose(out);
	assert_memory_equal(text, table, sizeof(table) - 1);
	free(text);
	compare_free(claims, columns, 3);
	claims_free(claims);
}

static void test_verdicts_cut_off(void **state)
{
	struct claims *claims = claims_file_load(claims_text);
	struct compare_column column = { 0 };
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	fwrite("1009\0", 1, 5, file);
	rewind(file);
	assert_int_equal(compare_read(file, claims, &column), -EPIPE);
	compare_free(claims, &column, 1);
	fclose(file);
	claims_free(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_what_is_no_source),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_huge_pages_allowed),
		cmocka_unit_test(test_no_dynamic_build),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_verdicts_cut_off),
	};

	return cmocka_run_group_tests(tests, claims_file_enter, claims_file_leave);
}
