// SPDX-License-Identifier: GPL-2.0
/* Pages allocated by a task, above all for the fault in hand. */
#include "ledger.bpf.h"
#include "trace.bpf.h"

/*
 * User pages can be moved; those of the page cache as well, but readahead and
 * write say so in further bits.  Page tables are GFP_PGTABLE_USER.
 */
static __always_inline __u8 page_use(__u32 gfp, __u32 order)
{
	if (gfp & gfp_movable)
		return order < PMD_ORDER && gfp & gfp_cache ? FL_PAGE_OTHER : FL_PAGE_USER;
	return (gfp & gfp_table) == gfp_table ? FL_PAGE_TABLE : FL_PAGE_OTHER;
}

/* TP_PROTO(struct page *page, unsigned int order, gfp_t gfp_flags, int migratetype) */
SEC("tp_btf/mm_page_alloc")
int BPF_PROG(page_alloc, struct page *page, unsigned int order, unsigned int gfp)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *s = task_state(task);
	bool zeroed = gfp & gfp_zero;
	__u64 first, second; /* struct fl_pages_key as two words */
	__u8 use;

	if (!s || !page)
		return 0;
	use = page_use(gfp, order);
	/* What an interrupt takes is not the task's; it never takes pages for user memory. */
	if (use == FL_PAGE_OTHER && in_interrupt(task))
		return 0;
	if (use == FL_PAGE_USER) {
		if (order >= PMD_ORDER) {
			s->effects.huge++;
			s->effects.signature |= EFFECT_HUGE;
		} else if (zeroed) {
			s->effects.zeroed++;
			s->effects.signature |= EFFECT_ZEROED;
		} else {
			s->effects.plain++;
			s->effects.signature |= EFFECT_PLAIN;
		}
	} else if (use == FL_PAGE_TABLE) {
		s->effects.tables++;
	}
	first = s->task | (__u64)s->phase << 32 | (__u64)use << 48 | (__u64)order << 56;
	second = zeroed | (__u64)s->syscall << 32;
	if (s->pages.words[0] != first || s->pages.words[1] != second) {
		pages_park(s);
		s->pages.words[0] = first;
		s->pages.words[1] = second;
	}
	s->pages.n++;
	return 0;
}
