/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timeline: tasks side by side, what happened from top to bottom.  Made in
 * steps, each of which adds to struct timeline: tasks, which of them get a lane
 * of their own, what their lives show, what they did in between, the drawing.
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/report.h"

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_GOOD, INK_BAD, INK_DOUBT };

#define TL_NONE (-1)       /* in place of an index of a task, group or lane */
#define TL_NEVER LLONG_MIN /* in place of a time */

/* Times, ascending. */
struct tl_times {
	long long *ns;
	size_t nr;
};

struct tl_task {
	long long id, tid, pid;
	int parent, process, creator; /* indexes; TL_NONE: not in the recording */
	int depth;                    /* below a task without parent */
	/* names as they were recorded: made safe where they are printed */
	char *made_by; /* launch, fork, ... */
	char *name;    /* role or comm */
	char *exe;     /* NULL: it never called execve */
	bool has_role;
	long long first_phase_ns; /* TL_NEVER: it has none */
	long long start_ns, exec_ns, exit_ns, reaped_ns;
	long long exit_code, exit_signal;
	long long end_ns;     /* it has a lane until then */
	long long faults;     /* observed */
	long long all_faults; /* with those of all tasks below it */
	/* what all forks of its creator in that phase allocated; forks 0: another tells */
	long long forks, page_tables, pages;
	int reaper;          /* who waited for it */
	long long waited_ns; /* ... and for how long; TL_NEVER: unknown */
	int group;           /* drawn as one of this group or below it; TL_NONE: by itself */
	bool example;        /* drawn although those alike are folded */
	int lane;
	size_t start_event; /* the row where it starts, counted from 1; 0: there is none */
	bool has_states;
	struct tl_times hard;  /* of its starts, execs, phases, ends and waits */
	struct tl_times any;   /* of all its rows, begin and end, and of its waits */
	struct tl_times ready; /* long times off the CPU that it did not ask for, begin and end */
};

/* Tasks alike and all below them, drawn as one row in the lane of their parent. */
struct tl_group {
	int parent; /* task, or TL_NONE */
	int first;  /* a member */
	int members, below;
	int failed, killed; /* members with an exit code that is not 0, or a signal */
	int running;        /* members that did not end */
	long long signal;   /* that killed the first of them; 0: not the same for all */
	long long start_ns, end_ns;
	long long least_ns, most_ns; /* lives */
	long long least_faults, most_faults;
};

/*
 * One row.  Text falls into fields with two blanks in between, where it may be
 * wrapped.  TL_OPTIONAL is a blank, and what follows it is left out where it does
 * not fit (into one line beside an arrow, else into two).
 */
#define TL_OPTIONAL '\v'

struct tl_event {
	long long t_ns, end_ns; /* the row's time; until when it goes on */
	int order;              /* among events of one time: lower first */
	size_t serial;          /* ... and then in the order they were added */
	int task;               /* TL_NONE: across all lanes */
	int chapter;            /* the row opens a phase or program of this task; TL_NONE */
	int to;                 /* an arrow leads to that task; TL_NONE */
	char *text, *to_text;
	int indent;
	enum ink ink;
};

enum {
	ORDER_START,
	ORDER_EXEC,
	ORDER_PHASE,
	ORDER_DONE,
	ORDER_LOSS,
	ORDER_EXIT,
	ORDER_WAIT,
	ORDER_IDLE
};

struct timeline {
	sqlite3 *db;
	struct report_style style;
	int error; /* the first; all later steps do nothing */
	long long duration_ns;
	struct tl_task *tasks; /* by id */
	size_t nr_tasks;
	struct tl_group *groups;
	size_t nr_groups;
	struct tl_event *events;
	size_t nr_events;
	struct tl_brk *brks; /* by process and time */
	size_t nr_brks;
	int lanes;
	bool many_regions;  /* more than one name, so each is told */
	int hidden;         /* tasks without a lane */
	long long left_out; /* rows */
};

/* A damaged recording holds any number; sums of them stop at the largest. */
static inline long long timeline_sum(long long a, long long b)
{
	long long sum;

	return __builtin_add_overflow(a, b, &sum) ? LLONG_MAX : sum;
}

/* timeline.c */

/* printf into memory of the caller's; NULL and t->error if there is none. */
char *timeline_text(struct timeline *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* S, which may be NULL, made safe, into memory of the caller's. */
char *timeline_name(struct timeline *t, const char *s, int max);

/*
 * The name of task I, or who made it, made safe, into BUF, which is returned: at most MAX columns
 * (0: as many as names have in lanes, which MAX cannot exceed).
 */
char *timeline_task(const struct timeline *t, int i, int max, char *buf, size_t size);
char *timeline_maker(const struct timeline *t, int i, char *buf, size_t size);

/*
 * Prepare SQL, or NULL and t->error.  Step through it with timeline_step(),
 * which finalizes the statement when it returns false.
 */
sqlite3_stmt *timeline_prepare(struct timeline *t, const char *sql);
bool timeline_step(struct timeline *t, sqlite3_stmt *stmt);

/* Index of the task with this id, TL_NONE if there is none; column I of STMT likewise. */
int timeline_find(const struct timeline *t, long long id);
int timeline_task_at(const struct timeline *t, sqlite3_stmt *stmt, int i);

/* Time in column I, kept inside what can be computed with; TL_NEVER for NULL. */
long long timeline_time_at(sqlite3_stmt *stmt, int i);

/* Whether task I has a lane of its own. */
bool timeline_drawn(const struct timeline *t, int i);

/* Order of indexes of tasks by their start, for qsort_r(); ARG is t->tasks. */
int timeline_by_start(const void *a, const void *b, void *arg);

/* Append an event; it owns TEXT and TO_TEXT from then on, also after an error. */
struct tl_event *timeline_add(struct timeline *t, int task, long long t_ns, char *text);

/* timeline_tasks.c: tasks and the run's length; timeline_release() frees all that T holds. */
void timeline_load(struct timeline *t);
void timeline_release(struct timeline *t);

/* timeline_fold.c: who gets a lane, who is drawn in a group. */
void timeline_fold(struct timeline *t);

/* timeline_life.c: starts, execs, phases, exits, waits; sets tasks[].hard. */
void timeline_life(struct timeline *t);

/* timeline_talk.c, timeline_kthread.c: what happened between the hard events. */
void timeline_talk(struct timeline *t); /* signals, locks, messages */
void timeline_kthreads(struct timeline *t);

/* timeline_frames.c: what was behind the regions at barriers. */
void timeline_frames(struct timeline *t);

/*
 * timeline_pieces.c: what divides the time of a task.  The first sets tasks[].hard from
 * the events that there are, the second tasks[].any and .ready.
 */
void timeline_index_hard(struct timeline *t);
void timeline_index_all(struct timeline *t);

/* How many of TIMES are not after T_NS: the number of the piece that it falls into. */
size_t timeline_times_until(const struct tl_times *times, long long t_ns);

/* Whether task I, which did not fault in between, did something else for long, or nothing. */
bool timeline_paused(const struct timeline *t, int i, long long from_ns, long long to_ns);

/* timeline_faults.c: faults between all these. */
void timeline_faults(struct timeline *t);

/* timeline_place.c: where a fault was, as table fault has it. */
struct tl_mapping {
	long long t_ns;
	bool known; /* the address */
	unsigned long long address, end, flags;
	const char *object; /* NULL: anonymous */
};

/* The heap of a process at a time; what is asked for in order is found at once. */
struct tl_heap {
	int process; /* TL_NONE: of none yet */
	size_t next;
	long long t_ns;
	unsigned long long start, end; /* 0: it has none, or it is not known */
};

/* Read what is known of heaps. */
void timeline_heaps(struct timeline *t);

/*
 * What the mapping M of task I is called, escaped, into BUF: the name of a file, "stack",
 * "heap" (between the first and the last end that brk() gave, as proc(5) has it), "shared
 * memory", "anonymous", "no mapping"; "": not known.
 */
void timeline_place(const struct timeline *t, struct tl_heap *heap, int i,
		    const struct tl_mapping *m, char *buf, size_t size);

/* timeline_rows.c: losses and idle time, and not more rows than asked for. */
void timeline_rows(struct timeline *t);

/* NS as milliseconds, as fine as the length of the run makes sense. */
char *timeline_ms(const struct timeline *t, char *buf, size_t size, long long ns);

/* Columns left of the lanes, for times within the run. */
int timeline_time_columns(const struct timeline *t);

/* timeline_draw.c */
void timeline_draw(struct timeline *t, FILE *out);

/* Whether the kernel counts faults of KIND in min_flt or maj_flt. */
bool timeline_counted(const char *kind);

/* What a kind is called: "zero_fill" -> "zero-fill", into BUF, escaped. */
char *timeline_kind(char *buf, size_t size, const char *kind, bool utf8);

/* "SIGUSR1", "SIGRTMIN+3", "signal 99". */
char *timeline_signal(char *buf, size_t size, long long signo);

#endif
