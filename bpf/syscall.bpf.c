// SPDX-License-Identifier: GPL-2.0
/* System calls, and the markers among them. */
#include "trace.bpf.h"
#include "card.bpf.h"
#include "fault.bpf.h"
#include "transfer.bpf.h"

static __always_inline int user_read_str(struct task_state *s, char *to, __u32 size, __u64 from)
{
	int n;

	s->probing = true;
	n = bpf_probe_read_user_str(to, size, (const void *)from);
	s->probing = false;
	return n;
}

/* The id of a name, new or known; 0 for the empty one and where there is no room. */
static __noinline __u32 name_id(struct name_key *key)
{
	__u32 fresh, *id;

	if (!key->name[0])
		return 0;
	id = bpf_map_lookup_elem(&names, key);
	if (id)
		return *id;
	fresh = __sync_fetch_and_add(&last_name, 1) + 1;
	if (fresh <= 0xffff && !bpf_map_update_elem(&names, key, &fresh, BPF_NOEXIST))
		return fresh;
	/* another CPU was first, or the map is full */
	id = bpf_map_lookup_elem(&names, key);
	if (id)
		return *id;
	loss_count(LOSS_MAP + FL_MAP_NAMES, bpf_ktime_get_ns());
	return 0;
}

SHARED int region_set(struct task_state *s, __u32 name, __u64 start, __u64 length)
{
	static const struct named_regions none;
	struct named_regions *named;
	__u32 process, room = NR_REGIONS, i;

	if (!s)
		return 0;
	process = s->process;
	s->mm = 0;
	named = bpf_map_lookup_elem(&regions, &process);
	if (!named) {
		bpf_map_update_elem(&regions, &process, &none, BPF_NOEXIST);
		named = bpf_map_lookup_elem(&regions, &process);
	}
	if (!named)
		goto full;
	/* backwards, so that the first free one is left */
	UNROLLED
	for (i = NR_REGIONS; i-- > 0;)
		if (!named->slot[i].name)
			room = i;
	UNROLLED
	for (i = 0; i < NR_REGIONS; i++)
		if (named->slot[i].name == name)
			room = i;
	room = any_of(s, room);
	if (room >= NR_REGIONS)
		goto full;
	barrier_var(room);
	room &= NR_REGIONS - 1;
	named->slot[room].start = start;
	named->slot[room].end = start + length;
	named->slot[room].name = length ? name : 0;
	return 0;
full:
	loss_count(LOSS_MAP + FL_MAP_REGIONS, bpf_ktime_get_ns());
	return 0;
}

/*
 * prctl(FL_MARK_MAGIC | op, ...): the kernel answers EINVAL, and this is all
 * that happens.  It is seen on the way in, so that a phase begins with the call.
 */
static __noinline int mark(struct task_state *by, struct task_struct *task, struct pt_regs *regs,
			   __u64 now)
{
	__u32 option = (__u32)regs->di;
	__u8 op = option & 0xff;
	struct task_state *s = by;
	__u64 marked = as_number(by, task), registers = as_number(by, regs);
	struct name_key key = {};
	struct fl_mark e = {};
	__u64 a = 0, b = 0;
	__u32 name;

	key.words[0] = regs->si;
	if (op == FL_MARK_VALUE) {
		key.words[1] = regs->dx;
		key.words[2] = regs->r10;
		a = regs->r8;
	} else if (op == FL_MARK_REGION) {
		key.words[1] = regs->dx;
		a = regs->r10;
		b = regs->r8;
	} else {
		key.words[1] = regs->dx;
		key.words[2] = regs->r10;
		key.words[3] = regs->r8;
	}
	key.name[FL_NAME_LEN - 1] = 0;
	if (option & FL_MARK_FOR_PARENT) {
		struct task_struct *parent = task->real_parent;

		s = parent ? bpf_task_storage_get(&tasks, parent, NULL, 0) : NULL;
		if (!s)
			return 0;
		marked = as_number(by, parent);
		registers = card_registers(by, parent);
	}
	name = name_id(&key);
	if (op == FL_MARK_PHASE) {
		if (s == by) {
			run_send(s);
			rss_send(s, now);
		}
		s->phase = name;
		card_send(s, marked, registers, FL_CARD_PHASE, now);
	} else if (op == FL_MARK_REGION) {
		region_set(s, name, a, b);
	}
	event_fill(&e.event, FL_MARK, s->task, now);
	e.op = op;
	e.name_id = name;
	e.by_task = by->task;
	e.a = a;
	e.b = b;
	__builtin_memcpy(e.name, key.name, sizeof(e.name));
	event_send(&e.event, sizeof(e));
	return 0;
}

static __always_inline void call_fill(struct fl_syscall *e, struct task_state *s, __u32 class,
				      __s64 ret)
{
	struct file_id file = { .kind = FL_FILE_NONE };

	e->start_ns = s->call_ns;
	e->ret = ret;
	__builtin_memcpy(e->args, s->call_args, sizeof(e->args));
	e->nr = s->syscall;
	e->phase = s->phase;
	e->from_port = 0;
	if (class & FL_CALL_FILE) {
		file_identity(s->call_args[0], class & FL_CALL_SENDS, &file);
	} else if (class & FL_CALL_FRESH && ret >= 0) {
		file_identity(ret, false, &file);
		if (file.kind == FL_FILE_REGULAR)
			e->device = device_folded(BPF_CORE_READ(file_of(ret), f_inode));
	}
	e->file_kind = file.kind;
	e->data_len = 0;
	e->file = file.id;
	if (class & (FL_CALL_ADDRESS | FL_CALL_HEADER) && is_packet(file.kind) && ret >= 0)
		packet_fill(s, e, class);
}

/* What the call read or was given in user memory: a path, two descriptors, the start of a buffer. */
static __always_inline int call_data(struct fl_syscall *e, struct task_state *s, __u32 class,
				     __s64 ret)
{
	if (class & FL_CALL_PATH0)
		return user_read_str(s, e->data, sizeof(e->data), s->call_args[0]);
	if (class & FL_CALL_PATH1)
		return user_read_str(s, e->data, sizeof(e->data), s->call_args[1]);
	if (class & FL_CALL_PIPE && !ret)
		return user_read(s, e->data, 8, s->call_args[0]) ? 0 : 8;
	if (class & FL_CALL_DATA && ret > 0) {
		__u64 size = ret;

		barrier_var(size); /* see run_send() */
		if (size > FL_DATA_LEN)
			size = FL_DATA_LEN;
		return user_read(s, e->data, size, s->call_args[1]) ? 0 : size;
	}
	return 0;
}

/* Most calls have no data, and their record ends before it.  Returns the kind of its file. */
static __noinline int call_send(struct task_state *s, __u32 class, __s64 ret, __u64 now)
{
	struct fl_syscall *e;
	int n, kind;

	if (!want_data)
		class &= ~FL_CALL_DATA;
	if (class & (FL_CALL_PATH0 | FL_CALL_PATH1 | FL_CALL_PIPE | FL_CALL_DATA)) {
		e = event_reserve(FL_SYSCALL, sizeof(*e), s->task, now);
		if (!e)
			return 0;
		call_fill(e, s, class, ret);
		n = call_data(e, s, class, ret);
		e->data_len = n < 0 ? 0 : n;
	} else {
		e = event_reserve(FL_SYSCALL, FL_SYSCALL_BARE, s->task, now);
		if (!e)
			return 0;
		call_fill(e, s, class, ret);
	}
	kind = e->file_kind;
	event_submit(e);
	return kind;
}

/* All that is sent of a call that returned.  What was said to others stands between faults. */
SHARED int call_records(struct task_state *s, __u32 class, __s64 ret, __u64 now)
{
	int kind = FL_FILE_NONE;

	if (!s)
		return 0;
	if (class & FL_CALL_RECORD)
		kind = call_send(s, class, ret, now);
	if (class & TRANSFERS)
		transfers_send(s, class, ret, now);
	if (kind != FL_FILE_NONE && kind != FL_FILE_REGULAR)
		run_send(s);
	return 0;
}

/* TP_PROTO(struct pt_regs *regs, long id) */
SEC("tp_btf/sys_enter")
int BPF_PROG(call_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *s = task_state(task);
	__u64 now;
	__u16 class;

	if (!s)
		return 0;
	now = bpf_ktime_get_ns();
	fault_settle_outside(s, task, now, EVENT_OTHER);
	effects_forget(s); /* the call before it may have taken pages without a fault */
	s->syscall = id;
	s->call_ns = now;
	if (id < 0 || id >= FL_NR_CALLS)
		return 0;
	class = call_class[id & (FL_NR_CALLS - 1)];
	if (id == nr_prctl && (regs->di & FL_MARK_MAGIC_MASK) == FL_MARK_MAGIC)
		mark(s, task, regs, now);
	if (!class)
		return 0;
	s->call_args[0] = regs->di;
	s->call_args[1] = regs->si;
	s->call_args[2] = regs->dx;
	s->call_args[3] = regs->r10;
	s->call_args[4] = regs->r8;
	s->call_args[5] = regs->r9;
	if (class & FL_CALL_AT_ENTRY)
		call_send(s, class & FL_CALL_PATH0, 0, now);
	return 0;
}

/* TP_PROTO(struct pt_regs *regs, long ret) */
SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *s = task_state(task);
	__u16 nr, class;
	__u64 now;

	if (!s)
		return 0;
	now = bpf_ktime_get_ns();
	nr = s->syscall;
	class = nr < FL_NR_CALLS ? call_class[nr & (FL_NR_CALLS - 1)] : 0;
	/* mmap with MAP_POPULATE says only now where it put the pages */
	if (class & FL_CALL_MAPS && !s->call_args[0] && ret > 0)
		s->call_args[0] = ret;
	s->ret = ret;
	fault_settle(s, task, now, EVENT_RETURN);
	/* the path given to execve went with the old address space; FL_TASK_EXEC has it */
	if (s->in_exec)
		class &= ~(FL_CALL_PATH0 | FL_CALL_PATH1);
	s->in_exec = false;
	if (class & FL_CALL_MAPS)
		__sync_fetch_and_add(&generations[generation_slot((__u64)current_mm())], 1);
	if (class & (FL_CALL_RECORD | TRANSFERS))
		call_records(s, class, ret, now);
	s->syscall = FL_NO_SYSCALL;
	return 0;
}
