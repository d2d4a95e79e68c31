/* SPDX-License-Identifier: GPL-2.0 */
/* Faults outside of the named regions, one by one: the surplus that counts are wrong by. */
#ifndef SURPLUS_H
#define SURPLUS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/report.h"

/* One of them, or a run of neighbours. */
struct surplus {
	long long task, tid, start_ns, n;
	const char *who, *phase, *kind, *via, *syscall; /* phase and syscall may be NULL */
	bool major, has_address;
	uint64_t address;
	const char *where, *by; /* as in struct place */
};

/*
 * Call FN for each of PHASE, or of all phases where that is NULL, by time, until
 * it gives not 0.  0, what FN gave, -ENOMEM or -EIO.  Names are as they were
 * recorded, not escaped, and gone when FN returns.
 */
int surplus_each(sqlite3 *db, const char *phase, int (*fn)(const struct surplus *row, void *arg),
		 void *arg);

/*
 * A line for each (for each run of neighbours) of PHASE, or of all phases where
 * that is NULL: task, phase, address, what is there, which code, kind and via.
 * At most MOST lines (0: no limit), then how many are left.  Their number, also
 * of those left out, into *N.  0, or a negative errno as in report.h.
 */
int surplus_list(sqlite3 *db, const char *phase, int most, FILE *out,
		 const struct report_style *style, long long *n);

#endif
