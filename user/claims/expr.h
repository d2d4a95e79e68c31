/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Expressions of a claims file: integers and words over the parameters of an
 * experiment.  Every result is exact: overflow and division by zero are errors.
 *
 *	25600  1_000  64K  100M  2G   numbers (K, M, G: powers of 1024)
 *	'flock'                       a word
 *	pages                         a parameter or constant
 *	+ - * / %   == != < <= > >=   && || !   ?:   ( )   as in C
 *	min(a, b, ...)  max(a, b, ...)  ceil_div(a, b)
 *	told('name')                  what the workload counted, where allowed
 */
#ifndef EXPR_H
#define EXPR_H

#include <stdbool.h>
#include <stddef.h>

#define EXPR_WORD_MAX 64 /* with its NUL */

struct expr_value {
	bool is_word;
	long long number;
	char word[EXPR_WORD_MAX];
	/* words that a parameter may have; NULL where that is not known */
	char *const *choices;
	size_t nr_choices;
};

struct expr_scope {
	/* Value of identifier NAME into *VALUE; false: there is no such name. */
	bool (*lookup)(const char *name, struct expr_value *value, void *arg);
	/* told('NAME'): 0 or a negative errno.  NULL: told() is an error here. */
	int (*told)(const char *name, long long *number, void *arg);
	void *arg;
	const char *names; /* for messages: "pages, mode, page_size, cpus" */
	bool names_only;   /* look at names and form alone: no error of arithmetic counts */
};

/*
 * Evaluate SOURCE.  0, or -EINVAL with a sentence in WHY.  Names are looked up
 * also in the branch that is not taken; arithmetic errors there do not count.
 */
int expr_eval(const char *source, const struct expr_scope *scope, struct expr_value *value,
	      char *why, size_t why_size);

/* expr_eval(), and the result must be a number. */
int expr_eval_number(const char *source, const struct expr_scope *scope, long long *number,
		     char *why, size_t why_size);

/* A literal as expressions write it, with an optional sign: -EINVAL, or -ERANGE. */
int expr_parse_number(const char *s, long long *number);

/* The same at the start of *AT and without a sign; moves *AT behind it. */
int expr_read_number(const char **at, long long *number);

enum expect_form {
	EXPECT_EQUAL,    /* EXPR */
	EXPECT_AT_MOST,  /* <= EXPR */
	EXPECT_AT_LEAST, /* >= EXPR */
	EXPECT_BELOW,    /* < EXPR */
	EXPECT_ABOVE,    /* > EXPR */
	EXPECT_RANGE,    /* EXPR .. EXPR, both ends included */
	EXPECT_NEAR,     /* EXPR +- EXPR%, both ends included */
	EXPECT_WORD,     /* 'text', or an expression that gives a word */
};

struct expect {
	enum expect_form form;
	long long a, b; /* b: upper end, or per cent */
	char word[EXPR_WORD_MAX];
};

/* Compute what SOURCE expects.  0, or -EINVAL with a sentence in WHY. */
int expect_eval(const char *source, const struct expr_scope *scope, struct expect *expect,
		char *why, size_t why_size);

/* "25600", "<= 51200", "100..104", "3057 +- 7%", "flock".  Returns BUF. */
char *expect_print(const struct expect *expect, char *buf, size_t size);

bool expect_holds_integer(const struct expect *expect, long long observed);
bool expect_holds_real(const struct expect *expect, double observed);

#endif
