// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/text.h"

/* Digits in groups of three; SIZE may be too small, then it is cut. */
static void group_digits(char *buf, size_t size, const char *digits, size_t len)
{
	size_t used = strlen(buf);

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && used + 1 < size)
			buf[used++] = ',';
		if (used + 1 < size)
			buf[used++] = digits[i];
	}
	if (used < size)
		buf[used] = '\0';
}

char *text_count(char *buf, size_t size, long long n)
{
	unsigned long long magnitude = n < 0 ? -(unsigned long long)n : (unsigned long long)n;
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", magnitude);

	snprintf(buf, size, "%s", n < 0 ? "-" : "");
	group_digits(buf, size, digits, (size_t)len);
	return buf;
}

char *text_counts_in(char *buf, size_t size, const char *s)
{
	bool in_word = false; /* of a name, an address or a fraction: left alone */
	size_t used = 0;

	if (!size)
		return buf;
	buf[0] = '\0';
	while (*s && used + 1 < size) {
		size_t len = strspn(s, "0123456789");

		if (len >= 4 && !in_word) {
			group_digits(buf, size, s, len);
			used = strlen(buf);
		} else {
			size_t copied = len ? len : 1;

			if (copied > size - 1 - used)
				copied = size - 1 - used;
			memcpy(buf + used, s, copied);
			/* "100..104" is a range, not a fraction */
			in_word = isalpha((unsigned char)*s) || *s == '_' ||
				  (*s == '.' && s[1] != '.' && (!used || buf[used - 1] != '.'));
			used += copied;
			buf[used] = '\0';
		}
		if (len)
			in_word = true;
		s += len ? len : 1;
	}
	return buf;
}

/* VALUE in units of UNIT with three figures; false if that would round to LIMIT or more. */
static bool three_figures(char *buf, size_t size, long long value, long long unit, int limit,
			  const char *name)
{
	double v = (double)value / (double)unit;

	if (v < 9.995)
		snprintf(buf, size, "%.2f %s", v, name);
	else if (v < 99.95)
		snprintf(buf, size, "%.1f %s", v, name);
	else if (v < limit - 0.5)
		snprintf(buf, size, "%.0f %s", v, name);
	else
		return false;
	return true;
}

char *text_duration(char *buf, size_t size, long long ns)
{
	char number[32];

	if (ns < 1000)
		snprintf(buf, size, "%s ns", text_count(number, sizeof(number), ns));
	else if (!three_figures(buf, size, ns, 1000, 1000, "us") &&
		 !three_figures(buf, size, ns, 1000000, 1000, "ms") &&
		 !three_figures(buf, size, ns, 1000000000, 1000, "s"))
		snprintf(buf, size, "%s s",
			 text_count(number, sizeof(number),
				    ns / 1000000000 + (ns % 1000000000 >= 500000000)));
	return buf;
}

char *text_rate(char *buf, size_t size, double rate)
{
	double unit = 10;

	/* what %g writes without an exponent */
	if (rate < 999.5) {
		snprintf(buf, size, rate > 0 && rate < 0.0001 ? "<0.0001" : "%.3g", rate);
		return buf;
	}
	if (!(rate < 1e18)) /* or no number */
		rate = 1e18;
	while (rate / unit >= 999.5)
		unit *= 10;
	return text_count(buf, size, (long long)(rate / unit + 0.5) * (long long)unit);
}

char *text_size(char *buf, size_t size, long long bytes)
{
	char number[32];

	if (bytes < 10000)
		snprintf(buf, size, "%s byte%s", text_count(number, sizeof(number), bytes),
			 bytes == 1 ? "" : "s");
	else if (!three_figures(buf, size, bytes, 1LL << 10, 1024, "KiB") &&
		 !three_figures(buf, size, bytes, 1LL << 20, 1024, "MiB") &&
		 !three_figures(buf, size, bytes, 1LL << 30, 1024, "GiB"))
		snprintf(buf, size, "%s GiB", text_count(number, sizeof(number), bytes >> 30));
	return buf;
}

size_t text_char(const char *s, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80 ? 1 :
		     u[0] < 0xc2 ? 0 :
		     u[0] < 0xe0 ? 2 :
		     u[0] < 0xf0 ? 3 :
		     u[0] < 0xf5 ? 4 :
				   0;

	*c = UINT32_MAX;
	if (!u[0])
		return 0;
	if (len == 1) {
		*c = u[0];
		return 1;
	}
	if (!len)
		return 1;

	uint32_t value = u[0] & (0x7f >> len);

	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (u[i] & 0x3f);
	}
	if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 1;
	*c = value;
	return len;
}

/*
 * The C library's tables say what is printable and how wide it is.  They are
 * those of C.UTF-8 and not of the user's locale, which may be another one.
 */
static locale_t unicode(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return locale;
}

/* Characters that print nothing and change how their neighbours look. */
static bool is_treacherous(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x061c, 0x061c },
		{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Columns of a printable character, -1: not printable. */
static int columns(uint32_t c)
{
	if (c < 0x80)
		return c >= 0x20 && c < 0x7f ? 1 : -1;
	if (c == UINT32_MAX || !unicode() || is_treacherous(c))
		return -1;

	locale_t before = uselocale(unicode());
	int width = iswprint((wint_t)c) ? wcwidth((wchar_t)c) : -1;

	uselocale(before);
	return width;
}

int text_width(const char *s)
{
	int width = 0;
	uint32_t c;

	for (size_t len; (len = text_char(s, &c)); s += len) {
		int w = columns(c);

		width += w < 0 ? 1 : w;
	}
	return width;
}

char *text_escape_for(char *buf, size_t size, const char *s, int max, bool utf8)
{
	size_t used = 0, cut_used = 0;
	int width = 0;
	uint32_t c;

	if (!size)
		return buf;
	for (size_t len; (len = text_char(s, &c)); s += len) {
		char piece[4 * 4 + 1] = "";
		int w = utf8 || c < 0x80 ? columns(c) : -1;

		if (w >= 0) {
			memcpy(piece, s, len);
			piece[len] = '\0';
		} else {
			for (size_t i = 0; i < len; i++)
				snprintf(piece + 4 * i, sizeof(piece) - 4 * i, "\\x%02x",
					 (unsigned char)s[i]);
			w = 4 * (int)len;
		}
		if (used + strlen(piece) + 1 > size || (max > 0 && width + w > max)) {
			if (cut_used + 2 <= size)
				buf[cut_used++] = '~';
			used = cut_used;
			break;
		}
		memcpy(buf + used, piece, strlen(piece));
		used += strlen(piece);
		width += w;
		if ((max <= 0 || width < max) && used + 2 <= size)
			cut_used = used;
	}
	buf[used] = '\0';
	return buf;
}

char *text_escape(char *buf, size_t size, const char *s, int max)
{
	return text_escape_for(buf, size, s, max, true);
}

void text_json(FILE *out, const char *s)
{
	uint32_t c;

	putc('"', out);
	for (size_t len; (len = text_char(s, &c)); s += len) {
		if (c == UINT32_MAX)
			fputs("\\ufffd", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c == '\t')
			fputs("\\t", out);
		/* C1 and the line separators are legal JSON, but not on a terminal or in a script */
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c < 0x10000 && is_treacherous(c)))
			fprintf(out, "\\u%04x", c);
		else if (is_treacherous(c))
			fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				0xdc00 + ((c - 0x10000) & 0x3ff));
		else
			fwrite(s, 1, len, out);
	}
	putc('"', out);
}

void text_pad(FILE *out, const char *s, int n)
{
	int blanks = (n < 0 ? -n : n) - text_width(s);

	if (n < 0 && blanks > 0)
		fprintf(out, "%*s", blanks, "");
	fputs(s, out);
	if (n > 0 && blanks > 0)
		fprintf(out, "%*s", blanks, "");
}
