// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "claims.h"
#include "claims_impl.h"
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

int claims_check_sql(const struct claims *claims, char *why, size_t why_size)
{
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
	sandbox_leave(&box);
out:
	sqlite3_close(db);
	return err;
}
