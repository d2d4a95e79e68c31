/* SPDX-License-Identifier: GPL-2.0 */
/* JSON as it is written: one value after the other, commas and indents done here. */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include <sqlite3.h>
#include <stdio.h>

#define JSON_DEPTH 16

struct json {
	FILE *out;
	int depth;
	int members[JSON_DEPTH]; /* so far, of each object or array that is open */
};

/* Open an object ('{') or an array ('['); KEY is NULL inside an array and at the top. */
void json_open(struct json *j, const char *key, char bracket);
/* BRACKET: '}' or ']'.  At the top it ends the document with a newline. */
void json_close(struct json *j, char bracket);

void json_int(struct json *j, const char *key, long long n);
void json_string(struct json *j, const char *key, const char *s); /* NULL: null */

/* Column I of the row of STMT as what it is: a number, a string or null. */
void json_column(struct json *j, const char *key, sqlite3_stmt *stmt, int i);

/*
 * KEY: an array with one object for each row of SQL, its members named after
 * the columns.  0, -ENOMEM or -EIO.
 */
int json_rows(struct json *j, const char *key, sqlite3 *db, const char *sql);

#endif
