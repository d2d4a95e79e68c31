// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets a lane.  All tasks do where that fits.  Else tasks alike (same
 * parent, same name, made the same way) are folded with everything below them
 * into one row of their parent's lane, the most numerous first, until the rest
 * fits the width and the number of rows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/timeline.h"

#define LEAST_LANE 21 /* columns */
#define ROWS_A_TASK 4
#define MOST_FAILED 16
#define LANES_WITHOUT_WIDTH 12

static int lanes_that_fit(const struct timeline *t)
{
	int lanes = t->style.width ? (t->style.width - timeline_time_columns(t)) / LEAST_LANE :
				     LANES_WITHOUT_WIDTH;

	return lanes < 1 ? 1 : lanes;
}

/*
 * Give each drawn task the leftmost lane that is free, right of its parent's if
 * there is one.  Returns the number of lanes, more than LIMIT if it takes more.
 */
static int place(struct timeline *t, const int *order, int limit)
{
	long long free_from[LANES_WITHOUT_WIDTH + 200];
	int lanes = 0;

	if (limit > (int)(sizeof(free_from) / sizeof(free_from[0])))
		limit = (int)(sizeof(free_from) / sizeof(free_from[0]));
	for (size_t i = 0; i < t->nr_tasks; i++) {
		struct tl_task *task = &t->tasks[order[i]];
		int from = 0, lane;

		if (task->group != TL_NONE)
			continue;
		if (timeline_drawn(t, task->parent))
			from = t->tasks[task->parent].lane + 1;
		for (lane = from; lane < lanes && free_from[lane] >= task->start_ns; lane++)
			;
		for (int left = 0; lane == lanes && lanes == limit && left < from; left++)
			if (free_from[left] < task->start_ns)
				lane = left;
		if (lane == lanes && ++lanes > limit)
			return lanes;
		task->lane = lane;
		free_from[lane] = task->end_ns;
	}
	return lanes;
}

struct likeness {
	int first, members;
	bool marked; /* has a role or phases: somebody wants to see it */
};

struct folding {
	struct timeline *t;
	int *member; /* tasks, those alike next to each other */
	struct likeness *likeness;
	size_t nr_likenesses;
};

static bool alike(const struct tl_task *a, const struct tl_task *b)
{
	return a->parent == b->parent && !strcmp(a->made_by, b->made_by) &&
	       !strcmp(a->name, b->name);
}

static int by_likeness(const void *a, const void *b, void *arg)
{
	const struct tl_task *tasks = arg;
	const struct tl_task *one = &tasks[*(const int *)a], *two = &tasks[*(const int *)b];
	int difference;

	if (one->parent != two->parent)
		return one->parent < two->parent ? -1 : 1;
	difference = strcmp(one->made_by, two->made_by);
	if (!difference)
		difference = strcmp(one->name, two->name);
	return difference ? difference : (one->id > two->id) - (one->id < two->id);
}

/* Those to fold first come first. */
static int by_worth(const void *a, const void *b, void *arg)
{
	const struct folding *f = arg;
	const struct likeness *one = a, *two = b;
	int depth_one = f->t->tasks[f->member[one->first]].depth;
	int depth_two = f->t->tasks[f->member[two->first]].depth;

	if (one->marked != two->marked)
		return one->marked ? 1 : -1;
	if (one->members != two->members)
		return one->members > two->members ? -1 : 1;
	if (depth_one != depth_two)
		return depth_one > depth_two ? -1 : 1;
	return (one->first < two->first) - (one->first > two->first);
}

static int find_likenesses(struct folding *f)
{
	struct timeline *t = f->t;

	f->member = calloc(t->nr_tasks, sizeof(*f->member));
	f->likeness = calloc(t->nr_tasks, sizeof(*f->likeness));
	if (!f->member || !f->likeness)
		return -ENOMEM;
	for (size_t i = 0; i < t->nr_tasks; i++)
		f->member[i] = (int)i;
	qsort_r(f->member, t->nr_tasks, sizeof(*f->member), by_likeness, t->tasks);
	for (size_t i = 0; i < t->nr_tasks; i++) {
		const struct tl_task *task = &t->tasks[f->member[i]];
		struct likeness *last = NULL;

		if (f->member[i] == 0)
			continue; /* the command always has its lane */
		if (f->nr_likenesses)
			last = &f->likeness[f->nr_likenesses - 1];
		if (last && last->first + last->members == (int)i &&
		    alike(task, &t->tasks[f->member[last->first]])) {
			last->members++;
		} else {
			last = &f->likeness[f->nr_likenesses++];
			*last = (struct likeness){ .first = (int)i, .members = 1 };
		}
		last->marked |= task->has_role || task->first_phase_ns != TL_NEVER;
	}
	qsort_r(f->likeness, f->nr_likenesses, sizeof(*f->likeness), by_worth, f);
	return 0;
}

/* Set tasks[].group as if the first COUNT likenesses were folded.  Returns the tasks drawn. */
static int fold_first(struct folding *f, size_t count)
{
	struct timeline *t = f->t;
	int drawn = 0;

	for (size_t i = 0; i < t->nr_tasks; i++)
		t->tasks[i].group = TL_NONE;
	for (size_t i = 0; i < count; i++) {
		for (int m = 0; m < f->likeness[i].members; m++) {
			struct tl_task *task = &t->tasks[f->member[f->likeness[i].first + m]];

			if (!task->example)
				task->group = (int)i;
		}
	}
	/* Parents come before their children: what is below a folded task goes with it. */
	for (size_t i = 0; i < t->nr_tasks; i++) {
		struct tl_task *task = &t->tasks[i];

		if (task->parent != TL_NONE && t->tasks[task->parent].group != TL_NONE)
			task->group = t->tasks[task->parent].group;
		drawn += task->group == TL_NONE;
	}
	return drawn;
}

/*
 * As far as there is room, draw the first of those folded after all, as an
 * example, and more of those that somebody marked as worth seeing.  Each try
 * looks at all tasks, so there is an end to trying.
 */
static void unfold_some(struct folding *f, size_t count, const int *order, int limit, int most)
{
	struct timeline *t = f->t;
	int failed = 0;

	for (size_t i = 0; i < count && failed < MOST_FAILED; i++) {
		const struct likeness *likeness = &f->likeness[i];
		int examples = likeness->marked ? likeness->members - 1 : likeness->members > 2;

		for (int m = 0; m < examples; m++) {
			struct tl_task *task = &t->tasks[f->member[likeness->first + m]];

			if (task->parent != TL_NONE && t->tasks[task->parent].group != TL_NONE)
				break;
			task->example = true;
			if (fold_first(f, count) > most || place(t, order, limit) > limit) {
				task->example = false;
				failed++;
				break;
			}
		}
	}
	fold_first(f, count);
}

static void describe_groups(struct folding *f, size_t count)
{
	struct timeline *t = f->t;

	if (!count)
		return;
	t->groups = calloc(count, sizeof(*t->groups));
	if (!t->groups) {
		t->error = -ENOMEM;
		return;
	}
	t->nr_groups = count;
	for (size_t i = 0; i < t->nr_tasks; i++) {
		const struct tl_task *task = &t->tasks[i];
		struct tl_group *group;
		long long life = task->end_ns - task->start_ns;

		if (task->group == TL_NONE)
			continue;
		t->hidden++;
		group = &t->groups[task->group];
		if (task->parent != TL_NONE && t->tasks[task->parent].group != TL_NONE) {
			group->below++;
			continue;
		}
		if (task->exit_ns != TL_NEVER)
			life = task->exit_ns - task->start_ns;
		if (!group->members++) {
			*group = (struct tl_group){
				.parent = task->parent,
				.first = (int)i,
				.members = 1,
				.start_ns = task->start_ns,
				.end_ns = task->end_ns,
				.least_ns = life,
				.most_ns = life,
				.least_faults = task->all_faults,
				.most_faults = task->all_faults,
				.below = group->below,
				.signal = task->exit_signal,
			};
		}
		if (task->start_ns < group->start_ns)
			group->start_ns = task->start_ns;
		if (task->end_ns > group->end_ns)
			group->end_ns = task->end_ns;
		if (life < group->least_ns)
			group->least_ns = life;
		if (life > group->most_ns)
			group->most_ns = life;
		if (task->all_faults < group->least_faults)
			group->least_faults = task->all_faults;
		if (task->all_faults > group->most_faults)
			group->most_faults = task->all_faults;
		group->running += task->exit_ns == TL_NEVER;
		group->failed += task->exit_code && !task->exit_signal;
		group->killed += task->exit_signal != 0;
		if (task->exit_signal != group->signal)
			group->signal = 0;
	}
}

void timeline_fold(struct timeline *t)
{
	struct folding f = { .t = t };
	int limit, *order = NULL;
	int most = t->style.rows ? t->style.rows / ROWS_A_TASK : INT_MAX;
	size_t low = 0, high;

	if (t->error || !t->nr_tasks)
		return;
	limit = lanes_that_fit(t);
	order = calloc(t->nr_tasks, sizeof(*order));
	if (!order || find_likenesses(&f)) {
		t->error = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < t->nr_tasks; i++)
		order[i] = (int)i;
	qsort_r(order, t->nr_tasks, sizeof(*order), timeline_by_start, t->tasks);

	/* The least number of likenesses to fold. */
	high = f.nr_likenesses;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fold_first(&f, middle) <= most && place(t, order, limit) <= limit)
			high = middle;
		else
			low = middle + 1;
	}
	fold_first(&f, low);
	unfold_some(&f, low, order, limit, most);
	t->lanes = place(t, order, limit);
	describe_groups(&f, low);
out:
	free(f.member);
	free(f.likeness);
	free(order);
}
