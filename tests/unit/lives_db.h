/* SPDX-License-Identifier: GPL-2.0 */
/* Small recordings with states, for the tests of the views of time. */
#ifndef LIVES_DB_H
#define LIVES_DB_H

#include <sqlite3.h>
#include <stdio.h>

/*
 * Ten milliseconds on two CPUs: a parent (101) that waits for its child (103), and
 * a thread of the child (107) that has no row from 7.0 to 7.5 ms.
 */
extern const char lives_db_small[];

/* Rows that no correlator would write: every column at its extremes, overlaps, circles. */
extern const char lives_db_hostile[];

/* A view as report.h declares them. */
struct report_style;
typedef int (*view_fn)(sqlite3 *db, FILE *out, const struct report_style *style);

/* No line of VIEW is wider than asked for, or has a control byte, whatever the recording. */
void lives_db_every_width(view_fn view);

/* VIEW returns the error of a stream that cannot be written. */
void lives_db_no_space(view_fn view);

#endif
