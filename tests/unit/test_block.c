// SPDX-License-Identifier: GPL-2.0
/* Blocks: what is packed comes back, and damaged or hostile ones are refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "recording/block.h"

static void fill(unsigned char *data, size_t size)
{
	unsigned int seed = 23;

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = i % 7 ? seed >> 16 : 0;
	}
}

static void comes_back(void **state)
{
	static const size_t sizes[] = { 1, 23, 4093, BLOCK_SIZE };
	static unsigned char data[BLOCK_SIZE];
	struct block_codec *out = block_codec_new(), *in = block_codec_new();

	(void)state;
	fill(data, sizeof(data));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const void *packed, *back;
		size_t packed_size, size;

		assert_int_equal(block_pack(out, data, sizes[i], &packed, &packed_size), 0);
		assert_int_equal(block_unpack(in, packed, packed_size, &back, &size), 0);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(back, data, size);
	}
	block_codec_free(out);
	block_codec_free(in);
}

static void plain_is_taken_as_it_is(void **state)
{
	static const unsigned char plain[] = { 16, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 5, 7, 11, 13 };
	struct block_codec *codec = block_codec_new();
	const void *back;
	size_t size;

	(void)state;
	assert_int_equal(block_unpack(codec, plain, sizeof(plain), &back, &size), 0);
	assert_int_equal(size, sizeof(plain));
	assert_memory_equal(back, plain, size);
	block_codec_free(codec);
}

static void damaged_is_refused(void **state)
{
	unsigned char data[997], copy[2048];
	struct block_codec *out = block_codec_new(), *in = block_codec_new();
	const void *packed, *back;
	size_t packed_size, size;

	(void)state;
	fill(data, sizeof(data));
	assert_int_equal(block_pack(out, data, sizeof(data), &packed, &packed_size), 0);
	assert_true(packed_size <= sizeof(copy));
	memcpy(copy, packed, packed_size);
	assert_int_equal(block_unpack(in, copy, packed_size / 2, &back, &size), -EINVAL);
	assert_int_equal(block_unpack(in, copy, packed_size, &back, &size), 0);
	block_codec_free(out);
	block_codec_free(in);
}

/* A frame of a few bytes that stands for far more memory than a block may have. */
static void bomb_is_refused(void **state)
{
	size_t room = ZSTD_compressBound(BLOCK_SIZE + 1), packed_size, size;
	char *zeros = calloc(1, BLOCK_SIZE + 1), *packed = malloc(room);
	struct block_codec *codec = block_codec_new();
	const void *back;

	(void)state;
	packed_size = ZSTD_compress(packed, room, zeros, BLOCK_SIZE + 1, 3);
	assert_false(ZSTD_isError(packed_size));
	assert_int_equal(block_unpack(codec, packed, packed_size, &back, &size), -EINVAL);
	block_codec_free(codec);
	free(zeros);
	free(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(plain_is_taken_as_it_is),
		cmocka_unit_test(damaged_is_refused),
		cmocka_unit_test(bomb_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
