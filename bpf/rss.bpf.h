/* SPDX-License-Identifier: GPL-2.0 */
/* Resident memory, exact: the counters of an address space summed over all CPUs. */
#ifndef RSS_BPF_H
#define RSS_BPF_H

#include "rss-split.bpf.h"
#include "trace.bpf.h"

/*
 * The kernel adds a CPU's offset to a per-CPU pointer.  The offsets are in no
 * symbol that programs may use everywhere, but a per-CPU map shows them: the
 * address of an element on a CPU less the map's own per-CPU pointer.
 */
static __always_inline __u64 percpu_offset(__u64 *scratch, __u32 cpu)
{
	const struct bpf_array *map = (void *)number_through(scratch, &losses);
	__u32 slot = 0;
	void *element = bpf_map_lookup_percpu_elem(&losses, &slot, cpu);

	if (!percpu_pointer)
		bpf_core_read(&percpu_pointer, sizeof(percpu_pointer), &map->pptrs);
	return element ? number_through(scratch, element) - percpu_pointer : 0;
}

/* One CPU's share of a counter of the current address space. */
static __always_inline __s32 rss_part(struct task_state *s, struct mm_struct *mm, int member,
				      __u64 offset)
{
	__u64 counters = (__u64)BPF_CORE_READ(mm, rss_stat[member & 3].counters);
	__s32 part = 0;

	bpf_probe_read_kernel(&part, sizeof(part), (void *)(counters + offset));
	return part;
}

/* All CPUs' shares of the counter at the per-CPU pointer COUNTERS. */
SHARED __s64 rss_shares(struct task_state *s, __u64 counters)
{
	__s64 sum = 0;
	__u32 cpu;

	if (!s)
		return 0;
	for (cpu = 0; cpu < 256 && cpu < nr_cpus; cpu++) {
		__s32 part = 0;

		bpf_probe_read_kernel(&part, sizeof(part),
				      (void *)(counters + percpu_offset(&s->scratch, cpu)));
		sum += part;
	}
	return sum;
}

/* As percpu_counter_sum() has it, but without its lock. */
static __always_inline __s64 rss_read(struct task_state *s, struct mm_struct *mm, int member)
{
	if (rss_is_split())
		return rss_split_read(member);
	return BPF_CORE_READ(mm, rss_stat[member & 3].count) +
	       rss_shares(s, (__u64)BPF_CORE_READ(mm, rss_stat[member & 3].counters));
}

/*
 * Some faults are told apart only by which counter they change.  Tracing
 * rss_stat would cost every fault; instead this CPU's share of the counters in
 * question is looked at before the fault and after it.
 */
SHARED int rss_watch(struct task_state *s, __u32 members)
{
	struct mm_struct *mm = current_mm();
	__u64 offset;
	int i;

	if (!s || !mm)
		return 0;
	s->pending.watched = members;
	if (rss_is_split())
		return rss_split_watch(s, members);
	s->pending.cpu = bpf_get_smp_processor_id();
	offset = percpu_offset(&s->scratch, s->pending.cpu);
	UNROLLED
	for (i = 0; i < 4; i++)
		if (members & 1 << i)
			s->pending.rss_before[i] = rss_part(s, mm, i, offset);
	return 0;
}

/*
 * Which of the watched counters changed.  All of them, as far as is known, where
 * the task was moved to another CPU in the middle of the fault, or has left its
 * address space since: the last fault of a life is settled at its very end.
 */
SHARED int rss_changed(struct task_state *s)
{
	struct mm_struct *mm = current_mm();
	int i, changed = 0;
	__u64 offset;

	if (!s)
		return 0;
	if (!mm)
		return s->pending.watched;
	if (rss_is_split())
		return rss_split_changed(s);
	if (s->pending.cpu != bpf_get_smp_processor_id())
		return s->pending.watched;
	offset = percpu_offset(&s->scratch, s->pending.cpu);
	UNROLLED
	for (i = 0; i < 4; i++)
		if (s->pending.watched & 1 << i &&
		    s->pending.rss_before[i] != rss_part(s, mm, i, offset))
			changed |= 1 << i;
	return changed;
}

/* Of the current task. */
SHARED int rss_send(struct task_state *s, __u64 now)
{
	struct mm_struct *mm = current_mm();
	struct fl_rss *e;

	if (!s || !want_rss || !mm)
		return 0;
	e = event_reserve(FL_RSS, sizeof(*e), s->task, now);
	if (!e)
		return 0;
	e->file = rss_read(s, mm, MM_FILEPAGES);
	e->anon = rss_read(s, mm, MM_ANONPAGES);
	e->swap = rss_read(s, mm, MM_SWAPENTS);
	e->shmem = rss_read(s, mm, MM_SHMEMPAGES);
	e->page_tables_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
	e->total_vm = BPF_CORE_READ(mm, total_vm);
	event_submit(e);
	return 0;
}

#endif /* RSS_BPF_H */
