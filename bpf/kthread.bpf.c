// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own threads: who asks for one, who makes it, and its end.  They are
 * no traced tasks, so all of this machine are told of while tracing runs; only the
 * asking is that of a traced task.
 *
 * kthread_create() puts its request into a list, wakes kthreadd and waits;
 * kthreadd() takes them out one by one.  One that is awake already is not woken.
 */
#include "trace.bpf.h"

#define FLAG_KTHREAD 0x00200000 /* PF_KTHREAD */
#define KTHREADD 2

static __noinline int kthread_send(struct task_struct *thread, __u8 what)
{
	struct task_struct *by = bpf_get_current_task_btf();
	struct fl_kthread *e;

	if (!thread)
		return 0;
	e = event_reserve(FL_KTHREAD, sizeof(*e), task_id(by), bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->tid = BPF_CORE_READ(thread, pid);
	e->parent = BPF_CORE_READ(thread, real_parent, pid);
	e->by_tid = by->pid;
	e->what = what;
	e->has_mm = BPF_CORE_READ(thread, mm) != NULL;
	__builtin_memset(e->reserved, 0, sizeof(e->reserved));
	bpf_probe_read_kernel_str(e->comm, sizeof(e->comm), thread->comm);
	bpf_probe_read_kernel_str(e->by_comm, sizeof(e->by_comm), by->comm);
	event_submit(e);
	return 0;
}

static __always_inline bool is_kernel_thread(struct task_struct *task)
{
	return BPF_CORE_READ(task, flags) & FLAG_KTHREAD;
}

/* TP_PROTO(struct task_struct *p); runs in who wakes it */
SEC("?tp_btf/sched_waking")
int BPF_PROG(kthread_ask, struct task_struct *task)
{
	if (task->pid == KTHREADD && is_kernel_thread(task) && task_id(bpf_get_current_task_btf()))
		kthread_send(task, FL_KTHREAD_ASK);
	return 0;
}

/* TP_PROTO(struct task_struct *task, u64 clone_flags); runs in the creator */
SEC("?tp_btf/task_newtask")
int BPF_PROG(kthread_born, struct task_struct *task, __u64 clone_flags)
{
	if (is_kernel_thread(task))
		kthread_send(task, FL_KTHREAD_BORN);
	return 0;
}

/* TP_PROTO(struct task_struct *t); runs in who calls kthread_stop() */
SEC("?tp_btf/sched_kthread_stop")
int BPF_PROG(kthread_stop, struct task_struct *task)
{
	kthread_send(task, FL_KTHREAD_STOP);
	return 0;
}

/* TP_PROTO(struct task_struct *p, bool group_dead), without the second until 6.16 */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(kthread_exit, struct task_struct *task)
{
	if (is_kernel_thread(task))
		kthread_send(task, FL_KTHREAD_EXIT);
	return 0;
}
