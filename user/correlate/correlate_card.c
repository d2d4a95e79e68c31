// SPDX-License-Identifier: GPL-2.0
/* What task_struct had at moments, mappings and open files at barriers, and new parents. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"
#include "record/names.h"

/* What tasks share or have of their own, by the address of its struct. */
enum share { SHARE_MM, SHARE_FILES, SHARE_FS, SHARE_SIGHAND, NR_SHARES };

struct cards {
	struct map ids[NR_SHARES]; /* address -> number */
};

/* The number of what lies at ADDRESS into *CELL; 0: there is none. */
static int share(struct correlation *c, enum share what, __u64 address, struct cell *cell)
{
	struct map *ids = &c->cards->ids[what];
	__u32 number = address ? map_number(ids, address) : 0;

	*cell = cell_id(number);
	return address && !number ? correlate_no_memory(c) : 0;
}

static int shares(struct correlation *c, const struct fl_card *card, struct cell *cells)
{
	int err;

	if (!c->cards)
		c->cards = calloc(1, sizeof(*c->cards));
	if (!c->cards)
		return correlate_no_memory(c);
	err = share(c, SHARE_MM, card->mm, &cells[SHARE_MM]);
	if (!err)
		err = share(c, SHARE_FILES, card->files, &cells[SHARE_FILES]);
	if (!err)
		err = share(c, SHARE_FS, card->fs, &cells[SHARE_FS]);
	return err ? err : share(c, SHARE_SIGHAND, card->sighand, &cells[SHARE_SIGHAND]);
}

static const char *moment(__u8 at)
{
	return at == FL_CARD_PHASE ? "phase" : at == FL_CARD_EXIT ? "exit" : "barrier";
}

/* "ip=401136 sp=7ffe...": in the order in which a person asks for them. */
static const char *registers(char *buf, size_t size, const struct fl_registers *r)
{
	const struct {
		const char *name;
		__u64 value;
	} all[] = {
		{ "ip", r->ip },
		{ "sp", r->sp },
		{ "flags", r->flags },
		{ "ax", r->ax },
		{ "bx", r->bx },
		{ "cx", r->cx },
		{ "dx", r->dx },
		{ "si", r->si },
		{ "di", r->di },
		{ "bp", r->bp },
		{ "r8", r->r8 },
		{ "r9", r->r9 },
		{ "r10", r->r10 },
		{ "r11", r->r11 },
		{ "r12", r->r12 },
		{ "r13", r->r13 },
		{ "r14", r->r14 },
		{ "r15", r->r15 },
		/* where FRED is used, the selectors have more than themselves beside them */
		{ "cs", r->cs & 0xffff },
		{ "ss", r->ss & 0xffff },
		{ "orig_ax", r->orig_ax },
	};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s=%llx", i ? " " : "",
					 all[i].name, all[i].value);
	return buf;
}

int card_record(struct correlation *c, const struct fl_event *event)
{
	const struct fl_card *e = (const struct fl_card *)event;
	const struct task *parent = task_by_tid(c, e->parent_tid);
	struct cell own[NR_SHARES] = { cell_null() };
	char text[600];
	int err = shares(c, e, own);
	/* a task that has left its address space has no more of these */
#define MM(value) (e->mm ? cell_int((long long)(value)) : cell_null())
	return err ? err :
		     ROW_ADD(c, ROW_CARD, cell_int(event->task), cell_time(c, event->t_ns),
			     cell_text(correlate_name(c, e->phase)), cell_text(moment(e->at)),
			     cell_int(e->state), cell_int(e->exit_state), cell_int(e->exit_code),
			     cell_int(e->flags), cell_int(e->policy), cell_int(e->prio),
			     cell_int(e->static_prio), cell_int((long long)e->weight),
			     cell_int((long long)e->vruntime),
			     e->deadline ? cell_int((long long)e->deadline) : cell_null(),
			     cell_int((long long)e->sum_exec_runtime),
			     cell_int((long long)e->cpus_mask), cell_int((long long)e->nvcsw),
			     cell_int((long long)e->nivcsw), cell_time(c, e->start_time),
			     cell_int((long long)e->utime), cell_int((long long)e->stime),
			     cell_int(e->parent_tid), cell_id(parent ? parent->id : 0),
			     cell_int(e->children), cell_int(e->threads), own[SHARE_MM],
			     MM(e->start_code), MM(e->end_code), MM(e->start_data), MM(e->end_data),
			     MM(e->start_brk), MM(e->brk), MM(e->start_stack), MM(e->total_vm),
			     MM(e->map_count), cell_int((long long)e->min_flt),
			     cell_int((long long)e->maj_flt), own[SHARE_FILES],
			     cell_int(e->open_files), own[SHARE_FS],
			     e->fs ? cell_chars(e->cwd, FL_NAME_LEN) : cell_null(),
			     own[SHARE_SIGHAND], cell_int((long long)e->pending),
			     cell_int((long long)e->shared_pending),
			     cell_int((long long)e->blocked), cell_int((long long)e->thread_sp),
			     cell_text(registers(text, sizeof(text), &e->regs)));
#undef MM
}

/* When the parent that TASK had has ended; NULL: that was not seen. */
static int parent_exit(struct correlation *c, const struct task *task, struct cell *exit)
{
	const struct task *from = task_find(c, task->parent_now);
	int err = 0;

	*exit = cell_null();
	if (from && from->exited)
		*exit = cell_time(c, from->exit_ns);
	else if (!from)
		err = row_task(c, task->parent_now, exit);
	return err < 0 ? err : task_need(c, task->parent_now);
}

/* Some parent of its has ended, of whom nobody need know: the children go on after that. */
int reparent_record(struct correlation *c, struct task *task, const struct fl_event *event)
{
	const struct fl_reparent *e = (const struct fl_reparent *)event;
	const struct task *to = task_by_tid(c, e->tid);
	__u32 from = task->parent_now;
	struct cell when;
	int err = parent_exit(c, task, &when);

	if (err)
		return err;
	if (when.type == CELL_NULL)
		when = cell_time(c, event->t_ns);
	task->parent_now = to ? to->id : 0;
	task->parent_process = to && to->group ? to->group->id : 0;
	return ROW_ADD(c, ROW_REPARENT, cell_int(task->id), when, cell_id(from),
		       cell_id(task->parent_now), cell_int(e->tid),
		       cell_chars(e->comm, FL_COMM_LEN), cell_time(c, event->t_ns));
}

static const char *part_name(__u8 part)
{
	static const char *const words[] = {
		[FL_VMA_MAPPING] = "mapping", [FL_VMA_TEXT] = "text",   [FL_VMA_DATA] = "data",
		[FL_VMA_HEAP] = "heap",       [FL_VMA_STACK] = "stack", [FL_VMA_KERNEL] = "kernel",
		[FL_VMA_RODATA] = "rodata",
	};

	return part < sizeof(words) / sizeof(words[0]) ? words[part] : "unknown";
}

static struct cell cell_path(const char *path)
{
	return path[0] ? cell_chars(path, FL_LONG_PATH_LEN) : cell_null();
}

int vma_record(struct correlation *c, const struct fl_event *event)
{
	const struct fl_vma *e = (const struct fl_vma *)event;
	const char rights[] = { e->flags & 1 ? 'r' : '-', e->flags & 2 ? 'w' : '-',
				e->flags & 4 ? 'x' : '-', e->flags & 8 ? 's' : 'p', '\0' };

	return ROW_ADD(c, ROW_VMA, cell_id(event->task), cell_text(correlate_name(c, e->phase)),
		       cell_time(c, event->t_ns), cell_int((long long)e->start),
		       cell_int((long long)(e->end - e->start)), cell_text(rights),
		       cell_text(part_name(e->part)), cell_path(e->path),
		       e->path[0] ? cell_int((long long)e->offset) : cell_null(),
		       cell_int((long long)e->flags));
}

int open_file_record(struct correlation *c, const struct fl_event *event)
{
	const struct fl_open_file *e = (const struct fl_open_file *)event;

	return ROW_ADD(c, ROW_OPEN_FILE, cell_id(event->task),
		       cell_text(correlate_name(c, e->phase)), cell_time(c, event->t_ns),
		       cell_int(e->fd), cell_text(names_file_kind(e->kind)), cell_path(e->path),
		       cell_int(e->flags), cell_int((long long)e->position),
		       cell_int(e->close_on_exec));
}

/* Long after all else of the task was told, so it is a row of its own. */
int freed_record(struct correlation *c, const struct fl_event *event)
{
	return ROW_ADD(c, ROW_FREED, cell_id(event->task), cell_time(c, event->t_ns));
}

void card_free(struct correlation *c)
{
	for (int i = 0; c->cards && i < NR_SHARES; i++)
		map_free(&c->cards->ids[i]);
	free(c->cards);
}
