/* SPDX-License-Identifier: GPL-2.0 */
/* Of what size the page of a fault was, and what becomes of pages of hugetlb. */
#ifndef FAULT_ORDER_BPF_H
#define FAULT_ORDER_BPF_H

#include "entry.bpf.h"
#include "trace.bpf.h"
#include "vma.bpf.h"

/* The number of the highest of 16 bits; 0 for none. */
static __always_inline __u32 highest_of(__u64 bits)
{
	__u32 n = 0, step;

	bits &= 0xffff;
	UNROLLED
	for (step = 8; step; step >>= 1) {
		if (bits >> step) {
			bits >>= step;
			n += step;
		}
	}
	return n;
}

/*
 * The pool gives pages without an event, so that the page table says what became of one: the frame
 * behind the entry is another one or the same (hugetlb_wp()).
 */
static __always_inline __u8 hugetlb_kind(const struct task_state *s)
{
	const struct pending_fault *p = &s->pending;
	__u64 now;

	if (!(p->error & PF_PROT))
		return FL_HUGETLB_FILL;
	now = entry_at(p->address);
	if (!(p->entry & now & ENTRY_PRESENT))
		return FL_OTHER;
	return entry_target(p->entry, 0) == entry_target(now, 0) ? FL_HUGETLB_REUSE :
								   FL_HUGETLB_COPY;
}

/* The order of the pages that the entry for ADDRESS maps, and 1 more; 0: there is none. */
static __always_inline __u8 mapped_order(__u64 address)
{
	__u64 entry = entry_at(address);

	return entry & ENTRY_PRESENT ? ENTRY_SHIFT(entry) - PAGE_SHIFT + 1 : 0;
}

/*
 * The order of the page that was allocated for the pending fault of that KIND, or where none was of
 * the one that an entry maps, and 1 more; 0: not known.
 */
static __always_inline __u8 fault_order(const struct task_state *s, __u8 kind)
{
	const struct pending_fault *p = &s->pending;
	__u64 signature = s->effects.signature;

	switch (kind) {
	case FL_HUGETLB_FILL:
	case FL_HUGETLB_COPY:
	case FL_HUGETLB_REUSE:
		return mapped_order(p->address);
	case FL_HUGE_ZERO_FILL:
	case FL_HUGE_ZERO_PAGE:
	case FL_HUGE_COPY:
	case FL_HUGE_REUSE:
		return PMD_ORDER + 1;
	case FL_ZERO_FILL:
	case FL_COPY_ZERO:
		/* a large one is cleared after it was allocated, and not always said to be */
		return highest_of(signature | signature >> 16) + 1;
	case FL_COPY:
	case FL_FILE_COPY:
	case FL_SHMEM:
		return signature & EFFECT_HUGE ? PMD_ORDER + 1 : highest_of(signature >> 16) + 1;
	case FL_STALE:
		return ENTRY_SHIFT(p->entry) - PAGE_SHIFT + 1;
	case FL_SWAP:
	case FL_UFFD:
	case FL_OTHER:
		return 0;
	}
	return 1;
}

#endif /* FAULT_ORDER_BPF_H */
