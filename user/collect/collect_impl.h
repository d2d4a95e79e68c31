/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the collector alone. */
#ifndef COLLECT_IMPL_H
#define COLLECT_IMPL_H

#include <stdbool.h>
#include <sys/resource.h>

#include "collect/completions.h"
#include "event.h"
#include "faultline.skel.h"
#include "collect/urgency.h"

struct collect_options;
struct refusal;

#define COLLECT_PARTS 2
#define MISSED_MOST 64 /* programs */

struct collect {
	struct faultline_bpf *skel;                 /* the maps and global data, no programs */
	struct faultline_bpf *parts[COLLECT_PARTS]; /* the programs */
	struct ring_buffer *ring;
	int ring_errno;
	struct completions completions;
	const char *no_page_tables; /* why programs cannot read them; NULL: they can */
	struct bpf_link *snapshot;
	struct recording *rec;
	const struct collect_options *options;
	struct frames *frames; /* what is done at barriers; NULL: nothing */
	bool wants_pages;      /* there: page frames */
	struct fl_finish finish;
	struct urgency before; /* we were in a hurry */
	const char *reader;    /* how it is scheduled, for table run */
	size_t drained;        /* bytes, by the last look at the ring buffer */
	int signal_fd;
	int interrupts;
	bool reaped;
	int wait_status;
	struct rusage rusage;
	int error; /* the first of the recording */
	unsigned long long missed_before[MISSED_MOST];
	unsigned long long missed[MISSED_MOST]; /* runs of each program that the kernel skipped */
	bool knows_page_alloc;                  /* whether it was left in its midst */
};

/*
 * Load maps and programs and attach them; programs that user space calls by name are in the first
 * part.  0, or -errno with what was refused in WHY; what was loaded goes with collect_unload() in
 * either case.
 */
int collect_load(struct collect *c, const struct collect_options *o, struct refusal *why);
void collect_detach(struct collect *c);

/* Map the ring buffer, into c->ring; where that cannot be, c->ring_errno says why. */
void collect_map_ring(struct collect *c);
void collect_unload(struct collect *c);

/*
 * How often each program was skipped from the one call to the other (recursion_misses of
 * bpf_prog_info); of page_alloc 0 where all that it missed is known to be no loss.
 */
void collect_missed_begin(struct collect *c);
void collect_missed_end(struct collect *c);

/* Append names, objects, ledger, page counts and losses.  0 or -errno of the recording or a map. */
int collect_append_maps(struct collect *c);

/* collect_look.c: let an iterator go to its end.  0 or -errno. */
int collect_iterate(const struct bpf_link *link);

/* The same with PROGRAM for the thread or process ONLY; before 6.1 for all, and the program chooses. */
int collect_iterate_over(const struct bpf_program *program, union bpf_iter_link_info *only);

/*
 * For frames.h, with struct collect as ARG: cards of the threads of the process PID,
 * its mappings and its open files, as records.  What fails is the error of the
 * recording.
 */
void collect_look(void *arg, pid_t pid, unsigned long long now, unsigned short phase);

#endif
