// SPDX-License-Identifier: GPL-2.0
/*
 * What a signal's code and the rows around it say.  A positive code is the
 * kernel's own (SI_FROMKERNEL()); the current task at that moment is then the
 * one at fault, the child that ends, or whoever a timer interrupted.
 */
#define _GNU_SOURCE
#include "views/signals_view.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MOST_BACK (1 << 16)
#define CODE_DETHREAD (-7) /* SI_DETHREAD: execve() ends the other threads */

enum near_kind {
	NEAR_CALL,
	NEAR_MASK,  /* a call that may unblock signals */
	NEAR_WRITE, /* one that failed with EPIPE */
	NEAR_TIMER, /* one that set a timer of the process */
	NEAR_FAULT, /* that ended in a signal */
	NEAR_STOP,
};

struct sig_near {
	int task;
	enum near_kind kind;
	long long start_ns, end_ns;
	unsigned long long address;
	char name[16];
};

static enum near_kind kind_of(const char *name, long long ret)
{
	static const char *const masks[] = { "rt_sigprocmask", "rt_sigsuspend", "rt_sigreturn",
					     "sigprocmask",    "sigsuspend",    "sigreturn",
					     "ppoll",          "pselect6",      "epoll_pwait" };

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		if (!strcmp(name, masks[i]))
			return NEAR_MASK;
	if (ret == -EPIPE)
		return NEAR_WRITE;
	if (!strcmp(name, "alarm") || !strcmp(name, "setitimer"))
		return NEAR_TIMER;
	return NEAR_CALL;
}

void signals_context(struct sig_context *c, struct timeline *t)
{
	size_t room = 0;
	/* in the order of ids, which is that of indexes */
	sqlite3_stmt *stmt = timeline_prepare(
		t, "WITH who AS MATERIALIZED (SELECT receiver_task AS task FROM signal UNION"
		   "	SELECT sender_task FROM signal UNION"
		   "	SELECT other.task FROM signal JOIN task ON task.task = receiver_task"
		   "	JOIN task AS other ON other.process = task.process) "
		   "SELECT task, start_ns, end_ns, name, ret, 0 FROM syscall"
		   "	WHERE task IN (SELECT task FROM who) UNION ALL "
		   "SELECT task, start_ns, end_ns, NULL, 0, address FROM fault"
		   "	WHERE kind IN ('segv', 'bus') UNION ALL "
		   "SELECT task, start_ns, end_ns, NULL, 1, 0 FROM state WHERE state = 'stopped' "
		   "ORDER BY 1, 2");

	*c = (struct sig_context){ .t = t };
	while (timeline_step(t, stmt)) {
		const char *name = (const char *)sqlite3_column_text(stmt, 3);
		long long ret = sqlite3_column_int64(stmt, 4);
		struct sig_near *near;
		int task = timeline_task_at(t, stmt, 0);

		if (task == TL_NONE)
			continue;
		if (c->nr_near == room) {
			room = room ? 2 * room : 256;
			near = reallocarray(c->near, room, sizeof(*near));
			if (!near) {
				t->error = -ENOMEM;
				continue;
			}
			c->near = near;
		}
		near = &c->near[c->nr_near++];
		*near = (struct sig_near){
			.task = task,
			.kind = name ? kind_of(name, ret) :
				ret  ? NEAR_STOP :
				       NEAR_FAULT,
			.start_ns = timeline_time_at(stmt, 1),
			.end_ns = timeline_time_at(stmt, 2),
			.address = (unsigned long long)sqlite3_column_int64(stmt, 5),
		};
		if (near->end_ns == TL_NEVER)
			near->end_ns = LLONG_MAX / 4;
		text_escape_for(near->name, sizeof(near->name), name ? name : "", 14, false);
	}
}

void signals_context_release(struct sig_context *c)
{
	free(c->near);
}

/* Index of the first of TASK that starts after T_NS; where it would be if there is none. */
static size_t first_after(const struct sig_context *c, int task, long long t_ns)
{
	size_t low = 0, high = c->nr_near;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sig_near *near = &c->near[middle];

		if (near->task < task || (near->task == task && near->start_ns <= t_ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last of KIND that TASK began at or before T_NS; NULL: none. */
static const struct sig_near *latest(const struct sig_context *c, int task, long long t_ns,
				     enum near_kind kind)
{
	size_t i = first_after(c, task, t_ns);

	for (int left = MOST_BACK; left-- > 0 && i-- > 0 && c->near[i].task == task;)
		if (c->near[i].kind == kind)
			return &c->near[i];
	return NULL;
}

static const char *child_cause(const struct sig_context *c, const struct sig *sig, char *buf,
			       size_t size)
{
	static const char *const general[] = {
		"a child ended",   "a child exited",  "a child was killed", "a child was killed",
		"a child trapped", "a child stopped", "a child went on",
	};
	const char *what = general[sig->code > 0 && sig->code <= CLD_CONTINUED ? sig->code : 0];
	const struct tl_task *child;
	char name[32];

	if (sig->from == TL_NONE) {
		snprintf(buf, size, "%s", what);
		return what;
	}
	child = &c->t->tasks[sig->from];
	switch (sig->code) {
	case CLD_EXITED:
		snprintf(buf, size, "child %lld exited with %lld", child->pid, child->exit_code);
		break;
	case CLD_KILLED:
	case CLD_DUMPED:
		snprintf(buf, size, "child %lld was killed by %s%s", child->pid,
			 timeline_signal(name, sizeof(name), child->exit_signal),
			 sig->code == CLD_DUMPED ? ", core dumped" : "");
		break;
	default:
		snprintf(buf, size, "child %lld%s", child->pid, what + strlen("a child"));
	}
	return what;
}

static const char *fault_words(const struct sig *sig)
{
	if (sig->signo == SIGBUS)
		switch (sig->code) {
		case BUS_ADRALN:
			return "an address that is not aligned";
		case BUS_ADRERR:
			return "a page that the file does not have";
		case 4: /* BUS_MCEERR_AR, BUS_MCEERR_AO */
		case 5:
			return "broken memory";
		default:
			return "a bus error";
		}
	switch (sig->code) {
	case SEGV_MAPERR:
		return "an address where nothing is mapped";
	case SEGV_ACCERR:
		return "memory that it may not use so";
	case SI_KERNEL:
		return "an address that no process can have, or a forbidden instruction";
	case 4: /* SEGV_PKUERR */
		return "memory that a protection key closes";
	default:
		return "memory";
	}
}

static const char *fault_cause(const struct sig_context *c, const struct sig *sig, char *buf,
			       size_t size)
{
	const struct sig_near *near = latest(c, sig->to, sig->generated_ns, NEAR_FAULT);
	const char *words = fault_words(sig);

	if (near && sig->code != SI_KERNEL)
		snprintf(buf, size, "fault at 0x%llx: %s", near->address, words);
	else
		snprintf(buf, size, "fault: %s", words);
	return words;
}

/* Whoever of the process set it: a timer is the process's. */
static const char *timer_cause(const struct sig_context *c, const struct sig *sig, char *buf,
			       size_t size)
{
	const struct timeline *t = c->t;
	const struct sig_near *set = NULL;
	char time[48];

	for (size_t i = 0; sig->to != TL_NONE && i < t->nr_tasks; i++) {
		const struct sig_near *near;

		if (t->tasks[i].pid != t->tasks[sig->to].pid)
			continue;
		near = latest(c, (int)i, sig->generated_ns, NEAR_TIMER);
		if (near && (!set || near->start_ns > set->start_ns))
			set = near;
	}
	if (set)
		snprintf(buf, size, "timer of %s() at %s ms", set->name,
			 timeline_ms(t, time, sizeof(time), set->start_ns));
	else
		snprintf(buf, size, "timer");
	return "timer";
}

static const char *words_of_kernel(const struct sig *sig)
{
	switch (sig->signo) {
	case SIGFPE:
		return sig->code == FPE_INTDIV ? "division by zero" :
						 "arithmetic that has no result";
	case SIGILL:
		return "an instruction that there is not";
	case SIGTRAP:
		return sig->code == TRAP_TRACE ? "a single step" : "a breakpoint";
	case SIGSYS:
		return "a system call that seccomp forbids";
	case SIGVTALRM:
	case SIGPROF:
		return "timer of CPU time";
	case SIGXCPU:
		return "the limit of CPU time";
	case SIGXFSZ:
		return "the limit of a file's size";
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
		return "a key on its terminal";
	case SIGTTIN:
	case SIGTTOU:
		return "use of its terminal in the background";
	case SIGHUP:
		return "the end of its terminal or session";
	case SIGWINCH:
		return "a new size of its terminal";
	case SIGIO:
		return "a file that is ready";
	case SIGURG:
		return "urgent data";
	case SIGKILL:
		return "the kernel's own reasons, such as no more memory";
	default:
		return "the kernel";
	}
}

static const char *words_of_code(long long code)
{
	switch (code) {
	case SI_USER:
		return "kill()";
	case SI_QUEUE:
		return "sigqueue()";
	case SI_TKILL:
		return "tgkill()";
	case SI_TIMER:
		return "timer of timer_create()";
	case SI_MESGQ:
		return "a message in a queue";
	case SI_ASYNCIO:
		return "asynchronous input or output";
	case SI_SIGIO:
		return "a file that is ready";
	case CODE_DETHREAD:
		return "execve() of another thread";
	default:
		return "a code of its own";
	}
}

const char *signals_cause(const struct sig_context *c, const struct sig *sig, bool *kernel,
			  char *buf, size_t size)
{
	const struct sig_near *near;
	const char *words;

	*kernel = true;
	if (sig->generated_ns == TL_NEVER) {
		words = "another thread ended all";
		snprintf(buf, size, "%s", words);
		return words;
	}
	/* SEND_SIG_NOINFO: the kernel in the name of the current task */
	if (sig->code == SI_USER && sig->from == sig->to && sig->from != TL_NONE &&
	    (sig->signo == SIGPIPE || sig->signo == SIGXFSZ)) {
		near = latest(c, sig->to, sig->generated_ns, NEAR_WRITE);
		if (sig->signo == SIGXFSZ || (near && near->end_ns >= sig->generated_ns)) {
			words = sig->signo == SIGPIPE ? "write to what nobody reads any more" :
							words_of_kernel(sig);
			if (sig->signo == SIGPIPE)
				snprintf(buf, size, "%s() to what nobody reads any more",
					 near->name);
			else
				snprintf(buf, size, "%s", words);
			return words;
		}
	}
	if (sig->code <= 0) {
		*kernel = sig->code == SI_TIMER || sig->code == SI_MESGQ || sig->code == SI_SIGIO ||
			  sig->code == CODE_DETHREAD;
		words = words_of_code(sig->code);
		snprintf(buf, size, "%s", words);
		return words;
	}
	switch (sig->signo) {
	case SIGCHLD:
		return child_cause(c, sig, buf, size);
	case SIGSEGV:
	case SIGBUS:
		return fault_cause(c, sig, buf, size);
	case SIGALRM:
		return timer_cause(c, sig, buf, size);
	default:
		words = words_of_kernel(sig);
		snprintf(buf, size, "%s", words);
		return words;
	}
}

bool signals_blocked(const struct sig_context *c, const struct sig *sig)
{
	long long until = sig->delivered_ns == TL_NEVER ? LLONG_MAX : sig->delivered_ns;
	const struct sig_near *calls[2] = { NULL, NULL };
	int n = 0;

	if (sig->to == TL_NONE || sig->generated_ns == TL_NEVER || strcmp(sig->result, "delivered"))
		return false;
	for (size_t i = first_after(c, sig->to, sig->generated_ns);
	     i < c->nr_near && c->near[i].task == sig->to && c->near[i].start_ns < until && n < 2;
	     i++)
		if (c->near[i].kind < NEAR_FAULT)
			calls[n++] = &c->near[i];
	/*
	 * One call may have begun on another CPU before it could see the signal, unless
	 * it sent that to itself; and one that unblocks is enough, too.
	 */
	return n == 2 || (n == 1 && (sig->from == sig->to || calls[0]->kind == NEAR_MASK));
}

static const char *default_outcome(const struct sig_context *c, const struct sig *sig)
{
	const struct tl_task *task = sig->to == TL_NONE ? NULL : &c->t->tasks[sig->to];

	switch (sig->signo) {
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return "stopped it";
	case SIGCONT:
		return "it goes on";
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
		return "nothing, which is the default";
	default:
		return task && task->exit_signal ? "killed it" : "kills it, which is the default";
	}
}

/* SIGCONT wakes whoever ignores it, before it is told of: prepare_signal(). */
static bool continues(const struct sig_context *c, const struct sig *sig)
{
	const struct sig_near *stop, *call;

	if (sig->signo != SIGCONT || sig->to == TL_NONE)
		return false;
	stop = latest(c, sig->to, sig->generated_ns, NEAR_STOP);
	call = sig->from == TL_NONE ? NULL : latest(c, sig->from, sig->generated_ns, NEAR_CALL);
	return stop &&
	       stop->end_ns >= (call && call->end_ns >= sig->generated_ns ? call->start_ns :
									    sig->generated_ns);
}

const char *signals_outcome(const struct sig_context *c, const struct sig *sig)
{
	if (sig->generated_ns == TL_NEVER)
		return "ended it";
	if (!strcmp(sig->result, "already_pending"))
		return "coalesced: one waits already";
	if (!strcmp(sig->result, "overflow_fail"))
		return "lost: the queue was full";
	if (!strcmp(sig->action, "handler"))
		return "handler runs";
	if (!strcmp(sig->action, "wait"))
		return "taken by sigwait()";
	if (!strcmp(sig->action, "default"))
		return default_outcome(c, sig);
	if (continues(c, sig))
		return "it goes on";
	if (!strcmp(sig->result, "ignored") || !strcmp(sig->action, "ignore"))
		return "ignored";
	return "never delivered";
}
