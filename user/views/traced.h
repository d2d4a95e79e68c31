/* SPDX-License-Identifier: GPL-2.0 */
/* What was not traced is not told as if it had not happened. */
#ifndef TRACED_H
#define TRACED_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

/*
 * Whether SUBJECT (a word of run.subjects, such as "states") was traced.  True
 * where the recording does not say: those of before the key have none.
 */
bool traced(sqlite3 *db, const char *subject);

/* The sentence where it was not: that there is none of SUBJECT, why, and the remedy. */
void traced_explain(sqlite3 *db, const char *subject, FILE *out, const struct report_style *style);

/* If SUBJECT was not traced, traced_explain() and true. */
bool traced_not(sqlite3 *db, const char *subject, FILE *out, const struct report_style *style);

#endif
