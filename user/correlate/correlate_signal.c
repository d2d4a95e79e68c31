// SPDX-License-Identifier: GPL-2.0
/*
 * Signals: what was generated, matched with what was delivered.
 *
 * A signal waits with the task or the process that it was sent to.  A standard
 * signal waits there once: what is generated meanwhile has the result
 * already_pending and is never delivered itself.  Real-time signals queue.  A
 * task takes from its own queue first, then from its process's, as the kernel's
 * dequeue_signal() does.
 *
 * If a second one of a standard signal is queued while we think that one is
 * waiting, the first was taken without a delivery (signalfd, a change to
 * SIG_IGN): it stays undelivered.
 *
 * A signal that kills by default without a core dump is delivered as signal 9
 * to each thread, see complete_signal() in the kernel; which it was is told by
 * the status at the exit.  The 9 of the first thread whose exit shows the
 * signal is the delivery of that signal; the others are rows of their own, with
 * no generation, as are those by which exec and exit_group end other threads.
 */
#include <stdlib.h>

#include "correlate_private.h"
#include "names.h"

#define SIGNO_KILL 9
#define SIGNO_REALTIME 32
#define SIGNO_LAST 64

enum { RESULT_DELIVERED = 0, RESULT_LOSE_INFO = 4 };

struct signal_row {
	const struct fl_signal_generate *generate; /* NULL: not seen */
	const struct fl_signal_deliver *deliver;   /* NULL: none */
	__u64 delivered_ns;
	__u32 receiver;
	const char *action;
	struct signal_row *next; /* behind it in its queue */
};

struct signal_queue {
	struct signal_row *head, *tail;
};

struct signals {
	struct signal_row **rows;
	size_t nr_rows;
	struct map queue_ids; /* receiver and signo -> index + 1 */
	struct signal_queue *queues;
	size_t nr_queues;
};

static struct signals *signals_of(struct correlation *c)
{
	if (!c->signals)
		c->signals = calloc(1, sizeof(*c->signals));
	return c->signals;
}

static __u64 queue_key(const struct task *task, bool group, int signo)
{
	__u32 id = group && task->group ? task->group->id : task->id;

	return (__u64)id << 8 | (group ? 0x80 : 0) | (unsigned int)signo;
}

static struct signal_queue *queue_find(struct signals *s, const struct task *task, bool group,
				       int signo)
{
	__u32 i = map_get(&s->queue_ids, queue_key(task, group, signo));

	return i ? &s->queues[i - 1] : NULL;
}

static struct signal_queue *queue_get(struct correlation *c, const struct task *task, bool group,
				      int signo)
{
	struct signals *s = c->signals;
	struct signal_queue *queue = queue_find(s, task, group, signo);

	if (queue)
		return queue;
	if (correlate_grow(c, &s->queues, s->nr_queues, sizeof(*s->queues)))
		return NULL;
	s->queues[s->nr_queues++] = (struct signal_queue){ 0 };
	if (map_set(&s->queue_ids, queue_key(task, group, signo), s->nr_queues))
		return NULL;
	return &s->queues[s->nr_queues - 1];
}

static struct signal_row *row_new(struct correlation *c, const struct task *receiver)
{
	struct signals *s = c->signals;
	struct signal_row *row;

	if (correlate_grow(c, &s->rows, s->nr_rows, sizeof(*s->rows)))
		return NULL;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->receiver = receiver->id;
	s->rows[s->nr_rows++] = row;
	return row;
}

static struct signal_row *take_from(struct signals *s, const struct task *task, bool group,
				    int signo)
{
	struct signal_queue *queue = queue_find(s, task, group, signo);
	struct signal_row *row = queue ? queue->head : NULL;

	if (!row)
		return NULL;
	queue->head = row->next;
	row->next = NULL;
	return row;
}

/* The waiting signal that TASK takes; NULL: none waits. */
static struct signal_row *take(struct signals *s, const struct task *task, int signo)
{
	struct signal_row *row = take_from(s, task, false, signo);

	return row ? row : take_from(s, task, true, signo);
}

static bool in_range(int signo)
{
	return signo >= 1 && signo <= SIGNO_LAST;
}

static int generated(struct correlation *c, struct task *task,
		     const struct fl_signal_generate *generate)
{
	struct signal_row *row = row_new(c, task);
	struct signal_queue *queue;

	if (!row)
		return correlate_no_memory(c);
	row->generate = generate;
	if (!in_range(generate->signo) ||
	    (generate->result != RESULT_DELIVERED && generate->result != RESULT_LOSE_INFO))
		return 0;
	queue = queue_get(c, task, generate->group, generate->signo);
	if (!queue)
		return correlate_no_memory(c);
	if (queue->head && generate->signo >= SIGNO_REALTIME)
		queue->tail->next = row;
	else
		queue->head = row;
	queue->tail = row;
	return 0;
}

static void deliver_row(struct signal_row *row, const struct task *task,
			const struct fl_signal_deliver *deliver)
{
	row->deliver = deliver;
	row->delivered_ns = deliver->event.t_ns;
	row->receiver = task->id;
	row->action = names_signal_action(deliver->handler);
}

static int delivered_alone(struct correlation *c, struct task *task,
			   const struct fl_signal_deliver *deliver)
{
	struct signal_row *row = row_new(c, task);

	if (!row)
		return correlate_no_memory(c);
	deliver_row(row, task, deliver);
	return 0;
}

static int delivered(struct correlation *c, struct task *task,
		     const struct fl_signal_deliver *deliver)
{
	struct signal_row *row;

	row = in_range(deliver->signo) ? take(c->signals, task, deliver->signo) : NULL;
	if (row) {
		deliver_row(row, task, deliver);
		return 0;
	}
	if (deliver->signo != SIGNO_KILL || task->kill)
		return delivered_alone(c, task, deliver);
	task->kill = deliver;
	return 0;
}

int signal_record(struct correlation *c, struct task *task, const struct fl_event *event)
{
	if (!signals_of(c))
		return correlate_no_memory(c);
	if (event->type == FL_SIGNAL_GENERATE)
		return generated(c, task, (const struct fl_signal_generate *)event);
	return delivered(c, task, (const struct fl_signal_deliver *)event);
}

int signal_exit(struct correlation *c, struct task *task)
{
	const struct fl_signal_deliver *kill = task->kill;
	int signo = task->status & 0x7f;
	struct signal_row *row;

	if (!kill)
		return 0;
	task->kill = NULL;
	row = in_range(signo) ? take(c->signals, task, signo) : NULL;
	if (!row)
		return delivered_alone(c, task, kill);
	deliver_row(row, task, kill);
	return 0;
}

/* rt_sigtimedwait() takes a signal and returns its number; nothing is delivered. */
int signal_call(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	struct signal_row *row;

	if (!c->signals || correlate_call(c, call->nr) != CALL_SIGTIMEDWAIT || call->ret < 1 ||
	    call->ret > SIGNO_LAST)
		return 0;
	row = take(c->signals, task, (int)call->ret);
	if (!row)
		return 0;
	row->delivered_ns = call->event.t_ns;
	row->receiver = task->id;
	row->action = "wait";
	return 0;
}

static int write_row(struct correlation *c, const struct signal_row *row)
{
	const struct fl_signal_generate *generate = row->generate;
	struct cell action = cell_text(row->action), delivered = cell_time(c, row->delivered_ns);

	if (!generate)
		return ROW_ADD(c, ROW_SIGNAL, cell_int(row->deliver->signo),
			       cell_int(row->deliver->code), cell_null(), cell_int(row->receiver),
			       cell_null(), cell_null(), delivered, action, cell_null());
	return ROW_ADD(c, ROW_SIGNAL, cell_int(generate->signo), cell_int(generate->code),
		       cell_id(generate->sender), cell_int(row->receiver),
		       cell_time(c, generate->event.t_ns),
		       cell_text(names_signal_result(generate->result)), delivered, action,
		       cell_chars(generate->sender_comm, FL_COMM_LEN));
}

int signal_finish(struct correlation *c)
{
	size_t i;
	int err = 0;

	/* the exit of these was not seen */
	for (i = 0; i < c->nr_tasks && !err; i++)
		if (c->tasks[i]->kill)
			err = delivered_alone(c, c->tasks[i], c->tasks[i]->kill);
	for (i = 0; c->signals && i < c->signals->nr_rows && !err; i++)
		err = write_row(c, c->signals->rows[i]);
	return err;
}

void signal_free(struct correlation *c)
{
	struct signals *s = c->signals;
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->nr_rows; i++)
		free(s->rows[i]);
	free(s->rows);
	free(s->queues);
	map_free(&s->queue_ids);
	free(s);
}
