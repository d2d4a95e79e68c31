// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiment/catalogue.h"
#include "claims/claims.h"

static char first[] = "/tmp/faultline-catalogue-XXXXXX";
static char second[] = "/tmp/faultline-catalogue-XXXXXX";

static void make(const char *folder, const char *name, const char *content, mode_t mode)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
}

static void make_claims(const char *folder, const char *name, char chapter)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "-- title: a title\n-- chapter: %c\n-- question: why?\n-- lesson: so.\n\n"
		 "-- claim E one: it is one\n-- expect: 1\nSELECT 1;\n",
		 chapter);
	make(folder, name, text, 0600);
}

static int make_folders(void **state)
{
	(void)state;
	return mkdtemp(first) && mkdtemp(second) ? 0 : -1;
}

static void empty(const char *folder)
{
	static const char *const names[] = {
		"zoo",     "zoo.sql", "ant",      "ant.sql", "bee.sql", "bee.py",    "bee.d",
		"cat.sql", "cat.sh",  "cat.py",   "dog.sql", "eel.sql", "eel",       "eel.c",
		"fox.sql", "fox",     ".hid.sql", ".sql",    "zoology", "ant.other",
	};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
}

static int empty_folders(void **state)
{
	(void)state;
	empty(first);
	empty(second);
	return 0;
}

static int remove_folders(void **state)
{
	(void)state;
	return rmdir(first) | rmdir(second);
}

static struct catalogue *load_only(char *const *only)
{
	const char *const folders[] = { first, "/nowhere/at/all", second, first, NULL };
	struct catalogue *catalogue;

	assert_int_equal(catalogue_load(&catalogue, folders, only), 0);
	return catalogue;
}

static struct catalogue *load(void)
{
	return load_only(NULL);
}

static void test_orders_by_chapter_then_id(void **state)
{
	struct catalogue *catalogue;

	(void)state;
	make_claims(first, "zoo.sql", 'A');
	make(first, "zoo", "#!/bin/sh\n", 0700);
	make(first, "zoology", "#!/bin/sh\n", 0700);
	make_claims(first, "ant.sql", 'B');
	make(first, "ant", "#!/bin/sh\n", 0700);
	make_claims(second, "bee.sql", 'A');
	make(second, "bee.py", "#!/usr/bin/env python3\n", 0700);
	make(second, "bee.d", "not a program", 0600);
	make_claims(second, ".hid.sql", 'A');
	catalogue = load();
	assert_int_equal(catalogue->n, 3);
	assert_string_equal(catalogue->experiments[0].id, "bee");
	assert_string_equal(catalogue->experiments[1].id, "zoo");
	assert_string_equal(catalogue->experiments[2].id, "ant");
	for (size_t i = 0; i < catalogue->n; i++)
		assert_null(catalogue->experiments[i].wrong);
	assert_string_equal(strrchr(catalogue->experiments[0].program, '/'), "/bee.py");
	assert_string_equal(strrchr(catalogue->experiments[1].program, '/'), "/zoo");
	assert_ptr_equal(catalogue_find(catalogue, "zoo"), &catalogue->experiments[1]);
	assert_null(catalogue_find(catalogue, "zo"));
	assert_string_equal(catalogue_nearest(catalogue, "zooo"), "zoo");
	assert_null(catalogue_nearest(catalogue, "elephant"));
	catalogue_free(catalogue);
}

static void expect_wrong(const struct catalogue *catalogue, const char *id, const char *a,
			 const char *b)
{
	const struct experiment *e = catalogue_find(catalogue, id);

	assert_non_null(e);
	assert_non_null(e->wrong);
	assert_null(e->claims);
	assert_non_null(strstr(e->wrong, a));
	assert_non_null(strstr(e->wrong, b));
}

static void test_names_what_is_wrong_and_keeps_the_rest(void **state)
{
	struct catalogue *catalogue;

	(void)state;
	make_claims(first, "cat.sql", 'A');
	make(first, "cat.sh", "#!/bin/sh\n", 0700);
	make(first, "cat.py", "#!/usr/bin/env python3\n", 0700);
	make_claims(first, "dog.sql", 'A');
	make(first, "eel.sql", "-- title: no chapter\nSELECT 1;\n", 0600);
	make(first, "eel", "#!/bin/sh\n", 0700);
	make_claims(first, "fox.sql", 'A');
	make(first, "fox", "#!/bin/sh\n", 0700);
	catalogue = load();
	assert_int_equal(catalogue->n, 4);
	assert_string_equal(catalogue->experiments[0].id, "fox");
	assert_null(catalogue->experiments[0].wrong);
	expect_wrong(catalogue, "cat", "cat.sh", "cat.py");
	expect_wrong(catalogue, "dog", "/dog.sql", "chmod +x");
	expect_wrong(catalogue, "eel", "/eel.sql:", "");
	catalogue_free(catalogue);
}

static void test_refuses_twins(void **state)
{
	struct catalogue *catalogue;

	(void)state;
	make_claims(first, "ant.sql", 'A');
	make(first, "ant", "#!/bin/sh\n", 0700);
	make_claims(second, "ant.sql", 'B');
	make(second, "ant", "#!/bin/sh\n", 0700);
	catalogue = load();
	assert_int_equal(catalogue->n, 1);
	expect_wrong(catalogue, "ant", first, second);
	catalogue_free(catalogue);
}

/* What is not asked for is known by name, and is not read: that it is broken is not seen. */
static void test_reads_what_is_asked_for(void **state)
{
	char *const only[] = { "ant", "cat", NULL };
	struct catalogue *catalogue;
	const struct experiment *e;

	(void)state;
	make_claims(first, "ant.sql", 'B');
	make(first, "ant", "#!/bin/sh\n", 0700);
	make(first, "bee.sql", "no claims", 0600);
	make_claims(first, "cat.sql", 'A');
	make_claims(second, "cat.sql", 'A');
	catalogue = load_only(only);
	assert_int_equal(catalogue->n, 3);
	e = catalogue_find(catalogue, "ant");
	assert_non_null(e);
	assert_non_null(e->claims);
	assert_non_null(e->program);
	e = catalogue_find(catalogue, "bee");
	assert_non_null(e);
	assert_null(e->claims);
	assert_null(e->wrong);
	expect_wrong(catalogue, "cat", first, second);
	assert_string_equal(catalogue_nearest(catalogue, "beee"), "bee");
	catalogue_free(catalogue);
}

static void test_nothing_there(void **state)
{
	const char *const none[] = { NULL };
	struct catalogue *catalogue;

	(void)state;
	assert_int_equal(catalogue_load(&catalogue, none, NULL), 0);
	assert_int_equal(catalogue->n, 0);
	assert_null(catalogue_nearest(catalogue, "ant"));
	catalogue_free(catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_orders_by_chapter_then_id, empty_folders),
		cmocka_unit_test_teardown(test_names_what_is_wrong_and_keeps_the_rest,
					  empty_folders),
		cmocka_unit_test_teardown(test_refuses_twins, empty_folders),
		cmocka_unit_test_teardown(test_reads_what_is_asked_for, empty_folders),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
