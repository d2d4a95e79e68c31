// SPDX-License-Identifier: GPL-2.0
/*
 * Thread groups: who is in them, which have ended and wait to be reaped, and by
 * which call one was.
 */
#include <linux/wait.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"

/*
 * How many holders of one tid are looked at for the one that a wait returned: a
 * tid is free again before that call ends, so the latest holder may be another.
 */
#define TID_DEPTH 8

/*
 * An orphan is reaped by somebody outside of the tree, and a child whose parent ignores
 * SIGCHLD by nobody.  But one that was taken before its last switch looks the same until
 * the call that took it has returned.  So the latest of them are kept.
 */
#define UNREAPED_MOST 4096

void unreaped_add(struct correlation *c, struct task *task)
{
	if (task->unreaped || !task->ended || task->alive)
		return;
	task->unreaped = true;
	task->unreaped_prev = c->unreaped_last;
	if (c->unreaped_last)
		c->unreaped_last->unreaped_next = task;
	else
		c->unreaped = task;
	c->unreaped_last = task;
	c->nr_unreaped++;
}

void unreaped_remove(struct correlation *c, struct task *task)
{
	if (!task->unreaped)
		return;
	if (task->unreaped_prev)
		task->unreaped_prev->unreaped_next = task->unreaped_next;
	else
		c->unreaped = task->unreaped_next;
	if (task->unreaped_next)
		task->unreaped_next->unreaped_prev = task->unreaped_prev;
	else
		c->unreaped_last = task->unreaped_prev;
	c->nr_unreaped--;
}

struct task *unreaped_oldest(const struct correlation *c)
{
	return c->nr_unreaped > UNREAPED_MOST ? c->unreaped : NULL;
}

int process_join(struct correlation *c, struct task *task)
{
	struct process *process = map_get(&c->processes, task->process);

	if (!process) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return correlate_no_memory(c);
		if (map_set(&c->processes, task->process, process)) {
			free(process);
			return correlate_no_memory(c);
		}
		process->id = task->process;
	}
	process->nr_tasks++;
	task->group = process;
	if (task->process == task->id)
		process->leader = task;
	return 0;
}

void process_ended(struct process *process, struct process *parent)
{
	if (process->link)
		return;
	process->next = parent->zombies;
	process->link = &parent->zombies;
	if (process->next)
		process->next->link = &process->next;
	parent->zombies = process;
}

void process_reaped(struct process *process)
{
	if (!process->link)
		return;
	*process->link = process->next;
	if (process->next)
		process->next->link = process->link;
	process->link = NULL;
}

static void forget(struct correlation *c, struct process *process)
{
	struct process *child;

	process_reaped(process);
	while ((child = process->zombies)) {
		if (child->leader)
			unreaped_add(c, child->leader);
		process_reaped(child);
	}
	map_remove(&c->processes, process->id);
	futex_end(process);
	free(process);
}

int process_leave(struct correlation *c, struct task *task)
{
	struct process *process = task->group;
	int err;

	if (!process)
		return 0;
	task->group = NULL;
	if (process->leader == task)
		process->leader = NULL;
	if (--process->nr_tasks)
		return 0;
	err = signal_drop(c, &process->signals);
	signal_free(process->signals);
	forget(c, process);
	return err;
}

void tid_leave(struct correlation *c, struct task *task)
{
	struct task *before = task->tid_next, *after = task->tid_prev;

	if (before)
		before->tid_prev = after;
	if (after)
		after->tid_next = before;
	else if (before)
		map_set(&c->tids, task->tid, before);
	else if (task->tid)
		map_remove(&c->tids, task->tid);
	task->tid_next = task->tid_prev = NULL;
	task->tid = 0;
}

int tid_take(struct correlation *c, struct task *task, __u32 tid)
{
	struct task *before;

	tid_leave(c, task);
	if (!tid)
		return 0;
	before = map_get(&c->tids, tid);
	if (map_set(&c->tids, tid, task))
		return correlate_no_memory(c);
	task->tid = tid;
	task->tid_next = before;
	if (before)
		before->tid_prev = task;
	return 0;
}

/* The wait returned TID: the last one that had it, ended, and nobody has taken yet. */
static struct task *zombie_by_tid(struct correlation *c, __u32 tid)
{
	struct task *task = map_get(&c->tids, tid);
	int depth;

	for (depth = 0; task && depth < TID_DEPTH; depth++, task = task->tid_next)
		if (task->process == task->id && task->exited && !task->reaped_ns)
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

struct task *process_waited(struct correlation *c, const struct task *task,
			    const struct fl_syscall *call)
{
	struct task *child = NULL;

	if (correlate_call(c, call->nr) == CALL_WAIT4 && call->ret > 0)
		child = zombie_by_tid(c, (__u32)call->ret);
	else if (correlate_call(c, call->nr) == CALL_WAITID && !call->ret)
		child = zombie_by_waitid(c, task, call);
	return child && child->group ? child : NULL;
}

void process_free(struct correlation *c)
{
	struct process *process;
	size_t at = 0;

	while ((process = map_next(&c->processes, &at))) {
		signal_free(process->signals);
		futex_end(process);
		free(process);
	}
	map_free(&c->processes);
	map_free(&c->tids);
}
