// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"

/* Objects two levels down and deeper stand on one line: a row of a table each. */
#define INDENTED_DEPTH 2

static void next(struct json *j, const char *key)
{
	if (j->depth) {
		if (j->members[j->depth - 1]++)
			putc(',', j->out);
		if (j->depth <= INDENTED_DEPTH)
			fprintf(j->out, "\n%*s", 2 * j->depth, "");
		else if (j->members[j->depth - 1] > 1)
			putc(' ', j->out);
	}
	if (key) {
		text_json(j->out, key);
		fputs(": ", j->out);
	}
}

void json_open(struct json *j, const char *key, char bracket)
{
	next(j, key);
	putc(bracket, j->out);
	if (j->depth < JSON_DEPTH)
		j->members[j->depth++] = 0;
}

void json_close(struct json *j, char bracket)
{
	if (j->depth)
		j->depth--;
	if (j->depth < INDENTED_DEPTH && j->members[j->depth])
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	putc(bracket, j->out);
	if (!j->depth)
		putc('\n', j->out);
}

void json_int(struct json *j, const char *key, long long n)
{
	next(j, key);
	fprintf(j->out, "%lld", n);
}

void json_string(struct json *j, const char *key, const char *s)
{
	next(j, key);
	if (s)
		text_json(j->out, s);
	else
		fputs("null", j->out);
}

void json_column(struct json *j, const char *key, sqlite3_stmt *stmt, int i)
{
	double real;

	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER:
		json_int(j, key, sqlite3_column_int64(stmt, i));
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(stmt, i);
		next(j, key);
		/* JSON knows no infinity */
		if (isfinite(real))
			fprintf(j->out, "%.17g", real);
		else
			fputs("null", j->out);
		break;
	default:
		json_string(j, key, (const char *)sqlite3_column_text(stmt, i));
	}
}

int json_rows(struct json *j, const char *key, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int rc;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return sqlite3_errcode(db) == SQLITE_NOMEM ? -ENOMEM : -EIO;
	json_open(j, key, '[');
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		json_open(j, NULL, '{');
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			json_column(j, sqlite3_column_name(stmt, i), stmt, i);
		json_close(j, '}');
	}
	json_close(j, ']');
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}
