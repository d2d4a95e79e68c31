// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "claims/expr.h"
#include "base/text.h"

#define MAX_DEPTH 100 /* of nesting: each level is a few frames of stack */
#define MAX_NAME 64

struct parser {
	const char *at;
	const struct expr_scope *scope;
	int dead; /* > 0: inside what && || ?: leave out */
	int depth;
	char *why;
	size_t why_size;
};

static int refuse(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct parser *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->why, p->why_size, format, args);
	va_end(args);
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_blanks(struct parser *p)
{
	while (is_blank(*p->at))
		p->at++;
}

/* Take TOKEN if it is next and not the start of a longer operator. */
static bool take(struct parser *p, const char *token)
{
	size_t len = strlen(token);

	skip_blanks(p);
	if (strncmp(p->at, token, len) != 0)
		return false;
	if (len == 1 && strchr("<>!=&|", *token) && p->at[1] == '=')
		return false;
	p->at += len;
	return true;
}

static int unexpected(struct parser *p, const char *wanted)
{
	char rest[4 * 24 + 1], head[25];

	skip_blanks(p);
	if (!*p->at)
		return refuse(p, "the expression ends where %s should follow", wanted);
	snprintf(head, sizeof(head), "%s", p->at);
	return refuse(p, "expected %s at \"%s\"", wanted, text_escape(rest, sizeof(rest), head, 0));
}

static int parse_choice(struct parser *p, struct expr_value *v);

static int want_number(struct parser *p, const struct expr_value *v, const char *op)
{
	if (v->is_word)
		return refuse(p, "'%s' is a word; \"%s\" works on numbers", v->word, op);
	return 0;
}

static void set_number(struct expr_value *v, long long n)
{
	*v = (struct expr_value){ .number = n };
}

static int overflow(struct parser *p, struct expr_value *v, const char *op)
{
	set_number(v, 0);
	if (p->dead)
		return 0;
	return refuse(p, "the result of \"%s\" does not fit into 64 bits", op);
}

static int divide(struct parser *p, struct expr_value *v, const struct expr_value *by,
		  const char *op)
{
	long long a = v->number, b = by->number;

	if (b == 0) {
		set_number(v, 0);
		return p->dead ? 0 : refuse(p, "division by zero in \"%s\"", op);
	}
	if (a == LLONG_MIN && b == -1)
		return overflow(p, v, op);
	if (*op == '/')
		set_number(v, a / b);
	else if (*op == '%')
		set_number(v, a % b);
	else
		set_number(v, a / b + (a % b != 0 && (a < 0) == (b < 0)));
	return 0;
}

static int parse_word(struct parser *p, struct expr_value *v)
{
	const char *start = ++p->at, *end = strchr(start, '\'');

	if (!end)
		return refuse(p, "the word that starts at '%.20s has no closing quote", start);
	if (end - start >= EXPR_WORD_MAX)
		return refuse(p, "a word may have %d bytes at most", EXPR_WORD_MAX - 1);
	*v = (struct expr_value){ .is_word = true };
	memcpy(v->word, start, end - start);
	p->at = end + 1;
	return 0;
}

static int call_told(struct parser *p, struct expr_value *v)
{
	struct expr_value name;
	int err;

	skip_blanks(p);
	if (*p->at != '\'')
		return unexpected(p, "a quoted name, as in told('name'),");
	err = parse_word(p, &name);
	if (err)
		return err;
	if (!take(p, ")"))
		return unexpected(p, "\")\"");
	if (!p->scope->told)
		return refuse(p, "told() is known only after the run; "
				 "\"needs\" and \"inconclusive\" may ask for it");
	set_number(v, 0);
	/* Asked also where the answer does not count, so that the caller learns who asks. */
	if (p->scope->told(name.word, &v->number, p->scope->arg) && !p->dead)
		return refuse(p, "what the workload told as '%s' cannot be read", name.word);
	return 0;
}

static int call(struct parser *p, const char *name, struct expr_value *v)
{
	bool is_min = strcmp(name, "min") == 0, is_max = strcmp(name, "max") == 0;
	struct expr_value next;
	int err, n = 1;

	if (strcmp(name, "told") == 0)
		return call_told(p, v);
	if (!is_min && !is_max && strcmp(name, "ceil_div") != 0)
		return refuse(p, "there is no function %s(); there are min, max, ceil_div and told",
			      name);
	err = parse_choice(p, v);
	if (!err)
		err = want_number(p, v, name);
	while (!err && take(p, ",")) {
		n++;
		err = parse_choice(p, &next);
		if (!err)
			err = want_number(p, &next, name);
		if (err)
			break;
		if (is_min || is_max) {
			if (is_min ? next.number < v->number : next.number > v->number)
				set_number(v, next.number);
		} else if (n == 2) {
			err = divide(p, v, &next, "ceil_div");
		}
	}
	if (err)
		return err;
	if (!take(p, ")"))
		return unexpected(p, "\",\" or \")\"");
	if (!is_min && !is_max && n != 2)
		return refuse(p, "ceil_div() takes two numbers, not %d", n);
	if (!v->is_word)
		set_number(v, v->number);
	return 0;
}

static int parse_name(struct parser *p, struct expr_value *v)
{
	char name[MAX_NAME];
	size_t len = 0;

	while (is_name_start(p->at[len]) || is_digit(p->at[len]))
		len++;
	if (len >= sizeof(name))
		return refuse(p, "the name %.20s... is too long", p->at);
	memcpy(name, p->at, len);
	name[len] = '\0';
	p->at += len;
	if (take(p, "("))
		return call(p, name, v);
	*v = (struct expr_value){ 0 };
	if (!p->scope->lookup || !p->scope->lookup(name, v, p->scope->arg))
		return refuse(p, "there is no parameter \"%s\"; known here: %s", name,
			      p->scope->names ? p->scope->names : "none");
	return 0;
}

static int parse_primary(struct parser *p, struct expr_value *v)
{
	long long n;
	int err;

	skip_blanks(p);
	if (take(p, "(")) {
		err = parse_choice(p, v);
		if (!err && !take(p, ")"))
			err = unexpected(p, "\")\"");
		return err;
	}
	if (*p->at == '\'')
		return parse_word(p, v);
	if (is_digit(*p->at)) {
		err = expr_read_number(&p->at, &n);
		if (err == -ERANGE)
			return refuse(p, "a number does not fit into 64 bits");
		if (err)
			return refuse(
				p,
				"\"%.20s\" is not a number (write 25600, 1_000, 64K, 100M or 2G)",
				p->at);
		set_number(v, n);
		return 0;
	}
	if (is_name_start(*p->at))
		return parse_name(p, v);
	return unexpected(p, "a number, a name or \"(\"");
}

static int parse_unary(struct parser *p, struct expr_value *v)
{
	bool negate = false;
	int err;

	set_number(v, 0);
	if (++p->depth > MAX_DEPTH) {
		err = refuse(p, "the expression is nested more than %d deep", MAX_DEPTH);
	} else if (take(p, "!") || (negate = take(p, "-"))) {
		const char *op = negate ? "-" : "!";

		err = parse_unary(p, v);
		if (!err)
			err = want_number(p, v, op);
		if (!err && negate && v->number == LLONG_MIN)
			err = overflow(p, v, op);
		else if (!err)
			set_number(v, negate ? -v->number : !v->number);
	} else {
		err = parse_primary(p, v);
	}
	p->depth--;
	return err;
}

/* The operand right of OP, by PARSE; it and V must be numbers. */
static int operand(struct parser *p, const struct expr_value *v, struct expr_value *right,
		   int (*parse)(struct parser *, struct expr_value *), const char *op)
{
	int err = parse(p, right);

	if (!err)
		err = want_number(p, v, op);
	return err ? err : want_number(p, right, op);
}

static int parse_product(struct parser *p, struct expr_value *v)
{
	struct expr_value right;
	int err = parse_unary(p, v);

	while (!err) {
		const char *op = take(p, "*") ? "*" :
				 take(p, "/") ? "/" :
				 take(p, "%") ? "%" :
						NULL;
		long long n;

		if (!op)
			return 0;
		err = operand(p, v, &right, parse_unary, op);
		if (err)
			return err;
		if (*op != '*')
			err = divide(p, v, &right, op);
		else if (__builtin_mul_overflow(v->number, right.number, &n))
			err = overflow(p, v, op);
		else
			set_number(v, n);
	}
	return err;
}

static int parse_sum(struct parser *p, struct expr_value *v)
{
	struct expr_value right;
	int err = parse_product(p, v);

	while (!err) {
		const char *op = take(p, "+") ? "+" : take(p, "-") ? "-" : NULL;
		long long n;

		if (!op)
			return 0;
		err = operand(p, v, &right, parse_product, op);
		if (err)
			return err;
		if (*op == '+' ? __builtin_add_overflow(v->number, right.number, &n) :
				 __builtin_sub_overflow(v->number, right.number, &n))
			err = overflow(p, v, op);
		else
			set_number(v, n);
	}
	return err;
}

/* A misspelt word would make the comparison false for ever and in silence. */
static int check_choice(struct parser *p, const struct expr_value *of, const char *word)
{
	size_t i;

	if (!of->choices)
		return 0;
	for (i = 0; i < of->nr_choices; i++)
		if (strcmp(of->choices[i], word) == 0)
			return 0;
	return refuse(p, "'%s' is none of the words that the parameter can have", word);
}

static int compare(struct parser *p, struct expr_value *v, const struct expr_value *right,
		   const char *op)
{
	bool equality = strcmp(op, "==") == 0 || strcmp(op, "!=") == 0;
	long long a = v->number, b = right->number;
	int err;

	if (v->is_word != right->is_word)
		return refuse(p, "\"%s\" compares a word with a number", op);
	if (v->is_word) {
		if (!equality)
			return refuse(p, "words compare with == and != only, not with \"%s\"", op);
		err = check_choice(p, v, right->word);
		if (!err)
			err = check_choice(p, right, v->word);
		if (err)
			return err;
		a = strcmp(v->word, right->word);
		b = 0;
	}
	if (equality)
		set_number(v, (a == b) == (*op == '='));
	else if (op[1])
		set_number(v, *op == '<' ? a <= b : a >= b);
	else
		set_number(v, *op == '<' ? a < b : a > b);
	return 0;
}

static int parse_comparison(struct parser *p, struct expr_value *v)
{
	static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
	struct expr_value right;
	const char *op = NULL;
	int err = parse_sum(p, v);
	size_t i;

	if (err)
		return err;
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]) && !op; i++)
		if (take(p, ops[i]))
			op = ops[i];
	if (!op)
		return 0;
	err = parse_sum(p, &right);
	return err ? err : compare(p, v, &right, op);
}

static int parse_and(struct parser *p, struct expr_value *v)
{
	struct expr_value right;
	int err = parse_comparison(p, v);

	while (!err && take(p, "&&")) {
		bool skip = !v->number;

		p->dead += skip;
		err = operand(p, v, &right, parse_comparison, "&&");
		p->dead -= skip;
		if (!err)
			set_number(v, v->number && right.number);
	}
	return err;
}

static int parse_or(struct parser *p, struct expr_value *v)
{
	struct expr_value right;
	int err = parse_and(p, v);

	while (!err && take(p, "||")) {
		bool skip = v->number;

		p->dead += skip;
		err = operand(p, v, &right, parse_and, "||");
		p->dead -= skip;
		if (!err)
			set_number(v, v->number || right.number);
	}
	return err;
}

static int parse_choice(struct parser *p, struct expr_value *v)
{
	struct expr_value yes = { 0 }, no = { 0 };
	int err;

	if (++p->depth > MAX_DEPTH) {
		p->depth--;
		return refuse(p, "the expression is nested more than %d deep", MAX_DEPTH);
	}
	err = parse_or(p, v);
	if (!err && take(p, "?")) {
		bool taken = v->number;

		err = want_number(p, v, "?:");
		if (err)
			goto out;
		p->dead += !taken;
		err = parse_choice(p, &yes);
		p->dead -= !taken;
		if (!err && !take(p, ":"))
			err = unexpected(p, "\":\"");
		if (err)
			goto out;
		p->dead += taken;
		err = parse_choice(p, &no);
		p->dead -= taken;
		if (!err && yes.is_word != no.is_word)
			err = refuse(p, "the two sides of \":\" are a word and a number");
		*v = taken ? yes : no;
	}
out:
	p->depth--;
	return err;
}

int expr_eval(const char *source, const struct expr_scope *scope, struct expr_value *value,
	      char *why, size_t why_size)
{
	struct parser p = { .at = source,
			    .scope = scope,
			    .why = why,
			    .why_size = why_size,
			    .dead = scope->names_only };
	int err = parse_choice(&p, value);

	if (err)
		return err;
	skip_blanks(&p);
	return *p.at ? unexpected(&p, "an operator") : 0;
}

int expr_eval_number(const char *source, const struct expr_scope *scope, long long *number,
		     char *why, size_t why_size)
{
	struct expr_value v;
	int err = expr_eval(source, scope, &v, why, why_size);

	if (err)
		return err;
	if (v.is_word) {
		snprintf(why, why_size, "'%s' is a word where a number is needed", v.word);
		return -EINVAL;
	}
	*number = v.number;
	return 0;
}
