// SPDX-License-Identifier: GPL-2.0
/* Iterators: what is true of a task at one moment. */
#include "card.bpf.h"
#include "entry.bpf.h"
#include "file.bpf.h"
#include "ledger.bpf.h"
#include "trace.bpf.h"
#include "vma.bpf.h"

/* The command's record; that of every other task is sent when it is created. */
static __always_inline int task_begin(struct task_struct *task, struct task_state *s, __u64 now)
{
	struct fl_task_new e = {};

	s->begun = true;
	s->min_flt = task->min_flt;
	s->maj_flt = task->maj_flt;
	s->parent = (__u64)BPF_CORE_READ(task, real_parent);
	event_fill(&e.event, FL_TASK_NEW, s->task, now);
	e.process = s->process;
	e.tid = task->pid;
	e.pid = task->tgid;
	e.syscall = FL_NO_SYSCALL;
	e.base_min = s->min_flt;
	e.base_maj = s->maj_flt;
	bpf_probe_read_kernel_str(e.comm, sizeof(e.comm), task->comm);
	event_send(&e.event, sizeof(e));
	return 0;
}

static __always_inline int task_left(struct task_struct *task, struct task_state *s, __u64 now)
{
	struct fl_task_end e = {};

	if (task->exit_state)
		return 0;
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
 * Run twice.  Before the gate opens: the command, which has just been entered in
 * the map, sleeps and gives its counters.  When tracing stops: tasks that still
 * live, read after the other programs are detached, so that nothing changes their
 * state any more.  Their window ends with the last event that was seen of them.
 */
SEC("iter/task")
int snapshot_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *s;
	__u64 now = bpf_ktime_get_ns();

	if (!task)
		return 0;
	s = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!s)
		return 0;
	return s->begun ? task_left(task, s, now) : task_begin(task, s, now);
}

/*
 * What a process is while one of the tree waits at a barrier.  User space names
 * the process in barrier_tgid; from 6.1 on it also has the iterators go to no other.
 */
static __always_inline struct task_state *looked_at(struct task_struct *task)
{
	if (!task || (__u32)task->tgid != barrier_tgid)
		return NULL;
	return bpf_task_storage_get(&tasks, task, NULL, 0);
}

SEC("?iter/task")
int snapshot_card(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *s = looked_at(task);

	if (s)
		card_send(s, as_number(s, task), card_registers(s, task), FL_CARD_BARRIER,
			  barrier_ns);
	return 0;
}

/*
 * Heap and stack as the kernel tells them for /proc/PID/maps: vma_is_initial_heap(),
 * _stack().  What it has as start_data is only the last segment of the program
 * (load_elf_binary()), so its data is told by the file.
 */
static __always_inline __u8 vma_part(struct vm_area_struct *vma, struct file *file)
{
	struct mm_struct *mm = BPF_CORE_READ(vma, vm_mm);
	__u64 data_end = (BPF_CORE_READ(mm, end_data) + PAGE_BYTES - 1) & -PAGE_BYTES;
	__u64 start = vma->vm_start, end = vma->vm_end, stack = BPF_CORE_READ(mm, start_stack);

	if (file) {
		if (BPF_CORE_READ(file, f_inode) != BPF_CORE_READ(mm, exe_file, f_inode))
			return FL_VMA_MAPPING;
		return vma->vm_flags & VM_EXEC_BIT  ? FL_VMA_TEXT :
		       vma->vm_flags & VM_WRITE_BIT ? FL_VMA_DATA :
						      FL_VMA_RODATA;
	}
	if (BPF_CORE_READ(vma, vm_ops))
		return FL_VMA_KERNEL;
	if (start < BPF_CORE_READ(mm, brk) && end > BPF_CORE_READ(mm, start_brk))
		return FL_VMA_HEAP;
	if (start <= stack && end >= stack)
		return FL_VMA_STACK;
	return start == data_end ? FL_VMA_DATA : FL_VMA_MAPPING;
}

SEC("?iter/task_vma")
int snapshot_vma(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;
	struct task_state *s = looked_at(ctx->task);
	struct file *file;
	struct fl_vma *e;

	if (!s || !vma || s->task != s->process)
		return 0;
	file = vma->vm_file;
	e = event_reserve(FL_VMA, sizeof(*e), s->task, barrier_ns);
	if (!e)
		return 0;
	__builtin_memset((void *)e + sizeof(e->event), 0, sizeof(*e) - sizeof(e->event));
	e->start = vma->vm_start;
	e->end = vma->vm_end;
	e->flags = vma->vm_flags;
	e->phase = barrier_phase;
	e->part = vma_part(vma, file);
	if (file) {
		e->offset = vma->vm_pgoff * PAGE_BYTES;
		bpf_d_path((struct path *)&file->f_path, e->path, sizeof(e->path));
	} else if (e->part == FL_VMA_KERNEL) {
		const struct vm_special_mapping *special =
			(void *)BPF_CORE_READ(vma, vm_private_data);

		bpf_probe_read_kernel_str(e->path, sizeof(e->path), BPF_CORE_READ(special, name));
	}
	event_submit(e);
	return 0;
}

SEC("?iter/task_file")
int snapshot_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *s = looked_at(task);
	struct file *file = ctx->file;
	struct fl_open_file *e;
	struct fdtable *table;
	__u64 word = 0;

	if (!s || !file || s->task != s->process)
		return 0;
	e = event_reserve(FL_OPEN_FILE, sizeof(*e), s->task, barrier_ns);
	if (!e)
		return 0;
	__builtin_memset((void *)e + sizeof(e->event), 0, sizeof(*e) - sizeof(e->event));
	e->fd = ctx->fd;
	e->flags = file->f_flags;
	e->position = file->f_pos;
	e->phase = barrier_phase;
	e->kind = file_kind(BPF_CORE_READ(file, f_inode), &word);
	table = BPF_CORE_READ(task, files, fdt);
	bpf_probe_read_kernel(&word, sizeof(word),
			      BPF_CORE_READ(table, close_on_exec) + ctx->fd / 64);
	e->close_on_exec = word >> (ctx->fd & 63) & 1;
	bpf_d_path((struct path *)&file->f_path, e->path, sizeof(e->path));
	event_submit(e);
	return 0;
}

/*
 * Whether the direct map begins so many GiB below the GiB that holds this process's page table: no
 * symbol says where it is that programs may use everywhere, but KASLR moves it by whole GiB
 * (kernel_randomize_memory()), and a wrong place does not lead to the word that is at an address.
 * Run by hand, in the process that has the word there; it is a 64-bit one, whose address space
 * tells how many levels there are.
 */
SEC("raw_tp")
int snapshot_direct_map(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 address = ctx->args[0], word = ctx->args[1], gib = ctx->args[2];
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 table = (__u64)BPF_CORE_READ(mm, pgd), entry, found = 0;

	top_shift = BPF_CORE_READ(mm, task_size) >> 47 ? 48 : 39;
	direct_map = ((table >> 30) - gib) << 30;
	entry = entry_find(table, address);
	if (entry)
		bpf_probe_read_kernel(&found, sizeof(found), (void *)entry_target(entry, address));
	if (entry && found == word)
		return 1;
	direct_map = 0;
	return 0;
}
