/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages as a person sees them: a sequence diagram, and what went through each
 * stream.  Between the parts: messages_load.c reads and folds, messages_view.c
 * draws, messages_table.c sums up.
 */
#ifndef MESSAGES_VIEW_H
#define MESSAGES_VIEW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/report.h"
#include "report/timeline.h"

/* Ends that are no task of the recording, in place of an index. */
#define END_OUTSIDE TL_NONE
#define END_UNREAD (-2) /* tasks of the recording read from the stream, but not this */

/* One direction of a pipe, FIFO or socket. */
struct stream {
	char *object; /* as in the table */
	char *path;   /* of a FIFO, escaped; NULL: unknown */
	char channel[16];
	int number;     /* among those of its channel, from 1 on, by the first message */
	bool alone;     /* the only one of its channel */
	long long n;    /* messages */
	long long sent; /* bytes that tasks of the recording wrote ... */
	long long read; /* ... and read */
	long long both; /* ... and those that are in both numbers */
	long long cut;  /* of sent: what did not fit into the buffers of readers */
	int from, to;   /* the only ones at that end; END_OUTSIDE: none */
	long long nr_from, nr_to;
	long long write_wait_ns, read_wait_ns; /* asleep inside the calls */
};

/* Messages alike that are drawn as one. */
struct arrow {
	int stream; /* index; TL_NONE: several of one channel */
	char channel[16];
	int from, to; /* indexes of tasks, or END_* */
	long long n, bytes, start_ns, end_ns;
};

struct messages_view {
	struct timeline *t;
	struct stream *streams; /* by their first message */
	size_t nr_streams;
	int *by_object; /* indexes of streams in the order of channel and object */
	struct arrow *arrows;
	size_t nr_arrows;
	long long n, hidden; /* messages; arrows left out */
	bool has_states;
};

/*
 * Read the tables and fold until there are at most t->style.rows arrows.  What
 * went wrong is in t->error; the caller releases in any case.
 */
void messages_load(struct messages_view *m);
void messages_release(struct messages_view *m);

/* "pipe 2", or "pipe" where it is the only one, into BUF; I as in struct arrow. */
char *messages_stream(const struct messages_view *m, int i, const char *channel, char *buf,
		      size_t size);

/* The table of the streams and its sums. */
void messages_table(const struct messages_view *m, FILE *out, const struct report_style *style);

/* All of it. */
int report_messages(sqlite3 *db, FILE *out, const struct report_style *style);

#endif
