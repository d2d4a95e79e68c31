// SPDX-License-Identifier: GPL-2.0
#include "views/curve.h"

#include "base/text.h"

/* The highest of the values that dot column I of N stands for. */
static double highest(const double *values, size_t n, size_t i, size_t dots)
{
	size_t from = i * n / dots, to = (i + 1) * n / dots;
	double most = values[from < n ? from : n - 1];

	for (size_t j = from; j < to && j < n; j++)
		if (values[j] > most)
			most = values[j];
	return most;
}

/* Dots from the bottom up; something is never shown as nothing. */
static int height(double value, double most, int full)
{
	int dots = most > 0 ? (int)(value / most * full + 0.5) : 0;

	return value > 0 && !dots ? 1 : dots;
}

/* Of the four dots of a braille cell's left half, those of the DOTS lowest; the right half is shifted. */
static unsigned int braille(int left, int right)
{
	static const unsigned char lefts[5] = { 0, 0x40, 0x44, 0x46, 0x47 };
	static const unsigned char rights[5] = { 0, 0x80, 0xa0, 0xb0, 0xb8 };

	return 0x2800 + lefts[left] + rights[right];
}

static int in_row(int dots, int row, int of_row)
{
	int left = dots - row * of_row;

	return left < 0 ? 0 : left > of_row ? of_row : left;
}

static void put_utf8(FILE *out, unsigned int c)
{
	fprintf(out, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)),
		(int)(0x80 | (c & 0x3f)));
}

void curve_print(FILE *out, const struct report_style *style, const double *values, size_t n,
		 int columns, int label, const char *top, const char *zero)
{
	double most = 0;

	if (!n || columns < 1)
		return;
	for (size_t i = 0; i < n; i++)
		if (values[i] > most)
			most = values[i];
	for (int row = CURVE_ROWS - 1; row >= 0; row--) {
		text_pad(out, row == CURVE_ROWS - 1 ? top : row ? "" : zero, -label);
		fputs(style->utf8 ? " \u2502" : " |", out);
		for (int x = 0; x < columns; x++) {
			size_t dots = 2 * (size_t)columns, at = 2 * (size_t)x;
			double a = highest(values, n, at, dots),
			       b = highest(values, n, at + 1, dots);

			if (style->utf8)
				put_utf8(out, braille(in_row(height(a, most, CURVE_DOTS), row, 4),
						      in_row(height(b, most, CURVE_DOTS), row, 4)));
			else
				putc(in_row(height(a > b ? a : b, most, CURVE_ROWS), row, 1) ? '#' :
											       ' ',
				     out);
		}
		putc('\n', out);
	}
}
