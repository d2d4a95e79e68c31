// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/sandbox.h"

/*
 * One call of a function is one step of SQLite's machine, and nothing stops it
 * in the middle.  So the length of values bounds what instr() and replace(),
 * which are quadratic, can take, and what is worse than that is not allowed.
 */
#define MAX_LENGTH (256 * 1024)
#define MAX_SQL (64 * 1024)
#define MAX_EXTRA_HEAP (256LL << 20)
#define STEPS_BETWEEN_LOOKS 50

static const struct {
	int id, value;
} limits[SANDBOX_NR_LIMITS] = {
	{ SQLITE_LIMIT_LENGTH, MAX_LENGTH },
	{ SQLITE_LIMIT_SQL_LENGTH, MAX_SQL },
	{ SQLITE_LIMIT_COLUMN, 256 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 200 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 50 },
	{ SQLITE_LIMIT_VDBE_OP, 50000 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 64 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, 0 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
};

static const struct {
	int id, value;
} configs[SANDBOX_NR_CONFIGS] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
};

/* Left out on purpose: load_extension, fts3_tokenizer, random*, and trim (see above). */
static const char functions[] =
	" -> ->> abs avg ceil ceiling char coalesce count cume_dist dense_rank exp"
	" first_value floor format glob group_concat hex ifnull iif instr json json_array"
	" json_array_length json_extract json_group_array json_group_object json_object"
	" json_quote json_type json_valid lag last_value lead length like likelihood"
	" likely ln log log10 log2 lower max min mod nth_value ntile nullif percent_rank"
	" pow power printf quote rank replace round row_number sign sqrt substr substring"
	" sum total trunc typeof unicode unlikely upper zeroblob ";

static const char pragmas[] = " table_info table_list table_xinfo ";

static bool is_listed(const char *name, const char *list)
{
	const char *at = list;
	size_t len = name ? strlen(name) : 0;

	while (len && (at = strcasestr(at, name))) {
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
		at++;
	}
	return false;
}

static int refuse(struct sandbox *box, const char *what, const char *name)
{
	if (name)
		snprintf(box->refused, sizeof(box->refused), "%s %.60s is not allowed here", what,
			 name);
	else
		snprintf(box->refused, sizeof(box->refused),
			 "%s is not allowed here: only SELECT is", what);
	return SQLITE_DENY;
}

static int authorize(void *arg, int action, const char *a, const char *b, const char *schema,
		     const char *view)
{
	struct sandbox *box = arg;

	(void)schema;
	(void)view;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		if (box->on_read)
			box->on_read(a, b, box->on_read_arg);
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return is_listed(b, functions) ? SQLITE_OK : refuse(box, "the function", b);
	case SQLITE_PRAGMA:
		return is_listed(a, pragmas) ? SQLITE_OK : refuse(box, "the pragma", a);
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return refuse(box, "attaching a database", NULL);
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return refuse(box, "a transaction", NULL);
	default:
		return refuse(box, "a change of the database", NULL);
	}
}

static int look_at_clock(void *arg)
{
	struct sandbox *box = arg;
	struct timespec now;

	if (!box->deadline_ms)
		return 0;
	/* The coarse clock costs no more than the steps between two looks. */
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec < box->deadline.tv_sec ||
	    (now.tv_sec == box->deadline.tv_sec && now.tv_nsec < box->deadline.tv_nsec))
		return 0;
	box->timed_out = true;
	return 1;
}

void sandbox_restart(struct sandbox *box)
{
	clock_gettime(CLOCK_MONOTONIC_COARSE, &box->deadline);
	box->deadline.tv_sec += box->deadline_ms / 1000;
	box->deadline.tv_nsec += box->deadline_ms % 1000 * 1000000L;
	if (box->deadline.tv_nsec >= 1000000000L) {
		box->deadline.tv_sec++;
		box->deadline.tv_nsec -= 1000000000L;
	}
	box->timed_out = false;
	box->refused[0] = '\0';
}

static int read_temp_store(sqlite3 *db, int *value)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, "PRAGMA temp_store", -1, &stmt, NULL);

	if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		*value = sqlite3_column_int(stmt, 0);
	else
		rc = SQLITE_ERROR;
	sqlite3_finalize(stmt);
	return rc == SQLITE_OK ? 0 : -EIO;
}

static int write_temp_store(sqlite3 *db, int value)
{
	char sql[40];

	snprintf(sql, sizeof(sql), "PRAGMA temp_store = %d", value);
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EBUSY;
}

/*
 * The first use of a function that gives a table declares it, which looks like a
 * change to the authorizer of SQLite 3.40 (of 3.46 not).  It shall be refused for what it is, or not at all.
 */
static void declare_tables(sqlite3 *db)
{
	sqlite3_stmt *names, *use;

	sqlite3_exec(db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", NULL, NULL, NULL);
	if (sqlite3_prepare_v2(db, "SELECT name FROM pragma_pragma_list", -1, &names, NULL))
		return;
	while (sqlite3_step(names) == SQLITE_ROW) {
		char sql[96];

		/* not all of them give a table; none runs, for nothing is executed */
		snprintf(sql, sizeof(sql), "SELECT 1 FROM pragma_%s",
			 sqlite3_column_text(names, 0));
		sqlite3_prepare_v2(db, sql, -1, &use, NULL);
		sqlite3_finalize(use);
	}
	sqlite3_finalize(names);
}

int sandbox_enter(struct sandbox *box, sqlite3 *db, int deadline_ms)
{
	size_t i;
	int err;

	*box = (struct sandbox){ .db = db, .deadline_ms = deadline_ms };
	err = read_temp_store(db, &box->temp_store);
	/* What a sort spills would fill the disk; in memory the heap's limit ends it. */
	if (!err && box->temp_store != 2)
		err = write_temp_store(db, 2);
	if (err)
		return err;
	declare_tables(db);
	box->heap_limit = sqlite3_hard_heap_limit64(-1);
	sqlite3_hard_heap_limit64(sqlite3_memory_used() + MAX_EXTRA_HEAP);
	for (i = 0; i < SANDBOX_NR_CONFIGS; i++) {
		sqlite3_db_config(db, configs[i].id, -1, &box->configs[i]);
		sqlite3_db_config(db, configs[i].id, configs[i].value, NULL);
	}
	for (i = 0; i < SANDBOX_NR_LIMITS; i++)
		box->limits[i] = sqlite3_limit(db, limits[i].id, limits[i].value);
	sqlite3_set_authorizer(db, authorize, box);
	sqlite3_progress_handler(db, STEPS_BETWEEN_LOOKS, look_at_clock, box);
	sandbox_restart(box);
	return 0;
}

void sandbox_leave(struct sandbox *box)
{
	sqlite3 *db = box->db;
	size_t i;

	sqlite3_progress_handler(db, 0, NULL, NULL);
	sqlite3_set_authorizer(db, NULL, NULL);
	for (i = 0; i < SANDBOX_NR_LIMITS; i++)
		sqlite3_limit(db, limits[i].id, box->limits[i]);
	for (i = 0; i < SANDBOX_NR_CONFIGS; i++)
		sqlite3_db_config(db, configs[i].id, box->configs[i], NULL);
	sqlite3_hard_heap_limit64(box->heap_limit);
	if (box->temp_store != 2)
		write_temp_store(db, box->temp_store);
}

/* Nothing but blanks, semicolons and comments? */
static bool is_empty(const char *sql)
{
	while (*sql) {
		if (strncmp(sql, "--", 2) == 0) {
			sql += strcspn(sql, "\n");
		} else if (strncmp(sql, "/*", 2) == 0) {
			sql = strstr(sql + 2, "*/");
			if (!sql)
				return true;
			sql += 2;
		} else if (strchr(" \t\r\n\f;", *sql)) {
			sql++;
		} else {
			return false;
		}
	}
	return true;
}

int sandbox_prepare(struct sandbox *box, const char *sql, sqlite3_stmt **stmt, char *why,
		    size_t why_size)
{
	const char *rest = NULL;
	int rc;

	*stmt = NULL;
	box->refused[0] = '\0';
	rc = sqlite3_prepare_v2(box->db, sql, -1, stmt, &rest);
	if (rc == SQLITE_TOOBIG) {
		snprintf(why, why_size, "the query is longer than %d KiB", MAX_SQL >> 10);
	} else if (rc != SQLITE_OK) {
		sandbox_error(box, rc, why, why_size);
	} else if (!*stmt) {
		snprintf(why, why_size, "there is no statement");
	} else if (!is_empty(rest)) {
		snprintf(why, why_size, "there is more than one statement");
	} else if (sqlite3_stmt_isexplain(*stmt) || !sqlite3_stmt_readonly(*stmt)) {
		snprintf(why, why_size, "only SELECT is allowed here");
	} else {
		return 0;
	}
	sqlite3_finalize(*stmt);
	*stmt = NULL;
	return -EINVAL;
}

char *sandbox_error(const struct sandbox *box, int rc, char *buf, size_t size)
{
	if (box->timed_out)
		snprintf(buf, size, "the query took longer than %d ms and was stopped",
			 box->deadline_ms);
	else if (box->refused[0])
		snprintf(buf, size, "%s", box->refused);
	else if ((rc & 0xff) == SQLITE_NOMEM)
		snprintf(buf, size, "the query needs more than %lld MiB of memory",
			 MAX_EXTRA_HEAP >> 20);
	else if ((rc & 0xff) == SQLITE_TOOBIG)
		snprintf(buf, size, "a value is longer than %d KiB", MAX_LENGTH >> 10);
	else
		snprintf(buf, size, "%s", sqlite3_errmsg(box->db));
	return buf;
}
