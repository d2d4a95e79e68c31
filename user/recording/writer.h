/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks of records on their way to the file: a thread of its own compresses and writes
 * them, so that who reads the ring buffer never waits for either.  What it has not come
 * to yet lies in memory, up to a limit; whoever hands over more waits.
 */
#ifndef WRITER_H
#define WRITER_H

#include <stddef.h>

struct writer;

struct writer_options {
	/* Write SIZE bytes of records; called in order, from the thread.  0, or an error after
	 * which nothing more is written. */
	int (*write)(void *arg, const char *block, size_t size);
	void *arg;
	void (*begin)(void);  /* first in the thread, NULL: nothing */
	size_t block_bytes;   /* size of every block */
	size_t waiting_bytes; /* at most so much waits, but always one block */
};

/* NULL: no memory or no thread. */
struct writer *writer_start(const struct writer_options *options);

/*
 * Take over *DATA with SIZE bytes of records and put an empty one in its place.  0, or the
 * error of an earlier write.
 */
int writer_put(struct writer *w, char **data, size_t size);

/* Write what waits, end the thread and free all.  0 or the first error.  NULL is allowed. */
int writer_stop(struct writer *writer);

#endif
