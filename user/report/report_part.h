/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the report share. */
#ifndef REPORT_PART_H
#define REPORT_PART_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

/* Start and end of a colour: "" where STYLE has none. */
const char *report_ink(const struct report_style *style, const char *code);
#define REPORT_BOLD "1"
#define REPORT_DIM "2"
#define REPORT_GOOD "32"
#define REPORT_BAD "1;31"
#define REPORT_DOUBT "33"
#define REPORT_PLAIN "0"

/* Prepare SQL into *STMT: 0, -ENOMEM or -EIO. */
int report_prepare(sqlite3 *db, sqlite3_stmt **stmt, const char *sql);

/* What a function returns that ended with RC from sqlite3_step(), or with an error of OUT. */
int report_end(sqlite3_stmt *stmt, int rc, FILE *out);

/* Column I, never NULL. */
const char *report_column(sqlite3_stmt *stmt, int i);

/*
 * Value of KEY in table run, escaped for STYLE, or FALLBACK where it is
 * missing.  Errors of the database count as missing.
 */
char *report_run_text(sqlite3 *db, const struct report_style *style, const char *key, char *buf,
		      size_t size, const char *fallback);
/* false: missing */
bool report_run_number(sqlite3 *db, const char *key, long long *value);

/* TEXT in lines of STYLE's width, the first after FIRST columns, the others after INDENT. */
void report_wrap(FILE *out, const struct report_style *style, const char *text, int first,
		 int indent);

/* report_sums.c: the lines below the table of faults. */
int report_sums(sqlite3 *db, FILE *out, const struct report_style *style);

/* -EPIPE, -ENOSPC, ... or 0. */
int report_flush(FILE *out);

#endif
