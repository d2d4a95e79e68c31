/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Make an SQLite handle safe for SQL that somebody else wrote, on data that
 * somebody else wrote: it reads tables, calls harmless functions, and ends in
 * bounded time and memory.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define SANDBOX_DEADLINE_MS 10000
#define SANDBOX_NR_LIMITS 11
#define SANDBOX_NR_CONFIGS 3

struct sandbox {
	sqlite3 *db;
	/* called for each column that a statement reads; NULL: nobody asks */
	void (*on_read)(const char *table, const char *column, void *arg);
	void *on_read_arg;
	/* what sandbox_leave() puts back */
	int limits[SANDBOX_NR_LIMITS];
	int configs[SANDBOX_NR_CONFIGS];
	int temp_store;
	sqlite3_int64 heap_limit;
	struct timespec deadline;
	int deadline_ms;
	bool timed_out;
	char refused[128]; /* what the authorizer refused last, as a sentence */
};

/*
 * Enter on DB, which no statement and no temporary table may be in use of.
 * Each statement must end within DEADLINE_MS (0: no limit) of this call, or of
 * the last sandbox_restart().  0 or a negative errno; then nothing has changed.
 */
int sandbox_enter(struct sandbox *box, sqlite3 *db, int deadline_ms);

/* The next statement has the whole time again. */
void sandbox_restart(struct sandbox *box);

/* Give DB back as it was.  Finalize statements before. */
void sandbox_leave(struct sandbox *box);

/*
 * Prepare SQL, which must be one SELECT (or WITH ... SELECT, VALUES).  0, or
 * -EINVAL with a sentence in WHY.  The caller finalizes *STMT.
 */
int sandbox_prepare(struct sandbox *box, const char *sql, sqlite3_stmt **stmt, char *why,
		    size_t why_size);

/*
 * Why sqlite3_step() gave RC, as a sentence.  Returns BUF.
 */
char *sandbox_error(const struct sandbox *box, int rc, char *buf, size_t size);

#endif
