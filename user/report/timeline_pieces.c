// SPDX-License-Identifier: GPL-2.0
/* What divides the time of a task: its rows, and pauses. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "report/timeline.h"

#define LEAST_WAIT_NS 1000000   /* a shorter one divides nothing */
#define LEAST_PAUSE_NS 20000000 /* without a fault, whatever the task did */

static void add_time(struct timeline *t, struct tl_times *times, long long ns)
{
	if (!t->error)
		t->error = array_grow(&times->ns, times->nr, sizeof(*times->ns));
	if (!t->error)
		times->ns[times->nr++] = ns;
}

static int by_time(const void *a, const void *b)
{
	long long one = *(const long long *)a, two = *(const long long *)b;

	return (one > two) - (one < two);
}

static void sort(struct tl_times *times)
{
	if (times->nr)
		qsort(times->ns, times->nr, sizeof(*times->ns), by_time);
}

size_t timeline_times_until(const struct tl_times *times, long long t_ns)
{
	size_t low = 0, high = times->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (times->ns[middle] <= t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void timeline_index_hard(struct timeline *t)
{
	for (size_t i = 0; i < t->nr_events && !t->error; i++) {
		const struct tl_event *event = &t->events[i];

		if (event->task != TL_NONE)
			add_time(t, &t->tasks[event->task].hard, event->t_ns);
		if (event->to != TL_NONE)
			add_time(t, &t->tasks[event->to].hard, event->t_ns);
	}
	for (size_t i = 0; i < t->nr_tasks; i++)
		sort(&t->tasks[i].hard);
}

static void add_event(struct timeline *t, int i, const struct tl_event *event)
{
	if (i == TL_NONE)
		return;
	add_time(t, &t->tasks[i].any, event->t_ns);
	if (event->end_ns > event->t_ns)
		add_time(t, &t->tasks[i].any, event->end_ns);
}

/* Waiting for a page is part of a fault; being preempted is nothing that a task does. */
static void add_waits(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT task, state, start_ns, end_ns FROM state "
		   "WHERE end_ns - start_ns >= ?1 AND state IN ('waiting', 'stopped', 'ready') "
		   "	AND coalesce(why, '') <> 'fault' "
		   "UNION ALL SELECT DISTINCT task, '', 0, 0 FROM state ORDER BY start_ns");

	if (stmt)
		sqlite3_bind_int64(stmt, 1, LEAST_WAIT_NS);
	while (timeline_step(t, stmt)) {
		const char *state = (const char *)sqlite3_column_text(stmt, 1);
		int i = timeline_task_at(t, stmt, 0);

		if (!timeline_drawn(t, i) || !state)
			continue;
		if (!*state) {
			t->tasks[i].has_states = true;
		} else if (*state == 'r') {
			add_time(t, &t->tasks[i].ready, timeline_time_at(stmt, 2));
			add_time(t, &t->tasks[i].ready, timeline_time_at(stmt, 3));
		} else {
			add_time(t, &t->tasks[i].any, timeline_time_at(stmt, 2));
		}
	}
}

void timeline_index_all(struct timeline *t)
{
	for (size_t i = 0; i < t->nr_events && !t->error; i++) {
		add_event(t, t->events[i].task, &t->events[i]);
		add_event(t, t->events[i].to, &t->events[i]);
	}
	add_waits(t);
	for (size_t i = 0; i < t->nr_tasks; i++) {
		sort(&t->tasks[i].any);
		sort(&t->tasks[i].ready);
	}
}

bool timeline_paused(const struct timeline *t, int i, long long from_ns, long long to_ns)
{
	const struct tl_times *ready = &t->tasks[i].ready;
	long long pause_ns = to_ns - from_ns;

	/* without its states nobody knows whether it was kept from running */
	if (pause_ns < LEAST_PAUSE_NS || !t->tasks[i].has_states)
		return false;
	/* from a begin to an end: those of one task do not overlap */
	for (size_t k = timeline_times_until(ready, from_ns) & ~1UL;
	     k + 1 < ready->nr && ready->ns[k] < to_ns; k += 2) {
		long long begin = ready->ns[k] > from_ns ? ready->ns[k] : from_ns;
		long long end = ready->ns[k + 1] < to_ns ? ready->ns[k + 1] : to_ns;

		pause_ns -= end > begin ? end - begin : 0;
	}
	return pause_ns >= LEAST_PAUSE_NS;
}
