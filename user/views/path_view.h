/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a task took as long as it did: from its end back to its creation, and at
 * each wait from there to the one whose wake-up ended it (the critical path).
 */
#ifndef PATH_VIEW_H
#define PATH_VIEW_H

#include <sqlite3.h>
#include <stdio.h>

#include "views/lives.h"
#include "report/report.h"

/*
 * The path of the task that WHO names (see lives_find()).  0 or a negative errno
 * as the parts in report.h; -ENOENT with a sentence in WHY: no such task.
 */
int report_path(sqlite3 *db, const char *who, FILE *out, const struct report_style *style,
		char *why, size_t why_size);

/* What holds the path at some time; its steps follow each other without gap or overlap. */
struct path_step {
	int task;
	enum doing doing;            /* of that task */
	const struct lives_row *row; /* NULL: the recording does not say */
	long long start_ns, end_ns;
	int next;              /* at end_ns the path goes on in this task ... */
	const char *woke_from; /* ... which was woken from this */
	bool created;          /* ... which was created */
	bool on_its_way;       /* the wake-up had been sent */
};

struct path {
	struct path_step *steps;
	size_t nr;
};

/*
 * The path of task I, first step first.  The lengths add up to its turnaround.
 * 0 or -ENOMEM; the caller frees steps, also after an error.
 */
int path_walk(struct path *path, const struct lives *l, int i);

#endif
