/* SPDX-License-Identifier: GPL-2.0 */
/* Resident memory, exact: the counters of an address space summed over all CPUs. */
#ifndef RSS_BPF_H
#define RSS_BPF_H

#include "trace.bpf.h"

/*
 * The kernel adds a CPU's offset to a per-CPU pointer.  The offsets are in no
 * symbol that programs may use everywhere, but a per-CPU map shows them: the
 * address of an element on a CPU less the map's own per-CPU pointer.
 */
static __always_inline __u64 percpu_offset(struct task_state *s, __u64 percpu_pointer, __u32 cpu)
{
	__u32 slot = 0;
	void *element = bpf_map_lookup_percpu_elem(&losses, &slot, cpu);

	return element ? as_number(s, element) - percpu_pointer : 0;
}

/* As percpu_counter_sum() has it, but without its lock. */
static __noinline __s64 rss_read(struct task_state *s, struct mm_struct *mm, int member)
{
	const struct bpf_array *map = (void *)as_number(s, &losses);
	__u64 counters = (__u64)BPF_CORE_READ(mm, rss_stat[member & 3].counters);
	__s64 sum = BPF_CORE_READ(mm, rss_stat[member & 3].count);
	__u64 percpu_pointer = 0;
	__u32 cpu;

	bpf_core_read(&percpu_pointer, sizeof(percpu_pointer), &map->pptrs);
	for (cpu = 0; cpu < 256 && cpu < nr_cpus; cpu++) {
		__s32 part = 0;

		bpf_probe_read_kernel(&part, sizeof(part),
				      (void *)(counters + percpu_offset(s, percpu_pointer, cpu)));
		sum += part;
	}
	return sum;
}

/* Of the current task. */
SHARED int rss_send(struct task_state *s, __u64 now)
{
	struct mm_struct *mm = bpf_get_current_task_btf()->mm;
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
	e->page_tables_bytes = mm->pgtables_bytes.counter;
	e->total_vm = mm->total_vm;
	event_submit(e);
	return 0;
}

#endif /* RSS_BPF_H */
