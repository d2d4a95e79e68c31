/* SPDX-License-Identifier: GPL-2.0 */
/* Resident memory, exact: the counters of an address space summed over all CPUs. */
#ifndef RSS_BPF_H
#define RSS_BPF_H

#include "trace.bpf.h"

/* Sum of a per-CPU counter, as percpu_counter_sum() has it but without its lock. */
extern const unsigned long this_cpu_off __ksym __weak;

static __always_inline __s64 rss_read(struct mm_struct *mm, int member)
{
	struct percpu_counter *counter = &mm->rss_stat[member];
	__s64 sum = BPF_CORE_READ(counter, count);
	__u64 base = (__u64)BPF_CORE_READ(counter, counters);
	__u32 cpu;

	for (cpu = 0; cpu < 256 && cpu < nr_cpus; cpu++) {
		const unsigned long *offset = bpf_per_cpu_ptr(&this_cpu_off, cpu);
		__s32 part = 0;

		if (!offset)
			break;
		bpf_probe_read_kernel(&part, sizeof(part), (void *)(base + *offset));
		sum += part;
	}
	return sum;
}

static __noinline void rss_send(struct task_state *s, struct task_struct *task, __u64 now)
{
	struct mm_struct *mm = task->mm;
	struct fl_rss *e;

	if (!want_rss || !mm)
		return;
	e = event_reserve(FL_RSS, sizeof(*e), s->task, now);
	if (!e)
		return;
	e->file = rss_read(mm, MM_FILEPAGES);
	e->anon = rss_read(mm, MM_ANONPAGES);
	e->swap = rss_read(mm, MM_SWAPENTS);
	e->shmem = rss_read(mm, MM_SHMEMPAGES);
	e->page_tables_bytes = mm->pgtables_bytes.counter;
	e->total_vm = mm->total_vm;
	event_submit(e);
}

#endif /* RSS_BPF_H */
