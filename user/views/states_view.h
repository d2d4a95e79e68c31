/* SPDX-License-Identifier: GPL-2.0 */
/*
 * States over time: a lane a task, a lane a CPU, the length of the ready queue,
 * and what they sum up to.  Steps: who shares a lane, the chart, the table.
 */
#ifndef STATES_VIEW_H
#define STATES_VIEW_H

#include <sqlite3.h>
#include <stdio.h>

#include "views/lives.h"
#include "report/report.h"

/* All of it.  0 or a negative errno, as the parts in report.h. */
int report_states(sqlite3 *db, FILE *out, const struct report_style *style);

#define MOST_LANES 26 /* each has a letter */

/* One task, or tasks alike drawn together. */
struct states_lane {
	char key;
	char *label;
	int first, members;
	long long running_ns;
};

struct states_view {
	struct lives l;
	struct states_lane lanes[MOST_LANES];
	int nr_lanes;
	int *lane_of; /* by task */
	int label_columns;
	FILE *out;
	const struct report_style *style;
};

/* states_lanes.c: sets lanes, their number, lane_of and label_columns.  0 or -ENOMEM. */
int states_lanes(struct states_view *v);
void states_lanes_free(struct states_view *v);

/* The parts of the time from BEGIN_NS on that the columns of a chart stand for. */
struct states_slices {
	long long begin_ns, span_ns; /* > 0 */
	int columns;
};

/* Where column I begins; that of I = columns is the end. */
long long states_edge(const struct states_slices *s, int i);

/* Add to SUMS[column * STRIDE] the time of START_NS..END_NS that falls into each. */
void states_spread(const struct states_slices *s, long long start_ns, long long end_ns,
		   long long *sums, int stride);

/* The unit that STEP_NS, a step between marks of an axis, is told in: its length and name. */
struct states_axis {
	long long step_ns, unit_ns;
	const char *unit;
};
struct states_axis states_axis(const struct states_slices *s);

/* "|0        |20       |40", after LEFT columns with the unit in them. */
void states_print_axis(const struct states_slices *s, FILE *out, const struct report_style *style,
		       int left);

/* A line in a low voice, wrapped. */
void states_note(const struct states_view *v, const char *text);

/* states_table.c: 0 or -ENOMEM */
int states_table(const struct states_view *v);

#endif
