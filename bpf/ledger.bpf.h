/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a task has gathered leaves its state: the open cell of the ledger and of
 * the page counts go to their maps, where they are exact whatever happens to the
 * ring buffer; the open run goes to the ring buffer.
 */
#ifndef LEDGER_BPF_H
#define LEDGER_BPF_H

#include "trace.bpf.h"

static __always_inline void ledger_flush(struct task_state *s, __u64 now)
{
	__u64 *n, cell = s->cell_n;

	if (!cell)
		return;
	s->cell_n = 0;
	n = bpf_map_lookup_elem(&ledger, &s->cell_key);
	if (n)
		*n += cell; /* only the task itself writes its cells */
	else if (bpf_map_update_elem(&ledger, &s->cell_key, &cell, BPF_ANY))
		loss_count(LOSS_MAP + FL_MAP_LEDGER, now);
}

static __always_inline void pages_flush(struct task_state *s, __u64 now)
{
	__u64 *n, cell = s->pages_n;

	if (!cell)
		return;
	s->pages_n = 0;
	n = bpf_map_lookup_elem(&pages, &s->pages_key);
	if (n)
		*n += cell;
	else if (bpf_map_update_elem(&pages, &s->pages_key, &cell, BPF_ANY))
		loss_count(LOSS_MAP + FL_MAP_PAGES, now);
}

static __always_inline void run_send(struct task_state *s)
{
	struct fl_fault_run *e;

	if (!s->run.n)
		return;
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (e) {
		*e = s->run;
		event_submit(e);
	} else {
		loss_count(FL_FAULT_RUN, s->run.event.t_ns);
	}
	s->run.n = 0;
}

/* Everything kept back for TASK leaves: before a phase ends, and at its end. */
static __always_inline void task_flush(struct task_state *s, __u64 now)
{
	run_send(s);
	ledger_flush(s, now);
	pages_flush(s, now);
}

#endif /* LEDGER_BPF_H */
