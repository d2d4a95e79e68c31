// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/pagemap, /proc/kpagecount and /proc/kpageflags: one number of 64 bits
 * for each page of a process, or for each frame of the machine.  See pagemap.rst
 * of the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/frames_impl.h"

/* fs/proc/task_mmu.c */
#define PM_PFN ((1ull << 55) - 1)
#define PM_SOFT_DIRTY (1ull << 55)
#define PM_EXCLUSIVE (1ull << 56)
#define PM_FILE (1ull << 61)
#define PM_SWAP (1ull << 62)
#define PM_PRESENT (1ull << 63)

#define MAPCOUNT_UNKNOWN (~0u)

/* A number read in vain costs less than another call, up to so many. */
#define WORTH_SKIPPING 8

struct bit {
	__u64 theirs;
	__u32 ours;
};

static __u32 translate(__u64 value, const struct bit *bits, size_t n)
{
	__u32 flags = 0;

	for (size_t i = 0; i < n; i++)
		if (value & bits[i].theirs)
			flags |= bits[i].ours;
	return flags;
}

static __u32 page_flags(__u64 entry)
{
	static const struct bit bits[] = {
		{ PM_PRESENT, FL_FRAME_PRESENT },       { PM_SWAP, FL_FRAME_SWAP },
		{ PM_EXCLUSIVE, FL_FRAME_EXCLUSIVE },   { PM_FILE, FL_FRAME_FILE },
		{ PM_SOFT_DIRTY, FL_FRAME_SOFT_DIRTY },
	};

	return translate(entry, bits, sizeof(bits) / sizeof(bits[0]));
}

static __u32 frame_flags(__u64 entry)
{
	static const struct bit bits[] = {
		{ 1ull << KPF_ANON, FL_FRAME_ANON },      { 1ull << KPF_THP, FL_FRAME_THP },
		{ 1ull << KPF_HUGE, FL_FRAME_HUGE },      { 1ull << KPF_KSM, FL_FRAME_KSM },
		{ 1ull << KPF_ZERO_PAGE, FL_FRAME_ZERO },
	};

	return translate(entry, bits, sizeof(bits) / sizeof(bits[0]));
}

/* Gives how many numbers of the N came, or -errno. */
static ssize_t read_numbers(int fd, __u64 first, size_t n, __u64 *numbers)
{
	size_t had = 0;

	while (had < n * sizeof(*numbers)) {
		ssize_t got = pread(fd, (char *)numbers + had, n * sizeof(*numbers) - had,
				    (off_t)(first * sizeof(*numbers) + had));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return had ? (ssize_t)(had / sizeof(*numbers)) : -errno;
		if (!got)
			break;
		had += (size_t)got;
	}
	return (ssize_t)(had / sizeof(*numbers));
}

static int by_pfn(const void *a, const void *b)
{
	const struct fl_frame *const *one = a, *const *two = b;

	return ((*one)->pfn > (*two)->pfn) - ((*one)->pfn < (*two)->pfn);
}

/* Counts and flags of the N frames of LIST, which are near each other and in order. */
static void read_near(const struct frames_proc *proc, struct fl_frame *const *list, size_t n)
{
	__u64 counts[FL_FRAMES_MOST], flags[FL_FRAMES_MOST], first = list[0]->pfn;
	size_t span = list[n - 1]->pfn - first + 1;
	ssize_t nr_counts = read_numbers(proc->counts, first, span, counts);
	ssize_t nr_flags = read_numbers(proc->flags, first, span, flags);

	for (size_t i = 0; i < n; i++) {
		ssize_t at = (ssize_t)(list[i]->pfn - first);

		if (at < nr_counts)
			list[i]->mapcount = (__u32)counts[at];
		if (at < nr_flags)
			list[i]->flags |= frame_flags(flags[at]) & ~proc->untrue;
	}
}

/* Memory comes in pieces from everywhere: sorted, fewer calls do. */
static void read_frames(const struct frames_proc *proc, struct fl_frame *frames, size_t n)
{
	struct fl_frame *list[FL_FRAMES_MOST];
	size_t present = 0;

	for (size_t i = 0; i < n; i++)
		if (frames[i].pfn)
			list[present++] = &frames[i];
	if (!present)
		return;
	qsort(list, present, sizeof(list[0]), by_pfn);
	for (size_t i = 0, j; i < present; i = j) {
		for (j = i + 1; j < present; j++)
			if (list[j]->pfn - list[j - 1]->pfn > WORTH_SKIPPING ||
			    list[j]->pfn - list[i]->pfn >= FL_FRAMES_MOST)
				break;
		read_near(proc, list + i, j - i);
	}
}

int frames_read(const struct frames_proc *proc, int pagemap, __u64 address, size_t n,
		struct fl_frame *frames)
{
	__u64 entries[FL_FRAMES_MOST];
	ssize_t got;

	if (n > FL_FRAMES_MOST)
		n = FL_FRAMES_MOST;
	got = read_numbers(pagemap, address / (__u64)proc->page_size, n, entries);
	if (got < 0)
		return (int)got;
	for (ssize_t i = 0; i < got; i++) {
		bool present = entries[i] & PM_PRESENT;

		frames[i] = (struct fl_frame){
			.pfn = present ? entries[i] & PM_PFN : 0,
			.flags = page_flags(entries[i]),
			.mapcount = MAPCOUNT_UNKNOWN,
		};
		if (present && !frames[i].pfn)
			return -EPERM;
	}
	read_frames(proc, frames, (size_t)got);
	return (int)got;
}

int frames_pagemap_open(pid_t pid)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ESRCH : -errno;
}

static int open_table(const char *path, char *why, size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd >= 0)
		return fd;
	err = -errno;
	if (err == -ENOENT)
		snprintf(why, why_size,
			 "there is no %s; it needs a kernel with CONFIG_PROC_PAGE_MONITOR", path);
	else
		snprintf(why, why_size,
			 "cannot open %s: %s; root outside of any container is shown it", path,
			 strerror(-err));
	return err;
}

/* Not every root is shown frame numbers: CAP_SYS_ADMIN must be that of the machine. */
static int try_own_page(struct frames_proc *proc, char *why, size_t why_size)
{
	struct fl_frame frame = { 0 };
	int fd = frames_pagemap_open(getpid()), got;

	if (fd < 0) {
		snprintf(why, why_size, "cannot open /proc/self/pagemap: %s", strerror(-fd));
		return fd;
	}
	got = frames_read(proc, fd, (uintptr_t)&frame, 1, &frame);
	close(fd);
	/* From 6.10 on stable_page_flags() takes every anonymous page for a merged one; not on 6.18. */
	proc->untrue = frame.flags & FL_FRAME_KSM;
	if (got == 1 && frame.flags & FL_FRAME_PRESENT)
		return 0;
	snprintf(why, why_size,
		 "/proc/PID/pagemap does not show us page frame numbers; that needs CAP_SYS_ADMIN "
		 "outside of any container");
	return got < 0 ? got : -EPERM;
}

int frames_proc_open(struct frames_proc *proc, char *why, size_t why_size)
{
	int err;

	*proc = (struct frames_proc){ -1, -1, sysconf(_SC_PAGESIZE), 0 };
	proc->counts = open_table("/proc/kpagecount", why, why_size);
	if (proc->counts < 0)
		return proc->counts;
	proc->flags = open_table("/proc/kpageflags", why, why_size);
	err = proc->flags < 0 ? proc->flags : try_own_page(proc, why, why_size);
	if (err)
		frames_proc_close(proc);
	return err;
}

void frames_proc_close(struct frames_proc *proc)
{
	if (proc->counts >= 0)
		close(proc->counts);
	if (proc->flags >= 0)
		close(proc->flags);
	proc->counts = proc->flags = -1;
}
