/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's side as seen from user space: load and attach the BPF programs,
 * follow a tree of tasks, drain the ring buffer into a recording, and at the
 * end read the ledger and every loss counter.
 */
#ifndef COLLECT_H
#define COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

struct collect;
struct recording;
struct refusal;

struct collect_options {
	unsigned int subjects; /* SUBJECT_* of record/subjects.h */
	bool every_fault;      /* the time of each one */
	bool every_end;        /* and each one's end, not a sample's; with every_fault */
	size_t ring_bytes;     /* 0: default */
	int cpu;               /* where to drain; -1: anywhere */
};

/* A collector that does nothing yet but has its barrier.  O stays the caller's.  0 or -errno. */
int collect_open(struct collect **out, const struct collect_options *o, struct recording *rec);

/* Load and attach.  0, or -errno with what was refused in WHY. */
int collect_arm(struct collect *c, struct refusal *why);

/*
 * Load each program by itself, of every subject.  REFUSED is called with each that the kernel
 * refuses, and whether no trace is possible without it; or once with what all of them need.
 * Returns the number of programs, or -errno if there are none.
 */
int collect_try(void (*refused)(void *arg, const struct refusal *why, bool needed), void *arg);

/*
 * HOOK is called with each kind of tracepoint that a program hangs on, whether the kernel has
 * it, and whether no trace is possible without it.  0 or -errno, if its types cannot be read.
 */
int collect_hooks(void (*hook)(void *arg, const char *name, bool there, bool needed), void *arg);

/* Who made the BPF programs: "clang 14.0.6". */
const char *collect_compiler(void);

/* Once armed: why the programs cannot read page tables; NULL: they can.  A constant. */
const char *collect_no_page_tables(const struct collect *c);

/* Name of the barrier that the command is to be told of, or NULL: there is none. */
const char *collect_barrier(const struct collect *c);

/* Whether page frames are to be read there, which takes rights. */
bool collect_reads_frames(const struct collect *c);

/* Follow the thread TID, which sleeps, and everything that it creates from now on. */
int collect_follow(struct collect *c, pid_t tid);

/*
 * From now on this thread comes before others, up to collect_finish(), as far as its rights
 * go, which it may give up then.  Of what is forked afterwards nothing does.
 */
void collect_hurry(struct collect *c);

/*
 * Drain until the last followed task is gone.  PIDFD, if not negative, is the
 * command: when it ends it is reaped, with status and rusage into the record
 * FL_FINISH.  SIGINT, SIGTERM and SIGHUP must be blocked by the caller: the first
 * SIGINT is left to the traced tree (the terminal sent it one as well), the
 * second SIGINT, or one of the others, stops tracing.  Returns 0, or the -errno of the
 * recording (the drain ends, what was written stays).
 */
int collect_run(struct collect *c, pid_t pid, int pidfd);

/* Status and rusage of the command as wait4 gave them; false: not reaped. */
bool collect_wait_status(const struct collect *c, int *status, struct rusage *ru);

/* Detach, drain to empty, append names, objects, ledger, losses and FL_FINISH. */
int collect_finish(struct collect *c);

/* Frees everything; detaches if that is still to do.  NULL is allowed. */
void collect_close(struct collect *c);

#endif
