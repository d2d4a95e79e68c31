// SPDX-License-Identifier: GPL-2.0
/* Page fault exceptions, and the completion of faults. */
#include "trace.bpf.h"
#include "fault.bpf.h"

char LICENSE[] SEC("license") __weak = "GPL";

/* x86: the kernel's half of the address space */
#define IS_KERNEL_ADDRESS(address) ((__s64)(address) < 0)

/*
 * A clock costs a third of all that is done here.  A fault that seems to go on
 * with a run takes the time of one before it, at most so many faults ago, unless
 * every fault is asked for.
 */
#define FAULTS_PER_CLOCK 8

/*
 * An exception inside another one that is not finished: before it raises
 * SIGSEGV, the kernel may read the code at the faulting address for its log,
 * with page faults disabled (show_opcodes()).  It is entered at once, and the
 * outer one stays in hand.
 */
static __always_inline bool fault_is_nested(const struct task_state *s, struct task_struct *task,
					    __u8 via)
{
	return via == FL_KERNEL && task->pagefault_disabled && s->pending.via == FL_USER &&
	       !s->pending.end_ns && !s->pending.signo && task->min_flt == s->min_flt &&
	       task->maj_flt == s->maj_flt;
}

static __noinline int fault_enter_nested(struct task_state *s, __u64 address, __u64 error)
{
	struct pending_fault outer = s->pending;

	s->pending.t_ns = bpf_ktime_get_ns();
	s->pending.address = address;
	s->pending.error = error;
	fault_account(s, VERDICT(FL_NOFAULT, FL_KERNEL, 0, 0), 1);
	s->pending = outer;
	return 0;
}

static __always_inline enum fault_event next_access(const struct task_state *s, __u64 address,
						    __u64 ip)
{
	const struct pending_fault *p = &s->pending;

	if (address == p->address && ip == p->ip)
		return EVENT_AGAIN;
	return address >> PAGE_SHIFT == p->address >> PAGE_SHIFT ? EVENT_NEAR : EVENT_OTHER;
}

static __always_inline int fault_enter(__u64 address, struct pt_regs *regs, __u64 error, __u8 via)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *s = task_state(task);
	struct mm_struct *mm;
	__u32 question;

	if (!s || s->probing)
		return 0;
	/* before the ways part: the verifier searches the kernel's types each time it comes by */
	mm = task->mm;
	if (fault_is_nested(s, task, via))
		return fault_enter_nested(s, address, error);
	if (!every_fault && s->pending.via && fault_continues(s, task) && address == s->run_next &&
	    s->run.n % FAULTS_PER_CLOCK) {
		s->pending.timed = false;
	} else {
		__u64 now = bpf_ktime_get_ns();

		fault_settle(s, task, now, next_access(s, address, regs->ip));
		/* what a system call took before it faults, as write() for a file in memory */
		effects_forget(s);
		s->pending.t_ns = now;
		s->pending.timed = true;
	}
	vma_locate(s, mm, address);
	if (error & PF_PROT) {
		s->pending.entry = entry_find(as_number(s, mm->pgd), address);
		error = entry_tell(s->pending.entry, error);
	}
	s->pending.end_ns = 0;
	s->pending.address = address;
	s->pending.ip = regs->ip;
	s->pending.error = error;
	s->pending.via = via;
	s->pending.syscall = s->syscall;
	s->pending.signo = 0;
	s->pending.watched = 0;
	s->pending.disabled = IS_KERNEL_ADDRESS(address) ||
			      (via == FL_KERNEL && task->pagefault_disabled);
	question = rss_question(s, mm, error);
	if (question)
		rss_watch(s, question);
	return 0;
}

/* TP_PROTO(unsigned long address, struct pt_regs *regs, unsigned long error_code) */
SEC("tp_btf/page_fault_user")
int BPF_PROG(fault_user, unsigned long address, struct pt_regs *regs, unsigned long error)
{
	return fault_enter(address, regs, error, FL_USER);
}

SEC("tp_btf/page_fault_kernel")
int BPF_PROG(fault_kernel, unsigned long address, struct pt_regs *regs, unsigned long error)
{
	return fault_enter(address, regs, error, FL_KERNEL);
}

/*
 * PERF_COUNT_SW_PAGE_FAULTS_MIN and _MAJ: mm_account_fault() raises them for a
 * counted fault that began with an exception.
 */
SEC("perf_event")
int fault_done(struct bpf_perf_event_data *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *s = task_state(task);

	if (s && s->pending.via && s->pending.timed && s->pending.address == ctx->addr)
		s->pending.end_ns = bpf_ktime_get_ns();
	return 0;
}
