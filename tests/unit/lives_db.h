/* SPDX-License-Identifier: GPL-2.0 */
/* Small recordings with states, for the tests of the views of time. */
#ifndef LIVES_DB_H
#define LIVES_DB_H

/*
 * Ten milliseconds on two CPUs: a parent (101) that waits for its child (103), and
 * a thread of the child (107) that has no row from 7.0 to 7.5 ms.
 */
extern const char lives_db_small[];

/* Rows that no correlator would write: every column at its extremes, overlaps, circles. */
extern const char lives_db_hostile[];

#endif
