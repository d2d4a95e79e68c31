// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/message.h"

static void test_one_line(void **state)
{
	char line[256];

	(void)state;
	assert_int_equal(message_format(line, sizeof(line), "x: y; z"), 19);
	assert_string_equal(line, "faultline: x: y; z\n");
}

static void test_nothing_reaches_the_terminal_unescaped(void **state)
{
	char line[256];
	size_t length = message_format(line, sizeof(line), "a\033[2Jb\nc");

	(void)state;
	assert_int_equal(line[length - 1], '\n');
	line[length - 1] = '\0';
	assert_string_equal(line, "faultline: a\\x1b[2Jb\\x0ac");
}

static void test_one_write(void **state)
{
	char line[256];
	int pair[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	dup2(pair[1], STDERR_FILENO);
	message("%s: %d", "seven", 7);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pair[1]);
	n = read(pair[0], line, sizeof(line));
	assert_int_equal(n, 20);
	assert_memory_equal(line, "faultline: seven: 7\n", n);
	assert_int_equal(read(pair[0], line, sizeof(line)), 0);
	close(pair[0]);
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "list",  "run",  "trace",  "show",
					     "query", "mark", "doctor", NULL };
	static const char *const experiments[] = { "cow", "demand-anon", "signal-progress", NULL };

	(void)state;
	assert_string_equal(message_nearest("trcae", names), "trace");
	assert_string_equal(message_nearest("tracee", names), "trace");
	assert_string_equal(message_nearest("rum", names), "run");
	assert_string_equal(message_nearest("docter", names), "doctor");
	assert_null(message_nearest("export", names));
	assert_null(message_nearest("", names));
	assert_string_equal(message_nearest("demand", experiments), "demand-anon");
	assert_string_equal(message_nearest("cwo", experiments), "cow");
	assert_string_equal(message_nearest("signal_progres", experiments), "signal-progress");
	assert_null(message_nearest("pipe", experiments));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_nothing_reaches_the_terminal_unescaped),
		cmocka_unit_test(test_one_write),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
