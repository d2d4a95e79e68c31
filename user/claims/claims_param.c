// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims/claims_impl.h"
#include "base/text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define NAME_BYTES LETTERS "0123456789_"
#define WORD_BYTES LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

static int refuse(char *why, size_t why_size, int err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int refuse(char *why, size_t why_size, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, why_size, format, args);
	va_end(args);
	return err;
}

/* The next part of *AT up to a blank or one of STOP, as a copy. */
static char *next_part(const char **at, const char *stop)
{
	const char *start = *at + strspn(*at, " \t");
	char ends[8];
	size_t len;

	snprintf(ends, sizeof(ends), " \t%s", stop);
	len = strcspn(start, ends);
	*at = start + len;
	*at += strspn(*at, " \t");
	return strndup(start, len);
}

static bool is_made_of(const char *s, const char *bytes)
{
	return *s && !s[strspn(s, bytes)];
}

static int parse_choices(struct param *param, const char *range, char *why, size_t why_size)
{
	const char *at = range;

	param->is_word = true;
	for (;;) {
		char *word = next_part(&at, "|");
		char **grown = reallocarray(param->choices, param->nr_choices + 1, sizeof(*grown));
		size_t i;

		if (grown)
			param->choices = grown;
		if (!word || !grown) {
			free(word);
			return -ENOMEM;
		}
		param->choices[param->nr_choices++] = word;
		if (!is_made_of(word, WORD_BYTES) || strlen(word) >= EXPR_WORD_MAX)
			return refuse(
				why, why_size, -EINVAL,
				"\"%.40s\" is neither a range such as 1..4096 nor words such as none|flock",
				range);
		for (i = 0; i + 1 < param->nr_choices; i++)
			if (strcmp(param->choices[i], word) == 0)
				return refuse(why, why_size, -EINVAL, "the word %s is there twice",
					      word);
		if (!*at)
			return 0;
		at++;
	}
}

static int parse_range(struct param *param, const char *range, char *why, size_t why_size)
{
	const char *dots = strstr(range, "..");
	int low, high;
	char *min;

	if (!dots)
		return parse_choices(param, range, why, why_size);
	min = strndup(range, dots - range);
	if (!min)
		return -ENOMEM;
	low = expr_parse_number(min, &param->min);
	high = expr_parse_number(dots + 2, &param->max);
	free(min);
	if (low || high)
		return refuse(why, why_size, -EINVAL, "\"%.40s\" is not a range such as 1..4096",
			      range);
	if (param->min > param->max)
		return refuse(why, why_size, -EINVAL, "the range %lld..%lld is empty", param->min,
			      param->max);
	return 0;
}

int claims_set_param(struct param *param, const char *value, char *why, size_t why_size)
{
	char shown[4 * 40 + 1], words[256] = "";
	long long number;
	size_t i;
	int err;

	text_escape(shown, sizeof(shown), value, 40);
	if (!param->is_word) {
		err = expr_parse_number(value, &number);
		if (err == -EINVAL)
			return refuse(why, why_size, -EINVAL,
				      "%s = %s is not a number; write one from %lld to %lld",
				      param->name, shown, param->min, param->max);
		if (err || number < param->min || number > param->max)
			return refuse(why, why_size, -ERANGE,
				      "%s = %s is out of range; it can be from %lld to %lld",
				      param->name, shown, param->min, param->max);
		param->value = number;
		return 0;
	}
	for (i = 0; i < param->nr_choices; i++) {
		size_t used = strlen(words);

		if (strcmp(param->choices[i], value) == 0)
			return claims_replace(&param->word, value);
		snprintf(words + used, sizeof(words) - used, "%s%s", i ? ", " : "",
			 param->choices[i]);
	}
	return refuse(why, why_size, -ERANGE, "%s = %s is none of its words; it can be %s",
		      param->name, shown, words);
}

static int parse(struct param *param, const char *value, const char *range, char *why,
		 size_t why_size)
{
	char problem[320];
	int err;

	if (!is_made_of(param->name, NAME_BYTES) || !strchr(LETTERS, *param->name) ||
	    strlen(param->name) > 31)
		return refuse(
			why, why_size, -EINVAL,
			"\"%.40s\" cannot name a parameter; use a-z, 0-9 and _, 31 bytes at most",
			param->name);
	if (claims_name_is_reserved(param->name))
		return refuse(why, why_size, -EINVAL, "the name %s has a meaning already",
			      param->name);
	if (!*range || !param->text || !*param->text)
		return refuse(why, why_size, -EINVAL,
			      "expected NAME = DEFAULT  RANGE  WHAT IT MEANS, as in "
			      "\"pages = 25600   1..4194304   pages in the region\"");
	err = parse_range(param, range, why, why_size);
	if (err)
		return err;
	err = claims_set_param(param, value, problem, sizeof(problem));
	if (err)
		return refuse(why, why_size, err == -ENOMEM ? err : -EINVAL, "the default %s",
			      problem);
	param->def = param->value;
	return param->is_word ? claims_replace(&param->def_word, param->word) : 0;
}

int claims_parse_param(struct param *param, const char *text, char *why, size_t why_size)
{
	char *value = NULL, *range = NULL;
	int err = -ENOMEM;

	param->name = next_part(&text, "=");
	if (!param->name)
		return -ENOMEM;
	if (*text == '=') {
		text++;
		value = next_part(&text, "");
		range = next_part(&text, "");
		param->text = strdup(text);
	} else {
		value = strdup("");
		range = strdup("");
	}
	if (value && range)
		err = parse(param, value, range, why, why_size);
	free(value);
	free(range);
	return err;
}

static int no_such_param(const struct claims *claims, const char *name, char *why, size_t why_size)
{
	char shown[4 * 40 + 1], names[256] = "";
	size_t i;

	text_escape(shown, sizeof(shown), name, 40);
	for (i = 0; i < claims->nr_params; i++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
			 claims->params[i].name);
	}
	return refuse(why, why_size, -ENOENT, "%s has no parameter %s; it has %s", claims->id,
		      shown, *names ? names : "none");
}

int claims_set(struct claims *claims, const char *assignment, char *why, size_t why_size)
{
	const char *equals = strchr(assignment, '=');
	char shown[4 * 40 + 1];
	char *name;
	size_t i;
	int err;

	if (!equals)
		return refuse(why, why_size, -EINVAL, "\"%s\" is not NAME=VALUE",
			      text_escape(shown, sizeof(shown), assignment, 40));
	name = strndup(assignment, equals - assignment);
	if (!name)
		return refuse(why, why_size, -ENOMEM, "no memory");
	for (i = 0; i < claims->nr_params; i++)
		if (strcmp(claims->params[i].name, name) == 0)
			break;
	if (i < claims->nr_params)
		err = claims_set_param(&claims->params[i], equals + 1, why, why_size);
	else
		err = no_such_param(claims, name, why, why_size);
	free(name);
	return err;
}
