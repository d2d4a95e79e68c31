// SPDX-License-Identifier: GPL-2.0
/* Who shares a lane: tasks of one name, the largest crowd first, until the lanes are few enough. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/states_view.h"
#include "base/text.h"

#define MOST_LABEL 22
#define LEAST_LABEL 14 /* "CPU 99999 100%" */
#define NAME_COLUMNS 14

struct crowd {
	int first, members;
	bool together;
	long long running_ns;
};

struct crowds {
	const struct lives *l;
	struct crowd *crowds;
	int nr;
	int *order; /* of tasks, by name */
	int *crowd_of;
};

static bool is_thread(const struct lives *l, int i)
{
	return l->t.tasks[i].process != i;
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct lives *l = arg;
	int one = *(const int *)a, two = *(const int *)b;
	int order = strcmp(l->t.tasks[one].name, l->t.tasks[two].name);

	if (!order)
		order = is_thread(l, one) - is_thread(l, two);
	return order ? order : (one > two) - (one < two);
}

static bool alike(const struct lives *l, int one, int two)
{
	return !strcmp(l->t.tasks[one].name, l->t.tasks[two].name) &&
	       is_thread(l, one) == is_thread(l, two);
}

static void find_crowds(struct crowds *c)
{
	size_t count = c->l->t.nr_tasks;

	for (size_t i = 0; i < count; i++)
		c->order[i] = (int)i;
	qsort_r(c->order, count, sizeof(*c->order), by_name, (void *)(uintptr_t)c->l);
	for (size_t i = 0; i < count; i++) {
		int task = c->order[i];

		if (!i || !alike(c->l, c->order[i - 1], task))
			c->crowds[c->nr++] = (struct crowd){ .first = task };
		c->crowd_of[task] = c->nr - 1;
		c->crowds[c->nr - 1].members++;
		c->crowds[c->nr - 1].running_ns = timeline_sum(
			c->crowds[c->nr - 1].running_ns, c->l->lives[task].sums[DOING_RUNNING]);
	}
}

static int larger_first(const void *a, const void *b, void *arg)
{
	const struct crowd *crowds = arg;
	const struct crowd *one = &crowds[*(const int *)a], *two = &crowds[*(const int *)b];

	if (one->members != two->members)
		return one->members > two->members ? -1 : 1;
	return (one->first > two->first) - (one->first < two->first);
}

/* Returns how many lanes there are then. */
static size_t fold(struct crowds *c)
{
	size_t lanes = c->l->t.nr_tasks;

	/* the order by name is not needed any more, and there are no more crowds than tasks */
	for (int i = 0; i < c->nr; i++)
		c->order[i] = i;
	qsort_r(c->order, (size_t)c->nr, sizeof(*c->order), larger_first, c->crowds);
	for (int i = 0; i < c->nr && lanes > MOST_LANES; i++) {
		struct crowd *crowd = &c->crowds[c->order[i]];

		crowd->together = true;
		lanes -= (size_t)crowd->members - 1;
	}
	return lanes;
}

static int by_running(const void *a, const void *b)
{
	long long one = *(const long long *)a, two = *(const long long *)b;

	return (one < two) - (one > two);
}

/* What a task (or crowd) must have run to get a lane; *TIES of those that ran just that get one. */
static int least_running(const struct crowds *c, size_t lanes, long long *least, int *ties)
{
	long long *all = calloc(lanes, sizeof(*all));
	size_t n = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < c->l->t.nr_tasks; i++) {
		const struct crowd *crowd = &c->crowds[c->crowd_of[i]];

		if (!crowd->together)
			all[n++] = c->l->lives[i].sums[DOING_RUNNING];
		else if (crowd->first == (int)i)
			all[n++] = crowd->running_ns;
	}
	qsort(all, n, sizeof(*all), by_running);
	*least = all[MOST_LANES - 2];
	for (size_t i = 0; i < MOST_LANES - 1; i++)
		*ties += all[i] == *least;
	free(all);
	return 0;
}

static void assign(struct states_view *v, const struct crowds *c, long long least, int ties)
{
	int others = TL_NONE;

	for (size_t i = 0; i < v->l.t.nr_tasks; i++) {
		struct crowd *crowd = &c->crowds[c->crowd_of[i]];
		bool joins = crowd->together && crowd->first != (int)i;
		long long running = crowd->together ? crowd->running_ns :
						      v->l.lives[i].sums[DOING_RUNNING];
		int lane;

		if (joins) {
			lane = v->lane_of[crowd->first];
		} else if (running < least || (running == least && !ties)) {
			/* the last lane is everybody's who has none */
			if (others == TL_NONE)
				others = MOST_LANES - 1;
			lane = others;
		} else {
			ties -= running == least;
			lane = v->nr_lanes++;
		}
		v->lane_of[i] = lane;
		if (!v->lanes[lane].members++)
			v->lanes[lane].first = (int)i;
		v->lanes[lane].running_ns =
			timeline_sum(v->lanes[lane].running_ns, v->l.lives[i].sums[DOING_RUNNING]);
	}
	if (others != TL_NONE)
		v->nr_lanes = MOST_LANES;
}

static int label(struct states_view *v, const struct crowds *c, int lane, int columns)
{
	struct states_lane *to = &v->lanes[lane];
	const struct crowd *crowd = &c->crowds[c->crowd_of[to->first]];
	const char *mark = is_thread(&v->l, to->first) ? "+" : "";
	char name[160];
	int len;

	to->key = (char)('A' + lane);
	free(to->label);
	if (to->members == 1)
		len = asprintf(&to->label, "%c %s%s", to->key, mark,
			       lives_name(&v->l, to->first, name, sizeof(name), columns));
	else if (crowd->together && crowd->members == to->members)
		len = asprintf(&to->label, "%c %d x %s%s", to->key, to->members, mark,
			       timeline_task(&v->l.t, to->first, columns, name, sizeof(name)));
	else
		len = asprintf(&to->label, "%c %d others", to->key, to->members);
	if (len < 0) {
		to->label = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int label_all(struct states_view *v, const struct crowds *c)
{
	int most = v->style->width && v->style->width < 100 ? MOST_LABEL - 4 : MOST_LABEL;

	for (int names = NAME_COLUMNS; names >= 4; names -= 2) {
		v->label_columns = LEAST_LABEL;
		for (int lane = 0; lane < v->nr_lanes; lane++) {
			int err = label(v, c, lane, names);
			int width = err ? 0 : text_width(v->lanes[lane].label);

			if (err)
				return err;
			if (width > v->label_columns)
				v->label_columns = width;
		}
		if (v->label_columns <= most)
			break;
	}
	return 0;
}

int states_lanes(struct states_view *v)
{
	size_t count = v->l.t.nr_tasks, room = count ? count : 1, lanes;
	struct crowds c = { .l = &v->l };
	long long least = LLONG_MIN;
	int ties = 0, err = -ENOMEM;

	v->lane_of = calloc(room, sizeof(*v->lane_of));
	c.crowds = calloc(room, sizeof(*c.crowds));
	c.order = calloc(room, sizeof(*c.order));
	c.crowd_of = calloc(room, sizeof(*c.crowd_of));
	if (!v->lane_of || !c.crowds || !c.order || !c.crowd_of)
		goto out;
	find_crowds(&c);
	lanes = fold(&c);
	err = lanes > MOST_LANES ? least_running(&c, lanes, &least, &ties) : 0;
	if (err)
		goto out;
	assign(v, &c, least, ties);
	err = label_all(v, &c);
out:
	free(c.crowds);
	free(c.order);
	free(c.crowd_of);
	return err;
}

void states_lanes_free(struct states_view *v)
{
	for (int i = 0; i < v->nr_lanes; i++)
		free(v->lanes[i].label);
	free(v->lane_of);
}
