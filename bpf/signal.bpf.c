// SPDX-License-Identifier: GPL-2.0
/* Signals: generated for whom by whom, and delivered. */
#include "fault.bpf.h"
#include "trace.bpf.h"

const volatile bool want_signals = false;

#define SI_KERNEL_CODE 0x80

/* si_code of a signal that the kernel raised for a fault is positive. */
static __always_inline int signal_code(struct kernel_siginfo *info)
{
	/* SEND_SIG_NOINFO and SEND_SIG_PRIV are no pointers */
	if ((__u64)info == 0)
		return 0; /* SI_USER */
	if ((__u64)info == 1)
		return SI_KERNEL_CODE;
	return BPF_CORE_READ(info, si_code);
}

/*
 * Whether this is what became of the exception: force_sig_fault() names its address, as a protection
 * fault (#GP) does not.  Where the kernel itself could not write on the way to user mode, a signal's
 * frame or the area of rseq, it says so without an address: force_sigsegv().
 */
static __always_inline bool is_for_fault(struct task_state *s, struct kernel_siginfo *info,
					 int code)
{
	if (code == SI_KERNEL_CODE)
		return s->pending.via == FL_KERNEL && s->pending.syscall == FL_NO_SYSCALL;
	return code > 0 && code < SI_KERNEL_CODE && s->pending.via &&
	       as_number(s, BPF_CORE_READ(info, _sifields._sigfault._addr)) == s->pending.address;
}

/*
 * TP_PROTO(int sig, struct kernel_siginfo *info, struct task_struct *task,
 *          int group, int result); runs in the sender
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generated, int signo, struct kernel_siginfo *info, struct task_struct *task,
	     int group, int result)
{
	struct task_state *s = task_state(task);
	struct task_struct *sender = bpf_get_current_task_btf();
	struct fl_signal_generate *e;
	int code;

	if (!s)
		return 0;
	code = signal_code(info);
	if (sender == task && (signo == 11 || signo == 7) && is_for_fault(s, info, code))
		s->pending.signo = signo;
	if (!want_signals)
		return 0;
	e = event_reserve(FL_SIGNAL_GENERATE, sizeof(*e), s->task, bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->sender = task_id(sender);
	e->sender_tid = sender->pid;
	e->signo = signo;
	e->code = code;
	e->result = result;
	e->group = group;
	bpf_probe_read_kernel_str(e->sender_comm, sizeof(e->sender_comm), sender->comm);
	event_submit(e);
	return 0;
}

/* Whether the default action ends the process: not for those of sig_kernel_ignore() and _stop(). */
static __always_inline bool default_is_fatal(int signo)
{
	__u64 harmless =
		1ULL << 17 | 1ULL << 18 | 1ULL << 28 | 1ULL << 23 | /* CHLD CONT WINCH URG */
		1ULL << 19 | 1ULL << 20 | 1ULL << 21 | 1ULL << 22;  /* STOP TSTP TTIN TTOU */

	return !(harmless >> (signo & 63) & 1);
}

/* TP_PROTO(int sig, struct kernel_siginfo *info, struct k_sigaction *ka) */
SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_delivered, int signo, struct kernel_siginfo *info, struct k_sigaction *ka)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *s = task_state(task);
	struct fl_signal_deliver *e;
	__u64 now, handler;

	if (!s)
		return 0;
	now = bpf_ktime_get_ns();
	handler = (__u64)BPF_CORE_READ(ka, sa.sa_handler);
	fault_settle_outside(s, task, now, EVENT_SIGNAL);
	/* do_coredump() and do_exit() follow in the same breath */
	if (!handler && default_is_fatal(signo))
		s->syscall = FL_IN_EXIT;
	if (!want_signals)
		return 0;
	e = event_reserve(FL_SIGNAL_DELIVER, sizeof(*e), s->task, now);
	if (!e)
		return 0;
	e->signo = signo;
	e->code = signal_code(info);
	e->handler = handler;
	e->flags = ka->sa.sa_flags;
	event_submit(e);
	return 0;
}
