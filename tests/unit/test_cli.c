// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "cli/cli.h"

static void test_sizes(void **state)
{
	size_t bytes = 0;

	(void)state;
	assert_int_equal(cli_size("64K", &bytes), 0);
	assert_int_equal(bytes, 65536);
	assert_int_equal(cli_size("16M", &bytes), 0);
	assert_int_equal(bytes, 16777216);
	assert_int_equal(cli_size("131072", &bytes), 0);
	assert_int_equal(bytes, 131072);
	assert_int_equal(cli_size("2048M", &bytes), 0);
	assert_int_equal(bytes, 2147483648u);
}

static void test_what_is_no_size(void **state)
{
	static const char *const bad[] = {
		"",
		"K",
		"-64K",
		"64KB",
		"64G",
		"23K",
		"0",
		"0K",
		" 64K",
		"0x10",
		"1",
		"4096M",
		"3M",
		"64 K",
		"+64K",
		"1e6",
		"99999999999999999999M",
	};
	size_t bytes = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cli_size(bad[i], &bytes), -EINVAL);
	assert_int_equal(bytes, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_what_is_no_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
