// SPDX-License-Identifier: GPL-2.0
/* The life of a task: created, exec, exit, renamed. */
#include "card.bpf.h"
#include "rss.bpf.h"
#include "trace.bpf.h"

#define CLONE_VM_BIT 0x00000100
#define CLONE_THREAD_BIT 0x00010000

/* A new process has copies of its creator's named regions; a thread shares them. */
static __always_inline void regions_inherit(__u32 from, __u32 to, __u64 now)
{
	struct named_regions *named = bpf_map_lookup_elem(&regions, &from);

	if (named && bpf_map_update_elem(&regions, &to, named, BPF_ANY))
		loss_count(LOSS_MAP + FL_MAP_REGIONS, now);
}

/* TP_PROTO(struct task_struct *task, u64 clone_flags); runs in the creator */
SEC("tp_btf/task_newtask")
int BPF_PROG(task_new, struct task_struct *task, __u64 clone_flags)
{
	struct task_state *creator = task_state(bpf_get_current_task_btf());
	struct task_state *s;
	struct fl_task_new e = {};
	__u64 now;

	if (!creator)
		return 0;
	now = bpf_ktime_get_ns();
	s = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s) {
		loss_count(LOSS_UNTRACKED, now);
		return 0;
	}
	__sync_fetch_and_add(&live_tasks, 1);
	s->task = __sync_fetch_and_add(&last_task, 1) + 1;
	s->process = clone_flags & CLONE_THREAD_BIT ? creator->process : s->task;
	s->phase = creator->phase;
	/* it returns from the call that its creator is in */
	s->syscall = creator->syscall;
	s->call_ns = now;
	__builtin_memcpy(s->call_args, creator->call_args, sizeof(s->call_args));
	s->begun = true;
	s->parent = (__u64)BPF_CORE_READ(task, real_parent);
	if (!(clone_flags & CLONE_THREAD_BIT))
		regions_inherit(creator->process, s->process, now);

	event_fill(&e.event, FL_TASK_NEW, s->task, now);
	e.clone_flags = clone_flags;
	e.creator = creator->task;
	e.process = s->process;
	e.tid = task->pid;
	e.pid = task->tgid;
	e.parent = task_id(task->real_parent);
	e.syscall = creator->syscall;
	bpf_probe_read_kernel_str(e.comm, sizeof(e.comm), task->comm);
	event_send(&e.event, sizeof(e));
	return 0;
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(task_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct task_state *s = task_state(task);
	struct fl_task_exec e = {};
	const char *path;
	__u64 now;
	__u32 process;

	if (!s)
		return 0;
	now = bpf_ktime_get_ns();
	/* What was known of the old address space is void, save for the fault in hand. */
	s->mm = 0;
	s->in_exec = true;
	process = s->process;
	bpf_map_delete_elem(&regions, &process);

	event_fill(&e.event, FL_TASK_EXEC, s->task, now);
	e.old_tid = old_pid;
	e.tid = task->pid;
	bpf_probe_read_kernel_str(e.comm, sizeof(e.comm), task->comm);
	path = BPF_CORE_READ(bprm, filename);
	/* /dev/fd/N tells nothing; of a script the file is its interpreter: alloc_bprm() */
	if (BPF_CORE_READ(bprm, fdpath) && BPF_CORE_READ(bprm, interp) == path)
		path = (const char *)BPF_CORE_READ(bprm, file, f_path.dentry, d_name.name);
	bpf_probe_read_kernel_str(e.path, sizeof(e.path), path);
	event_send(&e.event, sizeof(e));
	return 0;
}

/*
 * TP_PROTO(struct task_struct *p, bool group_dead), the flag since 6.16.
 * Faults still follow: clear_child_tid and the robust list are dealt with in
 * exit_mm(), which comes later.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_exit, struct task_struct *task)
{
	struct task_state *s = task_state(task);
	struct fl_task_exit e = {};
	struct signal_struct *signal;
	__u64 now;

	if (!s)
		return 0;
	now = bpf_ktime_get_ns();
	rss_send(s, now);
	parent_check(s, task, now);
	card_send(s, as_number(s, task), card_registers(s, task), FL_CARD_EXIT, now);
	s->syscall = FL_IN_EXIT;

	event_fill(&e.event, FL_TASK_EXIT, s->task, now);
	/* as wait_task_zombie() has it */
	signal = BPF_CORE_READ(task, signal);
	e.status = BPF_CORE_READ(signal, flags) & 4 /* SIGNAL_GROUP_EXIT */ ?
			   BPF_CORE_READ(signal, group_exit_code) :
			   task->exit_code;
	e.group_dead = BPF_CORE_READ(signal, live.counter) == 0;
	event_send(&e.event, sizeof(e));
	return 0;
}

/* TP_PROTO(struct task_struct *p); a grace period of RCU after its last switch and release_task() */
SEC("tp_btf/sched_process_free")
int BPF_PROG(task_free, struct task_struct *task)
{
	__u32 id = task_id(task);
	struct fl_event *e;

	if (!id)
		return 0;
	e = event_reserve(FL_TASK_FREE, sizeof(*e), id, bpf_ktime_get_ns());
	if (e)
		event_submit(e);
	return 0;
}

/* TP_PROTO(struct task_struct *task, const char *comm) */
SEC("?tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct *task, const char *comm)
{
	struct task_state *s = task_state(task);
	struct fl_task_rename *e;

	if (!s)
		return 0;
	e = event_reserve(FL_TASK_RENAME, sizeof(*e), s->task, bpf_ktime_get_ns());
	if (!e)
		return 0;
	bpf_probe_read_kernel_str(e->comm, sizeof(e->comm), comm);
	event_submit(e);
	return 0;
}
