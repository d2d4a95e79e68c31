// SPDX-License-Identifier: GPL-2.0
/* Who runs, who waits, who wakes whom; and the last moment of a task. */
#include "trace.bpf.h"
#include "card.bpf.h"
#include "fault.bpf.h"

#define TASK_DEAD_BIT 0x80

/*
 * Counters no longer change once a task is switched out for good; until then it
 * is the current one.  What is settled is settled before: the stacks of that and
 * of this are too much in one.
 */
SHARED int task_end(struct task_state *s, __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fl_task_end e = {};

	if (!s)
		return 0;
	task_flush(s, now);
	event_fill(&e.event, FL_TASK_END, s->task, now);
	e.min_flt = task->min_flt;
	e.maj_flt = task->maj_flt;
	/* __schedule() has not counted this switch at the tracepoint of older kernels */
	e.nvcsw = task->nvcsw;
	e.nivcsw = task->nivcsw;
	event_send(&e.event, sizeof(e));
	__sync_fetch_and_add(&live_tasks, -1);
	return 0;
}

SHARED int last_settle(struct task_state *s, __u64 now)
{
	if (s)
		fault_settle(s, bpf_get_current_task_btf(), now, EVENT_OTHER);
	return 0;
}

/* What is read of types that programs do not use otherwise. */
struct rq___clock {
	__u64 clock;
} __attribute__((preserve_access_index));

struct sched_info___arrival {
	__u64 last_arrival;
	__u64 last_queued;
} __attribute__((preserve_access_index));

struct task_struct___arrival {
	struct sched_info___arrival sched_info;
} __attribute__((preserve_access_index));

/*
 * NOW as it was when the clock of TASK's runqueue showed CLOCK.  That may still have
 * been the one of the wake-up (rq_clock_skip_update()), which was told of a moment
 * after it was read.
 */
static __always_inline __u64 clock_moment(const struct task_state *s, struct task_struct *task,
					  __u64 clock, __u64 now)
{
	struct rq___clock *rq = (void *)BPF_CORE_READ(task, se.cfs_rq, rq);
	__u64 at = now - (BPF_CORE_READ(rq, clock) - clock);

	return at < s->sched_ns ? s->sched_ns : at;
}

static __always_inline void ready_send(struct task_state *s, __u64 at)
{
	struct fl_ready *e;

	s->runnable = true;
	e = event_reserve(FL_READY, sizeof(*e), s->task, at);
	if (!e)
		return;
	e->target_cpu = bpf_get_smp_processor_id();
	e->is_new = 0;
	event_submit(e);
}

/*
 * Some kernels hide what a task does that they protect: wake-ups by it, and the
 * switch away from it, so that nobody is told who came next.
 *
 * A hidden wake-up: before sched_info_switch() the task that gets the CPU still
 * knows since when it was queued.
 */
SHARED int queued_unseen(struct task_state *s, __u64 at_task, __u64 now)
{
	struct task_struct *task = (void *)at_task;
	struct task_struct___arrival *queued = (void *)task;
	__u64 since = 0;

	if (!s || !task)
		return 0;
	if (bpf_core_field_exists(queued->sched_info.last_queued))
		since = BPF_CORE_READ(queued, sched_info.last_queued);
	if (!since) {
		s->runnable = true;
		loss_count(FL_READY, now);
		return 0;
	}
	ready_send(s, clock_moment(s, task, since, now));
	return 0;
}

/*
 * A hidden switch: when the task leaves that it brought in, its own time of
 * arrival says since when it ran; sched_info_arrive() took it from the same clock
 * of the runqueue.
 */
SHARED int arrived_unseen(struct task_state *s, __u64 at_task, __u64 now)
{
	struct task_struct *task = (void *)at_task;
	struct task_struct___arrival *arrival = (void *)task;
	struct fl_event *e;
	__u64 at;

	if (!s || !task)
		return 0;
	if (!bpf_core_field_exists(arrival->sched_info.last_arrival)) {
		loss_count(FL_SWITCH_IN, now);
		return 0;
	}
	at = clock_moment(s, task, BPF_CORE_READ(arrival, sched_info.last_arrival), now);
	/* its wake-up was hidden, too, and since when it was queued is forgotten */
	if (!s->runnable)
		ready_send(s, at);
	e = event_reserve(FL_SWITCH_IN, sizeof(*e), s->task, at);
	if (e)
		event_submit(e);
	return 0;
}

static __always_inline void switch_out(struct task_state *s, struct task_struct *prev, bool preempt,
				       unsigned int state, __u64 now)
{
	struct fl_switch_out *e;

	if (state & TASK_DEAD_BIT) {
		last_settle(s, now);
		task_end(s, now);
	}
	if (!want_states)
		return;
	if (!s->on_cpu)
		arrived_unseen(s, as_number(s, prev), now);
	s->on_cpu = false;
	s->runnable = preempt || !state;
	s->sched_ns = now;
	e = event_reserve(FL_SWITCH_OUT, sizeof(*e), s->task, now);
	if (!e)
		return;
	/* TASK_DEAD hides what the task is for its parent: EXIT_ZOMBIE or EXIT_DEAD */
	e->prev_state = state & TASK_DEAD_BIT ? prev->exit_state : state;
	e->syscall = s->syscall;
	e->preempt = preempt;
	e->in_fault = s->pending.via && s->min_flt == prev->min_flt && s->maj_flt == prev->maj_flt;
	event_submit(e);
}

/*
 * TP_PROTO(bool preempt, struct task_struct *prev, struct task_struct *next,
 *          unsigned int prev_state)
 */
SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switched, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	struct task_state *s = task_state(prev);
	__u64 now = 0;
	struct fl_event *e;

	if (page_alloc_runs())
		loss_count(LOSS_PREEMPTED, bpf_ktime_get_ns());
	if (s) {
		now = bpf_ktime_get_ns();
		parent_check(s, prev, now);
		switch_out(s, prev, preempt, prev_state, now);
	}
	if (!want_states)
		return 0;
	s = task_state(next);
	if (!s)
		return 0;
	if (!s->runnable)
		queued_unseen(s, as_number(s, next), now ? now : bpf_ktime_get_ns());
	s->on_cpu = true;
	parent_check(s, next, now);
	e = event_reserve(FL_SWITCH_IN, sizeof(*e), s->task, now ? now : bpf_ktime_get_ns());
	if (e)
		event_submit(e);
	return 0;
}

/* TP_PROTO(struct task_struct *p); runs in the waker */
SEC("?tp_btf/sched_waking")
int BPF_PROG(sched_waking, struct task_struct *task)
{
	struct task_state *s = task_state(task);
	struct task_struct *waker = bpf_get_current_task_btf();
	struct fl_waking *e;

	if (!s)
		return 0;
	e = event_reserve(FL_WAKING, sizeof(*e), s->task, bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->waker = task_id(waker);
	e->waker_tid = waker->pid;
	e->in_irq = in_interrupt(waker);
	__builtin_memset(e->reserved, 0, sizeof(e->reserved));
	__builtin_memcpy(e->waker_comm, waker->comm, sizeof(e->waker_comm));
	event_submit(e);
	return 0;
}

static __always_inline int ready(struct task_struct *task, bool is_new)
{
	struct task_state *s = task_state(task);
	struct fl_ready *e;
	__u64 now;

	if (!s)
		return 0;
	now = bpf_ktime_get_ns();
	if (!s->runnable)
		s->sched_ns = now;
	s->runnable = true;
	e = event_reserve(FL_READY, sizeof(*e), s->task, now);
	if (!e)
		return 0;
	e->target_cpu = task->wake_cpu;
	e->is_new = is_new;
	event_submit(e);
	return 0;
}

/* TP_PROTO(struct task_struct *p) */
SEC("?tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	return ready(task, false);
}

SEC("?tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	return ready(task, true);
}

/* TP_PROTO(struct task_struct *p, int dest_cpu) */
SEC("?tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate, struct task_struct *task, int to)
{
	struct task_state *s = task_state(task);
	struct fl_migrate *e;

	if (!s)
		return 0;
	e = event_reserve(FL_MIGRATE, sizeof(*e), s->task, bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->from_cpu = task->thread_info.cpu;
	e->to_cpu = to;
	event_submit(e);
	return 0;
}

/* TP_PROTO(struct task_struct *tsk, struct task_struct *pi_task) */
SEC("?tp_btf/sched_pi_setprio")
int BPF_PROG(sched_prio, struct task_struct *task, struct task_struct *donor)
{
	struct task_state *s = task_state(task);
	struct fl_prio *e;

	if (!s)
		return 0;
	e = event_reserve(FL_PRIO, sizeof(*e), s->task, bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->old_prio = task->prio;
	/* as the tracepoint computes it: the donor's if that is higher */
	e->new_prio = donor && donor->prio < task->normal_prio ? donor->prio : task->normal_prio;
	e->donor = donor ? task_id(donor) : 0;
	e->reserved = 0;
	event_submit(e);
	return 0;
}
