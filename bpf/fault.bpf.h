/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What became of a fault.
 *
 * An exception is seen when it is entered.  What it did is known later, at the
 * next event of the same task: pages allocated since, counters of the address
 * space changed, a signal raised.  fault_settle() is called at each such event,
 * before anything else is done with the task's state.
 *
 * The account has two independent sides.  An exception is entered in the ledger
 * because it was seen, unless there is evidence that the kernel did not count
 * it: mm_account_fault() is not reached when a signal is raised, when page
 * faults are disabled, or when the fault must be tried again.  The kernel's own
 * counters are compared at the very end, in user space.  Here their rise is
 * used for one thing only: what rises without an exception inside a system call
 * or an exit is get_user_pages()'s.  A rise anywhere else is entered nowhere,
 * and stays visible as a difference.
 */
#ifndef FAULT_BPF_H
#define FAULT_BPF_H

#include "cost.bpf.h"
#include "entry.bpf.h"
#include "fault-order.bpf.h"
#include "fault-refused.bpf.h"
#include "ledger.bpf.h"
#include "rss.bpf.h"
#include "trace.bpf.h"
#include "vma.bpf.h"

/* A run that is still growing is sent after this time, so that a timeline keeps its shape. */
#define RUN_MAX_NS 5000000
/* Faults further apart than this, in time or in place, are no run. */
#define RUN_MAX_GAP_NS 1000000
#define RUN_MAX_STRIDE (2 << 20)

static __always_inline bool thp_possible(const struct task_state *s)
{
	if (thp_never || s->vma.flags & VM_NOHUGEPAGE_BIT)
		return false;
	return thp_always || s->vma.flags & VM_HUGEPAGE_BIT;
}

#define MEMBER(name) (1 << MM_##name)

/* Counters of the address space that fault_kind() will ask about. */
static __always_inline __u32 rss_question(const struct task_state *s, struct mm_struct *mm,
					  __u32 error)
{
	if (error & PF_PROT)
		return s->vma.object ? MEMBER(FILEPAGES) | MEMBER(SHMEMPAGES) : 0;
	if (s->vma.object)
		return 0;
	return (has_swap ? MEMBER(SWAPENTS) : 0) |
	       (mm && mm->mm_users.counter > 1 ? MEMBER(ANONPAGES) : 0);
}

/*
 * Whether the entry permitted the access already: the CPU held an old translation, or another CPU
 * changed the entry between exception and reading, and the kernel finds nothing to do.  In user
 * mode a page that was allocated since says that it was changed back before the kernel came to it.
 */
static __always_inline bool entry_was_stale(const struct task_state *s)
{
	return s->pending.error & PF_PERMITTED &&
	       (s->pending.via == FL_KERNEL || !s->effects.signature);
}

/* The table of signatures: error code, the entry, allocations, counters, VMA. */
SHARED int fault_kind(struct task_state *s)
{
	const struct pending_fault *p;
	const struct page_effects *fx;
	__u32 watched, changed;
	bool write, shared;

	if (!s)
		return FL_OTHER;
	p = &s->pending;
	fx = &s->effects;
	watched = p->watched;
	changed = watched ? rss_changed(s) : 0;
	write = p->error & PF_WRITE;
	shared = s->vma.flags & VM_SHARED_BIT;
	if (changed & MEMBER(SWAPENTS))
		return FL_SWAP;
	if (p->error & PF_PROT) {
		if (entry_was_stale(s))
			return FL_STALE;
		if (!write)
			return FL_OTHER;
		if (s->vma.flags & VM_HUGETLB_BIT)
			return hugetlb_kind(s);
		if (shared)
			return s->vma.shmem ? FL_SHMEM : FL_SHARED_DIRTY;
		if (fx->huge)
			return FL_HUGE_COPY;
		if (fx->zeroed)
			return FL_COPY_ZERO;
		if (fx->plain)
			return changed ? FL_FILE_COPY : FL_COPY;
		return p->error & PF_HUGE ? FL_HUGE_REUSE : FL_REUSE;
	}
	if (s->vma.flags & VM_UFFD_MISSING_BIT)
		return FL_UFFD;
	if (s->vma.flags & VM_HUGETLB_BIT)
		return hugetlb_kind(s);
	if (s->vma.object) {
		if (write && !shared && fx->plain)
			return FL_FILE_COPY;
		if (s->vma.shmem)
			return FL_SHMEM;
		return write && shared ? FL_SHARED_DIRTY : FL_FILE;
	}
	if (fx->huge)
		return write ? FL_HUGE_ZERO_FILL : FL_HUGE_ZERO_PAGE;
	/* Two threads may touch one page at once: the later one maps nothing. */
	if (fx->zeroed || fx->signature & EFFECT_LARGE)
		return watched & MEMBER(ANONPAGES) && !(changed & MEMBER(ANONPAGES)) ? FL_OTHER :
										       FL_ZERO_FILL;
	if (write || !s->vma.end || s->vma.special)
		return FL_OTHER;
	if (fx->tables && thp_possible(s) && ENTRY_SHIFT(entry_at(p->address)) == PMD_SHIFT)
		return FL_HUGE_ZERO_PAGE;
	return FL_ZERO_PAGE;
}

/*
 * Where every fault is asked for, each one of a run is told again by the run, its
 * own time and its place in the row.
 */
static __always_inline bool each_fits(const struct task_state *s)
{
	const struct pending_fault *p = &s->pending;
	const struct fl_fault_run *run = &s->run;

	return run->n < FL_EACH_MOST && p->ip == run->ip && p->error == s->run_error &&
	       s->vma.start == run->vma_start && s->vma.end == run->vma_end &&
	       s->vma.flags == run->vma_flags && s->vma.object == run->object &&
	       (!p->end_ns || p->end_ns - p->t_ns <= 0xffffffff);
}

/* The pending fault is the last one of the open run. */
static __always_inline void run_time(struct task_state *s)
{
	const struct pending_fault *p = &s->pending;
	struct fl_fault_run *run = &s->run;
	__u64 busy = p->end_ns ? p->end_ns - p->t_ns : 0;
	__u64 before = run->n > 1 ? run->event.t_ns : run->start_ns;
	__u32 i = run->n - 1;

	barrier_var(i); /* see run_send() */
	run->event.t_ns = p->t_ns + busy;
	if (p->end_ns) {
		run->busy_ns += busy;
		run->busy_n++;
	}
	if (!every_fault) {
		if (p->end_ns)
			cost_count(s);
	} else if (i < FL_EACH_MOST) {
		s->each[i].gap_ns = p->t_ns - before;
		s->each[i].busy_ns = busy;
	}
}

/*
 * A BPF function takes five arguments: kind, via, major and order travel as one.  ORDER is that of
 * the page and 1 more; 0: not known.
 */
#define VERDICT(kind, via, major, order) ((kind) | (via) << 8 | (major) << 16 | (order) << 24)

/* The pending fault is too late for the open run; where it has no time of its own, it is not. */
static __always_inline bool run_is_over(const struct task_state *s)
{
	const struct pending_fault *p = &s->pending;

	return p->t_ns - s->run.start_ns >= RUN_MAX_NS ||
	       (__s64)(p->t_ns - s->run.event.t_ns) >= RUN_MAX_GAP_NS;
}

/* Enter N faults alike, the first being the pending one, into run and ledger. */
SHARED int fault_account(struct task_state *s, __u32 verdict, __u32 n)
{
	__u8 kind = verdict, via = verdict >> 8, major = verdict >> 16, order = verdict >> 24;
	const struct pending_fault *p;
	struct fl_fault_run *run;
	struct fl_ledger_key *key;
	__s64 step;
	bool same;

	if (!s)
		return 0;
	p = &s->pending;
	run = &s->run;
	key = &s->cell.key;
	step = p->address - run->address;
	same = key->phase == s->phase && key->region == s->region && key->syscall == p->syscall &&
	       key->kind == kind && key->via == via && key->major == major && key->order == order;
	if (!same) {
		ledger_park(s);
		key->task = s->task;
		key->phase = s->phase;
		key->region = s->region;
		key->syscall = p->syscall;
		key->kind = kind;
		key->via = via;
		key->major = major;
		key->order = order;
	}
	s->cell.n += n;

	/* a stack grows at its start, a heap at its end */
	if (run->n && same && (!every_fault || each_fits(s)) && via != FL_GUP &&
	    (run->vma_start == s->vma.start || run->vma_end == s->vma.end) && !run_is_over(s)) {
		if (run->n == 1 && step && step <= RUN_MAX_STRIDE && step >= -RUN_MAX_STRIDE) {
			run->stride = step;
			run->n = 2;
			goto joined;
		}
		if (run->n > 1 && p->address == s->run.address + (__s64)run->n * run->stride) {
			run->n++;
			goto joined;
		}
	}
	if (run->n) {
		run_send(s);
		if (p->t_ns - s->rss_ns > RUN_MAX_NS / 2) {
			s->rss_ns = p->t_ns;
			rss_send(s, p->t_ns);
		}
	}
	run->event.task = s->task;
	run->event.type = FL_FAULT_RUN;
	run->event.cpu = bpf_get_smp_processor_id();
	run->start_ns = p->t_ns;
	run->address = p->address;
	run->stride = 0;
	run->ip = p->ip;
	run->vma_start = s->vma.start;
	run->vma_end = s->vma.end;
	run->vma_flags = s->vma.flags;
	run->vma_offset = s->vma.offset;
	run->object = s->vma.object;
	run->n = n;
	run->busy_ns = 0;
	run->busy_n = 0;
	run->phase = key->phase;
	run->region = key->region;
	run->syscall = key->syscall;
	run->kind = kind;
	run->via = via;
	run->major = major;
	run->order = order;
	run->error = p->error;
joined:
	run_time(s);
	s->run_effects = s->effects.signature;
	s->run_error = p->error;
	/* the kind of these hangs on more than what fault_continues() compares */
	s->run_next = run->n < 2 || via == FL_GUP || !FL_KIND_COUNTED(kind) ||
				      (thp_possible(s) && !(p->error & PF_PROT)) ||
				      (s->vma.flags & VM_HUGETLB_BIT && p->error & PF_PROT) ?
			      NO_NEXT :
			      p->address + run->stride;
	return 0;
}

/* As many of LEFT as there are pages ALLOCATED, of KIND and an ORDER and 1 more; gives the rest. */
static __always_inline __u32 gup_take(struct task_state *s, __u32 left, __u32 allocated, __u8 kind,
				      __u32 order)
{
	__u32 n = allocated < left ? allocated : left;

	if (n)
		fault_account(s, VERDICT(kind, FL_GUP, 0, order), n);
	return left - n;
}

/*
 * Of ALLOCATED pages below PMD_ORDER, ZEROED or not, those of each order: of KIND, but above order 0
 * of the kind LARGE.
 */
static __always_inline __u32 gup_take_orders(struct task_state *s, __u32 left, __u32 allocated,
					     __u8 kind, __u8 large, bool zeroed)
{
	const __u32 *of_order = s->of_order + (zeroed ? NR_ORDERS : 0);
	__u32 order;

	UNROLLED
	for (order = PMD_ORDER - 1; order; order--) {
		allocated -= of_order[order];
		left = gup_take(s, left, of_order[order], large, order + 1);
	}
	return gup_take(s, left, allocated, kind, 1);
}

/* Where the pages of the call are that the kernel takes for itself; 0: not known. */
static __always_inline __u64 gup_address(const struct task_state *s)
{
	__u16 class = s->syscall < FL_NR_CALLS ? call_class[s->syscall & (FL_NR_CALLS - 1)] : 0;

	if (class & FL_CALL_MAPS)
		return s->call_args[0];
	return class & FL_CALL_DATA ? s->call_args[1] : 0;
}

/* N faults that were counted without an exception, by what was allocated for them. */
SHARED int gup_account(struct task_state *s, __u64 now, __u32 minor, __u32 major)
{
	struct page_effects fx;
	__u64 address;
	__u8 kind;

	if (!s)
		return 0;
	fx = s->effects;
	address = gup_address(s);
	s->pending.t_ns = now;
	s->pending.end_ns = 0;
	s->pending.syscall = s->syscall;
	s->pending.ip = 0;
	s->pending.error = 0;
	s->pending.address = address;
	if (address)
		vma_cache_fill(s, address);
	else
		vma_forget(s);
	if (major)
		fault_account(s, VERDICT(s->vma.object ? FL_FILE : FL_OTHER, FL_GUP, 1, 0), major);
	if (s->vma.flags & VM_HUGETLB_BIT) {
		gup_take(s, minor, minor, FL_HUGETLB_FILL, mapped_order(address));
		return 0;
	}
	minor = gup_take(s, minor, fx.huge, FL_HUGE_ZERO_FILL, PMD_ORDER + 1);
	minor = gup_take_orders(s, minor, fx.zeroed, FL_ZERO_FILL, FL_ZERO_FILL, true);
	kind = s->vma.shmem ? FL_SHMEM : s->vma.object ? FL_FILE_COPY : FL_COPY;
	minor = gup_take_orders(s, minor, fx.plain, kind, s->vma.object ? kind : FL_ZERO_FILL,
				false);
	kind = s->vma.shmem  ? FL_SHMEM :
	       s->vma.object ? FL_FILE :
	       s->vma.end    ? FL_ZERO_PAGE :
			       FL_OTHER;
	gup_take(s, minor, minor, kind, kind == FL_OTHER ? 0 : 1);
	return 0;
}

/* What was allocated is no fault's that comes from now on. */
static __always_inline void effects_forget(struct task_state *s)
{
	if (s->effects.signature & EFFECT_LARGE)
		__builtin_memset(s->of_order, 0, sizeof(s->of_order));
	__builtin_memset(&s->effects, 0, sizeof(s->effects));
}

/* The page of a fault that is entered is not one of those that follow it. */
static __always_inline void effects_take(struct task_state *s, __u8 kind)
{
	if ((kind == FL_ZERO_FILL || kind == FL_COPY_ZERO) && s->effects.zeroed)
		s->effects.zeroed--;
	else if ((kind == FL_ZERO_FILL || kind == FL_COPY || kind == FL_FILE_COPY ||
		  kind == FL_SHMEM) &&
		 s->effects.plain)
		s->effects.plain--;
	else if (kind == FL_HUGE_ZERO_FILL || kind == FL_HUGE_COPY)
		s->effects.huge--;
}

static __always_inline int settle_slow(struct task_state *s, __u64 now, __u32 event, bool in_call)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 minor, major;

	if (!s)
		return 0;
	minor = task->min_flt - s->min_flt;
	major = task->maj_flt - s->maj_flt;
	s->min_flt += minor;
	s->maj_flt += major;
	if (s->pending.via) {
		__u8 refused = fault_refused(s, event);

		if (refused) {
			fault_account(s, VERDICT(refused, s->pending.via, 0, 0), 1);
		} else {
			__u8 is_major = major > 0, kind = fault_kind(s);

			if (is_major)
				major--;
			else if (minor)
				minor--;
			fault_account(s,
				      VERDICT(kind, s->pending.via, is_major, fault_order(s, kind)),
				      1);
			effects_take(s, kind);
		}
		s->pending.via = 0;
	}
	if (in_call && (minor || major) && s->syscall != FL_NO_SYSCALL)
		gup_account(s, now, minor, major);
	effects_forget(s);
	return 0;
}

SHARED int fault_settle_slow(struct task_state *s, __u64 now, __u32 event)
{
	return settle_slow(s, now, event, true);
}

/* Without all that belongs to get_user_pages(), so that the verifier need not go through it. */
SHARED int fault_settle_outside_slow(struct task_state *s, __u64 now, __u32 event)
{
	return settle_slow(s, now, event, false);
}

/*
 * The short way for the fault that nearly every one is: like the one before it,
 * at the next address.  All that its kind is made from is the same, so that only
 * the counts change.
 */
static __always_inline bool fault_continues(struct task_state *s, struct task_struct *task)
{
	const struct pending_fault *p = &s->pending;
	struct fl_fault_run *run = &s->run;
	const struct fl_ledger_key *key = &s->cell.key;

	if (p->address != s->run_next || p->error != s->run_error ||
	    s->effects.signature != s->run_effects || p->watched || p->signo || p->disabled ||
	    p->via != run->via || s->vma.start != run->vma_start || key->phase != s->phase ||
	    key->region != s->region || key->syscall != p->syscall ||
	    task->min_flt != s->min_flt + 1 || task->maj_flt != s->maj_flt || run_is_over(s) ||
	    (every_fault && !each_fits(s)))
		return false;
	s->min_flt++;
	s->cell.n++;
	run->n++;
	run_time(s);
	s->run_next += run->stride;
	s->pending.via = 0;
	effects_forget(s);
	return true;
}

/* What the last fault of TASK, the current one, came to; see the head of this file. */
static __always_inline void fault_settle(struct task_state *s, struct task_struct *task, __u64 now,
					 __u32 event)
{
	if (s->pending.via && fault_continues(s, task))
		return;
	if (s->pending.via || task->min_flt != s->min_flt || task->maj_flt != s->maj_flt)
		fault_settle_slow(s, now, event);
}

/* The same outside of system calls: the last fault was user mode's. */
static __always_inline void fault_settle_outside(struct task_state *s, struct task_struct *task,
						 __u64 now, __u32 event)
{
	if (s->pending.via && fault_continues(s, task))
		return;
	if (s->pending.via || task->min_flt != s->min_flt || task->maj_flt != s->maj_flt)
		fault_settle_outside_slow(s, now, event);
}

#endif /* FAULT_BPF_H */
