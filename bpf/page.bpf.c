// SPDX-License-Identifier: GPL-2.0
/* Pages allocated by a task, above all for the fault in hand. */
#include "ledger.bpf.h"
#include "rss.bpf.h"
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
	if (use != FL_PAGE_USER && in_interrupt(task))
		return 0;
	if (use == FL_PAGE_USER) {
		if (order >= PMD_ORDER) {
			s->effects.huge++;
			s->effects.signature |= EFFECT_HUGE;
		} else if (zeroed) {
			s->effects.zeroed++;
			s->effects.signature |= EFFECT_ZEROED << order;
		} else {
			s->effects.plain++;
			s->effects.signature |= EFFECT_PLAIN << order;
		}
		if (order) {
			__u32 slot = order & (NR_ORDERS - 1);

			if (zeroed)
				slot += NR_ORDERS;
			/* the verifier of 6.1 wants the bounds where they are used */
			barrier_var(slot);
			if (slot < 2 * NR_ORDERS)
				s->of_order[slot]++;
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

/*
 * Run by hand for each CPU, in the process that has the program page_alloc as a descriptor:
 * find where the kernel counts its runs.
 */
struct bpf_prog___active {
	void *active;
} __attribute__((preserve_access_index));

__u64 find_scratch = 0;

SEC("raw_tp")
int page_alloc_find(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	__u32 fd = ctx->args[0], cpu = ctx->args[1];
	struct bpf_prog___active *program;
	struct file *file = NULL;
	__u64 offset;

	if (cpu >= NR_PREEMPT_COUNTS || fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	program = BPF_CORE_READ(file, private_data);
	offset = percpu_offset(&find_scratch, cpu);
	if (!offset || !bpf_core_field_exists(program->active))
		return 0;
	page_alloc_active[cpu] = (__u64)BPF_CORE_READ(program, active) + offset;
	return 1;
}
