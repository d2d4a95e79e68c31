// SPDX-License-Identifier: GPL-2.0
/*
 * Who waits for whom.  The graph has an edge from each task that waits to the
 * one that holds what it waits for.  Where the edges lead back to where they
 * began, nobody of those can go on: a deadlock, from the last of the requests in
 * it until the first of them ends, which it can only without being granted.
 *
 * Whoever holds a futex only the program knows.  One that says so by a value
 * "holds" with its address is believed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/grid.h"
#include "views/locks_view.h"
#include "report/report_part.h"
#include "base/text.h"

#define MOST_EDGES 40
#define MOST_CIRCLE 64
#define MOST_CIRCLES 8

struct edge {
	int from, to, object;
	long long n, sum_ns, longest_ns;
};

struct claim {
	int task;
	long long address, t_ns;
};

struct waits {
	const struct locks_view *v;
	struct edge *edges;
	size_t nr_edges;
	struct claim *claims; /* by time */
	size_t nr_claims;
	long long hidden;
};

static void load_claims(struct waits *w)
{
	struct timeline *t = w->v->t;
	size_t room = 0;
	sqlite3_stmt *stmt = timeline_prepare(t, "SELECT task, value, t_ns FROM value "
						 "WHERE name = 'holds' AND t_ns IS NOT NULL "
						 "ORDER BY t_ns");

	while (timeline_step(t, stmt)) {
		int task = timeline_task_at(t, stmt, 0);

		if (task == TL_NONE)
			continue;
		if (w->nr_claims == room) {
			size_t more_room = room ? 2 * room : 16;
			struct claim *more = reallocarray(w->claims, more_room, sizeof(*more));

			if (!more) {
				t->error = -ENOMEM;
				continue;
			}
			w->claims = more;
			room = more_room;
		}
		w->claims[w->nr_claims++] = (struct claim){ task, sqlite3_column_int64(stmt, 1),
							    timeline_time_at(stmt, 2) };
	}
}

static bool holds(const struct locks_view *v, const struct lock_row *row,
		  const struct lock_row *wait, long long t_ns)
{
	return row->granted_ns != TL_NEVER && row->granted_ns <= t_ns &&
	       (row->released_ns == TL_NEVER || row->released_ns > t_ns) &&
	       v->objects[row->object].file == v->objects[wait->object].file &&
	       row->first <= wait->last && row->last >= wait->first && row->owner != wait->owner &&
	       (row->op == LOCK_WRITE || wait->op == LOCK_WRITE);
}

/* Who held at T_NS what WAIT waits for; TL_NONE: nobody is known to. */
static int holder(const struct waits *w, const struct lock_row *wait, long long t_ns)
{
	const struct locks_view *v = w->v;

	if (wait->op == LOCK_FUTEX) {
		for (size_t i = w->claims ? w->nr_claims : 0; i-- > 0;)
			if (w->claims[i].address == wait->first && w->claims[i].t_ns <= t_ns)
				return w->claims[i].task;
		return TL_NONE;
	}
	/* the first that is known to have been in the way, if it still is */
	for (int known = 1; known >= 0; known--)
		for (size_t i = 0; i < v->nr_rows && v->rows[i].request_ns <= t_ns; i++)
			if (holds(v, &v->rows[i], wait, t_ns) &&
			    (!known || v->rows[i].task == wait->blocked_by))
				return v->rows[i].task;
	return TL_NONE;
}

/* What TASK waits for at T_NS; NULL: it does not. */
static const struct lock_row *wait_of(const struct locks_view *v, int task, long long t_ns)
{
	const struct lock_row *found = NULL;

	for (size_t i = 0; i < v->nr_rows && v->rows[i].request_ns <= t_ns; i++)
		if (v->rows[i].task == task && v->rows[i].slept && v->rows[i].waited_ns > t_ns)
			found = &v->rows[i];
	return found;
}

/*
 * The circle that WAIT is part of just before it ends; 0: there is none, or it
 * had ended before.  CIRCLE[i] waits for what CIRCLE[i + 1]'s task holds.
 */
static int find_circle(const struct waits *w, const struct lock_row *wait,
		       const struct lock_row *circle[MOST_CIRCLE])
{
	long long t_ns = wait->waited_ns - 1;
	const struct lock_row *at = wait;
	int n = 0;

	do {
		int next = holder(w, at, t_ns);

		circle[n++] = at;
		at = next == TL_NONE ? NULL : wait_of(w->v, next, t_ns);
		/* told by the first of those that end together */
		if (at && at->waited_ns == wait->waited_ns && at < wait)
			return 0;
	} while (at && at != wait && n < MOST_CIRCLE);
	return at == wait ? n : 0;
}

static void tell_end(const struct waits *w, const struct lock_row *first, char *buf, size_t size)
{
	const struct timeline *t = w->v->t;
	const struct tl_task *task = &t->tasks[first->task];
	char time[48], name[160], signo[32];

	timeline_ms(t, time, sizeof(time), first->waited_ns);
	locks_task(w->v, first->task, name, sizeof(name));
	if (first->answered && first->ret == -EDEADLK)
		snprintf(buf, size, "the kernel refused it: EDEADLK for %s at %s ms", name, time);
	else if (!first->answered && task->exit_ns == TL_NEVER)
		snprintf(buf, size, "it stands at the end of the recording");
	else if (task->exit_signal && task->exit_signal != TL_NEVER)
		snprintf(buf, size, "until %s was killed by %s at %s ms", name,
			 timeline_signal(signo, sizeof(signo), task->exit_signal), time);
	else
		snprintf(buf, size, "until %s gave up at %s ms", name, time);
}

static void tell_circle(const struct waits *w, const struct lock_row *const circle[], int n,
			FILE *out, const struct report_style *style)
{
	const struct locks_view *v = w->v;
	long long since = circle[0]->request_ns;
	char line[640], a[160], b[160], time[48], end[320];

	for (int i = 1; i < n; i++)
		if (circle[i]->request_ns > since)
			since = circle[i]->request_ns;
	fprintf(out, "%sdeadlock%s", report_ink(style, REPORT_BAD),
		report_ink(style, REPORT_PLAIN));
	tell_end(w, circle[0], end, sizeof(end));
	snprintf(line, sizeof(line), " of %d from %s ms, %s", n,
		 timeline_ms(v->t, time, sizeof(time), since), end);
	report_wrap(out, style, line, 8, 4);
	for (int i = 0; i < n; i++) {
		const struct lock_row *next = circle[(i + 1) % n];

		snprintf(line, sizeof(line), "%s waits for %s, which %s holds",
			 locks_task(v, circle[i]->task, a, sizeof(a)),
			 v->objects[circle[i]->object].name,
			 locks_task(v, next->task, b, sizeof(b)));
		fputs("    ", out);
		report_wrap(out, style, line, 4, 8);
	}
}

static void circles(const struct waits *w, FILE *out, const struct report_style *style)
{
	const struct lock_row *circle[MOST_CIRCLE];
	int told = 0;

	for (size_t i = 0; i < w->v->nr_rows && told < MOST_CIRCLES; i++) {
		const struct lock_row *row = &w->v->rows[i];
		int n;

		/* one that was granted, or woken, was not in a circle then */
		if (!row->slept || (row->answered && row->ret >= 0) ||
		    (row->granted_ns != TL_NEVER && row->op != LOCK_FUTEX))
			continue;
		n = find_circle(w, row, circle);
		if (!n)
			continue;
		if (!told++)
			putc('\n', out);
		tell_circle(w, circle, n, out, style);
	}
}

static void add_edge(struct waits *w, const struct lock_row *row, int to)
{
	long long ns = row->waited_ns - row->request_ns;
	struct edge *edge;
	size_t i;

	for (i = 0; i < w->nr_edges; i++)
		if (w->edges[i].from == row->task && w->edges[i].to == to &&
		    w->edges[i].object == row->object)
			break;
	if (i == MOST_EDGES) {
		w->hidden++;
		return;
	}
	edge = &w->edges[i];
	if (i == w->nr_edges)
		w->edges[w->nr_edges++] = (struct edge){ row->task, to, row->object, 0, 0, 0 };
	edge->n++;
	edge->sum_ns = timeline_sum(edge->sum_ns, ns);
	if (ns > edge->longest_ns)
		edge->longest_ns = ns;
}

static void graph(struct waits *w, FILE *out, const struct report_style *style)
{
	static const struct grid_column columns[] = {
		{ .name = "who waits", .least = 10, .keep_last = true },
		{ .name = "" },
		{ .name = "for whom", .least = 10, .keep_last = true },
		{ .name = "times", .right = true },
		{ .name = "longest", .right = true },
		{ .name = "in all", .right = true },
		{ .name = "because of", .least = 12, .keep_last = true },
	};
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));
	char n[32];

	if (!grid) {
		w->v->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < w->nr_edges; i++) {
		const struct edge *edge = &w->edges[i];
		char from[160], to[160], longest[32], sum[32];

		grid_row(grid, (const char *const[]){
				       locks_task(w->v, edge->from, from, sizeof(from)),
				       style->utf8 ? "──>" : "-->",
				       locks_task(w->v, edge->to, to, sizeof(to)),
				       text_count(n, sizeof(n), edge->n),
				       text_duration(longest, sizeof(longest), edge->longest_ns),
				       text_duration(sum, sizeof(sum), edge->sum_ns),
				       w->v->objects[edge->object].name,
			       });
	}
	putc('\n', out);
	w->v->t->error = grid_print(grid, out, style);
	grid_free(grid);
	if (w->hidden)
		fprintf(out, "%s more waits are not listed\n", text_count(n, sizeof(n), w->hidden));
}

void locks_waits(const struct locks_view *v, FILE *out, const struct report_style *style)
{
	struct waits w = { .v = v, .edges = calloc(MOST_EDGES, sizeof(*w.edges)) };

	if (!w.edges) {
		v->t->error = -ENOMEM;
		return;
	}
	load_claims(&w);
	for (size_t i = 0; i < v->nr_rows && !v->t->error; i++) {
		const struct lock_row *row = &v->rows[i];
		int to = row->blocked_by;

		if (!row->slept)
			continue;
		if (to == TL_NONE && row->answered && row->ret < 0)
			to = holder(&w, row, row->waited_ns - 1);
		if (to != TL_NONE)
			add_edge(&w, row, to);
	}
	if (!v->t->error && w.nr_edges)
		graph(&w, out, style);
	if (!v->t->error)
		circles(&w, out, style);
	free(w.edges);
	free(w.claims);
}
