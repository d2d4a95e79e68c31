/* SPDX-License-Identifier: GPL-2.0 */
/* Databases made of the schema and some rows, and what the report makes of them. */
#ifndef REPORT_DB_H
#define REPORT_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

/* The flagship: a parent touches 25,600 pages, its child copies them. */
extern const char report_db_cow[];

/* A database in memory with the tables of schema.sql, and SQL executed on it. */
sqlite3 *report_db(const char *sql);

/* Execute more on it. */
void report_db_add(sqlite3 *db, const char *sql);

/* Add a process of one thread: its faults of two kinds, and the kernel's count. */
void report_db_task(sqlite3 *db, int task, int parent, const char *name, int zero_fill, int file,
		    int kernel);

typedef int report_part(sqlite3 *db, FILE *out, const struct report_style *style);

/* What PART writes; the caller frees it.  Fails the test if PART does. */
char *report_db_render(sqlite3 *db, report_part *part, const struct report_style *style);

/* Fails unless PART writes EXPECTED and nothing else. */
void report_db_expect(sqlite3 *db, report_part *part, const struct report_style *style,
		      const char *expected);

/* Fails if a line of TEXT is wider than WIDTH or holds a control character, bar newlines. */
void report_db_check_lines(const char *text, int width);

#endif
