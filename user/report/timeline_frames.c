// SPDX-License-Identifier: GPL-2.0
/* What was behind each region when a program waited at a barrier. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "views/frame_view.h"
#include "base/text.h"
#include "report/timeline.h"

#define LEAST_STRIP 8
#define MOST_STRIP 32
#define BESIDE 30 /* columns of a lane for the region's name, bars and lines */

/* As wide as an equal share of the window leaves room for. */
static int strip_width(const struct timeline *t)
{
	int width = t->style.width && t->lanes ? t->style.width / t->lanes - BESIDE : MOST_STRIP;

	return width < LEAST_STRIP ? LEAST_STRIP : width > MOST_STRIP ? MOST_STRIP : width;
}

static int add(const struct frame_view *view, void *arg)
{
	struct timeline *t = arg;
	char strip[4 * MOST_STRIP + 8], counts[400], *region;
	int i = timeline_find(t, view->task);
	struct tl_event *event;

	if (!timeline_drawn(t, i))
		return 0;
	region = timeline_name(t, view->region, 16);
	frame_view_strip(strip, sizeof(strip), view, strip_width(t), t->style.utf8);
	frame_view_counts(counts, sizeof(counts), view);
	event = timeline_add(t, i, view->t_ns,
			     timeline_text(t, "%s %s  %s", region ? region : "", strip, counts));
	event->indent = 2;
	free(region);
	return t->error;
}

void timeline_frames(struct timeline *t)
{
	int err = t->error ? 0 : frame_view_each(t->db, add, t);

	if (err && !t->error)
		t->error = err;
}
