// SPDX-License-Identifier: GPL-2.0
/*
 * What each task does at each moment.  Rows of one task follow each other
 * without a gap or an overlap, from its creation to its last breath:
 *
 *   new -> ready -> running -> waiting | stopped -> ready ... -> zombie -> dead
 *
 * A wait lasts until sched_wakeup put the task on a run queue, and its row
 * names who woke it.  A wake-up that came before the task had left the CPU
 * leaves a wait and a ready of no length, with why 'spurious' and 'woken'.
 * A zombie lasts until a wait of its parent returned; dead is a point in time.
 *
 * Where records were lost, a change that cannot follow what was before ends the
 * row at the last moment for which it is known to hold, and what lies between
 * stays empty.
 */
#include "correlate/correlate_private.h"

#define TASK_INTERRUPTIBLE_BIT 0x1
#define TASK_UNINTERRUPTIBLE_BIT 0x2
#define TASK_WAKEKILL_BIT 0x100
#define TASK_NOLOAD_BIT 0x400
#define TASK_STOPPED_BITS (0x4 | 0x8) /* __TASK_STOPPED, __TASK_TRACED */
#define EXIT_DEAD_BIT 0x10
#define EXIT_ZOMBIE_BIT 0x20

static const char *const words[] = {
	[LIFE_NEW] = "new",         [LIFE_READY] = "ready",     [LIFE_RUNNING] = "running",
	[LIFE_WAITING] = "waiting", [LIFE_STOPPED] = "stopped", [LIFE_ZOMBIE] = "zombie",
	[LIFE_DEAD] = "dead",
};

static int write_row(struct correlation *c, const struct task *task, struct cell end,
		     const struct fl_waking *waking)
{
	const struct state *s = &task->state;
	struct cell waker = cell_null(), comm = cell_null(), at = cell_null();

	if (waking)
		at = cell_time(c, waking->event.t_ns);
	/* below an interrupt runs whoever happened to be there */
	if (waking && !waking->in_irq) {
		waker = cell_id(waking->waker);
		comm = cell_chars(waking->waker_comm, FL_COMM_LEN);
	}
	return ROW_ADD(c, ROW_STATE, cell_int(task->id), cell_text(words[s->life]),
		       cell_text(s->why), s->cpu < 0 ? cell_null() : cell_int(s->cpu),
		       cell_time(c, s->since), end, waker, comm, cell_text(s->sleep), at);
}

/* End the current row at NOW; what ended before the start of the run has none. */
static int leave(struct correlation *c, struct task *task, __u64 now,
		 const struct fl_waking *waking)
{
	struct state *s = &task->state;

	if (s->life <= LIFE_BEFORE || now < s->since)
		return 0;
	if (now <= c->start_ns && task->start_ns < c->start_ns)
		return 0;
	return write_row(c, task, cell_time(c, now), waking);
}

static void enter(struct task *task, enum life life, const char *why, int cpu, __u64 now)
{
	struct state *s = &task->state;

	s->life = life;
	s->why = why;
	s->sleep = NULL;
	s->cpu = cpu;
	s->since = now;
	s->known = now;
}

static int change(struct correlation *c, struct task *task, __u64 now, enum life life,
		  const char *why, int cpu)
{
	int err = leave(c, task, now, NULL);

	enter(task, life, why, cpu, now);
	return err;
}

/* Something between was lost, or the kernel did not tell it. */
static int lose(struct correlation *c, struct task *task)
{
	int err = leave(c, task, task->state.known, NULL);

	if (task->state.life != LIFE_UNKNOWN)
		c->unseen++;
	task->state.life = LIFE_UNKNOWN;
	return err;
}

/* The first event of a task that lived before tells what it was doing. */
static void settle_before(struct state *s, enum life life, int cpu)
{
	if (s->life == LIFE_BEFORE) {
		s->life = life;
		s->cpu = cpu;
	}
}

static int die(struct correlation *c, struct task *task, __u64 now)
{
	int err = change(c, task, now, LIFE_DEAD, NULL, -1);

	return err ? err : leave(c, task, now, NULL);
}

static int switch_in(struct correlation *c, struct task *task, const struct fl_event *event)
{
	int err = 0;

	settle_before(&task->state, LIFE_READY, event->cpu);
	if (task->state.life != LIFE_READY)
		err = lose(c, task);
	task->state.waking = false;
	return err ? err : change(c, task, event->t_ns, LIFE_RUNNING, NULL, event->cpu);
}

/* As task_state_index() takes them for /proc: TASK_IDLE is a wait that nobody is to count as load. */
static const char *sleep_word(__u32 prev_state)
{
	if (prev_state & TASK_INTERRUPTIBLE_BIT)
		return "interruptible";
	if (!(prev_state & TASK_UNINTERRUPTIBLE_BIT))
		return NULL;
	if (prev_state & TASK_WAKEKILL_BIT)
		return "killable";
	return prev_state & TASK_NOLOAD_BIT ? "idle" : "uninterruptible";
}

static int switch_out(struct correlation *c, struct task *task, const struct fl_switch_out *out)
{
	__u64 now = out->event.t_ns;
	int err = 0;

	settle_before(&task->state, LIFE_RUNNING, out->event.cpu);
	if (task->state.life != LIFE_RUNNING)
		err = lose(c, task);
	if (err)
		return err;
	if (out->prev_state & EXIT_DEAD_BIT ||
	    (out->prev_state & EXIT_ZOMBIE_BIT && task->reaped_ns))
		return die(c, task, now);
	if (out->prev_state & EXIT_ZOMBIE_BIT)
		return change(c, task, now, LIFE_ZOMBIE, NULL, -1);
	if (!out->prev_state || out->preempt)
		return change(c, task, now, LIFE_READY, "preempted", out->event.cpu);
	if (out->prev_state & TASK_STOPPED_BITS)
		return change(c, task, now, LIFE_STOPPED, NULL, -1);
	err = change(c, task, now, LIFE_WAITING,
		     out->in_fault ? "fault" : correlate_syscall(c, out->syscall), -1);
	task->state.sleep = sleep_word(out->prev_state);
	return err;
}

static int woken(struct correlation *c, struct task *task, __u64 now, int cpu)
{
	const struct state *s = &task->state;
	int err = leave(c, task, now, s->waking ? &s->waker : NULL);

	enter(task, LIFE_READY, "woken", cpu, now);
	return err;
}

static int spurious(struct correlation *c, struct task *task, __u64 now)
{
	int cpu = task->state.cpu;
	int err = change(c, task, now, LIFE_WAITING, "spurious", -1);

	if (!err)
		err = woken(c, task, now, cpu);
	return err ? err : change(c, task, now, LIFE_RUNNING, NULL, cpu);
}

static int ready(struct correlation *c, struct task *task, const struct fl_ready *ready)
{
	__u64 now = ready->event.t_ns;
	int err = 0;

	settle_before(&task->state, LIFE_WAITING, -1);
	switch (task->state.life) {
	case LIFE_NEW:
		err = change(c, task, now, LIFE_READY, "new", ready->target_cpu);
		break;
	case LIFE_RUNNING:
		err = spurious(c, task, now);
		break;
	case LIFE_READY:
		break;
	default:
		err = woken(c, task, now, ready->target_cpu);
	}
	task->state.waking = false;
	return err;
}

int state_start(struct correlation *c, struct task *task)
{
	enum life life = task->creator ? LIFE_NEW : LIFE_BEFORE;

	(void)c;
	if (task->state.life == LIFE_UNKNOWN)
		enter(task, life, NULL, -1, task->start_ns);
	return 0;
}

int state_record(struct correlation *c, struct task *task, const struct fl_event *event)
{
	struct state *s = &task->state;

	if (s->life >= LIFE_ZOMBIE)
		return 0;
	switch (event->type) {
	case FL_SWITCH_IN:
		return switch_in(c, task, event);
	case FL_SWITCH_OUT:
		return switch_out(c, task, (const struct fl_switch_out *)event);
	case FL_READY:
		return ready(c, task, (const struct fl_ready *)event);
	case FL_WAKING:
		s->waking = true;
		s->waker = *(const struct fl_waking *)event;
		if (s->life == LIFE_WAITING || s->life == LIFE_STOPPED)
			s->known = event->t_ns;
		return 0;
	case FL_MIGRATE:
		if (s->life == LIFE_READY)
			s->cpu = ((const struct fl_migrate *)event)->to_cpu;
		return 0;
	case FL_SYSCALL:
	case FL_TASK_EXEC:
	case FL_TASK_EXIT:
		/* it did this itself */
		if (s->life == LIFE_RUNNING)
			s->known = event->t_ns;
		return 0;
	}
	return 0;
}

int state_reaped(struct correlation *c, struct task *task, __u64 now)
{
	/* it may be taken while it still runs to its last switch */
	return task->state.life == LIFE_ZOMBIE ? die(c, task, now) : 0;
}

int state_finish(struct correlation *c, struct task *task)
{
	struct state *s = &task->state;

	if (s->life <= LIFE_BEFORE || s->life == LIFE_DEAD)
		return 0;
	if (s->life == LIFE_ZOMBIE)
		return write_row(c, task, cell_null(), NULL);
	if (task->alive)
		return leave(c, task, task->end_ns, NULL);
	if (!task->ended)
		return write_row(c, task, cell_null(), NULL);
	/* the last switch was lost */
	return leave(c, task, s->life == LIFE_RUNNING ? task->end_ns : s->known, NULL);
}

int priority_record(struct correlation *c, const struct fl_event *event)
{
	const struct fl_prio *prio = (const struct fl_prio *)event;
	int err;

	if (!event->task)
		return 0;
	err = task_need(c, event->task);
	if (err)
		return err;
	return ROW_ADD(c, ROW_PRIORITY, cell_int(event->task), cell_time(c, event->t_ns),
		       cell_int(prio->old_prio), cell_int(prio->new_prio), cell_id(prio->donor));
}
