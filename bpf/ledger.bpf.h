/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a task has gathered leaves its state: the open cell of the ledger and of
 * the page counts go to their maps, where they are exact whatever happens to the
 * ring buffer; the open run goes to the ring buffer.
 */
#ifndef LEDGER_BPF_H
#define LEDGER_BPF_H

#include "trace.bpf.h"

/*
 * Two ledgers work alike: faults by fl_ledger_key, pages by fl_pages_key, both
 * of 16 bytes.  A task counts into its open cell.  When another cell is opened,
 * the old one is parked in the task's state, and only what finds no room there
 * goes to the map while the task lives.
 */
struct cell {
	__u64 key[2];
	__u64 n;
};
_Static_assert(sizeof(struct cell) == sizeof(struct ledger_cell), "one layout");
_Static_assert(sizeof(struct cell) == sizeof(struct pages_cell), "one layout");

static __always_inline void cell_to_map(void *map, const struct cell *cell, __u32 map_id)
{
	__u64 key[2] = { cell->key[0], cell->key[1] }, n = cell->n, *sum;

	sum = bpf_map_lookup_elem(map, key);
	if (sum)
		*sum += n; /* only the task itself writes its cells */
	else if (bpf_map_update_elem(map, key, &n, BPF_ANY))
		loss_count(LOSS_MAP + map_id, bpf_ktime_get_ns());
}

static __always_inline void cell_park(struct task_state *s, struct cell *parked, struct cell *open,
				      void *map, __u32 map_id)
{
	__u64 n = open->n;
	struct cell *cell;
	__u32 i;

	if (!n)
		return;
	UNROLLED
	for (i = 0; i < NR_PARKED; i++) {
		cell = &parked[i];
		if (!cell->n || (cell->key[0] == open->key[0] && cell->key[1] == open->key[1]))
			break;
	}
	i = any_of(s, i);
	if (i >= NR_PARKED) {
		i = s->next_parked++ & (NR_PARKED - 1);
		barrier_var(i);
		cell = &parked[i & (NR_PARKED - 1)];
		cell_to_map(map, cell, map_id);
		cell->n = 0;
	}
	barrier_var(i);
	cell = &parked[i & (NR_PARKED - 1)];
	cell->key[0] = open->key[0];
	cell->key[1] = open->key[1];
	cell->n += n;
	open->n = 0;
}

SHARED int ledger_park(struct task_state *s)
{
	if (!s)
		return 0;
	cell_park(s, (struct cell *)s->parked, (struct cell *)&s->cell, &ledger, FL_MAP_LEDGER);
	return 0;
}

SHARED int pages_park(struct task_state *s)
{
	if (!s)
		return 0;
	cell_park(s, (struct cell *)s->parked_pages, (struct cell *)&s->pages, &pages,
		  FL_MAP_PAGES);
	return 0;
}

SHARED int ledger_cell_send(struct task_state *s, __u32 slot, __u64 now)
{
	struct fl_ledger e = {};
	struct ledger_cell *cell;

	if (!s || slot >= NR_PARKED)
		return 0;
	cell = &s->parked[slot];
	e.key = cell->key;
	e.n = cell->n;
	event_fill(&e.event, FL_LEDGER, s->task, now);
	if (bpf_ringbuf_output(&ring, &e, sizeof(e), BPF_RB_NO_WAKEUP))
		cell_to_map(&ledger, (struct cell *)cell, FL_MAP_LEDGER);
	cell->n = 0;
	return 0;
}

SHARED int pages_cell_send(struct task_state *s, __u32 slot, __u64 now)
{
	struct fl_pages e = {};
	struct pages_cell *cell;

	if (!s || slot >= NR_PARKED)
		return 0;
	cell = &s->parked_pages[slot];
	e.key = cell->key;
	e.n = cell->n;
	event_fill(&e.event, FL_PAGES, s->task, now);
	if (bpf_ringbuf_output(&ring, &e, sizeof(e), BPF_RB_NO_WAKEUP))
		cell_to_map(&pages, (struct cell *)cell, FL_MAP_PAGES);
	cell->n = 0;
	return 0;
}

/* The task ends: its cells leave as records, or by the map where there is no room. */
static __always_inline void cells_send(struct task_state *s, __u64 now)
{
	__u32 i;

	UNROLLED
	for (i = 0; i < NR_PARKED && s->parked[i].n; i++)
		ledger_cell_send(s, i, now);
	UNROLLED
	for (i = 0; i < NR_PARKED && s->parked_pages[i].n; i++)
		pages_cell_send(s, i, now);
}

SHARED int run_send(struct task_state *s)
{
	__u32 each;

	if (!s || !s->run.n)
		return 0;
	each = every_fault && s->run.via != FL_GUP ? s->run.n : 0;
	/* the verifier of 6.1 learns nothing of a number whose copy is compared */
	barrier_var(each);
	if (each > FL_EACH_MOST)
		each = FL_EACH_MOST;
	s->run.each = each;
	/* the times stand behind the run */
	if (bpf_ringbuf_output(&ring, &s->run, FL_FAULT_RUN_SIZE(each), BPF_RB_NO_WAKEUP))
		loss_count(FL_FAULT_RUN, s->run.event.t_ns);
	s->run.n = 0;
	s->run_next = NO_NEXT;
	return 0;
}

/* Everything kept back for a task leaves at its end. */
SHARED int task_flush(struct task_state *s, __u64 now)
{
	if (!s)
		return 0;
	run_send(s);
	ledger_park(s);
	pages_park(s);
	cells_send(s, now);
	return 0;
}

#endif /* LEDGER_BPF_H */
