// SPDX-License-Identifier: GPL-2.0
#include "collect/frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/barrier.h"
#include "collect/frames_impl.h"
#include "base/identity.h"
#include "recording/recording.h"

/*
 * The mark of a barrier is in the ring buffer before the connection, but may be
 * behind a record that another CPU has not finished yet; that takes no time
 * worth naming.  One who is not traced never sends a mark.
 */
#define DRAINS 1000

struct frames {
	struct frames_calls calls;
	bool pages;
	struct frames_tree tree;
	struct frames_proc proc;
	int listening;
	char name[BARRIER_NAME_SIZE];
	char why[256];
	struct fl_frames *record;
};

int frames_open(struct frames **out, const struct frames_calls *calls, bool pages)
{
	struct frames *f = calloc(1, sizeof(*f));

	*out = f;
	if (!f)
		return -ENOMEM;
	f->calls = *calls;
	f->pages = pages;
	f->proc.counts = f->proc.flags = -1;
	f->listening = -1;
	f->record = malloc(FL_FRAMES_SIZE(FL_FRAMES_MOST));
	if (!f->record)
		return -ENOMEM;
	if (pages && frames_proc_open(&f->proc, f->why, sizeof(f->why)))
		f->pages = false;
	if (!f->pages && !f->calls.look)
		return 0;
	f->listening = barrier_listen(f->name);
	if (f->listening < 0)
		snprintf(f->why, sizeof(f->why), "cannot listen on a socket: %s",
			 strerror(-f->listening));
	return 0;
}

void frames_close(struct frames *f)
{
	if (!f)
		return;
	if (f->listening >= 0)
		close(f->listening);
	frames_proc_close(&f->proc);
	frames_tree_free(&f->tree);
	free(f->record);
	free(f);
}

const char *frames_barrier(const struct frames *f)
{
	return f->listening >= 0 ? f->name : NULL;
}

int frames_fd(const struct frames *f)
{
	return f->listening;
}

const char *frames_why(const struct frames *f)
{
	return f->why[0] ? f->why : NULL;
}

int frames_learn(struct frames *f, const void *record)
{
	return frames_tree_learn(&f->tree, record);
}

static void cannot_read(struct frames *f, const struct frames_process *process, int err)
{
	if (!f->why[0])
		snprintf(f->why, sizeof(f->why), "cannot read the page frames of process %d: %s",
			 process->pid, strerror(-err));
}

/* One region; a process that ends meanwhile has no more pages to tell of. */
static int append_region(struct frames *f, struct recording *rec,
			 const struct frames_process *process, int pagemap,
			 const struct frames_region *region)
{
	__u64 page_size = (__u64)f->proc.page_size, first = region->start / page_size;
	__u64 end = (region->start + region->length + page_size - 1) / page_size, page;
	int got, err;

	f->record->process = process->id;
	f->record->region = region->name;
	for (page = first; page < end; page += (__u64)got) {
		size_t n = end - page < FL_FRAMES_MOST ? end - page : FL_FRAMES_MOST;

		got = frames_read(&f->proc, pagemap, page * page_size, n, f->record->frames);
		if (got < 0)
			cannot_read(f, process, got);
		if (got <= 0)
			return 0;
		f->record->first_page = page - first;
		f->record->count = (__u32)got;
		err = recording_append(rec, f->record, FL_FRAMES_SIZE((size_t)got));
		if (err)
			return err;
	}
	return 0;
}

static void open_pagemaps(const struct frames *f, int *pagemaps, size_t n)
{
	identity_frames(IDENTITY_FRAMES_ON);
	for (size_t i = 0; i < n; i++) {
		const struct frames_process *process = f->tree.processes[i];
		bool wanted = !process->ended && process->nr_regions;

		pagemaps[i] = wanted ? frames_pagemap_open(process->pid) : -ESRCH;
	}
	identity_frames(IDENTITY_FRAMES_OFF);
}

/*
 * A pid may have gone to somebody else since the records last told of it.  An
 * open pagemap stays that of one address space, so: open, learn who has ended
 * before that, and read those of the rest.
 */
static int read_pages(struct frames *f, struct recording *rec)
{
	size_t n = f->tree.nr_processes;
	int *pagemaps = calloc(n, sizeof(*pagemaps));
	int err = 0;

	if (!pagemaps)
		return -ENOMEM;
	open_pagemaps(f, pagemaps, n);
	f->calls.drain(f->calls.arg);
	for (size_t i = 0; i < n; i++) {
		const struct frames_process *process = f->tree.processes[i];

		if (pagemaps[i] < 0 && pagemaps[i] != -ESRCH && !process->ended)
			cannot_read(f, process, pagemaps[i]);
		for (size_t r = 0; r < process->nr_regions && pagemaps[i] >= 0 && !err; r++)
			err = append_region(f, rec, process, pagemaps[i], &process->regions[r]);
		if (pagemaps[i] >= 0)
			close(pagemaps[i]);
	}
	free(pagemaps);
	return err;
}

/* The process behind a connection; NULL: it is not traced. */
static struct frames_process *find_asker(struct frames *f, pid_t pid)
{
	struct frames_process *process;

	for (int i = 0; i < DRAINS; i++) {
		f->calls.drain(f->calls.arg);
		process = frames_tree_find(&f->tree, pid);
		if (process && process->asker)
			return process;
	}
	return NULL;
}

static void look(struct frames *f)
{
	for (size_t i = 0; i < f->tree.nr_processes && f->calls.look; i++)
		if (!f->tree.processes[i]->ended)
			f->calls.look(f->calls.arg, f->tree.processes[i]->pid,
				      f->record->event.t_ns, f->record->phase);
}

static int serve(struct frames *f, struct recording *rec, pid_t pid)
{
	struct frames_process *process = find_asker(f, pid);
	struct timespec now;

	if (!process)
		return 0;
	memset(f->record, 0, sizeof(*f->record));
	f->record->event.type = FL_FRAMES;
	f->record->event.task = process->asker;
	f->record->phase = f->tree.tasks[process->asker].phase;
	process->asker = 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	f->record->event.t_ns = (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
	look(f);
	return f->pages ? read_pages(f, rec) : 0;
}

int frames_serve(struct frames *f, struct recording *rec)
{
	int fd, err = 0;
	pid_t pid;

	while (!err && (fd = barrier_accept(f->listening, &pid)) >= 0) {
		err = serve(f, rec, pid);
		close(fd);
	}
	return err;
}
