// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims/claims_impl.h"
#include "base/message.h"
#include "base/text.h"

#define ID_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

struct parser {
	struct claims *claims;
	int line;
	/* a "-- key: value" that may go on in the next line */
	char *entry;
	int entry_line;
	size_t entry_indent;
	struct claim *claim; /* whose statement is still to come */
	char *sql;           /* a statement that has begun; NULL */
	size_t sql_len, sql_room;
	bool has_chapter;
	bool in_remark; /* the entry before was no key, in the line above */
	char *why;
	size_t why_size;
};

#define WRONG(p, line, ...) claims_wrong((p)->claims, line, (p)->why, (p)->why_size, __VA_ARGS__)

static char *skip_blanks(char *s)
{
	return s + strspn(s, " \t");
}

static void cut_end(char *s)
{
	size_t len = strlen(s);

	while (len && strchr(" \t\r", s[len - 1]))
		len--;
	s[len] = '\0';
}

/* One more element at the end of an array of N, set to zero. */
static void *grow(void *list, size_t *n, size_t size)
{
	char *grown = reallocarray(list, *n + 1, size);

	if (grown)
		memset(grown + (*n)++ * size, 0, size);
	return grown;
}

static int set_text(struct parser *p, char **field, const char *value)
{
	if (*field)
		return WRONG(p, p->entry_line, "this is there twice");
	if (!*value)
		return WRONG(p, p->entry_line, "there is no text behind the colon");
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int set_title(struct parser *p, char *value)
{
	return set_text(p, &p->claims->title, value);
}

static int set_question(struct parser *p, char *value)
{
	return set_text(p, &p->claims->question, value);
}

static int set_lesson(struct parser *p, char *value)
{
	return set_text(p, &p->claims->lesson, value);
}

static int set_root(struct parser *p, char *value)
{
	if (!*value)
		return WRONG(p, p->entry_line, "say why the experiment needs root");
	p->claims->root = true;
	return set_text(p, &p->claims->root_why, value);
}

static int set_show(struct parser *p, char *value)
{
	if (strcmp(value, "memory") != 0)
		return WRONG(p, p->entry_line, "there is \"show: memory\" and no other");
	return set_text(p, &p->claims->show, value);
}

static int set_memory(struct parser *p, char *value)
{
	p->claims->memory_line = p->entry_line;
	return set_text(p, &p->claims->memory, value);
}

static int set_chapter(struct parser *p, char *value)
{
	if (p->has_chapter)
		return WRONG(p, p->entry_line, "this is there twice");
	if (*value < 'A' || *value > 'Z' || value[1])
		return WRONG(p, p->entry_line, "a chapter is one letter from A to Z");
	p->claims->chapter = *value;
	p->has_chapter = true;
	return 0;
}

static int add_param(struct parser *p, char *value)
{
	struct claims *claims = p->claims;
	struct param *grown;
	char problem[400];
	size_t i;
	int err;

	if (claims->nr_params == CLAIMS_MAX_PARAMS)
		return WRONG(p, p->entry_line, "more than %d parameters", CLAIMS_MAX_PARAMS);
	grown = grow(claims->params, &claims->nr_params, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	claims->params = grown;
	err = claims_parse_param(&grown[claims->nr_params - 1], value, problem, sizeof(problem));
	if (err)
		return err == -ENOMEM ? err : WRONG(p, p->entry_line, "%s", problem);
	for (i = 0; i + 1 < claims->nr_params; i++)
		if (strcmp(grown[i].name, grown[claims->nr_params - 1].name) == 0)
			return WRONG(p, p->entry_line, "the parameter %s is there twice",
				     grown[i].name);
	return 0;
}

/* "CONDITION  REASON", two blanks between. */
static int add_proviso(struct parser *p, char *value, enum verdict verdict)
{
	struct proviso **list = p->claim ? &p->claim->provisos : &p->claims->provisos;
	size_t *n = p->claim ? &p->claim->nr_provisos : &p->claims->nr_provisos;
	struct proviso *grown;
	char *reason = value;

	while (*reason && !(strchr(" \t", *reason) && strchr(" \t", reason[1])) && *reason != '\t')
		reason++;
	if (!*reason)
		return WRONG(p, p->entry_line,
			     "expected CONDITION  REASON with two blanks between, as in "
			     "\"cpus >= 2   the writers must run at once\"");
	*reason = '\0';
	reason = skip_blanks(reason + 1);
	grown = grow(*list, n, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown += *n - 1;
	grown->verdict = verdict;
	grown->line = p->entry_line;
	grown->condition = strdup(value);
	grown->reason = strdup(reason);
	return grown->condition && grown->reason ? 0 : -ENOMEM;
}

static int add_needs(struct parser *p, char *value)
{
	return add_proviso(p, value, VERDICT_SKIP);
}

static int add_inconclusive(struct parser *p, char *value)
{
	return add_proviso(p, value, VERDICT_INCONCLUSIVE);
}

static int set_expect(struct parser *p, char *value)
{
	p->claim->expect_line = p->entry_line;
	return set_text(p, &p->claim->expect, value);
}

static int set_when(struct parser *p, char *value)
{
	p->claim->when_line = p->entry_line;
	return set_text(p, &p->claim->when, value);
}

static int set_phase(struct parser *p, char *value)
{
	return set_text(p, &p->claim->phase, value);
}

static int add_note(struct parser *p, char *value)
{
	int err = claims_add_note(p->claims, p->claim, value, p->entry_line, p->why, p->why_size);

	return err == -ENOMEM ? err : err ? -EINVAL : 0;
}

static int ignore(struct parser *p, char *value)
{
	(void)p;
	(void)value;
	return 0;
}

enum { IN_HEADER = 1, IN_CLAIM = 2 };

static const struct key {
	const char *name;
	int where;
	int (*set)(struct parser *p, char *value);
} keys[] = {
	{ "title", IN_HEADER, set_title },
	{ "chapter", IN_HEADER, set_chapter },
	{ "question", IN_HEADER, set_question },
	{ "lesson", IN_HEADER, set_lesson },
	{ "param", IN_HEADER, add_param },
	{ "root", IN_HEADER, set_root },
	{ "show", IN_HEADER, set_show },
	{ "memory", IN_HEADER, set_memory },
	{ "expect", IN_CLAIM, set_expect },
	{ "when", IN_CLAIM, set_when },
	{ "phase", IN_CLAIM, set_phase },
	{ "notes", IN_HEADER | IN_CLAIM, add_note },
	{ "needs", IN_HEADER | IN_CLAIM, add_needs },
	{ "inconclusive", IN_HEADER | IN_CLAIM, add_inconclusive },
	{ "SPDX-License-Identifier", IN_HEADER | IN_CLAIM, ignore },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

/* "E c.write: text" */
static int add_claim(struct parser *p, char *value)
{
	struct claims *claims = p->claims;
	char class = *value, *id, *colon, *text;
	struct claim *grown;
	size_t i;

	if (p->claim)
		return WRONG(p, p->claim->line, "claim %s has no statement", p->claim->id);
	id = skip_blanks(value + (class != '\0'));
	colon = strchr(id, ':');
	if (!strchr("EBS", class) || id == value + 1 || !colon || colon == id ||
	    strspn(id, ID_BYTES) != (size_t)(colon - id) || !*(text = skip_blanks(colon + 1)))
		return WRONG(
			p, p->entry_line,
			"expected \"claim CLASS ID: TEXT\"; CLASS is E (exact), B (bounded) or "
			"S (statistical), ID is of letters, digits, \".\", \"_\" and \"-\"");
	*colon = '\0';
	if (claims->nr_claims == CLAIMS_MAX_CLAIMS)
		return WRONG(p, p->entry_line, "more than %d claims", CLAIMS_MAX_CLAIMS);
	for (i = 0; i < claims->nr_claims; i++)
		if (strcmp(claims->claims[i].id, id) == 0)
			return WRONG(p, p->entry_line, "claim %s is there already, in line %d", id,
				     claims->claims[i].line);
	grown = grow(claims->claims, &claims->nr_claims, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	claims->claims = grown;
	p->claim = &grown[claims->nr_claims - 1];
	p->claim->class = class;
	p->claim->line = p->entry_line;
	p->claim->id = strdup(id);
	p->claim->text = strdup(text);
	return p->claim->id && p->claim->text ? 0 : -ENOMEM;
}

/*
 * Not a key that is known.  Remarks are welcome, but what looks like a key must
 * not pass for one: a slip of the finger would take a claim's condition away.
 */
static int take_remark(struct parser *p, const char *entry)
{
	size_t len = strspn(entry, ID_BYTES), i;
	const char *names[NR_KEYS + 1], *nearest;
	bool goes_on = p->in_remark;
	char word[32];

	p->in_remark = true;
	snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : 0), entry);
	for (i = 0; i < NR_KEYS; i++) {
		if (strcmp(keys[i].name, word) == 0)
			return WRONG(p, p->entry_line,
				     "a colon is missing behind \"%s\" (or begin the remark with "
				     "another word)",
				     word);
		names[i] = keys[i].name;
	}
	names[NR_KEYS] = NULL;
	if (!*word || entry[len] != ':' || !strchr(" \t", entry[len + 1]))
		return 0;
	nearest = message_nearest(word, names);
	/* In the middle of a remark a line may well start like this, by chance. */
	if (goes_on && (!nearest || *nearest != *word))
		return 0;
	if (nearest)
		return WRONG(p, p->entry_line, "unknown key \"%s\"; is it \"%s\"?", word, nearest);
	return WRONG(p, p->entry_line,
		     "unknown key \"%s\"; there are title, chapter, question, lesson, param, root, "
		     "show, memory, claim, expect, when, phase, notes, needs, inconclusive",
		     word);
}

static int set_key(struct parser *p, const struct key *key, char *value)
{
	bool after_header = p->claims->nr_claims;

	if (key->where == IN_HEADER && after_header)
		return WRONG(p, p->entry_line, "%s belongs before the first claim", key->name);
	if (key->where == IN_CLAIM && !p->claim)
		return WRONG(p, p->entry_line,
			     "%s without a claim; it stands between \"-- claim\" and the SELECT",
			     key->name);
	if (key->where & IN_HEADER && after_header && !p->claim && key->set != ignore)
		return WRONG(
			p, p->entry_line,
			"%s belongs before the first claim, or between \"-- claim\" and its SELECT",
			key->name);
	return key->set(p, value);
}

/* Take in the entry that is complete now. */
static int end_entry(struct parser *p)
{
	char *entry = p->entry;
	int err = 0;
	size_t i;

	if (!entry)
		return 0;
	p->entry = NULL;
	if (strncmp(entry, "claim", 5) == 0 && strchr(" \t", entry[5])) {
		p->in_remark = false;
		err = add_claim(p, skip_blanks(entry + 5));
		goto out;
	}
	for (i = 0; i < NR_KEYS; i++) {
		size_t len = strlen(keys[i].name);

		if (strncmp(entry, keys[i].name, len) == 0 && entry[len] == ':') {
			p->in_remark = false;
			err = set_key(p, &keys[i], skip_blanks(entry + len + 1));
			goto out;
		}
	}
	err = take_remark(p, entry);
out:
	free(entry);
	return err;
}

static int continue_entry(struct parser *p, const char *text)
{
	char *joined;

	if (!p->entry)
		return WRONG(p, p->line,
			     "an indented line goes on with the one above; there is none");
	if (strlen(p->entry) + strlen(text) > CLAIMS_MAX_LINE)
		return WRONG(p, p->line, "more than %d bytes for one key", CLAIMS_MAX_LINE);
	if (asprintf(&joined, "%s %s", p->entry, text) < 0)
		return -ENOMEM;
	free(p->entry);
	p->entry = joined;
	return 0;
}

/* A line that starts with "--", outside a statement. */
static int take_comment(struct parser *p, char *line)
{
	char *text = line + 2;
	size_t indent = 0;
	int err;

	for (; *text == ' ' || *text == '\t'; text++)
		indent += *text == '\t' ? 8 : 1;
	if (!*text)
		return end_entry(p);
	if (indent > (p->entry ? p->entry_indent : 1))
		return continue_entry(p, text);
	err = end_entry(p);
	if (err)
		return err;
	p->entry = strdup(text);
	p->entry_line = p->line;
	p->entry_indent = indent;
	return p->entry ? 0 : -ENOMEM;
}

static int append_sql(struct parser *p, const char *line)
{
	size_t len = strlen(line);

	if (!p->sql || p->sql_len + len + 2 > p->sql_room) {
		size_t room = 2 * (p->sql_len + len + 2);
		char *grown = realloc(p->sql, room);

		if (!grown)
			return -ENOMEM;
		p->sql = grown;
		p->sql_room = room;
	}
	memcpy(p->sql + p->sql_len, line, len);
	memcpy(p->sql + p->sql_len + len, "\n", 2);
	p->sql_len += len + 1;
	return 0;
}

static int take_sql(struct parser *p, char *line)
{
	char shown[4 * 30 + 1];
	int err;

	if (!p->sql) {
		if (!p->claim)
			return WRONG(p, p->line,
				     "\"%s\" is neither a comment nor the statement of a claim",
				     text_escape(shown, sizeof(shown), line, 30));
		if (!p->claim->expect)
			return WRONG(p, p->claim->line, "claim %s has no \"-- expect:\"",
				     p->claim->id);
		p->claim->sql_line = p->line;
	}
	err = append_sql(p, line);
	if (err || !sqlite3_complete(p->sql))
		return err;
	p->claim->sql = p->sql;
	p->claim = NULL;
	p->sql = NULL;
	p->sql_len = 0;
	p->sql_room = 0;
	return 0;
}

static int unfinished_statement(struct parser *p)
{
	return WRONG(p, p->claim->sql_line, "the statement of claim %s does not end with \";\"",
		     p->claim->id);
}

static int take_line(struct parser *p, char *line)
{
	int err;

	cut_end(line);
	if (p->sql) {
		char *text = line + strspn(line, " \t");

		if (strncmp(text, "--", 2) == 0 && strncmp(skip_blanks(text + 2), "claim ", 6) == 0)
			return unfinished_statement(p);
		return take_sql(p, line);
	}
	line = skip_blanks(line);
	if (strncmp(line, "--", 2) == 0)
		return take_comment(p, line);
	err = end_entry(p);
	p->in_remark = false;
	if (err || !*line)
		return err;
	return take_sql(p, line);
}

int claims_parse(struct claims *claims, char *text, size_t size, char *why, size_t why_size)
{
	struct parser p = { .claims = claims, .why = why, .why_size = why_size };
	int err = claims_check_bytes(claims, text, size, why, why_size);
	char *line = text, *next;

	for (; !err && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		p.line++;
		err = take_line(&p, line);
	}
	if (!err)
		err = end_entry(&p);
	if (!err && p.sql)
		err = unfinished_statement(&p);
	if (!err && p.claim)
		err = WRONG(&p, p.claim->line, "claim %s has no statement", p.claim->id);
	if (!err && !claims->title)
		err = WRONG(&p, 1, "there is no \"-- title: ...\"");
	if (err == -ENOMEM)
		snprintf(why, why_size, "%s: no memory", claims->path);
	free(p.entry);
	free(p.sql);
	return err;
}
