// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/expr.h"

/* The first TOKEN of S outside quotes, or NULL. */
static const char *find_token(const char *s, const char *token)
{
	bool quoted = false;

	for (; *s; s++) {
		if (*s == '\'')
			quoted = !quoted;
		else if (!quoted && strncmp(s, token, strlen(token)) == 0)
			return s;
	}
	return NULL;
}

static int eval_part(const char *start, size_t len, const struct expr_scope *scope,
		     long long *number, char *why, size_t why_size)
{
	char *part = strndup(start, len);
	int err;

	if (!part)
		return -ENOMEM;
	err = expr_eval_number(part, scope, number, why, why_size);
	free(part);
	return err;
}

static int eval_near(const char *source, const char *token, const struct expr_scope *scope,
		     struct expect *expect, char *why, size_t why_size)
{
	const char *right = token + 2, *end = right + strlen(right);
	int err;

	while (end > right && strchr(" \t\n", end[-1]))
		end--;
	if (end == right || end[-1] != '%') {
		snprintf(why, why_size,
			 "a tolerance is written EXPR +- EXPR%%, with its per cent sign");
		return -EINVAL;
	}
	expect->form = EXPECT_NEAR;
	err = eval_part(source, token - source, scope, &expect->a, why, why_size);
	if (!err)
		err = eval_part(right, end - 1 - right, scope, &expect->b, why, why_size);
	if (!err && !scope->names_only && (expect->b < 0 || expect->b > 1000)) {
		snprintf(why, why_size, "the tolerance is %lld%%; it must be from 0%% to 1000%%",
			 expect->b);
		err = -EINVAL;
	}
	return err;
}

static int eval_range(const char *source, const char *token, const struct expr_scope *scope,
		      struct expect *expect, char *why, size_t why_size)
{
	int err;

	expect->form = EXPECT_RANGE;
	err = eval_part(source, token - source, scope, &expect->a, why, why_size);
	if (!err)
		err = eval_part(token + 2, strlen(token + 2), scope, &expect->b, why, why_size);
	if (!err && !scope->names_only && expect->a > expect->b) {
		snprintf(why, why_size, "the range %lld..%lld is empty", expect->a, expect->b);
		err = -EINVAL;
	}
	return err;
}

int expect_eval(const char *source, const struct expr_scope *scope, struct expect *expect,
		char *why, size_t why_size)
{
	static const struct {
		const char *token;
		enum expect_form form;
	} bounds[] = {
		{ "<=", EXPECT_AT_MOST },
		{ ">=", EXPECT_AT_LEAST },
		{ "<", EXPECT_BELOW },
		{ ">", EXPECT_ABOVE },
	};
	struct expr_value v;
	const char *token;
	size_t i;
	int err;

	*expect = (struct expect){ .form = EXPECT_EQUAL };
	while (*source == ' ' || *source == '\t')
		source++;
	token = find_token(source, "+-");
	if (token)
		return eval_near(source, token, scope, expect, why, why_size);
	token = find_token(source, "..");
	if (token)
		return eval_range(source, token, scope, expect, why, why_size);
	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		size_t len = strlen(bounds[i].token);

		if (strncmp(source, bounds[i].token, len) != 0)
			continue;
		expect->form = bounds[i].form;
		return expr_eval_number(source + len, scope, &expect->a, why, why_size);
	}
	err = expr_eval(source, scope, &v, why, why_size);
	if (err)
		return err;
	expect->a = v.number;
	if (v.is_word) {
		expect->form = EXPECT_WORD;
		memcpy(expect->word, v.word, sizeof(expect->word));
	}
	return 0;
}

char *expect_print(const struct expect *expect, char *buf, size_t size)
{
	switch (expect->form) {
	case EXPECT_EQUAL:
		snprintf(buf, size, "%lld", expect->a);
		break;
	case EXPECT_AT_MOST:
		snprintf(buf, size, "<= %lld", expect->a);
		break;
	case EXPECT_AT_LEAST:
		snprintf(buf, size, ">= %lld", expect->a);
		break;
	case EXPECT_BELOW:
		snprintf(buf, size, "< %lld", expect->a);
		break;
	case EXPECT_ABOVE:
		snprintf(buf, size, "> %lld", expect->a);
		break;
	case EXPECT_RANGE:
		snprintf(buf, size, "%lld..%lld", expect->a, expect->b);
		break;
	case EXPECT_NEAR:
		snprintf(buf, size, "%lld +- %lld%%", expect->a, expect->b);
		break;
	case EXPECT_WORD:
		snprintf(buf, size, "%s", expect->word);
		break;
	}
	return buf;
}

bool expect_holds_integer(const struct expect *expect, long long observed)
{
	__int128 off = (__int128)observed - expect->a;
	__int128 room = (__int128)expect->a * expect->b;

	switch (expect->form) {
	case EXPECT_EQUAL:
		return observed == expect->a;
	case EXPECT_AT_MOST:
		return observed <= expect->a;
	case EXPECT_AT_LEAST:
		return observed >= expect->a;
	case EXPECT_BELOW:
		return observed < expect->a;
	case EXPECT_ABOVE:
		return observed > expect->a;
	case EXPECT_RANGE:
		return observed >= expect->a && observed <= expect->b;
	case EXPECT_NEAR:
		return (off < 0 ? -off : off) * 100 <= (room < 0 ? -room : room);
	case EXPECT_WORD:
		break;
	}
	return false;
}

bool expect_holds_real(const struct expect *expect, double observed)
{
	long double off = (long double)observed - expect->a;
	long double room = (long double)expect->a * expect->b;

	switch (expect->form) {
	case EXPECT_EQUAL:
		return off == 0;
	case EXPECT_AT_MOST:
		return off <= 0;
	case EXPECT_AT_LEAST:
		return off >= 0;
	case EXPECT_BELOW:
		return off < 0;
	case EXPECT_ABOVE:
		return off > 0;
	case EXPECT_RANGE:
		return off >= 0 && observed <= (long double)expect->b;
	case EXPECT_NEAR:
		return (off < 0 ? -off : off) * 100 <= (room < 0 ? -room : room);
	case EXPECT_WORD:
		break;
	}
	return false;
}
