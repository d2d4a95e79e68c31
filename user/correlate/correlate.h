/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From raw records to the tables of schema.sql.  Plain records and a database
 * handle: no kernel, no root.  Hostile input gives an error or odd rows, never
 * a crash.
 */
#ifndef CORRELATE_H
#define CORRELATE_H

#include <sqlite3.h>
#include <stddef.h>

/*
 * Fill the tables of DB from its table `raw`, and run.status ('complete' only
 * if the end mark FL_FINISH is there, nothing was lost and no task was alive),
 * run.reason, run.duration_ns, run.rusage_*, run.wait_status.  The tables must
 * exist and be empty.  Returns 0 or a negative errno, with a sentence in WHY.
 */
int correlate(sqlite3 *db, char *why, size_t why_size);

#endif
