// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of tasks: who created whom and how, names, phases, exec, exit, and
 * the wait that took the zombie away; and the calls themselves.
 */
#include <errno.h>
#include <linux/wait.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate_private.h"
#include "names.h"

/* From linux/sched.h: the header with the same names for programs needs more than we have. */
#define FLAG_VM 0x00000100
#define FLAG_VFORK 0x00004000
#define FLAG_THREAD 0x00010000

/*
 * How many holders of one tid are looked at for the one that a wait returned: a
 * tid is free again before that call ends, so the latest holder may be another.
 */
#define TID_DEPTH 8

static struct process *process_get(struct correlation *c, __u32 id)
{
	__u32 i = map_get(&c->process_ids, id);
	struct process *process;

	if (i)
		return c->processes[i - 1];
	if (correlate_grow(c, &c->processes, c->nr_processes, sizeof(struct process *)))
		return NULL;
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->id = id;
	c->processes[c->nr_processes++] = process;
	return map_set(&c->process_ids, id, c->nr_processes) ? NULL : process;
}

struct task *task_get(struct correlation *c, __u32 id)
{
	__u32 i = map_get(&c->task_ids, id);
	struct task *task;

	if (i || !id)
		return i ? c->tasks[i - 1] : NULL;
	if (correlate_grow(c, &c->tasks, c->nr_tasks, sizeof(struct task *)))
		return NULL;
	task = calloc(1, sizeof(*task));
	if (!task)
		return NULL;
	task->id = id;
	c->tasks[c->nr_tasks++] = task;
	return map_set(&c->task_ids, id, c->nr_tasks) ? NULL : task;
}

static int use_tid(struct correlation *c, struct task *task, __u32 tid)
{
	__u32 i = map_get(&c->task_tids, tid);
	struct task *before = i ? c->tasks[i - 1] : NULL;

	task->tid = tid;
	if (!tid || before == task)
		return 0;
	if (!task->same_tid)
		task->same_tid = before;
	return map_set(&c->task_tids, tid, map_get(&c->task_ids, task->id)) ?
		       correlate_no_memory(c) :
		       0;
}

struct task *task_by_tid(const struct correlation *c, __u32 tid)
{
	__u32 i = map_get(&c->task_tids, tid);

	return i && tid && c->tasks[i - 1]->tid == tid ? c->tasks[i - 1] : NULL;
}

static int phase_end(struct correlation *c, struct task *task, __u64 now)
{
	const char *name = task->phase;

	task->phase = NULL;
	if (!name)
		return 0;
	return ROW_ADD(c, ROW_PHASE, cell_int(task->id), cell_chars(name, FL_NAME_LEN),
		       cell_time(c, task->phase_ns), cell_time(c, now));
}

static int phase_begin(struct correlation *c, struct task *task, const char *name, __u64 now)
{
	int err = phase_end(c, task, now);

	task->phase = name && name[0] ? name : NULL;
	task->phase_ns = now;
	return err;
}

static int born(struct correlation *c, struct task *task, const struct fl_task_new *new)
{
	struct task *creator = task_get(c, new->creator);
	int err;

	if (new->creator && !creator)
		return correlate_no_memory(c);
	if (task->known)
		return 0;
	task->known = true;
	task->pid = new->pid;
	task->parent = new->parent;
	task->parent_now = new->parent;
	task->creator = new->creator;
	task->process = new->process ? new->process : task->id;
	task->clone_flags = new->clone_flags;
	task->base_min = new->base_min;
	task->base_maj = new->base_maj;
	task->start_ns = new->event.t_ns;
	if (!task->comm)
		task->comm = new->comm;
	task->group = process_get(c, task->process);
	if (!task->group)
		return correlate_no_memory(c);
	if (task->process == task->id)
		task->group->leader = task;
	err = use_tid(c, task, new->tid);
	if (!err && creator && creator->phase && !task->phase)
		err = phase_begin(c, task, creator->phase, new->event.t_ns);
	return !err && c->has_states ? state_start(c, task) : err;
}

static void unlink_zombie(struct process *process)
{
	if (!process->link)
		return;
	*process->link = process->next;
	if (process->next)
		process->next->link = process->link;
	process->link = NULL;
}

static int reaped(struct correlation *c, struct task *task, __u64 now)
{
	task->reaped_ns = now;
	unlink_zombie(task->group);
	return c->has_states ? state_reaped(c, task, now) : 0;
}

/*
 * A thread that is not the leader and calls exec takes the leader's tid; the
 * leader has ended before and vanishes at this moment without any wait.
 */
static int exec(struct correlation *c, struct task *task, const struct fl_task_exec *exec)
{
	struct task *leader = task->group ? task->group->leader : NULL;
	int err = 0;

	task->exec_ns = exec->event.t_ns;
	task->comm = exec->comm;
	task->exe = exec->path;
	if (exec->tid == exec->old_tid)
		return task->tid ? 0 : use_tid(c, task, exec->tid);
	if (leader && leader != task && c->has_states)
		err = state_reaped(c, leader, exec->event.t_ns);
	if (task->group)
		task->group->leader = task;
	task->process = task->id;
	return err ? err : use_tid(c, task, exec->tid);
}

static int exited(struct correlation *c, struct task *task, const struct fl_task_exit *exit)
{
	struct task *leader = task->group ? task->group->leader : NULL;
	struct task *parent;

	if (task->exited)
		return 0;
	task->exited = true;
	task->exit_ns = exit->event.t_ns;
	task->status = exit->status;
	if (exit->group_dead && leader && leader->parent_now && !task->group->link) {
		parent = task_get(c, leader->parent_now);
		if (!parent)
			return correlate_no_memory(c);
		if (parent->group && parent->group != task->group) {
			struct process **head = &parent->group->zombies;

			task->group->next = *head;
			task->group->link = head;
			if (*head)
				(*head)->link = &task->group->next;
			*head = task->group;
		}
	}
	return signal_exit(c, task);
}

static int ended(struct correlation *c, struct task *task, const struct fl_task_end *end)
{
	if (task->ended)
		return 0;
	task->ended = true;
	task->alive = end->alive;
	task->end_ns = end->event.t_ns;
	task->min_flt = end->min_flt;
	task->maj_flt = end->maj_flt;
	task->nvcsw = end->nvcsw;
	task->nivcsw = end->nivcsw;
	return phase_end(c, task, end->event.t_ns);
}

static int mark(struct correlation *c, struct task *task, const struct fl_mark *mark)
{
	struct cell name = mark->name[0] ? cell_chars(mark->name, FL_NAME_LEN) : cell_null();

	switch (mark->op) {
	case FL_MARK_PHASE:
		return task->ended ? 0 : phase_begin(c, task, mark->name, mark->event.t_ns);
	case FL_MARK_ROLE:
		task->role = mark->name[0] ? mark->name : NULL;
		return 0;
	case FL_MARK_REGION:
		return ROW_ADD(c, ROW_REGION, cell_int(task->id), name,
			       cell_int((long long)mark->a), cell_int((long long)mark->b),
			       cell_time(c, mark->event.t_ns));
	case FL_MARK_VALUE:
		return ROW_ADD(c, ROW_VALUE, cell_int(task->id),
			       cell_chars(task->phase, FL_NAME_LEN), name,
			       cell_int((long long)mark->a), cell_time(c, mark->event.t_ns));
	}
	return 0;
}

/* The wait returned TID: the last one that had it, ended, and nobody has taken yet. */
static struct task *zombie_by_tid(struct correlation *c, __u32 tid)
{
	__u32 i = map_get(&c->task_tids, tid);
	struct task *task = i ? c->tasks[i - 1] : NULL;
	int depth;

	for (depth = 0; task && depth < TID_DEPTH; depth++, task = task->same_tid)
		if (task->tid == tid && task->process == task->id && task->exited &&
		    !task->reaped_ns)
			return task;
	return NULL;
}

/* waitid() says which child it took in memory that we do not read. */
static struct task *zombie_by_waitid(struct correlation *c, const struct task *waiter,
				     const struct fl_syscall *call)
{
	struct process *zombies = waiter->group ? waiter->group->zombies : NULL;
	unsigned int options = (unsigned int)call->args[3];

	if (!(options & WEXITED) || options & WNOWAIT)
		return NULL;
	if (call->args[0] == P_PID)
		return zombie_by_tid(c, (__u32)call->args[1]);
	/* with WNOHANG it may have found nothing; of several, nobody knows which */
	return zombies && !zombies->next && !(options & WNOHANG) ? zombies->leader : NULL;
}

static int waited(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	struct task *child = NULL;

	if (call->event.t_ns == call->start_ns)
		return 0;
	if (correlate_call(c, call->nr) == CALL_WAIT4 && call->ret > 0)
		child = zombie_by_tid(c, (__u32)call->ret);
	else if (correlate_call(c, call->nr) == CALL_WAITID && !call->ret)
		child = zombie_by_waitid(c, task, call);
	return child && child->group ? reaped(c, child, call->event.t_ns) : 0;
}

static int call_row(struct correlation *c, const struct task *task, const struct fl_syscall *call,
		    const struct fl_syscall *entered)
{
	const struct fl_syscall *with_data = call->data_len || !entered ? call : entered;
	bool returned = call->event.t_ns > call->start_ns;
	__u8 length = with_data->data_len;
	char args[6 * 20];

	snprintf(args, sizeof(args), "%llx %llx %llx %llx %llx %llx", call->args[0], call->args[1],
		 call->args[2], call->args[3], call->args[4], call->args[5]);
	return ROW_ADD(c, ROW_SYSCALL, cell_int(task->id),
		       cell_text(correlate_name(c, call->phase)),
		       cell_text(correlate_syscall(c, call->nr)), cell_time(c, call->start_ns),
		       returned ? cell_time(c, call->event.t_ns) : cell_null(),
		       returned ? cell_int(call->ret) : cell_null(), cell_text(args),
		       cell_blob(with_data->data, length < FL_DATA_LEN ? length : FL_DATA_LEN),
		       call->file_kind ? cell_text(names_file_kind(call->file_kind)) : cell_null(),
		       call->file_kind ? cell_int((long long)call->file) : cell_null());
}

/* A call that may never return was sent at its start; if it returns, both are one row. */
static int entered_alone(struct correlation *c, struct task *task)
{
	const struct fl_syscall *entered = task->entered;

	task->entered = NULL;
	return entered ? call_row(c, task, entered, NULL) : 0;
}

static int called(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	const struct fl_syscall *entered = task->entered;
	int err = 0;

	if (entered && (entered->start_ns != call->start_ns || entered->nr != call->nr))
		err = entered_alone(c, task);
	if (err)
		return err;
	if (call->event.t_ns <= call->start_ns) {
		task->entered = call;
		return 0;
	}
	entered = task->entered;
	task->entered = NULL;
	err = call_row(c, task, call, entered);
	if (!err)
		err = waited(c, task, call);
	if (!err)
		err = signal_call(c, task, call);
	if (!err)
		err = lock_call(c, task, call);
	if (!err && correlate_call(c, call->nr) == CALL_FUTEX)
		err = futex_call(c, task, call);
	return err ? err : message_call(c, task, call);
}

int task_record(struct correlation *c, const struct fl_event *event)
{
	struct task *task = task_get(c, event->task);

	if (!task)
		return correlate_no_memory(c);
	switch (event->type) {
	case FL_TASK_NEW:
		return born(c, task, (const struct fl_task_new *)event);
	case FL_TASK_EXEC:
		return exec(c, task, (const struct fl_task_exec *)event);
	case FL_TASK_EXIT:
		return exited(c, task, (const struct fl_task_exit *)event);
	case FL_TASK_END:
		return ended(c, task, (const struct fl_task_end *)event);
	case FL_TASK_RENAME:
		task->comm = ((const struct fl_task_rename *)event)->comm;
		return 0;
	case FL_MARK:
		return mark(c, task, (const struct fl_mark *)event);
	case FL_SYSCALL:
		return called(c, task, (const struct fl_syscall *)event);
	}
	return 0;
}

static const char *created_by(const struct task *task)
{
	if (!task->known)
		return "unknown";
	if (!task->creator)
		return "launch";
	if (task->clone_flags & FLAG_THREAD)
		return "thread";
	if (task->clone_flags & FLAG_VFORK)
		return "vfork";
	return task->clone_flags & FLAG_VM ? "clone" : "fork";
}

static int task_row(struct correlation *c, const struct task *task)
{
	struct cell exit_code = cell_null(), exit_signal = cell_null();
	bool start = task->known, end = task->ended;

	if (task->exited && task->status & 0x7f)
		exit_signal = cell_int(task->status & 0x7f);
	else if (task->exited)
		exit_code = cell_int(task->status >> 8 & 0xff);
#define IF(condition, value) ((condition) ? cell_int((long long)(value)) : cell_null())
	return ROW_ADD(c, ROW_TASK, cell_int(task->id), cell_int(task->tid), cell_int(task->pid),
		       cell_id(task->parent), cell_text(created_by(task)),
		       IF(start, task->clone_flags), cell_chars(task->comm, FL_COMM_LEN),
		       cell_chars(task->exe, FL_DATA_LEN), cell_chars(task->role, FL_NAME_LEN),
		       cell_time(c, task->start_ns), cell_time(c, task->exec_ns),
		       cell_time(c, task->exit_ns), cell_time(c, task->reaped_ns), exit_code,
		       exit_signal, IF(start, task->base_min), IF(start, task->base_maj),
		       IF(end, task->min_flt), IF(end, task->maj_flt), IF(end, task->nvcsw),
		       IF(end, task->nivcsw), cell_id(task->process), cell_id(task->creator));
#undef IF
}

static int by_id(const void *a, const void *b)
{
	const struct task *x = *(struct task *const *)a, *y = *(struct task *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

int task_finish(struct correlation *c)
{
	size_t i;
	int err = 0;

	/* the order of the table's key: rows are then only ever appended; nobody looks up any more */
	if (c->nr_tasks)
		qsort(c->tasks, c->nr_tasks, sizeof(struct task *), by_id);
	map_free(&c->task_ids);
	for (i = 0; i < c->nr_tasks && !err; i++) {
		struct task *task = c->tasks[i];

		c->nr_unborn += !task->known;
		err = entered_alone(c, task);
		if (!err)
			err = phase_end(c, task, task->exit_ns);
		if (!err && c->has_states)
			err = state_finish(c, task);
		if (!err)
			err = task_row(c, task);
	}
	return err;
}

void task_free(struct correlation *c)
{
	size_t i;

	for (i = 0; i < c->nr_tasks; i++)
		free(c->tasks[i]);
	for (i = 0; i < c->nr_processes; i++)
		free(c->processes[i]);
	free(c->tasks);
	free(c->processes);
	map_free(&c->task_ids);
	map_free(&c->task_tids);
	map_free(&c->process_ids);
}
