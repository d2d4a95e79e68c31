// SPDX-License-Identifier: GPL-2.0
/* Iterators: what is true of a task at one moment. */
#include "ledger.bpf.h"
#include "trace.bpf.h"
#include "vma.bpf.h"

/*
 * Tasks that still live when tracing stops: read after the other programs are
 * detached, so that nothing changes their state any more.  Their window ends
 * with the last event that was seen of them.
 */
SEC("iter/task")
int snapshot_end(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *s;
	struct fl_task_end e = {};
	__u64 now;

	if (!task)
		return 0;
	s = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!s || !s->begun || task->exit_state)
		return 0;
	now = bpf_ktime_get_ns();
	task_flush(s, now);
	event_fill(&e.event, FL_TASK_END, s->task, now);
	e.min_flt = s->min_flt;
	e.maj_flt = s->maj_flt;
	e.nvcsw = task->nvcsw;
	e.nivcsw = task->nivcsw;
	e.alive = 1;
	event_send(&e.event, sizeof(e));
	return 0;
}

/*
 * Whether the direct map begins so many GiB below the GiB that holds this
 * process's page table: no symbol says where it is that programs may use
 * everywhere, but KASLR moves it by whole GiB (kernel_randomize_memory()), and a
 * wrong place does not lead to the frame that /proc/self/pagemap gives for an
 * address.  Run by hand, in the process that reads that file.
 */
SEC("raw_tp")
int snapshot_direct_map(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 address = ctx->args[0], frame = ctx->args[1], gib = ctx->args[2];
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 table = (__u64)BPF_CORE_READ(mm, pgd);

	direct_map = ((table >> 30) - gib) << 30;
	if ((page_table_entry(address, 12) & 0x000ffffffffff000ULL) >> 12 == frame)
		return 1;
	direct_map = 0;
	return 0;
}
