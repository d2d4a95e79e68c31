/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Table frame as people see it: one region of one process at one barrier is a
 * strip, from its first page to its last, and a few numbers.
 */
#ifndef FRAME_VIEW_H
#define FRAME_VIEW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* What a page is to its process. */
enum frame_class {
	FRAME_PRIVATE, /* mapped here and nowhere else */
	FRAME_SHARED,
	FRAME_ZERO, /* the zero page, or part of the huge one */
	FRAME_HUGE, /* part of a huge page */
	FRAME_SWAP,
	FRAME_ABSENT,
	NR_FRAME_CLASSES,
};

struct frame_view {
	long long t_ns, task;
	const char *phase, *region; /* as the program named them; NULL: none */
	unsigned char *classes;     /* enum frame_class, by page */
	size_t nr_pages;
	long long counts[NR_FRAME_CLASSES];
	long long least_sharers, most_sharers; /* of the shared pages; 0: not known */
};

/*
 * Call FN for each, in the order of the recording, until it gives not 0.  0, what
 * FN gave, -ENOMEM or -EIO.
 */
int frame_view_each(sqlite3 *db, int (*fn)(const struct frame_view *view, void *arg), void *arg);

/*
 * "|####====....|": at most WIDTH characters between the bars.  Each stands for
 * an equal part of the pages and shows what is the most there.  BUF needs room
 * for 4 * WIDTH + 3 bytes.  Returns BUF.
 */
char *frame_view_strip(char *buf, size_t size, const struct frame_view *view, int width, bool utf8);

/* "12,800 shared by 2, 12,800 private".  Returns BUF. */
char *frame_view_counts(char *buf, size_t size, const struct frame_view *view);

/* The character and the name of a class, for a legend. */
const char *frame_view_mark(enum frame_class class, bool utf8);
const char *frame_view_name(enum frame_class class);

#endif
