// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "views/grid.h"

static const struct grid_column columns[] = {
	{ .name = "task", .least = 8, .keep_last = true },
	{ .name = "kind" },
	{ .name = "by whom", .right = true, .spare = true },
	{ .name = "how many", .right = true },
	{ .name = "when", .optional = true },
};

static void expect(int width, const char *expected)
{
	const struct report_style style = { .width = width };
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	assert_non_null(grid);
	assert_non_null(memory);
	grid_row(grid,
		 (const char *const[]){ "a long name 4711", "zero_fill", "x", "1,009", "now" });
	assert_int_equal(grid_print(grid, memory, &style), 0);
	assert_int_equal(fclose(memory), 0);
	assert_string_equal(text, expected);
	free(text);
	grid_free(grid);
}

/* What goes first where there is no room: what is optional, letters, what is spare, more letters. */
static void test_the_narrower_the_less(void **state)
{
	(void)state;
	expect(0, "task              kind       by whom  how many  when\n"
		  "a long name 4711  zero_fill        x     1,009  now\n");
	expect(52, "task              kind       by whom  how many  when\n"
		   "a long name 4711  zero_fill        x     1,009  now\n");
	expect(51, "task              kind       by whom  how many\n"
		   "a long name 4711  zero_fill        x     1,009\n");
	expect(38, "task      kind       by whom  how many\n"
		   "a ~ 4711  zero_fill        x     1,009\n");
	expect(37, "task              kind       how many\n"
		   "a long name 4711  zero_fill     1,009\n");
	expect(29, "task      kind       how many\n"
		   "a ~ 4711  zero_fill     1,009\n");
	expect(17, "task  kind  how ~\n"
		   "4711  zer~  1,009\n");
	/* a number is whole or it is another */
	expect(7, "task  kind  how ~\n"
		  "4711  zer~  1,009\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_narrower_the_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
