// SPDX-License-Identifier: GPL-2.0
/*
 * Backwards from the end.  Who runs, is ready or waits for an interrupt holds
 * the path himself.  A wait that a traced task ended leads to that task at the
 * same moment: it is its time before that the waiting one depended on.  What
 * was not alive yet leads to its creator.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "views/path_view.h"

struct walk {
	const struct lives *l;
	struct path *path;
	int task;
	long long t_ns, floor_ns;
	long long jumped_ns;   /* the last jump: a second one at the same moment would never end */
	struct path_step link; /* how the step before leads to the one that is there */
};

static int add(struct walk *w, struct path_step step)
{
	struct path *path = w->path;

	if (array_grow(&path->steps, path->nr, sizeof(*path->steps)))
		return -ENOMEM;
	if (step.start_ns < w->floor_ns)
		step.start_ns = w->floor_ns;
	step.end_ns = w->t_ns;
	step.next = w->link.next;
	step.woke_from = w->link.woke_from;
	step.created = w->link.created;
	path->steps[path->nr++] = step;
	w->t_ns = step.start_ns;
	w->link = (struct path_step){ .next = TL_NONE };
	return 0;
}

static void jump(struct walk *w, int to, const char *woke_from, bool created)
{
	w->link = (struct path_step){ .next = w->task, .woke_from = woke_from, .created = created };
	w->task = to;
	w->jumped_ns = w->t_ns;
}

/* No row holds here: it is not alive yet, or records were lost. */
static int step_without_row(struct walk *w)
{
	const struct life *life = &w->l->lives[w->task];
	int creator = w->l->t.tasks[w->task].creator;
	struct path_step gap = { .task = w->task, .doing = DOING_UNKNOWN };

	if (w->t_ns <= life->start_ns) {
		if (creator != TL_NONE && w->jumped_ns != w->t_ns) {
			jump(w, creator, NULL, true);
			return 0;
		}
		gap.start_ns = w->floor_ns;
		return add(w, gap);
	}
	gap.start_ns = life->start_ns;
	for (size_t low = 0, high = life->nr_rows; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (life->rows[middle].end_ns < w->t_ns) {
			gap.start_ns = life->rows[middle].end_ns;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return add(w, gap);
}

static int step(struct walk *w)
{
	long long n = lives_row_before(w->l, w->task, w->t_ns);
	const struct lives_row *row;
	struct path_step here;
	bool off;
	int err;

	if (n < 0)
		return step_without_row(w);
	row = &w->l->lives[w->task].rows[n];
	off = row->doing == DOING_WAITING || row->doing == DOING_STOPPED;
	here = (struct path_step){
		.task = w->task, .doing = row->doing, .row = row, .start_ns = row->start_ns
	};
	if (!off || row->open)
		return add(w, here);
	if (row->end_ns == w->t_ns && row->waker != TL_NONE && row->waker != w->task &&
	    w->jumped_ns != w->t_ns) {
		jump(w, row->waker, row->doing == DOING_STOPPED ? "stop" : row->why, false);
		return 0;
	}
	if (row->end_ns > w->t_ns && w->link.next != TL_NONE && !w->link.created) {
		/* the waker went to sleep while its wake-up travelled to another CPU */
		struct path_step link = w->link;

		here.task = link.next;
		here.on_its_way = true;
		w->link = (struct path_step){ .next = TL_NONE };
		err = add(w, here);
		w->link = link;
		return err;
	}
	return add(w, here);
}

int path_walk(struct path *path, const struct lives *l, int i)
{
	struct walk w = {
		.l = l,
		.path = path,
		.task = i,
		.t_ns = l->lives[i].end_ns,
		.floor_ns = l->lives[i].start_ns,
		.jumped_ns = TL_NEVER,
		.link = { .next = TL_NONE },
	};
	int err = 0;

	*path = (struct path){ 0 };
	while (!err && w.t_ns > w.floor_ns)
		err = step(&w);
	for (size_t n = 0; n < path->nr / 2; n++) {
		struct path_step other = path->steps[n];

		path->steps[n] = path->steps[path->nr - 1 - n];
		path->steps[path->nr - 1 - n] = other;
	}
	return err;
}
