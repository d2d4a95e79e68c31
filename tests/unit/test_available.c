// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/available.h"

static char top[] = "/tmp/faultline-test.XXXXXX";
static const char *const names[] = { "memory.max",
				     "memory.current",
				     "memory.stat",
				     "memory.limit_in_bytes",
				     "memory.usage_in_bytes",
				     "meminfo" };
static const char *const folders[] = { "/a/b", "/a", "" };

static const char *in_top(const char *folder, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s%s%s%s", top, folder, *name ? "/" : "", name);
	return path;
}

static void put(const char *folder, const char *name, const char *text)
{
	FILE *file = fopen(in_top(folder, name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static long long left(void)
{
	char folder[256];

	snprintf(folder, sizeof(folder), "%s/a/b", top);
	return available_in_group(folder, top);
}

static int make_folders(void **state)
{
	(void)state;
	return !mkdtemp(top) || mkdir(in_top("/a", ""), 0700) || mkdir(in_top("/a/b", ""), 0700);
}

static int remove_folders(void **state)
{
	int err = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			unlink(in_top(folders[i], names[j]));
		err |= rmdir(in_top(folders[i], ""));
	}
	return err;
}

static void test_meminfo(void **state)
{
	(void)state;
	assert_int_equal(available_in_meminfo(in_top("", "meminfo")), -1);
	put("", "meminfo", "MemTotal: 4096 kB\n");
	assert_int_equal(available_in_meminfo(in_top("", "meminfo")), -1);
	put("", "meminfo", "MemTotal: 4096 kB\nMemAvailable:     1009 kB\n");
	assert_int_equal(available_in_meminfo(in_top("", "meminfo")), 1009 * 1024);
}

static void test_second_version(void **state)
{
	(void)state;
	assert_int_equal(left(), -1);
	put("/a/b", "memory.max", "max\n");
	put("/a/b", "memory.current", "7\n");
	assert_int_equal(left(), -1);
	put("/a/b", "memory.max", "1009\n");
	assert_int_equal(left(), 1002);
	put("/a/b", "memory.stat", "anon 3\ninactive_file 5\nactive_file 1\n");
	assert_int_equal(left(), 1007);
	/* The group above leaves less, and in the end nothing. */
	put("/a", "memory.max", "500\n");
	put("/a", "memory.current", "101\n");
	assert_int_equal(left(), 399);
	put("/a", "memory.current", "501\n");
	assert_int_equal(left(), 0);
}

static void test_first_version(void **state)
{
	(void)state;
	put("", "memory.limit_in_bytes", "211\n");
	put("", "memory.usage_in_bytes", "200\n");
	put("", "memory.stat", "inactive_file 1\ntotal_inactive_file 13\n");
	assert_int_equal(available_in_group(top, top), 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meminfo),
		cmocka_unit_test(test_second_version),
		cmocka_unit_test(test_first_version),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
