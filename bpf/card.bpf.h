/* SPDX-License-Identifier: GPL-2.0 */
/* A task's card: fields of task_struct at one moment, and who its parent is. */
#ifndef CARD_BPF_H
#define CARD_BPF_H

#include "trace.bpf.h"

const volatile bool want_cards __weak = false;

/* The barrier that user space serves: when, for whose process, and the phase of who asked. */
__u64 barrier_ns __weak = 0;
__u32 barrier_tgid __weak = 0;
__u32 barrier_phase __weak = 0;

/* Since 6.6; before, there was another place in the queue. */
struct sched_entity___deadline {
	__u64 deadline;
} __attribute__((preserve_access_index));

static __always_inline __u32 bits_of(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + (word >> 2 & 0x3333333333333333ULL);
	return ((word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL) * 0x0101010101010101ULL >> 56;
}

/* Loops as functions that the kernel calls are verified once, not anew for each turn. */
struct children {
	struct list_head *head, *at;
	__u32 n;
};

static long next_child(__u32 i, void *arg)
{
	struct children *c = arg;
	struct list_head *at = c->at;

	if (!at || at == c->head)
		return 1;
	c->at = BPF_CORE_READ(at, next);
	c->n++;
	return 0;
}

/* Children of one thread: the list may change under us, but what is freed is so under RCU. */
static __always_inline __u32 count_children(struct task_struct *task)
{
	struct children c = { .head = (void *)task + bpf_core_field_offset(task->children) };

	c.at = BPF_CORE_READ(task, children.next);
	bpf_loop(FL_CARD_CHILDREN, next_child, &c, 0);
	return c.n;
}

struct open_files {
	__u64 words;
	__u32 most, n;
};

static long next_files(__u32 i, void *arg)
{
	struct open_files *f = arg;
	__u64 word;

	if (i * 64 >= f->most)
		return 1;
	if (!bpf_probe_read_kernel(&word, sizeof(word), (void *)f->words + i * sizeof(word)))
		f->n += bits_of(word);
	return 0;
}

static __always_inline __u32 count_files(struct files_struct *files)
{
	struct fdtable *table = BPF_CORE_READ(files, fdt);
	struct open_files f = {};

	f.words = (__u64)BPF_CORE_READ(table, open_fds);
	f.most = BPF_CORE_READ(table, max_fds);
	bpf_loop(FL_CARD_FILES / 64, next_files, &f, 0);
	return f.n;
}

static __noinline int card_schedule(struct fl_card *e, struct task_struct *task)
{
	struct sched_entity___deadline *entity = (void *)task + bpf_core_field_offset(task->se);

	e->state = BPF_CORE_READ(task, __state);
	e->exit_state = BPF_CORE_READ(task, exit_state);
	e->exit_code = BPF_CORE_READ(task, exit_code);
	e->flags = BPF_CORE_READ(task, flags);
	e->policy = BPF_CORE_READ(task, policy);
	e->prio = BPF_CORE_READ(task, prio);
	e->static_prio = BPF_CORE_READ(task, static_prio);
	e->weight = BPF_CORE_READ(task, se.load.weight);
	e->vruntime = BPF_CORE_READ(task, se.vruntime);
	e->deadline = bpf_core_field_exists(entity->deadline) ? BPF_CORE_READ(entity, deadline) : 0;
	e->sum_exec_runtime = BPF_CORE_READ(task, se.sum_exec_runtime);
	e->cpus_mask = BPF_CORE_READ(task, cpus_mask.bits[0]);
	e->nvcsw = BPF_CORE_READ(task, nvcsw);
	e->nivcsw = BPF_CORE_READ(task, nivcsw);
	e->start_time = BPF_CORE_READ(task, start_time);
	e->utime = BPF_CORE_READ(task, utime);
	e->stime = BPF_CORE_READ(task, stime);
	e->thread_sp = BPF_CORE_READ(task, thread.sp);
	return 0;
}

static __noinline int card_memory(struct fl_card *e, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	e->min_flt = BPF_CORE_READ(task, min_flt);
	e->maj_flt = BPF_CORE_READ(task, maj_flt);
	e->mm = (__u64)mm;
	e->start_code = BPF_CORE_READ(mm, start_code);
	e->end_code = BPF_CORE_READ(mm, end_code);
	e->start_data = BPF_CORE_READ(mm, start_data);
	e->end_data = BPF_CORE_READ(mm, end_data);
	e->start_brk = BPF_CORE_READ(mm, start_brk);
	e->brk = BPF_CORE_READ(mm, brk);
	e->start_stack = BPF_CORE_READ(mm, start_stack);
	e->total_vm = BPF_CORE_READ(mm, total_vm);
	e->map_count = BPF_CORE_READ(mm, map_count);
	return 0;
}

static __noinline int card_kin(struct fl_card *e, struct task_struct *task)
{
	struct files_struct *files = BPF_CORE_READ(task, files);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	const unsigned char *name;

	e->parent_tid = BPF_CORE_READ(task, real_parent, pid);
	e->children = count_children(task);
	e->threads = BPF_CORE_READ(task, signal, nr_threads);
	e->files = (__u64)files;
	e->open_files = files ? count_files(files) : 0;
	e->fs = (__u64)fs;
	e->sighand = (__u64)BPF_CORE_READ(task, sighand);
	e->pending = BPF_CORE_READ(task, pending.signal.sig[0]);
	e->shared_pending = BPF_CORE_READ(task, signal, shared_pending.signal.sig[0]);
	e->blocked = BPF_CORE_READ(task, blocked.sig[0]);
	name = BPF_CORE_READ(fs, pwd.dentry, d_name.name);
	if (fs)
		bpf_probe_read_kernel_str(e->cwd, sizeof(e->cwd), name);
	return 0;
}

/*
 * The card of the task at address AT_TASK, whose registers lie at REGS (0: not
 * known), at the moment WHEN (enum fl_card_at).
 */
SHARED int card_send(struct task_state *s, __u64 at_task, __u64 regs, __u32 when, __u64 now)
{
	struct task_struct *task = (void *)at_task;
	struct fl_card *e;

	if (!s || !want_cards)
		return 0;
	e = event_reserve(FL_CARD, sizeof(*e), s->task, now);
	if (!e)
		return 0;
	__builtin_memset((void *)e + sizeof(e->event), 0, sizeof(*e) - sizeof(e->event));
	e->at = when;
	e->phase = when == FL_CARD_BARRIER ? barrier_phase : s->phase;
	card_schedule(e, task);
	card_memory(e, task);
	card_kin(e, task);
	bpf_probe_read_kernel(&e->regs, sizeof(e->regs), (void *)regs);
	event_submit(e);
	return 0;
}

/* The registers with which TASK entered the kernel last, as card_send() wants them. */
static __always_inline __u64 card_registers(struct task_state *s, struct task_struct *task)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return 0;
	return as_number(s, (void *)bpf_task_pt_regs(task));
}

/*
 * forget_original_parent() gives the children of a task that ends to others, after
 * the last tracepoint of its exit; so each child is looked at when it is next seen.
 * A thread that is not the leader has the parent of its process.
 */
SHARED int parent_changed(struct task_state *s, __u64 at_task, __u64 now)
{
	struct task_struct *task = (void *)at_task, *parent = BPF_CORE_READ(task, real_parent);
	struct fl_reparent *e;

	if (!s)
		return 0;
	s->parent = (__u64)parent;
	if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return 0;
	e = event_reserve(FL_REPARENT, sizeof(*e), s->task, now);
	if (!e)
		return 0;
	e->tid = BPF_CORE_READ(parent, pid);
	e->pid = BPF_CORE_READ(parent, tgid);
	BPF_CORE_READ_STR_INTO(&e->comm, parent, comm);
	event_submit(e);
	return 0;
}

/* NOW 0: take the time only where it is needed. */
static __always_inline void parent_check(struct task_state *s, struct task_struct *task, __u64 now)
{
	if ((__u64)BPF_CORE_READ(task, real_parent) != s->parent)
		parent_changed(s, as_number(s, task), now ? now : bpf_ktime_get_ns());
}

#endif /* CARD_BPF_H */
