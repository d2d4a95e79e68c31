// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void test_count(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(text_count(buf, sizeof(buf), 0), "0");
	assert_string_equal(text_count(buf, sizeof(buf), 997), "997");
	assert_string_equal(text_count(buf, sizeof(buf), 1009), "1,009");
	assert_string_equal(text_count(buf, sizeof(buf), 25600), "25,600");
	assert_string_equal(text_count(buf, sizeof(buf), -104729), "-104,729");
	assert_string_equal(text_count(buf, sizeof(buf), LLONG_MAX), "9,223,372,036,854,775,807");
	assert_string_equal(text_count(buf, sizeof(buf), LLONG_MIN), "-9,223,372,036,854,775,808");
	assert_string_equal(text_count(buf, 4, 25600), "25,");
}

static void test_counts_inside_of_text(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(text_counts_in(buf, sizeof(buf), "<= 51200"), "<= 51,200");
	assert_string_equal(text_counts_in(buf, sizeof(buf), "1009..25600"), "1,009..25,600");
	assert_string_equal(text_counts_in(buf, sizeof(buf), "-104729"), "-104,729");
	assert_string_equal(text_counts_in(buf, sizeof(buf), "997"), "997");
	assert_string_equal(text_counts_in(buf, sizeof(buf), "3.14159"), "3.14159");
	assert_string_equal(text_counts_in(buf, sizeof(buf), "0x12345 v12345"), "0x12345 v12345");
	assert_string_equal(text_counts_in(buf, sizeof(buf), ""), "");
	assert_string_equal(text_counts_in(buf, 4, "abcdef"), "abc");
}

static void test_duration(void **state)
{
	static const struct {
		long long ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" },
		{ 997, "997 ns" },
		{ 1609, "1.61 us" },
		{ 9994, "9.99 us" },
		{ 9996, "10.0 us" },
		{ 99960, "100 us" },
		{ 999499, "999 us" },
		{ 999500, "1.00 ms" },
		{ 41200000, "41.2 ms" },
		{ 999600000, "1.00 s" },
		{ 61000000000, "61.0 s" },
		{ 1009499999999, "1,009 s" },
		{ -5, "-5 ns" },
		{ LLONG_MAX, "9,223,372,037 s" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(text_duration(buf, sizeof(buf), cases[i].ns), cases[i].text);
}

static void test_rate(void **state)
{
	static const struct {
		double rate;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 0.00009, "<0.0001" },
		{ 0.25, "0.25" },
		{ 19.23, "19.2" },
		{ 200, "200" },
		{ 999.4, "999" },
		{ 999.6, "1,000" },
		{ 2896.7, "2,900" },
		{ 12345, "12,300" },
		{ 123456789, "123,000,000" },
		{ 1e300, "1,000,000,000,000,000,000" },
		{ INFINITY, "1,000,000,000,000,000,000" },
		{ NAN, "1,000,000,000,000,000,000" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(text_rate(buf, sizeof(buf), cases[i].rate), cases[i].text);
}

static void test_size(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(text_size(buf, sizeof(buf), 1), "1 byte");
	assert_string_equal(text_size(buf, sizeof(buf), 4099), "4,099 bytes");
	assert_string_equal(text_size(buf, sizeof(buf), 65536), "64.0 KiB");
	assert_string_equal(text_size(buf, sizeof(buf), 104857600), "100 MiB");
	assert_string_equal(text_size(buf, sizeof(buf), 1LL << 30), "1.00 GiB");
	assert_string_equal(text_size(buf, sizeof(buf), 1LL << 50), "1,048,576 GiB");
}

static void test_char(void **state)
{
	static const struct {
		const char *s;
		size_t bytes;
		uint32_t c;
	} cases[] = {
		{ "", 0, UINT32_MAX },
		{ "a", 1, 'a' },
		{ "\xc3\xa4", 2, 0xe4 },
		{ "\xe2\x82\xac", 3, 0x20ac },
		{ "\xf0\x9f\x90\x9b", 4, 0x1f41b },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		/* overlong, a surrogate, too large, cut off, no start */
		{ "\xc0\x80", 1, UINT32_MAX },
		{ "\xc1\xbf", 1, UINT32_MAX },
		{ "\xe0\x9f\xbf", 1, UINT32_MAX },
		{ "\xf0\x8f\xbf\xbf", 1, UINT32_MAX },
		{ "\xed\xa0\x80", 1, UINT32_MAX },
		{ "\xf4\x90\x80\x80", 1, UINT32_MAX },
		{ "\xe2\x82", 1, UINT32_MAX },
		{ "\x80", 1, UINT32_MAX },
		{ "\xff", 1, UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t c = 0;

		assert_int_equal(text_char(cases[i].s, &c), cases[i].bytes);
		assert_int_equal(c, cases[i].c);
	}
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("\xc3\xa4"), 1);
	assert_int_equal(text_width("a\xcc\x88"), 1); /* combining diaeresis */
	assert_int_equal(text_width("\xe6\xbc\xa2\xe5\xad\x97"), 4);
	assert_int_equal(text_width("\xff\xfe"), 2);
}

static void test_escape(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "cow", "cow" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "a\xcc\x88", "a\xcc\x88" },
		{ "\033[2J\a\r\n\t\x7f", "\\x1b[2J\\x07\\x0d\\x0a\\x09\\x7f" },
		{ "\xc2\x9b"
		  "31m",
		  "\\xc2\\x9b31m" }, /* C1: the one-character CSI */
		{ "\xe2\x80\xae"
		  "abc",
		  "\\xe2\\x80\\xaeabc" },              /* right-to-left override */
		{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6" }, /* isolate */
		{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b" }, /* zero width */
		{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },          /* line separator */
		{ "\xf3\xa0\x81\xa1", "\\xf3\\xa0\\x81\\xa1" }, /* a tag */
		{ "\xc3(", "\\xc3(" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(text_escape(buf, sizeof(buf), cases[i].from, 0), cases[i].to);
}

static void test_escape_cuts(void **state)
{
	char buf[64], small[7];

	(void)state;
	assert_string_equal(text_escape(buf, sizeof(buf), "abcdefg", 7), "abcdefg");
	assert_string_equal(text_escape(buf, sizeof(buf), "abcdefgh", 7), "abcdef~");
	assert_string_equal(text_escape(buf, sizeof(buf), "abcde\033", 7), "abcde~");
	assert_string_equal(text_escape(buf, sizeof(buf), "\xe6\xbc\xa2\xe5\xad\x97", 3),
			    "\xe6\xbc\xa2~");
	assert_string_equal(text_escape(small, sizeof(small), "abcdef", 0), "abcdef");
	assert_string_equal(text_escape(small, sizeof(small), "abcdefg", 0), "abcde~");
	assert_string_equal(text_escape(small, 1, "abc", 0), "");
}

static void test_escape_for_ascii(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(text_escape_for(buf, sizeof(buf), "gr\xc3\xbc\xc3\x9f", 0, false),
			    "gr\\xc3\\xbc\\xc3\\x9f");
	assert_string_equal(text_escape_for(buf, sizeof(buf), "cow", 0, false), "cow");
}

static void expect_json(const char *from, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	text_json(memory, from);
	fclose(memory);
	assert_string_equal(text, expected);
	free(text);
}

static void test_json(void **state)
{
	(void)state;
	expect_json("cow", "\"cow\"");
	expect_json("a\"b\\c\nd\te\001\x7f", "\"a\\\"b\\\\c\\nd\\te\\u0001\\u007f\"");
	expect_json("\xc3\xa4\xf0\x9f\x90\x9b", "\"\xc3\xa4\xf0\x9f\x90\x9b\"");
	expect_json("\xff"
		    "a\xe2\x82",
		    "\"\\ufffda\\ufffd\\ufffd\"");
	expect_json("\xe2\x80\xae\xc2\x9b", "\"\\u202e\\u009b\"");
	expect_json("\xf3\xa0\x81\xa1", "\"\\udb40\\udc61\"");
}

static void test_pad(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	(void)state;
	text_pad(memory, "\xc3\xa4", 3);
	text_pad(memory, "b", -3);
	text_pad(memory, "long", 2);
	fclose(memory);
	assert_string_equal(text, "\xc3\xa4    blong");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),       cmocka_unit_test(test_counts_inside_of_text),
		cmocka_unit_test(test_duration),    cmocka_unit_test(test_rate),
		cmocka_unit_test(test_size),        cmocka_unit_test(test_char),
		cmocka_unit_test(test_width),       cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_cuts), cmocka_unit_test(test_escape_for_ascii),
		cmocka_unit_test(test_json),        cmocka_unit_test(test_pad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
