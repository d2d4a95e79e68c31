// SPDX-License-Identifier: GPL-2.0
/* The rows of the timeline in order: with losses, idle time folded, the middle left out. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/timeline.h"

#define LEAST_IDLE_NS 20000000
#define STATES_NAMED 3

static int by_time(const void *a, const void *b)
{
	const struct tl_event *one = a, *two = b;

	if (one->t_ns != two->t_ns)
		return one->t_ns < two->t_ns ? -1 : 1;
	if (one->order != two->order)
		return one->order < two->order ? -1 : 1;
	return (one->serial > two->serial) - (one->serial < two->serial);
}

static void sort(struct timeline *t)
{
	if (t->nr_events)
		qsort(t->events, t->nr_events, sizeof(*t->events), by_time);
}

/* In milliseconds, as fine as the length of the run makes sense. */
char *timeline_ms(const struct timeline *t, char *buf, size_t size, long long ns)
{
	static const long long units[] = { 100000, 10000, 1000 };
	int decimals = t->duration_ns < 10000000000 ? 3 : t->duration_ns < 100000000000 ? 2 : 1;
	long long unit = units[decimals - 1], ticks = (ns < 0 ? -ns : ns) / unit;
	long long fraction = 1000000 / unit;
	char whole[32];

	text_count(whole, sizeof(whole), ticks / fraction);
	snprintf(buf, size, "%s%s.%0*lld", ns < 0 && ticks ? "-" : "", whole, decimals,
		 ticks % fraction);
	return buf;
}

int timeline_time_columns(const struct timeline *t)
{
	char end[40];
	int columns = (int)strlen(timeline_ms(t, end, sizeof(end), t->duration_ns));
	int heading = (int)strlen("time ms");

	return (columns > heading ? columns : heading) + 2;
}

static void add_losses(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT what, coalesce(kind, ''), min(first_ns), max(last_ns), sum(n) FROM loss "
		   "WHERE first_ns IS NOT NULL GROUP BY 1, 2");

	while (timeline_step(t, stmt)) {
		char kind[48], number[32], until[40];
		long long first = timeline_time_at(stmt, 2), last = timeline_time_at(stmt, 3);
		const char *what = (const char *)sqlite3_column_text(stmt, 0);
		struct tl_event *event;
		char *text;

		text_count(number, sizeof(number), sqlite3_column_int64(stmt, 4));
		text_escape_for(kind, sizeof(kind), (const char *)sqlite3_column_text(stmt, 1), 24,
				t->style.utf8);
		timeline_ms(t, until, sizeof(until), last > first ? last : first);
		if (what && !strcmp(what, "ring"))
			text = timeline_text(t, "!! lost here: %s %s records, until %s ms", number,
					     kind, until);
		else if (what && !strcmp(what, "untracked"))
			text = timeline_text(t, "!! %s tasks not followed from here on", number);
		else
			text = timeline_text(t, "!! missed here: %s of %s, until %s ms", number,
					     kind, until);
		event = timeline_add(t, TL_NONE, first, text);
		event->order = ORDER_LOSS;
		event->ink = INK_BAD;
	}
}

/* Who does what between START_NS and END_NS: "; 4711 waiting in wait4, ..." */
static char *states(struct timeline *t, long long start_ns, long long end_ns)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT task, state, coalesce(why, ''),"
		   "	max(min(coalesce(end_ns, ?2), ?2) - max(start_ns, ?1)) AS overlap "
		   "FROM state WHERE start_ns < ?2 AND coalesce(end_ns, ?2) > ?1 "
		   "	AND state NOT IN ('zombie', 'dead') "
		   "GROUP BY task ORDER BY task");
	char all[400] = "";
	size_t used = 0;
	int nr = 0;

	if (stmt) {
		sqlite3_bind_int64(stmt, 1, start_ns);
		sqlite3_bind_int64(stmt, 2, end_ns);
	}
	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		char state[20], why[28];

		if (!timeline_drawn(t, i) || nr++ >= STATES_NAMED)
			continue;
		text_escape_for(state, sizeof(state), (const char *)sqlite3_column_text(stmt, 1),
				12, t->style.utf8);
		text_escape_for(why, sizeof(why), (const char *)sqlite3_column_text(stmt, 2), 20,
				t->style.utf8);
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%lld %s%s%s",
					 nr > 1 ? ", " : ": ", t->tasks[i].tid, state,
					 !strcmp(state, "waiting") && *why ? " in " : "",
					 !strcmp(state, "waiting") ? why : "");
	}
	return timeline_text(t, "%s%s", all, nr > STATES_NAMED ? ", ..." : "");
}

static void fold_idle(struct timeline *t)
{
	size_t nr = t->nr_events;
	long long seen_ns = nr ? t->events[0].end_ns : 0;
	long long least_ns = t->duration_ns / 10;

	if (least_ns < LEAST_IDLE_NS)
		least_ns = LEAST_IDLE_NS;
	for (size_t i = 1; i < nr && !t->error; i++) {
		long long next_ns = t->events[i].t_ns, idle_ns = next_ns - seen_ns;

		if (idle_ns >= least_ns) {
			char length[32], *who = states(t, seen_ns, next_ns);
			struct tl_event *event;

			event = timeline_add(
				t, TL_NONE, seen_ns,
				timeline_text(t, "~ %s%s",
					      text_duration(length, sizeof(length), idle_ns),
					      who && *who ? who : " without an event"));
			event->order = ORDER_IDLE;
			event->ink = INK_DIM;
			free(who);
		}
		if (t->events[i].end_ns > seen_ns)
			seen_ns = t->events[i].end_ns;
	}
}

/* The first two thirds and the last third of what there is room for; losses stay. */
static void leave_out(struct timeline *t)
{
	size_t rows = (size_t)t->style.rows, head = rows * 2 / 3, tail = rows - head;
	size_t kept = head, left_out = 0;
	struct tl_event *at;

	/* a few rows more are less trouble than a hole */
	if (!rows || t->nr_events <= rows + rows / 4)
		return;
	at = &t->events[head];
	for (size_t i = head; i < t->nr_events; i++) {
		struct tl_event event = t->events[i];

		if (i + tail < t->nr_events && event.order != ORDER_LOSS) {
			free(event.text);
			free(event.to_text);
			left_out++;
			if (left_out > 1)
				continue;
			event = (struct tl_event){
				.t_ns = event.t_ns,
				.end_ns = event.t_ns,
				.task = TL_NONE,
				.to = TL_NONE,
				.order = ORDER_IDLE,
				.ink = INK_DIM,
			};
			at = &t->events[kept];
		}
		t->events[kept++] = event;
	}
	t->nr_events = kept;
	if (left_out) {
		char number[32];

		at->text = timeline_text(t, "... %s rows left out ...",
					 text_count(number, sizeof(number), (long long)left_out));
		t->left_out = (long long)left_out;
	}
}

void timeline_rows(struct timeline *t)
{
	add_losses(t);
	if (t->error)
		return;
	sort(t);
	fold_idle(t);
	sort(t);
	leave_out(t);
}
