// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of tasks: who created whom and how, names, phases, exec, exit, and
 * the wait that took the zombie away; and the calls themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"
#include "record/names.h"

/* From linux/sched.h: the header with the same names for programs needs more than we have. */
#define FLAG_VM 0x00000100
#define FLAG_VFORK 0x00004000
#define FLAG_THREAD 0x00010000

struct task *task_find(struct correlation *c, __u32 id)
{
	return map_get(&c->tasks, id);
}

struct task *task_get(struct correlation *c, __u32 id)
{
	struct task *task = map_get(&c->tasks, id);
	int written = 0;

	if (task || !id)
		return task;
	if (id <= c->last_forgotten)
		written = row_task(c, id, NULL);
	task = written < 0 ? NULL : calloc(1, sizeof(*task));
	if (!task)
		return NULL;
	task->id = id;
	if (written) {
		/* too late for it */
		task->written = task->known = task->exited = task->ended = true;
		task->state.life = LIFE_DEAD;
	}
	if (!map_set(&c->tasks, id, task))
		return task;
	free(task);
	return NULL;
}

int task_need(struct correlation *c, __u32 id)
{
	int written;

	if (!id || map_get(&c->tasks, id))
		return 0;
	written = id <= c->last_forgotten ? row_task(c, id, NULL) : 0;
	if (written)
		return written < 0 ? written : 0;
	return task_get(c, id) ? 0 : correlate_no_memory(c);
}

struct task *task_by_tid(const struct correlation *c, __u32 tid)
{
	return map_get(&c->tids, tid);
}

static int phase_end(struct correlation *c, struct task *task, __u64 now)
{
	int err;

	if (!task->phase[0])
		return 0;
	err = ROW_ADD(c, ROW_PHASE, cell_int(task->id), cell_chars(task->phase, FL_NAME_LEN),
		      cell_time(c, task->phase_ns), cell_time(c, now));
	task->phase[0] = '\0';
	return err;
}

/* An empty NAME: no phase any more. */
static int phase_begin(struct correlation *c, struct task *task, const char *name, __u64 now)
{
	int err = phase_end(c, task, now);

	memcpy(task->phase, name, FL_NAME_LEN);
	task->phase_ns = now;
	return err;
}

static void set_comm(struct task *task, const char *comm)
{
	task->named = true;
	memcpy(task->comm, comm, FL_COMM_LEN);
}

static int born(struct correlation *c, struct task *task, const struct fl_task_new *new)
{
	struct task *creator = task_get(c, new->creator);
	struct task *parent = task_find(c, new->parent);
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
	if (parent && parent->group)
		task->parent_process = parent->group->id;
	if (!task->named)
		set_comm(task, new->comm);
	err = process_join(c, task);
	if (!err)
		err = tid_take(c, task, new->tid);
	if (!err && creator && creator->phase[0] && !task->phase[0])
		err = phase_begin(c, task, creator->phase, new->event.t_ns);
	return !err && c->has_states ? state_start(c, task) : err;
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
	task->executed = true;
	set_comm(task, exec->comm);
	memcpy(task->exe, exec->path, FL_DATA_LEN);
	if (exec->tid == exec->old_tid)
		return task->tid ? 0 : tid_take(c, task, exec->tid);
	if (leader && leader != task && c->has_states)
		err = state_reaped(c, leader, exec->event.t_ns);
	if (task->group)
		task->group->leader = task;
	task->process = task->id;
	return err ? err : tid_take(c, task, exec->tid);
}

static int exited(struct correlation *c, struct task *task, const struct fl_task_exit *exit)
{
	struct task *leader = task->group ? task->group->leader : NULL;
	struct process *parent;
	int err;

	if (task->exited)
		return 0;
	task->exited = true;
	task->exit_ns = exit->event.t_ns;
	task->status = exit->status;
	task->group_dead = exit->group_dead;
	if (exit->group_dead && leader) {
		err = task_need(c, leader->parent_now);
		if (err)
			return err;
		parent = map_get(&c->processes, leader->parent_process);
		if (parent && parent != task->group)
			process_ended(task->group, parent);
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
	if (task->end_ns > c->end_ns)
		c->end_ns = task->end_ns;
	return phase_end(c, task, end->event.t_ns);
}

/* A name of which the empty one is none. */
static struct cell cell_word(const char *name)
{
	return name[0] ? cell_chars(name, FL_NAME_LEN) : cell_null();
}

static int mark(struct correlation *c, struct task *task, const struct fl_mark *mark)
{
	struct cell name = cell_word(mark->name);

	switch (mark->op) {
	case FL_MARK_PHASE:
		return task->ended ? 0 : phase_begin(c, task, mark->name, mark->event.t_ns);
	case FL_MARK_ROLE:
		memcpy(task->role, mark->name, FL_NAME_LEN);
		return 0;
	case FL_MARK_REGION:
		return ROW_ADD(c, ROW_REGION, cell_int(task->id), name,
			       cell_int((long long)mark->a), cell_int((long long)mark->b),
			       cell_time(c, mark->event.t_ns));
	case FL_MARK_VALUE:
		return ROW_ADD(c, ROW_VALUE, cell_int(task->id), cell_word(task->phase), name,
			       cell_int((long long)mark->a), cell_time(c, mark->event.t_ns));
	}
	return 0;
}

static int call_row(struct correlation *c, const struct task *task, const struct fl_syscall *call,
		    const struct fl_syscall *entered)
{
	const struct fl_syscall *with_data = call->data_len || !entered ? call : entered;
	bool returned = call->event.t_ns > call->start_ns;
	__u8 length = with_data->data_len;
	const char *data = length ? with_data->data : NULL;
	char args[6 * 20];

	/* the memory that the path was in is gone when the call returns */
	if (!length && returned && !call->ret && task->exec_ns > call->start_ns &&
	    correlate_call(c, call->nr) == CALL_EXEC) {
		data = task->exe;
		length = strnlen(task->exe, FL_DATA_LEN - 1) + 1;
	}
	snprintf(args, sizeof(args), "%llx %llx %llx %llx %llx %llx", call->args[0], call->args[1],
		 call->args[2], call->args[3], call->args[4], call->args[5]);
	return ROW_ADD(c, ROW_SYSCALL, cell_int(task->id),
		       cell_text(correlate_name(c, call->phase)),
		       cell_text(correlate_syscall(c, call->nr)), cell_time(c, call->start_ns),
		       returned ? cell_time(c, call->event.t_ns) : cell_null(),
		       returned ? cell_int(call->ret) : cell_null(), cell_text(args),
		       cell_blob(data, length < FL_DATA_LEN ? length : FL_DATA_LEN),
		       call->file_kind ? cell_text(names_file_kind(call->file_kind)) : cell_null(),
		       call->file_kind ? cell_int((long long)call->file) : cell_null());
}

/* A call that may never return was sent at its start; if it returns, both are one row. */
static int entered_alone(struct correlation *c, struct task *task)
{
	int err = task->entered ? call_row(c, task, task->entered, NULL) : 0;

	free(task->entered);
	task->entered = NULL;
	return err;
}

static int enter_call(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	task->entered = malloc(sizeof(*call));
	if (!task->entered)
		return correlate_no_memory(c);
	*task->entered = *call;
	return 0;
}

static int forget_if_over(struct correlation *c, struct task *task);

static int waited(struct correlation *c, const struct task *task, const struct fl_syscall *call)
{
	struct task *child = process_waited(c, task, call);
	int err;

	if (!child)
		return 0;
	child->reaped_ns = call->event.t_ns;
	process_reaped(child->group);
	err = c->has_states ? state_reaped(c, child, call->event.t_ns) : 0;
	return err || child == task ? err : forget_if_over(c, child);
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
		free(task->entered);
		return enter_call(c, task, call);
	}
	err = call_row(c, task, call, task->entered);
	free(task->entered);
	task->entered = NULL;
	if (!err)
		err = waited(c, task, call);
	if (!err)
		err = signal_call(c, task, call);
	if (!err)
		err = lock_call(c, task, call);
	if (!err && correlate_call(c, call->nr) == CALL_FUTEX)
		err = futex_call(c, task, call);
	return err ? err : message_call(c, call);
}

static int task_record(struct correlation *c, struct task *task, const struct fl_event *event)
{
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
		set_comm(task, ((const struct fl_task_rename *)event)->comm);
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
	return ROW_ADD(
		c, ROW_TASK, cell_int(task->id), cell_int(task->tid), cell_int(task->pid),
		cell_id(task->parent), cell_text(created_by(task)), IF(start, task->clone_flags),
		cell_chars(task->named ? task->comm : NULL, FL_COMM_LEN),
		cell_chars(task->executed ? task->exe : NULL, FL_DATA_LEN), cell_word(task->role),
		cell_time(c, task->start_ns), cell_time(c, task->exec_ns),
		cell_time(c, task->exit_ns), cell_time(c, task->reaped_ns), exit_code, exit_signal,
		IF(start, task->base_min), IF(start, task->base_maj), IF(end, task->min_flt),
		IF(end, task->maj_flt), IF(end, task->nvcsw), IF(end, task->nivcsw),
		cell_id(task->process), cell_id(task->creator), IF(task->exited, task->group_dead));
#undef IF
}

static void release(struct task *task)
{
	free(task->entered);
	signal_free(task->signals);
	lock_abandon(task);
	free(task);
}

/* All that is known of it is written; also after an error nothing is left of it. */
static int forget(struct correlation *c, struct task *task)
{
	int err = entered_alone(c, task), left;

	c->nr_unborn += !task->known;
	if (!err)
		err = phase_end(c, task, task->exit_ns);
	if (!err && c->has_states)
		err = state_finish(c, task);
	if (!err)
		err = signal_end(c, task);
	if (!err)
		err = lock_end(c, task);
	if (!err && !task->written)
		err = task_row(c, task);
	unreaped_remove(c, task);
	tid_leave(c, task);
	left = process_leave(c, task);
	map_remove(&c->tasks, task->id);
	if (task->id > c->last_forgotten)
		c->last_forgotten = task->id;
	release(task);
	return err ? err : left;
}

/*
 * Nothing more can be told of a thread after its last switch, nor of a process
 * once it was reaped, too, which comes first where the parent is quick.
 */
static int forget_if_over(struct correlation *c, struct task *task)
{
	bool reaped = task->reaped_ns || task->process != task->id;
	bool dead = !c->has_states || task->state.life == LIFE_DEAD;

	if (!task->known || !task->ended || task->alive || task->written)
		return 0;
	if (reaped)
		return dead ? forget(c, task) : 0;
	if (task->state.life == LIFE_DEAD ||
	    (!task->parent_now && task->state.life != LIFE_RUNNING))
		unreaped_add(c, task);
	return 0;
}

int task_tell(struct correlation *c, const struct fl_event *event)
{
	struct task *task;
	int err = 0;

	if (!event->task)
		return 0;
	task = task_get(c, event->task);
	if (!task)
		return correlate_no_memory(c);
	switch (event->type) {
	case FL_SIGNAL_GENERATE:
	case FL_SIGNAL_DELIVER:
		return signal_record(c, task, event);
	case FL_FILE_LOCK:
		return lock_record(c, task, event);
	case FL_CARD:
		return card_record(c, event);
	case FL_TRANSFER:
		return message_transfer(c, (const struct fl_transfer *)event);
	case FL_REPARENT:
		return reparent_record(c, task, event);
	case FL_SWITCH_IN:
	case FL_SWITCH_OUT:
	case FL_WAKING:
	case FL_READY:
	case FL_MIGRATE:
		break;
	default:
		err = task_record(c, task, event);
	}
	if (!err && c->has_states)
		err = state_record(c, task, event);
	if (!err)
		err = forget_if_over(c, task);
	while (!err && (task = unreaped_oldest(c)))
		err = forget(c, task);
	return err;
}

static int by_id(const void *a, const void *b)
{
	const struct task *x = *(struct task *const *)a, *y = *(struct task *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

int task_finish(struct correlation *c)
{
	size_t i, n = c->tasks.used, at = 0;
	struct task **tasks = calloc(n + 1, sizeof(*tasks));
	int err = 0;

	if (!tasks)
		return correlate_no_memory(c);
	for (i = 0; i < n; i++)
		tasks[i] = map_next(&c->tasks, &at);
	/* the order of the table's key: rows are then mostly appended */
	qsort(tasks, n, sizeof(*tasks), by_id);
	for (i = 0; i < n && !err; i++)
		err = forget(c, tasks[i]);
	free(tasks);
	return err;
}

void task_free(struct correlation *c)
{
	struct task *task;
	size_t at = 0;

	while ((task = map_next(&c->tasks, &at)))
		release(task);
	map_free(&c->tasks);
	process_free(c);
}
