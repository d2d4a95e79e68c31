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

#include "correlate/correlate_private.h"
#include "record/names.h"

#define SIGNO_KILL 9
#define SIGNO_REALTIME 32
#define SIGNO_LAST 64

enum { RESULT_DELIVERED = 0, RESULT_LOSE_INFO = 4 };

struct waiting {
	struct waiting *next; /* behind it in its queue */
	struct fl_signal_generate generate;
};

struct signal_queues {
	struct signal_queue {
		struct waiting *head, *tail;
	} of[SIGNO_LAST + 1]; /* by number */
};

/* RECEIVER and what follows: 0 and NULL where it was never delivered. */
static int signal_row(struct correlation *c, const struct fl_signal_generate *generate,
		      __u32 receiver, __u64 delivered_ns, const char *action)
{
	return ROW_ADD(c, ROW_SIGNAL, cell_int(generate->signo), cell_int(generate->code),
		       cell_id(generate->sender),
		       cell_int(receiver ? receiver : generate->event.task),
		       cell_time(c, generate->event.t_ns),
		       cell_text(names_signal_result(generate->result)), cell_time(c, delivered_ns),
		       cell_text(action), cell_chars(generate->sender_comm, FL_COMM_LEN));
}

static int delivered_alone(struct correlation *c, const struct task *task,
			   const struct fl_signal_deliver *deliver)
{
	return ROW_ADD(c, ROW_SIGNAL, cell_int(deliver->signo), cell_int(deliver->code),
		       cell_null(), cell_int(task->id), cell_null(), cell_null(),
		       cell_time(c, deliver->event.t_ns),
		       cell_text(names_signal_action(deliver->handler)), cell_null());
}

static struct waiting *take_from(struct signal_queues *queues, int signo)
{
	struct waiting *signal = queues ? queues->of[signo].head : NULL;

	if (signal)
		queues->of[signo].head = signal->next;
	return signal;
}

/*
 * Take the signal SIGNO that waits for TASK, if one does, and write its row.  1 if
 * there was one, 0, or a negative errno.
 */
static int take(struct correlation *c, const struct task *task, int signo, __u64 delivered_ns,
		const char *action)
{
	struct waiting *signal = take_from(task->signals, signo);
	int err;

	if (!signal && task->group)
		signal = take_from(task->group->signals, signo);
	if (!signal)
		return 0;
	err = signal_row(c, &signal->generate, task->id, delivered_ns, action);
	free(signal);
	return err ? err : 1;
}

static int queue(struct correlation *c, struct signal_queues **queues,
		 const struct fl_signal_generate *generate)
{
	struct waiting *signal, *before;
	struct signal_queue *queue;
	int err = 0;

	if (!*queues)
		*queues = calloc(1, sizeof(**queues));
	signal = *queues ? malloc(sizeof(*signal)) : NULL;
	if (!signal)
		return correlate_no_memory(c);
	*signal = (struct waiting){ .generate = *generate };
	queue = &(*queues)->of[generate->signo];
	before = queue->head;
	if (before && generate->signo >= SIGNO_REALTIME) {
		queue->tail->next = signal;
	} else {
		queue->head = signal;
		if (before)
			err = signal_row(c, &before->generate, 0, 0, NULL);
		free(before);
	}
	queue->tail = signal;
	return err;
}

static bool in_range(int signo)
{
	return signo >= 1 && signo <= SIGNO_LAST;
}

static int generated(struct correlation *c, struct task *task,
		     const struct fl_signal_generate *generate)
{
	bool group = generate->group && task->group;

	if (!in_range(generate->signo) ||
	    (generate->result != RESULT_DELIVERED && generate->result != RESULT_LOSE_INFO))
		return signal_row(c, generate, 0, 0, NULL);
	return queue(c, group ? &task->group->signals : &task->signals, generate);
}

static int delivered(struct correlation *c, struct task *task,
		     const struct fl_signal_deliver *deliver)
{
	int taken = 0;

	if (in_range(deliver->signo))
		taken = take(c, task, deliver->signo, deliver->event.t_ns,
			     names_signal_action(deliver->handler));
	if (taken)
		return taken < 0 ? taken : 0;
	if (deliver->signo != SIGNO_KILL || task->killed)
		return delivered_alone(c, task, deliver);
	task->killed = true;
	task->kill = *deliver;
	return 0;
}

int signal_record(struct correlation *c, struct task *task, const struct fl_event *event)
{
	if (event->type == FL_SIGNAL_GENERATE)
		return generated(c, task, (const struct fl_signal_generate *)event);
	return delivered(c, task, (const struct fl_signal_deliver *)event);
}

int signal_exit(struct correlation *c, struct task *task)
{
	const struct fl_signal_deliver *kill = &task->kill;
	int signo = task->status & 0x7f, taken = 0;

	if (!task->killed)
		return 0;
	task->killed = false;
	if (in_range(signo))
		taken = take(c, task, signo, kill->event.t_ns, names_signal_action(kill->handler));
	if (taken)
		return taken < 0 ? taken : 0;
	return delivered_alone(c, task, kill);
}

/* rt_sigtimedwait() takes a signal and returns its number; nothing is delivered. */
int signal_call(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	int taken;

	if (correlate_call(c, call->nr) != CALL_SIGTIMEDWAIT || call->ret < 1 ||
	    call->ret > SIGNO_LAST)
		return 0;
	taken = take(c, task, (int)call->ret, call->event.t_ns, "wait");
	return taken < 0 ? taken : 0;
}

int signal_end(struct correlation *c, struct task *task)
{
	int err = 0;

	/* its exit was not seen */
	if (task->killed)
		err = delivered_alone(c, task, &task->kill);
	task->killed = false;
	return err ? err : signal_drop(c, &task->signals);
}

int signal_drop(struct correlation *c, struct signal_queues **queues)
{
	struct waiting *signal;
	int signo, err = 0;

	for (signo = 1; *queues && signo <= SIGNO_LAST; signo++) {
		while (!err && (signal = take_from(*queues, signo))) {
			err = signal_row(c, &signal->generate, 0, 0, NULL);
			free(signal);
		}
	}
	if (err)
		return err;
	free(*queues);
	*queues = NULL;
	return 0;
}

void signal_free(struct signal_queues *queues)
{
	struct waiting *signal;
	int signo;

	for (signo = 1; queues && signo <= SIGNO_LAST; signo++)
		while ((signal = take_from(queues, signo)))
			free(signal);
	free(queues);
}
