// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "claims/expr.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int expr_read_number(const char **at, long long *number)
{
	const char *s = *at;
	long long n = 0, unit = 1;
	bool range = false;

	if (!is_digit(*s))
		return -EINVAL;
	for (; is_digit(*s) || (*s == '_' && is_digit(s[1])); s++) {
		if (*s == '_')
			continue;
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *s - '0', &n))
			range = true;
	}
	if (*s == 'K')
		unit = 1LL << 10;
	else if (*s == 'M')
		unit = 1LL << 20;
	else if (*s == 'G')
		unit = 1LL << 30;
	if (unit > 1)
		s++;
	if (is_letter(*s) || is_digit(*s))
		return -EINVAL;
	if (__builtin_mul_overflow(n, unit, &n))
		range = true;
	*at = s;
	*number = n;
	return range ? -ERANGE : 0;
}

int expr_parse_number(const char *s, long long *number)
{
	bool negative = *s == '-';
	int err;

	s += negative;
	err = expr_read_number(&s, number);
	if (err == -EINVAL || *s)
		return -EINVAL;
	if (!err && negative)
		*number = -*number;
	return err;
}
