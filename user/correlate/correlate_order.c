// SPDX-License-Identifier: GPL-2.0
/*
 * Order.  The ring buffer keeps the order of reservation, which is that of time
 * on one CPU, but for interrupts, and nearly that of time over all of them: a
 * record's time is taken a moment before its place is.  Records that tell what
 * one task did to another (creation, wake-up, signal, lock, the end of a call)
 * are therefore sorted by their time; where two have the same time, the order of
 * reservation decides.
 *
 * How long that moment is, nobody can promise: the CPU of a virtual machine may
 * stand still in it.  So the records wait in a window of so many bytes, and what
 * comes later than that is found in a first look at all of them, kept, and put in
 * its place in the second.  The order is then exact however late a record comes,
 * and what is kept is the window and the few that came later: the ones that a CPU
 * was about to send when it stood still, switches that the kernel hid, and what
 * found no room in the ring buffer and was saved in a map.  Should even these be
 * too many, the rest is left out, counted as late, and the recording is incomplete.
 *
 * The window is made of chunks.  EDGE is the latest time in the chunks that are
 * no longer in it: what is not later than that has been handed on.
 *
 * A call stands at the time of its end.  Runs of faults and samples of memory
 * become rows without regard to any other record, so they are not kept: a run
 * carries its own start, and the end at which it was sent may lie long before its
 * place in the stream.
 */
#include <errno.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"

#define CHUNK_SIZE (128 << 10)
#define NR_CHUNKS 32 /* in the window; what a busy machine records in a tenth of a second */
#define LATE_MOST (8 << 20)

struct ordered {
	__u64 t_ns;
	const struct fl_event *event;
};

/* Where the window stands; both looks go through the same. */
struct horizon {
	__u64 edge, newest;
	__u64 newest_before[NR_CHUNKS]; /* when each chunk of the window was full */
	size_t chunk;                   /* the one that is filled */
	size_t used;
};

struct order {
	struct horizon looked, added;
	char (*chunks)[CHUNK_SIZE];
	struct ordered *waiting; /* in order up to SORTED */
	struct ordered *spare;   /* room to sort the rest */
	size_t nr_waiting, sorted;
	struct ordered *late; /* in order once the first look has ended */
	size_t nr_late, next_late, late_bytes;
};

static size_t padded(size_t size)
{
	return (size + 7) & ~7UL;
}

/* Room for a record of SIZE bytes; true: a chunk was full, and the edge moves. */
static bool horizon_move(struct horizon *h, size_t size)
{
	bool full = h->used + padded(size) > CHUNK_SIZE;

	if (full) {
		h->newest_before[h->chunk++ % NR_CHUNKS] = h->newest;
		/* 0 until the window is full for the first time */
		h->edge = h->newest_before[h->chunk % NR_CHUNKS];
		h->used = 0;
	}
	h->used += padded(size);
	return full;
}

static struct order *order_of(struct correlation *c)
{
	if (!c->order)
		c->order = calloc(1, sizeof(*c->order));
	return c->order;
}

/* It came too late for the window: it is kept until its place comes. */
static int keep(struct correlation *c, struct order *o, const struct fl_event *event, size_t size)
{
	struct fl_event *copy;

	if (o->late_bytes + padded(size) > LATE_MOST) {
		c->late[event->type]++;
		return 0;
	}
	if (correlate_grow(c, &o->late, o->nr_late, sizeof(*o->late)))
		return -ENOMEM;
	copy = malloc(size);
	if (!copy)
		return correlate_no_memory(c);
	memcpy(copy, event, size);
	o->late[o->nr_late].t_ns = event->t_ns;
	o->late[o->nr_late++].event = copy;
	o->late_bytes += padded(size);
	return 0;
}

int order_look(struct correlation *c, const struct fl_event *event, size_t size)
{
	struct order *o = order_of(c);

	if (!o)
		return correlate_no_memory(c);
	horizon_move(&o->looked, size);
	if (event->t_ns < o->looked.edge)
		return keep(c, o, event, size);
	if (event->t_ns > o->looked.newest)
		o->looked.newest = event->t_ns;
	return 0;
}

/* Merge the sorted runs FROM[0..MIDDLE) and FROM[MIDDLE..N). */
static void merge(struct ordered *to, const struct ordered *from, size_t middle, size_t n)
{
	size_t a = 0, b = middle, i;

	/* nearly always in order already */
	if (middle >= n || from[middle - 1].t_ns <= from[middle].t_ns) {
		memcpy(to, from, n * sizeof(*to));
		return;
	}
	for (i = 0; i < n; i++)
		to[i] = b >= n || (a < middle && from[a].t_ns <= from[b].t_ns) ? from[a++] :
										 from[b++];
}

/* Sort N at RECORDS with room for as many in SPARE; where they are then. */
static struct ordered *sort(struct ordered *records, struct ordered *spare, size_t n)
{
	struct ordered *from = records, *to = spare, *swap;
	size_t width, i;

	for (width = 1; width < n; width *= 2) {
		for (i = 0; i < n; i += 2 * width) {
			size_t rest = n - i;

			merge(to + i, from + i, width, rest < 2 * width ? rest : 2 * width);
		}
		swap = from;
		from = to;
		to = swap;
	}
	return from;
}

/* Put what came since the last time among what waits, which has hardly anything later. */
static void sort_in(struct order *o)
{
	size_t fresh = o->nr_waiting - o->sorted, old = o->sorted, at = o->nr_waiting;

	if (sort(o->waiting + o->sorted, o->spare, fresh) != o->spare)
		memcpy(o->spare, o->waiting + o->sorted, fresh * sizeof(*o->spare));
	while (fresh)
		o->waiting[--at] = old && o->waiting[old - 1].t_ns > o->spare[fresh - 1].t_ns ?
					   o->waiting[--old] :
					   o->spare[--fresh];
	o->sorted = o->nr_waiting;
}

static int sort_late(struct correlation *c, struct order *o)
{
	struct ordered *spare, *sorted;

	if (o->nr_late < 2)
		return 0;
	spare = calloc(o->nr_late, sizeof(*spare));
	if (!spare)
		return correlate_no_memory(c);
	sorted = sort(o->late, spare, o->nr_late);
	free(sorted == spare ? o->late : spare);
	o->late = sorted;
	return 0;
}

/* Those that came too late and belong before T_NS; with the same time they came after it. */
static int tell_late(struct correlation *c, struct order *o, __u64 t_ns)
{
	int err = 0;

	while (!err && o->next_late < o->nr_late && o->late[o->next_late].t_ns < t_ns)
		err = task_tell(c, o->late[o->next_late++].event);
	return err;
}

/* Hand on what is not later than the edge. */
static int tell_until(struct correlation *c, struct order *o, __u64 edge)
{
	size_t i;
	int err = 0;

	sort_in(o);
	for (i = 0; i < o->nr_waiting && o->waiting[i].t_ns <= edge && !err; i++) {
		err = tell_late(c, o, o->waiting[i].t_ns);
		if (!err)
			err = task_tell(c, o->waiting[i].event);
	}
	o->nr_waiting -= i;
	o->sorted = o->nr_waiting;
	memmove(o->waiting, o->waiting + i, o->nr_waiting * sizeof(*o->waiting));
	return err;
}

static int open_window(struct correlation *c, struct order *o)
{
	const size_t most = CHUNK_SIZE / sizeof(struct fl_event);

	o->chunks = malloc(NR_CHUNKS * sizeof(*o->chunks));
	o->waiting = malloc(NR_CHUNKS * most * sizeof(*o->waiting));
	o->spare = malloc(most * sizeof(*o->spare));
	if (!o->chunks || !o->waiting || !o->spare)
		return correlate_no_memory(c);
	return sort_late(c, o);
}

int order_add(struct correlation *c, const struct fl_event *event, size_t size)
{
	struct order *o = order_of(c);
	struct horizon *h;
	void *copy;
	int err = 0;

	if (!o)
		return correlate_no_memory(c);
	h = &o->added;
	if (!o->chunks)
		err = open_window(c, o);
	if (!err && horizon_move(h, size))
		err = tell_until(c, o, h->edge);
	if (err || event->t_ns < h->edge)
		return err;
	if (event->t_ns > h->newest)
		h->newest = event->t_ns;
	copy = o->chunks[h->chunk % NR_CHUNKS] + h->used - padded(size);
	memcpy(copy, event, size);
	o->waiting[o->nr_waiting++] = (struct ordered){ event->t_ns, copy };
	return 0;
}

int order_finish(struct correlation *c)
{
	struct order *o = c->order;
	int err;

	if (!o || !o->chunks)
		return 0;
	err = tell_until(c, o, ~0ULL);
	return err ? err : tell_late(c, o, ~0ULL);
}

void order_free(struct correlation *c)
{
	struct order *o = c->order;
	size_t i;

	if (!o)
		return;
	for (i = 0; i < o->nr_late; i++)
		free((void *)o->late[i].event);
	free(o->late);
	free(o->chunks);
	free(o->waiting);
	free(o->spare);
	free(o);
}
