// SPDX-License-Identifier: GPL-2.0
/* Pages allocated and mapped on behalf of the fault in hand. */
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
	struct fl_pages_key *key;
	__u8 use;

	if (!s || !page)
		return 0;
	use = page_use(gfp, order);
	if (use == FL_PAGE_USER) {
		if (order >= PMD_ORDER)
			s->effects.huge++;
		else if (zeroed)
			s->effects.zeroed++;
		else
			s->effects.plain++;
	} else if (use == FL_PAGE_TABLE) {
		s->effects.tables++;
	}
	key = &s->pages.key;
	if (key->use != use || key->phase != s->phase || key->syscall != s->syscall ||
	    key->order != order || key->zeroed != zeroed) {
		pages_park(s);
		key->task = s->task;
		key->phase = s->phase;
		key->use = use;
		key->order = order;
		key->zeroed = zeroed;
		key->syscall = s->syscall;
	}
	s->pages.n++;
	return 0;
}

/* TP_PROTO(struct mm_struct *mm, int member); before 6.2 also long count */
SEC("tp_btf/rss_stat")
int BPF_PROG(page_rss, struct mm_struct *mm, int member)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *s = task_state(task);

	if (s && task->mm == mm)
		s->effects.rss |= 1U << (member & 31);
	return 0;
}
