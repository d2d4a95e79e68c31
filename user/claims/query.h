/* SPDX-License-Identifier: GPL-2.0 */
/* Ask a recording by SQL and print the answer. */
#ifndef QUERY_H
#define QUERY_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>

enum query_format {
	QUERY_AUTO,  /* a table on a terminal, tab-separated elsewhere */
	QUERY_TABLE, /* columns aligned */
	QUERY_TSV,   /* a line with the names, then a line a row, tabs between */
	QUERY_JSON,  /* an array with an object a row; the second column "n" is "n_2" there */
};

/*
 * Print the rows of SQL, which must be one SELECT and runs in a sandbox (see
 * sandbox.h) for DEADLINE_MS at most (0: no limit).  Values are escaped for
 * their format; NULL is empty, in JSON null.  0, or a negative errno with a
 * sentence in WHY: -EINVAL for SQL that is wrong or refused, -ETIME, -E2BIG
 * (too much for an aligned table), -EIO.  Rows before an error are printed.
 */
int query_print(sqlite3 *db, const char *sql, FILE *out, enum query_format format, int deadline_ms,
		char *why, size_t why_size);

#endif
