/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel refused, and so did not count.
 *
 * mm_account_fault() counts a fault that handle_mm_fault() completed.  Of one that
 * it did not complete there are marks, and none of them is a counter of faults:
 * user mode gets a signal for the address, or stands at the same instruction
 * still; in kernel mode fixup_exception() goes on behind the access, and the
 * call says EFAULT or ends short.  In each case the page table still does not
 * permit the access.
 */
#ifndef FAULT_REFUSED_BPF_H
#define FAULT_REFUSED_BPF_H

#include "entry.bpf.h"
#include "trace.bpf.h"
#include "vma.bpf.h"

#define EFAULT 14

/* The event by which a fault is settled. */
enum fault_event {
	EVENT_OTHER = 0,  /* another exception, a system call, the end */
	EVENT_AGAIN = 1,  /* the same access by the same instruction */
	EVENT_NEAR = 2,   /* another access to the same page */
	EVENT_RETURN = 3, /* the call returns: s->ret */
	EVENT_SIGNAL = 4, /* on the way to user mode */
};

/* The refusals of access_error(), and of lock_mm_and_find_vma() where there is no VMA. */
static __always_inline bool vma_forbids(const struct task_state *s, __u32 error)
{
	if (error & PF_PKEY || !s->vma.end)
		return true;
	if (error & PF_WRITE)
		return !(s->vma.flags & VM_WRITE_BIT);
	return error & PF_PROT || !(s->vma.flags & VM_ACCESS_BITS);
}

/*
 * Whether a call that says nothing of EFAULT leaves room for an access that failed: a count of bytes
 * does that ends before ADDRESS.  Where it is no such count, nothing contradicts.
 */
static __always_inline bool result_without(const struct task_state *s, __u64 address)
{
	__u16 class = s->syscall < FL_NR_CALLS ? call_class[s->syscall & (FL_NR_CALLS - 1)] : 0;

	if (s->ret < 0 || !(class & FL_CALL_DATA) || address < s->call_args[1])
		return true;
	return address - s->call_args[1] >= (__u64)s->ret;
}

/* Those who used the address space too at the exception may have ended since. */
static __always_inline bool is_shared(const struct task_state *s, struct mm_struct *mm)
{
	return s->pending.watched & 1 << MM_ANONPAGES || BPF_CORE_READ(mm, mm_users.counter) > 1;
}

/*
 * Whether others use the address space too and a page was allocated.  It is given back when another
 * thread has changed the page table meanwhile; then the fault is counted and changes nothing.  One
 * that memory was refused for looks the same, but for a process that must die of it.
 */
static __always_inline bool race_was_lost(const struct task_state *s, bool shared)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return shared && s->effects.signature && !(s->vma.flags & VM_UFFD_BITS) &&
	       !BPF_CORE_READ(task, signal, oom_mm);
}

/*
 * Whether the task went on without an access that the page table does not permit, and not because
 * another thread took away since what the access had got: a page, or the right to write (fork()).
 */
static __always_inline bool access_is_missed(struct task_state *s, struct mm_struct *mm,
					     __u32 event)
{
	bool shared;

	if (event == EVENT_NEAR || (event == EVENT_RETURN && s->ret == -EFAULT))
		return true;
	shared = is_shared(s, mm);
	if (s->pending.error & PF_PROT || race_was_lost(s, shared))
		return false;
	if (event != EVENT_RETURN)
		return true;
	return (s->ret >= 0 || !shared) && result_without(s, s->pending.address);
}

/*
 * In kernel mode.  The exception table leads to another instruction, so that what comes to the
 * same one again was completed, and found that somebody else had changed the entry.  Outside of a
 * call, a failure to write for user mode is told by a signal.
 */
static __always_inline bool kernel_went_on(struct task_state *s, __u32 event)
{
	const struct pending_fault *p = &s->pending;
	struct mm_struct *mm = current_mm();

	if (event == EVENT_AGAIN || p->syscall == FL_NO_SYSCALL)
		return false;
	if (!mm || !direct_map)
		return vma_forbids(s, p->error) || (event == EVENT_RETURN && s->ret == -EFAULT);
	/* execve() has left the address space */
	if (s->vma.end && s->mm != as_number(s, mm))
		return false;
	if (entry_permits(entry_at(p->address), p->error))
		return false;
	return vma_forbids(s, p->error) || access_is_missed(s, mm, event);
}

static __always_inline bool stands_at(struct task_state *s, __u64 ip)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return regs->ip == ip;
}

/*
 * In user mode, without a signal for it: fault_signal_pending() gives the fault up, or memory has
 * run out (pagefault_out_of_memory()), and the instruction is there to be executed again.
 */
static __always_inline bool user_stands(struct task_state *s, __u32 event)
{
	const struct pending_fault *p = &s->pending;
	struct mm_struct *mm = current_mm();
	bool shared = is_shared(s, mm);

	if (!direct_map || !mm || race_was_lost(s, shared))
		return false;
	if (event == EVENT_SIGNAL)
		return stands_at(s, p->ip) && !entry_permits(entry_at(p->address), p->error);
	/* a loop looks the same when another thread takes the page away, but for one that it wrote */
	if (shared && (s->vma.object || !(p->error & PF_WRITE) || s->vma.flags & VM_UFFD_BITS))
		return false;
	return event == EVENT_AGAIN && !(p->error & PF_PROT) && !entry_at(p->address);
}

/* SIGSEGV or SIGBUS, as kernelmode_fixup_or_oops() would have it. */
static __always_inline __u8 kernel_kind(const struct task_state *s)
{
	const struct pending_fault *p = &s->pending;
	__u64 left;

	if (vma_forbids(s, p->error))
		return FL_SEGV;
	left = current_mm() ? entry_at(p->address) : 0;
	if (left && !(left & ENTRY_PRESENT))
		return entry_is_guard(left) ? FL_SEGV : FL_BUS;
	return s->vma.object || s->vma.flags & VM_UFFD_BITS ? FL_BUS : FL_SEGV;
}

/* The kind of an exception that the kernel does not count; 0: it counts. */
SHARED int fault_refused(struct task_state *s, __u32 event)
{
	const struct pending_fault *p;

	if (!s)
		return 0;
	p = &s->pending;
	if (p->end_ns)
		return 0; /* its completion was seen */
	if (p->signo == 11)
		return FL_SEGV;
	if (p->signo == 7)
		return FL_BUS;
	if (p->disabled)
		return p->via == FL_KERNEL ? FL_NOFAULT : FL_SPURIOUS;
	if (p->via == FL_KERNEL)
		return kernel_went_on(s, event) ? kernel_kind(s) : 0;
	return user_stands(s, event) ? FL_SPURIOUS : 0;
}

#endif /* FAULT_REFUSED_BPF_H */
