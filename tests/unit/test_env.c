// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <paths.h>

#include "base/env.h"

static char *const three[] = { "A=1", "AB=two", "EMPTY=", NULL };

static bool not_a(const char *assignment)
{
	return assignment[0] != 'A' || assignment[1] != '=';
}

static void test_copies(void **state)
{
	char **all = env_copy(three, NULL), **some = env_copy(three, not_a);

	(void)state;
	assert_string_equal(all[0], "A=1");
	assert_string_equal(all[2], "EMPTY=");
	assert_null(all[3]);
	assert_string_equal(some[0], "AB=two");
	assert_string_equal(some[1], "EMPTY=");
	assert_null(some[2]);
	env_free(all);
	env_free(some);
}

static void test_finds_whole_names_only(void **state)
{
	(void)state;
	assert_string_equal(env_get(three, "A"), "1");
	assert_string_equal(env_get(three, "AB"), "two");
	assert_string_equal(env_get(three, "EMPTY"), "");
	assert_null(env_get(three, "EMPT"));
	assert_null(env_get(three, "B"));
}

static void test_sets_adds_and_removes(void **state)
{
	char **env = env_copy(three, NULL);

	(void)state;
	assert_int_equal(env_set(&env, "A", "one"), 0);
	assert_int_equal(env_set(&env, "NEW", "x=y"), 0);
	assert_int_equal(env_set(&env, "AB", NULL), 0);
	assert_int_equal(env_set(&env, "NOWHERE", NULL), 0);
	assert_string_equal(env[0], "A=one");
	assert_string_equal(env[1], "EMPTY=");
	assert_string_equal(env[2], "NEW=x=y");
	assert_null(env[3]);
	env_free(env);
}

static void test_adds_to_path(void **state)
{
	char *const with[] = { "PATH=/bin:/a b", "A=1", NULL };
	char **env = env_copy(with, NULL), **none = env_copy(three, NULL);

	(void)state;
	assert_int_equal(env_add_to_path(&env, "/opt/x"), 0);
	assert_string_equal(env_get(env, "PATH"), "/bin:/a b:/opt/x");
	assert_int_equal(env_add_to_path(&env, "/opt/not:one"), 0);
	assert_string_equal(env_get(env, "PATH"), "/bin:/a b:/opt/x");
	assert_int_equal(env_add_to_path(&none, "/opt/x"), 0);
	assert_string_equal(env_get(none, "PATH"), _PATH_DEFPATH ":/opt/x");
	env_free(env);
	env_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_finds_whole_names_only),
		cmocka_unit_test(test_sets_adds_and_removes),
		cmocka_unit_test(test_adds_to_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
