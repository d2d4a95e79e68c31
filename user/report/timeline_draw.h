/* SPDX-License-Identifier: GPL-2.0 */
/* What the drawing of a timeline and its layout share. */
#ifndef TIMELINE_DRAW_H
#define TIMELINE_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/timeline.h"

#define LINE_COLUMNS 2 /* life line and a blank */
#define GAP_COLUMNS 1  /* between two lanes */
#define LEAST_TEXT 18
#define MOST_TEXT 120 /* wider rows wrap in any case */
#define ARROW_COLUMNS 3
#define MOST_NAMES 4 /* in the heading of a lane */
#define CONTINUED 2  /* more indent for a wrapped line */

struct glyph {
	const char *s;
	int len; /* bytes; 0: nothing, or the second half of a wide one */
	bool second;
	enum ink ink;
};

struct lane {
	int x, width; /* of the text; x is that of the life line */
	int task;     /* drawn now; TL_NONE: none yet */
	int tasks;
	int wanted[MOST_TEXT + 1]; /* rows by the width that they need */
	int option[MOST_TEXT + 1]; /* ... and by that with what is optional */
};

struct drawing {
	struct timeline *t;
	FILE *out;
	int left, width;
	struct lane *lanes;
	int *order; /* drawn tasks by start */
	size_t nr_order, next;
	struct glyph *line;
	char shown[40]; /* the last time printed */
};

/*
 * Place of the columns: order, lanes, left and width.  The caller frees order
 * and lanes, also after an error.  What is optional is settled in the events.
 */
void timeline_layout(struct drawing *d);

/*
 * How many bytes of S go into a line of WIDTH columns: up to the last gap
 * between two fields, else to the last comma or bracket, to the last blank, or
 * as many as fit.  *NEXT is where the next line starts.
 */
size_t timeline_line(const char *s, int width, const char **next);

#endif
