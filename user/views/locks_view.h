/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks as a person sees them: who held what and who waited for it, as a chart;
 * each request; who blocked whom; deadlocks.  locks_load.c reads, locks_chart.c
 * draws, locks_wait.c follows who waits for whom, locks_view.c lists and sums up.
 */
#ifndef LOCKS_VIEW_H
#define LOCKS_VIEW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/report.h"
#include "report/timeline.h"

enum lock_op { LOCK_READ, LOCK_WRITE, LOCK_FUTEX };

/* A file, a range of its bytes, or a futex. */
struct lock_object {
	int file;      /* equal for ranges of one file */
	char *name;    /* escaped; "counter.lock", "d.db [3..7]" */
	char kind[12]; /* flock, posix, ofd, futex */
	long long n, refused, waits, wait_ns, longest_ns, hold_ns;
	int most_inside; /* at once; as writers or readers */
	long long t_most_ns;
};

/* A request: it waited from request_ns to waited_ns, and held from granted_ns to released_ns. */
struct lock_row {
	int task, object, blocked_by; /* indexes */
	enum lock_op op;
	long long first, last; /* bytes; of a futex: its address */
	long long request_ns, waited_ns, granted_ns, released_ns; /* TL_NEVER: not */
	long long ret, owner;
	bool answered; /* RET is known */
	bool slept;    /* somebody was in the way, and it was ready to wait */
};

struct locks_view {
	struct timeline *t;
	struct lock_object *objects;
	size_t nr_objects, room_objects;
	struct lock_row *rows; /* by request */
	size_t nr_rows, room_rows;
	long long start_ns, end_ns; /* of all of them */
};

/* Read table lock; what went wrong is in t->error. */
void locks_load(struct locks_view *v);
void locks_release(struct locks_view *v);

/* "worker 4712", "?" for TL_NONE, into BUF. */
char *locks_task(const struct locks_view *v, int i, char *buf, size_t size);

void locks_chart(const struct locks_view *v, FILE *out, const struct report_style *style);

/* Who waited for whom, and the circles in which all wait. */
void locks_waits(const struct locks_view *v, FILE *out, const struct report_style *style);

int report_locks(sqlite3 *db, FILE *out, const struct report_style *style);

#endif
