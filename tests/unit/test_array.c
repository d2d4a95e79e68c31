// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/array.h"

static void test_elements_stay(void **state)
{
	int *numbers = NULL;

	(void)state;
	for (int i = 0; i < 10007; i++) {
		assert_int_equal(array_grow(&numbers, (size_t)i, sizeof(*numbers)), 0);
		numbers[i] = i;
	}
	for (int i = 0; i < 10007; i++)
		assert_int_equal(numbers[i], i);
	/* used again from the start */
	for (int i = 0; i < 23; i++) {
		assert_int_equal(array_grow(&numbers, (size_t)i, sizeof(*numbers)), 0);
		numbers[i] = -i;
	}
	for (int i = 0; i < 23; i++)
		assert_int_equal(numbers[i], -i);
	free(numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
