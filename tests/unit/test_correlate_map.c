// SPDX-License-Identifier: GPL-2.0
/* The hash table, beside an array that does the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "correlate/correlate_map.h"

#define NR_KEYS 1009

static void as_an_array(void **state)
{
	static char values[7];
	void *expected[NR_KEYS] = { NULL };
	struct map map = { 0 };
	uint64_t seed = 23;

	(void)state;
	for (int i = 0; i < 200003; i++) {
		uint64_t key;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		key = (seed >> 33) % NR_KEYS;
		assert_ptr_equal(map_get(&map, key << 32), expected[key]);
		/* it fills, then it empties, again and again */
		if ((seed >> 20) % 100 < (i / 5003 % 2 ? 30 : 70)) {
			expected[key] = &values[i % 7];
			assert_int_equal(map_set(&map, key << 32, expected[key]), 0);
		} else {
			expected[key] = NULL;
			map_remove(&map, key << 32);
		}
		assert_ptr_equal(map_get(&map, key << 32), expected[key]);
	}
	for (uint64_t key = 0; key < NR_KEYS; key++)
		assert_ptr_equal(map_get(&map, key << 32), expected[key]);
	map_free(&map);
}

static void each_once(void **state)
{
	static char values[101];
	struct map map = { 0 };
	size_t at = 0, n = 0, used = 0;
	char *value;

	(void)state;
	assert_null(map_get(&map, 7));
	map_remove(&map, 7);
	assert_null(map_next(&map, &at));
	for (int i = 0; i < 101; i++)
		assert_int_equal(map_set(&map, (uint64_t)i * i, &values[i]), 0);
	map_remove(&map, 100);
	for (at = 0; (value = map_next(&map, &at)); n++)
		(*value)++;
	for (int i = 0; i < 101; i++)
		used += values[i] == (i == 10 ? 0 : 1);
	assert_int_equal(n, 100);
	assert_int_equal(used, 101);
	map_free(&map);
}

static void numbers(void **state)
{
	struct map map = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 503; i++)
		assert_int_equal(map_number(&map, ~i), i);
	for (uint64_t i = 1; i <= 503; i++)
		assert_int_equal(map_number(&map, ~i), i);
	map_free(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_an_array),
		cmocka_unit_test(each_once),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
