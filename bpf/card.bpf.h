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

struct task_struct___deadline {
	struct sched_entity___deadline se;
} __attribute__((preserve_access_index));

/*
 * The first part of structs of the kernel.  A field at a time costs a call each; so
 * they are copied here at once, and fields taken from the copy.
 */
struct card_copy {
	__u64 task[1024];
	__u64 mm[128];
	__u64 signal[128];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct card_copy);
} card_copies SEC(".maps") __weak;

/*
 * FIELD ("task->prio") of the struct copied to COPY; 0 where the copy does not reach it.  A copy
 * is aligned as the struct is, so a field is aligned in it as in the kernel.
 */
#define COPIED(copy, field)                                                                        \
	(bpf_core_field_offset(field) <= sizeof(copy) - sizeof(field) ?                            \
		 *(typeof(field) *)((void *)(copy) + bpf_core_field_offset(field)) :               \
		 (typeof(field))0)

#define COPY(copy, from)                                                                           \
	bpf_probe_read_kernel(copy,                                                                \
			      bpf_core_type_size(typeof(*(from))) < sizeof(copy) ?                 \
				      bpf_core_type_size(typeof(*(from))) :                        \
				      sizeof(copy),                                                \
			      from)

static __always_inline __u32 bits_of(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + (word >> 2 & 0x3333333333333333ULL);
	return ((word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL) * 0x0101010101010101ULL >> 56;
}

/* These loops are the kernel's, so that the verifier goes through one turn and not through 256. */
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
static __always_inline __u32 count_children(struct task_struct *task, __u64 first)
{
	struct children c = { .head = (void *)task + bpf_core_field_offset(task->children),
			      .at = (void *)first };

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

static __noinline int card_schedule(struct fl_card *e, struct card_copy *copy)
{
	struct task_struct___deadline *with_deadline = NULL;
	struct task_struct *task = NULL;

	e->state = COPIED(copy->task, task->__state);
	e->exit_state = COPIED(copy->task, task->exit_state);
	e->exit_code = COPIED(copy->task, task->exit_code);
	e->flags = COPIED(copy->task, task->flags);
	e->policy = COPIED(copy->task, task->policy);
	e->prio = COPIED(copy->task, task->prio);
	e->static_prio = COPIED(copy->task, task->static_prio);
	e->weight = COPIED(copy->task, task->se.load.weight);
	e->vruntime = COPIED(copy->task, task->se.vruntime);
	if (bpf_core_field_exists(with_deadline->se.deadline))
		e->deadline = COPIED(copy->task, with_deadline->se.deadline);
	e->sum_exec_runtime = COPIED(copy->task, task->se.sum_exec_runtime);
	e->cpus_mask = COPIED(copy->task, task->cpus_mask.bits[0]);
	e->nvcsw = COPIED(copy->task, task->nvcsw);
	e->nivcsw = COPIED(copy->task, task->nivcsw);
	e->start_time = COPIED(copy->task, task->start_time);
	e->utime = COPIED(copy->task, task->utime);
	e->stime = COPIED(copy->task, task->stime);
	e->min_flt = COPIED(copy->task, task->min_flt);
	e->maj_flt = COPIED(copy->task, task->maj_flt);
	e->pending = COPIED(copy->task, task->pending.signal.sig[0]);
	e->blocked = COPIED(copy->task, task->blocked.sig[0]);
	e->sighand = (__u64)COPIED(copy->task, task->sighand);
	return 0;
}

static __noinline int card_memory(struct fl_card *e, struct card_copy *copy)
{
	struct task_struct *task = NULL;
	struct mm_struct *mm = COPIED(copy->task, task->mm);

	e->mm = (__u64)mm;
	if (!mm || COPY(copy->mm, mm))
		return 0;
	e->start_code = COPIED(copy->mm, mm->start_code);
	e->end_code = COPIED(copy->mm, mm->end_code);
	e->start_data = COPIED(copy->mm, mm->start_data);
	e->end_data = COPIED(copy->mm, mm->end_data);
	e->start_brk = COPIED(copy->mm, mm->start_brk);
	e->brk = COPIED(copy->mm, mm->brk);
	e->start_stack = COPIED(copy->mm, mm->start_stack);
	e->total_vm = COPIED(copy->mm, mm->total_vm);
	e->map_count = COPIED(copy->mm, mm->map_count);
	return 0;
}

static __noinline int card_kin(struct fl_card *e, struct task_struct *at, struct card_copy *copy)
{
	struct task_struct *task = NULL;
	struct files_struct *files = COPIED(copy->task, task->files);
	struct fs_struct *fs = COPIED(copy->task, task->fs);
	struct signal_struct *signal = COPIED(copy->task, task->signal);
	struct task_struct *parent = COPIED(copy->task, task->real_parent);

	e->parent_tid = BPF_CORE_READ(parent, pid);
	e->children = count_children(at, (__u64)COPIED(copy->task, task->children.next));
	if (!COPY(copy->signal, signal)) {
		e->threads = COPIED(copy->signal, signal->nr_threads);
		e->shared_pending = COPIED(copy->signal, signal->shared_pending.signal.sig[0]);
	}
	e->files = (__u64)files;
	e->open_files = files ? count_files(files) : 0;
	e->fs = (__u64)fs;
	if (fs)
		bpf_probe_read_kernel_str(e->cwd, sizeof(e->cwd),
					  BPF_CORE_READ(fs, pwd.dentry, d_name.name));
	return 0;
}

/*
 * The card of the task at address AT_TASK, whose registers lie at REGS (0: not
 * known), at the moment WHEN (enum fl_card_at).
 */
SHARED int card_send(struct task_state *s, __u64 at_task, __u64 regs, __u32 when, __u64 now)
{
	struct task_struct *task = (void *)at_task;
	struct card_copy *copy;
	struct fl_card *e;
	__u32 slot = 0;

	copy = bpf_map_lookup_elem(&card_copies, &slot);
	if (!s || !want_cards || !copy || COPY(copy->task, task))
		return 0;
	e = event_reserve(FL_CARD, sizeof(*e), s->task, now);
	if (!e)
		return 0;
	__builtin_memset((void *)e + sizeof(e->event), 0, sizeof(*e) - sizeof(e->event));
	e->at = when;
	e->phase = when == FL_CARD_BARRIER ? barrier_phase : s->phase;
	card_schedule(e, copy);
	card_memory(e, copy);
	card_kin(e, task, copy);
	/* far behind the rest, at the end of the struct */
	e->thread_sp = BPF_CORE_READ(task, thread.sp);
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
