/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Resident memory before 6.2: a counter is one number in the address space, and
 * each task keeps to itself what it has not added yet.  It does so after 64
 * faults, when the next one begins: check_sync_rss_stat().
 */
#ifndef RSS_SPLIT_BPF_H
#define RSS_SPLIT_BPF_H

#include "trace.bpf.h"

struct mm_struct___split {
	struct {
		atomic_long_t count[4];
	} rss_stat;
} __attribute__((preserve_access_index));

struct task_struct___split {
	struct {
		int events; /* faults since it added its part */
		int count[4];
	} rss_stat;
	struct list_head thread_node;
} __attribute__((preserve_access_index));

struct signal_struct___split {
	struct list_head thread_head;
} __attribute__((preserve_access_index));

static __always_inline bool rss_is_split(void)
{
	struct task_struct___split *task = NULL;

	return bpf_core_field_exists(task->rss_stat.events);
}

/* More threads than this are not asked for their part. */
#define SPLIT_THREADS 256

/* A counter of the current process: the number, and what its threads have not added yet. */
SHARED __s64 rss_split_read(int member)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct mm_struct___split *mm = (void *)BPF_CORE_READ(current, mm);
	struct signal_struct___split *signal = (void *)BPF_CORE_READ(current, signal);
	struct list_head *head = &signal->thread_head, *node = BPF_CORE_READ(head, next);
	__s64 sum = BPF_CORE_READ(mm, rss_stat.count[member & 3].counter);
	int i;

	for (i = 0; i < SPLIT_THREADS && node && node != head; i++) {
		struct task_struct___split *task = NULL;

		task = (void *)node - bpf_core_field_offset(task->thread_node);
		sum += BPF_CORE_READ(task, rss_stat.count[member & 3]);
		node = BPF_CORE_READ(node, next);
	}
	return sum;
}

/* The current task's part of a counter. */
static __always_inline __s32 rss_split_part(int member)
{
	struct task_struct___split *task = (void *)bpf_get_current_task_btf();

	return BPF_CORE_READ(task, rss_stat.count[member & 3]);
}

static __always_inline __u32 rss_split_faults(void)
{
	struct task_struct___split *task = (void *)bpf_get_current_task_btf();

	return BPF_CORE_READ(task, rss_stat.events);
}

/* As rss_watch() and rss_changed() do it. */
static __always_inline int rss_split_watch(struct task_state *s, __u32 members)
{
	int i;

	s->pending.rss_faults = rss_split_faults();
	UNROLLED
	for (i = 0; i < 4; i++)
		if (members & 1 << i)
			s->pending.rss_before[i] = rss_split_part(i);
	return 0;
}

static __always_inline int rss_split_changed(struct task_state *s)
{
	/* added meanwhile: the fault began with nothing kept back */
	bool added = rss_split_faults() <= s->pending.rss_faults;
	int i, changed = 0;

	UNROLLED
	for (i = 0; i < 4; i++)
		if (s->pending.watched & 1 << i &&
		    rss_split_part(i) != (added ? 0 : s->pending.rss_before[i]))
			changed |= 1 << i;
	return changed;
}

#endif /* RSS_SPLIT_BPF_H */
