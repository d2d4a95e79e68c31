// SPDX-License-Identifier: GPL-2.0
/*
 * Order.  The ring buffer keeps the order of reservation, which is that of time
 * on one CPU, and nearly that of time over all of them: a record's time is
 * taken a moment before its place is.  Records that tell what one task did to
 * another (creation, wake-up, signal, lock, the end of a call) are therefore
 * kept until all are read and sorted by their time; where two have the same
 * time, the order of reservation decides.
 *
 * A call stands at the time of its end.  What its start means, for locks and
 * messages, is looked at when all calls are known.  Runs of faults and samples
 * of memory become rows without regard to any other record, so they are not
 * kept: a run carries its own start, and the end at which it was sent may lie
 * long before its place in the stream.
 */
#include <errno.h>
#include <stdlib.h>

#include "correlate_private.h"

#define CHUNK_SIZE (1 << 18)

struct order {
	struct chunk {
		struct chunk *next;
		size_t used, size;
		char data[] __attribute__((aligned(8)));
	} * chunks;
	struct ordered *records;
	size_t nr_records;
};

static void *keep(struct order *order, const void *record, size_t size)
{
	struct chunk *chunk = order->chunks;
	size_t padded = (size + 7) & ~7UL;
	void *copy;

	if (!chunk || chunk->size - chunk->used < padded) {
		size_t room = padded > CHUNK_SIZE ? padded : CHUNK_SIZE;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		*chunk = (struct chunk){ .next = order->chunks, .size = room };
		order->chunks = chunk;
	}
	copy = memcpy(chunk->data + chunk->used, record, size);
	chunk->used += padded;
	return copy;
}

int order_add(struct correlation *c, struct order **orderp, const void *record, size_t size)
{
	struct order *order = *orderp;
	const struct fl_event *event;
	int err;

	if (!order) {
		order = calloc(1, sizeof(*order));
		if (!order)
			return correlate_no_memory(c);
		*orderp = order;
	}
	event = keep(order, record, size);
	if (!event)
		return correlate_no_memory(c);
	err = correlate_grow(c, &order->records, order->nr_records, sizeof(*order->records));
	if (err)
		return err;
	order->records[order->nr_records++] = (struct ordered){ event->t_ns, event };
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

const struct ordered *order_sort(struct correlation *c, struct order *order, size_t *n)
{
	struct ordered *from, *to, *swap;
	size_t width, i;

	*n = order ? order->nr_records : 0;
	if (!*n)
		return NULL;
	from = order->records;
	to = malloc(*n * sizeof(*to));
	if (!to) {
		*n = 0;
		correlate_no_memory(c);
		return NULL;
	}
	for (width = 1; width < *n; width *= 2) {
		for (i = 0; i < *n; i += 2 * width) {
			size_t rest = *n - i;

			merge(to + i, from + i, width, rest < 2 * width ? rest : 2 * width);
		}
		swap = from;
		from = to;
		to = swap;
	}
	free(to);
	order->records = from;
	return from;
}

void order_free(struct order *order)
{
	struct chunk *chunk;

	if (!order)
		return;
	while ((chunk = order->chunks)) {
		order->chunks = chunk->next;
		free(chunk);
	}
	free(order->records);
	free(order);
}
