// SPDX-License-Identifier: GPL-2.0
#include "recording/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct block {
	struct block *next;
	char *data;
	size_t size;
};

struct writer {
	struct writer_options options;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, taken;
	struct block *first, **last; /* that wait to be written */
	struct block *empty;
	size_t nr_waiting, most_waiting;
	bool stopping;
	int failed;
};

static void free_blocks(struct block *block)
{
	while (block) {
		struct block *next = block->next;

		free(block->data);
		free(block);
		block = next;
	}
}

static struct block *take(struct writer *w)
{
	struct block *block;

	while (!w->first && !w->stopping)
		pthread_cond_wait(&w->filled, &w->lock);
	block = w->first;
	if (!block)
		return NULL;
	w->first = block->next;
	if (!w->first)
		w->last = &w->first;
	return block;
}

static void *run(void *arg)
{
	struct writer *w = arg;
	struct block *block;

	if (w->options.begin)
		w->options.begin();
	pthread_mutex_lock(&w->lock);
	while ((block = take(w))) {
		int err = w->failed;

		pthread_mutex_unlock(&w->lock);
		if (!err)
			err = w->options.write(w->options.arg, block->data, block->size);
		pthread_mutex_lock(&w->lock);
		w->failed = err;
		block->next = w->empty;
		w->empty = block;
		w->nr_waiting--;
		pthread_cond_signal(&w->taken);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* One that was written, or a new one; NULL: no memory. */
static struct block *empty_block(struct writer *w)
{
	struct block *block = w->empty;

	if (block) {
		w->empty = block->next;
		return block;
	}
	block = calloc(1, sizeof(*block));
	if (block)
		block->data = malloc(w->options.block_bytes);
	if (block && !block->data) {
		free(block);
		block = NULL;
	}
	return block;
}

/* Signals are for the thread that started it. */
static int create_thread(struct writer *w)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct writer *writer_start(const struct writer_options *options)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->options = *options;
	w->last = &w->first;
	w->most_waiting = options->waiting_bytes / options->block_bytes;
	if (!w->most_waiting)
		w->most_waiting = 1;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->filled, NULL);
	pthread_cond_init(&w->taken, NULL);
	/* the one that there always is */
	w->empty = empty_block(w);
	if (!w->empty || create_thread(w)) {
		free_blocks(w->empty);
		free(w);
		return NULL;
	}
	return w;
}

int writer_put(struct writer *w, char **data, size_t size)
{
	struct block *block;
	char *empty;
	int err;

	pthread_mutex_lock(&w->lock);
	/* where there is no memory for another one, those that wait will be empty */
	while (w->nr_waiting >= w->most_waiting || !(block = empty_block(w)))
		pthread_cond_wait(&w->taken, &w->lock);
	empty = block->data;
	block->data = *data;
	block->size = size;
	block->next = NULL;
	*data = empty;
	*w->last = block;
	w->last = &block->next;
	w->nr_waiting++;
	err = w->failed;
	pthread_cond_signal(&w->filled);
	pthread_mutex_unlock(&w->lock);
	return err;
}

int writer_stop(struct writer *w)
{
	int err;

	if (!w)
		return 0;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->filled);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	err = w->failed;
	free_blocks(w->first);
	free_blocks(w->empty);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->filled);
	pthread_cond_destroy(&w->taken);
	free(w);
	return err;
}
