/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each task did at each moment, for the views of time: table state in
 * memory, with the tasks as the timeline loads them.
 *
 * Rows of a task never overlap and never run backwards, whatever the recording
 * holds.  Where it has no row, there is a gap; nothing is made up for it.
 */
#ifndef LIVES_H
#define LIVES_H

#include <sqlite3.h>
#include <stddef.h>

#include "report/timeline.h"

enum doing {
	DOING_NEW,
	DOING_READY,
	DOING_RUNNING,
	DOING_WAITING,
	DOING_STOPPED,
	DOING_ZOMBIE,
	DOING_DEAD,
	DOING_UNKNOWN, /* a gap */
	NR_DOING,
};

struct lives_row {
	long long start_ns, end_ns;
	const char *why;        /* escaped; NULL: none */
	const char *waker_comm; /* likewise */
	int waker;              /* index of a task; TL_NONE */
	int cpu;                /* -1: none */
	enum doing doing;       /* never DOING_UNKNOWN */
	bool deep;              /* waits, and no signal but one that kills can end it */
	bool open;              /* it had not ended when the recording did */
};

/* The life of task I of the timeline; its end is where it became a zombie. */
struct life {
	const struct lives_row *rows;
	size_t nr_rows;
	long long start_ns, end_ns; /* turnaround: the difference */
	bool ended;                 /* false: the recording ended before it did */
	long long sums[NR_DOING];   /* from start_ns to end_ns; of zombie, until it was reaped */
	long long deep_ns;          /* of waiting */
	long long response_ns;      /* until it ran for the first time; TL_NEVER: not known */
	long long nvcsw, nivcsw;    /* as the kernel counted; -1: not known */
};

struct lives {
	struct timeline t; /* tasks only */
	struct life *lives;
	struct lives_row *rows;
	size_t nr_rows, room_rows;
	void *words;                /* the strings of all rows */
	long long begin_ns, end_ns; /* of the run; the first is 0 or less */
	long long odd;              /* rows that could not be, left out or cut */
	int cpus;                   /* of the machine; 0: not known */
};

/* 0, -ENOMEM or -EIO.  The caller frees, also after an error. */
int lives_load(struct lives *l, sqlite3 *db, const struct report_style *style);
void lives_free(struct lives *l);

/*
 * The task that WHO names: a role, a tid, an id of table task ("task:7" if a tid
 * is the same number), or a command that only one task has; names as they were recorded,
 * or as they are shown.  Its index, or
 * TL_NONE with a sentence in WHY.
 */
int lives_find(const struct lives *l, const char *who, char *why, size_t why_size);

/*
 * Call FN for each stretch of task I from its birth to its end as a zombie, gaps
 * among them with DOING_UNKNOWN.  Stretches have a length.
 */
void lives_each(const struct lives *l, int i, void (*fn)(const struct lives_row *row, void *arg),
		void *arg);

/* Index of the row of task I that holds just before T_NS (start < T_NS <= end), or -1. */
long long lives_row_before(const struct lives *l, int i, long long t_ns);

/* "child 4712", or for a thread "thread 4713", in BUF; the name at most MAX columns. */
char *lives_name(const struct lives *l, int i, char *buf, size_t size, int max);

const char *lives_word(enum doing doing);

/* A tenth of a percent of WHOLE, rounded; 0 if that is 0. */
double lives_percent(long long part, long long whole);

#endif
