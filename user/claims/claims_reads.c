// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "claims/claims.h"
#include "claims/claims_impl.h"
#include "schema.h"

int claims_schema_open(sqlite3 **db)
{
	int rc = sqlite3_open(":memory:", db);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*db, schema_sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

static int check_statement(const struct claims *claims, const struct claim *claim,
			   struct sandbox *box, char *why, size_t why_size)
{
	char problem[256];
	sqlite3_stmt *stmt;
	int columns;

	if (sandbox_prepare(box, claim->sql, &stmt, problem, sizeof(problem)))
		return claims_wrong(claims, claim->sql_line, why, why_size,
				    "claim %s: expected one SELECT: %s", claim->id, problem);
	columns = sqlite3_column_count(stmt);
	sqlite3_finalize(stmt);
	if (columns != 1)
		return claims_wrong(claims, claim->sql_line, why, why_size,
				    "claim %s: expected one column, not %d", claim->id, columns);
	return 0;
}

struct checking {
	const struct claims *claims;
	struct sandbox *box;
	char *why;
	size_t why_size;
};

static int check_note_query(const struct note *note, const char *sql, void *arg)
{
	struct checking *c = arg;
	char problem[256];
	sqlite3_stmt *stmt;
	int columns;

	if (sandbox_prepare(c->box, sql, &stmt, problem, sizeof(problem)))
		return claims_wrong(c->claims, note->line, c->why, c->why_size,
				    "notes: expected one SELECT within { }: %s", problem);
	columns = sqlite3_column_count(stmt);
	sqlite3_finalize(stmt);
	if (columns != 1)
		return claims_wrong(c->claims, note->line, c->why, c->why_size,
				    "notes: expected one column, not %d", columns);
	return 0;
}

static int read_note_query(const struct note *note, const char *sql, void *arg)
{
	char problem[256];
	sqlite3_stmt *stmt;
	int err = sandbox_prepare(arg, sql, &stmt, problem, sizeof(problem));

	(void)note;
	sqlite3_finalize(stmt);
	return err;
}

int claims_check_sql(const struct claims *claims, char *why, size_t why_size)
{
	struct checking checking;
	struct sandbox box;
	sqlite3 *db = NULL;
	size_t i;
	int err = claims_schema_open(&db);

	if (!err)
		err = sandbox_enter(&box, db, SANDBOX_DEADLINE_MS);
	if (err) {
		snprintf(why, why_size, "%s: SQLite cannot make a database in memory: %s",
			 claims->path, sqlite3_errmsg(db));
	} else {
		for (i = 0; i < claims->nr_claims && !err; i++)
			err = check_statement(claims, &claims->claims[i], &box, why, why_size);
		checking = (struct checking){ claims, &box, why, why_size };
		if (!err)
			err = claims_each_note_query(claims, check_note_query, &checking, why,
						     why_size);
		sandbox_leave(&box);
	}
	sqlite3_close(db);
	return err;
}

int claims_reads(const struct claims *claims,
		 void (*fn)(const char *table, const char *column, void *arg), void *arg)
{
	struct sandbox box;
	sqlite3 *db = NULL;
	char problem[256];
	size_t i;
	int err = claims_schema_open(&db);

	if (!err)
		err = sandbox_enter(&box, db, SANDBOX_DEADLINE_MS);
	if (err)
		goto out;
	box.on_read = fn;
	box.on_read_arg = arg;
	for (i = 0; i < claims->nr_claims && !err; i++) {
		sqlite3_stmt *stmt;

		if (!claims->claims[i].applies)
			continue;
		err = sandbox_prepare(&box, claims->claims[i].sql, &stmt, problem, sizeof(problem));
		sqlite3_finalize(stmt);
	}
	if (!err)
		err = claims_each_note_query(claims, read_note_query, &box, problem,
					     sizeof(problem));
	sandbox_leave(&box);
out:
	sqlite3_close(db);
	return err;
}
