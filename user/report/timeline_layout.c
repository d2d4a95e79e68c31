// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets how many columns.  Lanes are as wide as their text wants; if that is
 * too wide, columns are taken where they are missed least.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/timeline_draw.h"

size_t timeline_line(const char *s, int width, const char **next)
{
	size_t field = 0, part = 0, word = 0, number = 0, used = 0;
	size_t margin = strspn(s, " ");
	int columns = 0;

	while (s[used]) {
		uint32_t c;
		size_t bytes = text_char(s + used, &c);
		char one[8] = "";
		int w;

		memcpy(one, s + used, bytes);
		w = text_width(one);
		if (c == ' ' && used > margin && s[used - 1] != ' ') {
			/* a number stays with what it counts */
			if (s[used + 1] == ' ')
				field = used;
			else if (isdigit((unsigned char)s[used - 1]))
				number = used;
			else
				word = used;
			if (s[used - 1] == ',' || s[used + 1] == '(')
				part = used;
		}
		if (columns + w > width)
			break;
		columns += w;
		used += bytes;
	}
	if (s[used]) {
		size_t best = field ? field : part ? part : word ? word : number;

		/* not where that leaves most of the line empty */
		if (part > field && 2 * field < used)
			best = part;

		used = best ? best : used;
	}
	if (!used && s[0]) {
		uint32_t c;

		used = text_char(s, &c); /* wider than the lane: at least go on */
	}
	*next = s + used + strspn(s + used, " ");
	while (used && s[used - 1] == ' ')
		used--;
	return used;
}

static int lines_of(const char *s, int width)
{
	int lines = 0;

	while (*s) {
		timeline_line(s, width, &s);
		lines++;
		width -= lines == 1 ? CONTINUED : 0;
		if (width < 1)
			width = 1;
	}
	return lines;
}

static void settle_option(struct drawing *d, char *s, int task, int room, int most)
{
	char *option = s ? strchr(s, TL_OPTIONAL) : NULL;

	if (!option)
		return;
	*option = ' ';
	if (task != TL_NONE && lines_of(s, d->lanes[d->t->tasks[task].lane].width - room) > most)
		*option = '\0';
}

static void want(struct drawing *d, int task, const char *s, int more)
{
	struct lane *lane = &d->lanes[d->t->tasks[task].lane];
	int width = more + (s ? text_width(s) : 0);
	const char *option = s ? strchr(s, TL_OPTIONAL) : NULL;

	if (width > lane->width)
		lane->width = width < MOST_TEXT ? width : MOST_TEXT;
	if (option) {
		lane->option[width < MOST_TEXT ? width : MOST_TEXT]++;
		width -= text_width(option);
	}
	lane->wanted[width < MOST_TEXT ? width : MOST_TEXT]++;
}

/* How bad it is for LANE to be WIDTH columns wide: lines that it takes, what it leaves out. */
static int badness(const struct lane *lane, int width)
{
	int sum = 0;

	for (int i = 1; i <= MOST_TEXT; i++) {
		int lines = (i + width - 1) / width;

		sum += 2 * lines * lane->wanted[i];
		sum += lane->option[i] * (lines < 3 ? lines - 1 : 2);
	}
	return sum;
}

/*
 * Take a column from the lane that this makes least worse, among equals from the
 * widest; none gets below LEAST_WIDTH.  False: none can.
 */
static bool narrow(struct drawing *d, int least_width)
{
	struct lane *best = NULL;
	int least = 0;

	for (int i = 0; i < d->t->lanes; i++) {
		struct lane *lane = &d->lanes[i];
		int worse;

		if (lane->width <= least_width)
			continue;
		worse = badness(lane, lane->width - 1) - badness(lane, lane->width);
		if (!best || worse < least || (worse == least && lane->width > best->width)) {
			best = lane;
			least = worse;
		}
	}
	if (best)
		best->width--;
	return best;
}

static void order_tasks(struct drawing *d)
{
	struct timeline *t = d->t;

	for (int i = 0; i < t->lanes; i++)
		d->lanes[i] = (struct lane){ .task = TL_NONE, .width = LEAST_TEXT };
	for (size_t i = 0; i < t->nr_tasks; i++)
		if (timeline_drawn(t, (int)i))
			d->order[d->nr_order++] = (int)i;
	qsort_r(d->order, d->nr_order, sizeof(*d->order), timeline_by_start, t->tasks);
	for (size_t i = 0; i < d->nr_order; i++) {
		struct lane *lane = &d->lanes[t->tasks[d->order[i]].lane];

		lane->tasks++;
	}
}

static int lay_out_from(struct drawing *d, int x)
{
	for (int i = 0; i < d->t->lanes; i++) {
		d->lanes[i].x = x;
		x += LINE_COLUMNS + d->lanes[i].width + GAP_COLUMNS;
	}
	return x - GAP_COLUMNS;
}

static void want_all(struct drawing *d)
{
	struct timeline *t = d->t;

	for (size_t i = 0; i < t->nr_events; i++) {
		const struct tl_event *event = &t->events[i];
		bool left;

		if (event->task == TL_NONE)
			continue;
		left = event->to != TL_NONE &&
		       t->tasks[event->task].lane < t->tasks[event->to].lane;
		want(d, event->task, event->text, event->indent + (left ? ARROW_COLUMNS : 0));
		if (event->to != TL_NONE)
			want(d, event->to, event->to_text, left ? 0 : ARROW_COLUMNS);
	}
}

static void settle_options(struct drawing *d)
{
	struct timeline *t = d->t;

	for (size_t i = 0; i < t->nr_events; i++) {
		const struct tl_event *event = &t->events[i];
		bool arrow = event->to != TL_NONE;
		bool left = arrow && t->tasks[event->task].lane < t->tasks[event->to].lane;

		settle_option(d, event->text, event->task,
			      event->indent + (left ? ARROW_COLUMNS : 0), arrow ? 1 : 2);
		settle_option(d, event->to_text, event->to, arrow && !left ? ARROW_COLUMNS : 0,
			      left ? 2 : 1);
	}
}

static void find_left(struct drawing *d)
{
	struct timeline *t = d->t;
	char time[40];

	d->left = timeline_time_columns(t);
	for (size_t i = 0; i < t->nr_events; i++) {
		/* before the start or, in a damaged recording, after the end */
		int width = (int)strlen(timeline_ms(t, time, sizeof(time), t->events[i].t_ns)) + 2;

		if (width > d->left)
			d->left = width;
	}
}

void timeline_layout(struct drawing *d)
{
	struct timeline *t = d->t;
	int over;

	find_left(d);
	d->lanes = calloc((size_t)t->lanes, sizeof(*d->lanes));
	d->order = calloc(t->nr_tasks, sizeof(*d->order));
	if (!d->lanes || !d->order) {
		t->error = -ENOMEM;
		return;
	}
	order_tasks(d);
	want_all(d);
	d->width = lay_out_from(d, d->left);
	if (t->style.width) {
		over = d->width - t->style.width;
		while (over > 0 && narrow(d, LEAST_TEXT))
			over--;
		while (over > 0 && narrow(d, 1))
			over--;
		lay_out_from(d, d->left);
		d->width = t->style.width;
	}
	settle_options(d);
}
