// SPDX-License-Identifier: GPL-2.0
/* Each request and what became of it, and the sums of each lock. */
#define _GNU_SOURCE
#include "views/locks_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/grid.h"
#include "report/report_part.h"
#include "base/text.h"
#include "views/traced.h"

#define MOST_LOOK_BACK 1024
#define MOST_OBJECTS 20
#define ANY_WIDTH 120

/* Requests alike that are one line. */
struct line {
	const struct lock_row *row; /* the first */
	long long n, wait_ns, hold_ns;
};

struct lines {
	struct line *lines;
	size_t nr, room, limit;
	long long hidden;
};

static bool alike(const struct lock_row *a, const struct lock_row *b)
{
	return a->task == b->task && a->object == b->object && a->op == b->op &&
	       a->blocked_by == b->blocked_by && a->slept == b->slept && a->owner == b->owner &&
	       a->answered == b->answered && a->ret == b->ret &&
	       (a->granted_ns == TL_NEVER) == (b->granted_ns == TL_NEVER) &&
	       (a->released_ns == TL_NEVER) == (b->released_ns == TL_NEVER);
}

/* False where there is no room. */
static bool add(struct lines *l, const struct lock_row *row, size_t look_back)
{
	long long wait_ns = row->slept ? row->waited_ns - row->request_ns : 0;
	long long hold_ns = row->granted_ns != TL_NEVER && row->released_ns != TL_NEVER ?
				    row->released_ns - row->granted_ns :
				    0;

	for (size_t back = 1; back <= look_back && back <= l->nr; back++) {
		struct line *line = &l->lines[l->nr - back];

		if (!alike(line->row, row))
			continue;
		line->n++;
		line->wait_ns = timeline_sum(line->wait_ns, wait_ns);
		line->hold_ns = timeline_sum(line->hold_ns, hold_ns);
		return true;
	}
	if (l->nr == l->limit)
		return false;
	l->lines[l->nr++] = (struct line){ row, 1, wait_ns, hold_ns };
	return true;
}

static void fold(const struct locks_view *v, struct lines *l)
{
	for (size_t look_back = 1;; look_back *= 2) {
		bool last = look_back > MOST_LOOK_BACK;

		l->nr = 0;
		l->hidden = 0;
		for (size_t i = 0; i < v->nr_rows && (last || !l->hidden); i++)
			/* a futex that nobody waited at is no news */
			if ((v->rows[i].op != LOCK_FUTEX || v->rows[i].slept) &&
			    !add(l, &v->rows[i], look_back))
				l->hidden++;
		if (last || !l->hidden)
			return;
	}
}

static void outcome(const struct locks_view *v, const struct lock_row *row, char *buf, size_t size)
{
	const char *name = row->ret < 0 && row->ret > -4096 ? strerrorname_np((int)-row->ret) :
							      NULL;
	char blocker[32] = "";

	if (row->blocked_by != TL_NONE)
		snprintf(blocker, sizeof(blocker), "%lld", v->t->tasks[row->blocked_by].tid);
	if (row->op == LOCK_FUTEX && row->answered && row->ret >= 0)
		snprintf(buf, size, "woken%s%s", *blocker ? " by " : "", blocker);
	else if (row->granted_ns != TL_NEVER)
		snprintf(buf, size, "%s%s", *blocker ? "after " : "", blocker);
	else if (row->ret == -ETIMEDOUT)
		snprintf(buf, size, "time is up");
	else if (row->answered && name && row->ret != -EINTR)
		snprintf(buf, size, "%s%s%s", name, *blocker ? ", held by " : "", blocker);
	else
		snprintf(buf, size, "never %s%s%s", row->op == LOCK_FUTEX ? "woken" : "granted",
			 *blocker ? ", held by " : "", blocker);
}

static void owner(const struct lock_row *row, const char *kind, char *buf, size_t size)
{
	*buf = '\0';
	if (row->op != LOCK_FUTEX)
		snprintf(buf, size, "%s %lld", strcmp(kind, "posix") != 0 ? "file" : "process",
			 row->owner);
}

static void list(struct locks_view *v, FILE *out, const struct report_style *style)
{
	static const struct grid_column columns[] = {
		{ .name = "time ms", .right = true },
		{ .name = "", .right = true },
		{ .name = "task", .least = 6, .keep_last = true },
		{ .name = "wants" },
		{ .name = "lock", .least = 16, .keep_last = true },
		{ .name = "owner", .optional = true },
		{ .name = "waited", .right = true },
		{ .name = "held", .right = true },
		{ .name = "outcome", .wrapped = true },
	};
	static const char *const ops[] = { "read", "write", "wake-up" };
	struct lines l = { .limit = style->rows > 0 ? (size_t)style->rows : v->nr_rows };
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));

	l.lines = calloc(l.limit + 1, sizeof(*l.lines));
	if (!grid || !l.lines) {
		v->t->error = -ENOMEM;
		goto out;
	}
	fold(v, &l);
	for (size_t i = 0; i < l.nr; i++) {
		const struct line *line = &l.lines[i];
		const struct lock_row *row = line->row;
		const struct lock_object *object = &v->objects[row->object];
		char time[48], n[40] = "", task[160], what[320], whose[48], waited[32] = "",
			       held[32] = "";

		if (line->n > 1) {
			text_count(n, sizeof(n) - 2, line->n);
			strcat(n, " x");
		}
		if (row->slept)
			text_duration(waited, sizeof(waited), line->wait_ns);
		if (row->granted_ns != TL_NEVER && row->released_ns != TL_NEVER)
			text_duration(held, sizeof(held), line->hold_ns);
		outcome(v, row, what, sizeof(what));
		owner(row, object->kind, whose, sizeof(whose));
		grid_row(grid, (const char *const[]){
				       timeline_ms(v->t, time, sizeof(time), row->request_ns),
				       n,
				       locks_task(v, row->task, task, sizeof(task)),
				       ops[row->op],
				       object->name,
				       whose,
				       waited,
				       held,
				       what,
			       });
	}
	if (l.nr) {
		putc('\n', out);
		v->t->error = grid_print(grid, out, style);
	}
	if (l.hidden)
		fprintf(out, "%lld requests are not listed\n", l.hidden);
out:
	free(l.lines);
	grid_free(grid);
}

static void sums(struct locks_view *v, FILE *out, const struct report_style *style)
{
	static const struct grid_column columns[] = {
		{ .name = "lock", .least = 20, .keep_last = true },
		{ .name = "requests", .right = true },
		{ .name = "refused", .right = true },
		{ .name = "waits", .right = true },
		{ .name = "longest", .right = true },
		{ .name = "in all", .right = true },
		{ .name = "held", .right = true },
		{ .name = "inside", .right = true },
	};
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t most = style->rows > 0 ? MOST_OBJECTS : v->nr_objects;

	if (!grid) {
		v->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < v->nr_objects && i < most; i++) {
		const struct lock_object *o = &v->objects[i];
		bool futex = !strcmp(o->kind, "futex");
		char n[32], refused[32], waits[32], longest[32] = "", sum[32] = "", held[32] = "",
						    inside[32] = "", name[256];

		snprintf(name, sizeof(name), "%s%s%s", futex ? "" : o->kind, futex ? "" : " ",
			 o->name);
		if (o->waits) {
			text_duration(longest, sizeof(longest), o->longest_ns);
			text_duration(sum, sizeof(sum), o->wait_ns);
		}
		if (o->most_inside) {
			text_duration(held, sizeof(held), o->hold_ns);
			text_count(inside, sizeof(inside), o->most_inside);
		}
		grid_row(grid, (const char *const[]){
				       name,
				       text_count(n, sizeof(n), o->n),
				       text_count(refused, sizeof(refused), o->refused),
				       text_count(waits, sizeof(waits), o->waits),
				       longest,
				       sum,
				       held,
				       inside,
			       });
	}
	putc('\n', out);
	v->t->error = grid_print(grid, out, style);
	if (v->nr_objects > most)
		fprintf(out, "%zu more\n", v->nr_objects - most);
	grid_free(grid);
}

int report_locks(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct timeline t = { .db = db, .style = *style };
	struct locks_view v = { .t = &t };
	struct report_style sized = *style;

	if (!sized.width)
		sized.width = ANY_WIDTH;
	timeline_load(&t);
	locks_load(&v);
	if (!t.error && !v.nr_rows && !traced_not(db, "locks", out, style))
		fputs("no locks: no file was locked, and nobody waited at a futex\n", out);
	if (!t.error && v.nr_rows) {
		locks_chart(&v, out, &sized);
		if (!t.error)
			list(&v, out, &sized);
		if (!t.error)
			sums(&v, out, &sized);
		if (!t.error)
			locks_waits(&v, out, &sized);
	}
	locks_release(&v);
	timeline_release(&t);
	return t.error ? t.error : report_flush(out);
}
