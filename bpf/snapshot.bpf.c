// SPDX-License-Identifier: GPL-2.0
/* Iterators: what is true of a task at one moment. */
#include "ledger.bpf.h"
#include "trace.bpf.h"

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
