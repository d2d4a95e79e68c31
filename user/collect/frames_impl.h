/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of frames.h alone. */
#ifndef FRAMES_IMPL_H
#define FRAMES_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "event.h"

/* frames_tree.c: who lives, and what is named. */

struct frames_region {
	__u16 name;
	__u64 start, length;
};

struct frames_process {
	__u32 id; /* of the task that leads it */
	pid_t pid;
	bool ended;
	__u32 asker; /* task that announced a barrier; 0: none since the last one */
	struct frames_region *regions;
	size_t nr_regions;
};

struct frames_task {
	struct frames_process *process; /* NULL: not seen yet */
	__u16 phase;
};

struct frames_tree {
	struct frames_task *tasks; /* by id */
	size_t nr_tasks;
	struct frames_process **processes; /* in order of creation */
	size_t nr_processes;
};

/* 0 or -ENOMEM. */
int frames_tree_learn(struct frames_tree *tree, const struct fl_event *event);
void frames_tree_free(struct frames_tree *tree);

/* The one that lives, or NULL. */
struct frames_process *frames_tree_find(const struct frames_tree *tree, pid_t pid);

/* frames_read.c: what /proc says. */

struct frames_proc {
	int counts, flags; /* /proc/kpagecount, /proc/kpageflags; -1: not open */
	long page_size;
	__u32 untrue; /* enum fl_frame_flag that the kernel says of every page */
};

/* 0, or -errno with half a sentence in WHY. */
int frames_proc_open(struct frames_proc *proc, char *why, size_t why_size);
void frames_proc_close(struct frames_proc *proc);

/* Its pagemap, or -errno.  -ESRCH: it has no memory any more. */
int frames_pagemap_open(pid_t pid);

/*
 * The N pages (at most FL_FRAMES_MOST) from ADDRESS on into FRAMES.  Gives how
 * many, which is less where the process ended meanwhile, or -errno; -EPERM: the
 * kernel does not tell us the frames.
 */
int frames_read(const struct frames_proc *proc, int pagemap, __u64 address, size_t n,
		struct fl_frame *frames);

#endif
