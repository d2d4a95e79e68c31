// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks handed to the writer come out whole and in order; a disk that stands still stops
 * nobody before the limit is reached, and no more than the limit waits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file.h"
#include "recording/writer.h"

#define BLOCK 4096
#define LIMIT 7

struct disk {
	sem_t turn; /* posted once for each block that may be written */
	bool free;  /* nobody need post */
	int fails_at, error;
	int n; /* blocks that came */
	size_t bytes;
	bool wrong;
	pthread_t writer;
};

static void fill(char *block, int n)
{
	memset(block, n % 251, BLOCK);
	memcpy(block, &n, sizeof(n));
}

static size_t size_of(int n)
{
	return BLOCK - (size_t)n % 101;
}

static int to_disk(void *arg, const char *block, size_t size)
{
	struct disk *disk = arg;
	char expected[BLOCK];

	if (!disk->free)
		while (sem_wait(&disk->turn))
			;
	disk->writer = pthread_self();
	if (disk->fails_at && disk->n + 1 == disk->fails_at)
		return disk->error;
	fill(expected, disk->n);
	if (size != size_of(disk->n) || memcmp(block, expected, size) != 0)
		disk->wrong = true;
	disk->n++;
	disk->bytes += size;
	return 0;
}

static struct writer *start(struct disk *disk)
{
	const struct writer_options options = { .write = to_disk,
						.arg = disk,
						.block_bytes = BLOCK,
						.waiting_bytes = LIMIT * BLOCK + BLOCK / 2 };
	struct writer *writer;

	assert_int_equal(sem_init(&disk->turn, 0, 0), 0);
	writer = writer_start(&options);
	assert_non_null(writer);
	return writer;
}

static int hand(struct writer *writer, char **block, int n)
{
	fill(*block, n);
	return writer_put(writer, block, size_of(n));
}

static void all_come_in_order(void **state)
{
	struct disk disk = { .free = true };
	struct writer *writer = start(&disk);
	char *block = malloc(BLOCK);
	size_t bytes = 0;

	(void)state;
	for (int n = 0; n < 10007; n++) {
		assert_int_equal(hand(writer, &block, n), 0);
		bytes += size_of(n);
	}
	assert_int_equal(writer_stop(writer), 0);
	assert_int_equal(disk.n, 10007);
	assert_int_equal(disk.bytes, bytes);
	assert_false(disk.wrong);
	assert_false(pthread_equal(disk.writer, pthread_self()));
	free(block);
}

struct helper {
	struct writer *writer;
	char *block;
	int done;
};

static void *hand_one_more(void *arg)
{
	struct helper *helper = arg;

	hand(helper->writer, &helper->block, LIMIT);
	__atomic_store_n(&helper->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void limit_holds(void **state)
{
	struct disk disk = { 0 };
	struct helper helper = { .writer = start(&disk), .block = malloc(BLOCK) };
	pthread_t thread;

	(void)state;
	/* the disk stands still: as many as may wait are taken at once */
	for (int n = 0; n < LIMIT; n++)
		assert_int_equal(hand(helper.writer, &helper.block, n), 0);
	assert_int_equal(pthread_create(&thread, NULL, hand_one_more, &helper), 0);
	assert_int_equal(disk.n, 0);
	assert_int_equal(__atomic_load_n(&helper.done, __ATOMIC_ACQUIRE), 0);
	/* and the next one when one was written */
	sem_post(&disk.turn);
	pthread_join(thread, NULL);
	assert_int_equal(helper.done, 1);
	for (int n = 0; n < LIMIT; n++)
		sem_post(&disk.turn);
	assert_int_equal(writer_stop(helper.writer), 0);
	assert_int_equal(disk.n, LIMIT + 1);
	assert_false(disk.wrong);
	free(helper.block);
}

static void nothing_after_an_error(void **state)
{
	struct disk disk = { .free = true, .fails_at = 23, .error = -ENOSPC };
	struct writer *writer = start(&disk);
	char *block = malloc(BLOCK);
	int err = 0;

	(void)state;
	/* who hands over hears of it, though perhaps not at once */
	for (int n = 0; n < 23 + LIMIT + 2; n++)
		err = hand(writer, &block, n);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(writer_stop(writer), -ENOSPC);
	assert_int_equal(disk.n, 22);
	assert_false(disk.wrong);
	free(block);
	assert_int_equal(writer_stop(NULL), 0);
}

static void begin_blocked(void)
{
	sigset_t blocked;

	/* signals are left to the thread that reads them */
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	if (!sigismember(&blocked, SIGINT) || !sigismember(&blocked, SIGTERM))
		abort();
}

/* A recording is the same, whoever writes its blocks. */
static void recording_behind(void **state)
{
	struct recording *rec;
	char why[256] = "";

	(void)state;
	check(recording_create(&rec, NULL), rec);
	append_values(rec, 1, 5003);
	recording_write_behind(rec, 3 * 128 << 10, begin_blocked);
	append_values(rec, 5004, 15013);
	check(recording_flush(rec), rec);
	append_values(rec, 15014, 20011);
	check(recording_settle(rec), rec);
	append_values(rec, 20012, 20021);
	check(recording_flush(rec), rec);
	check(recording_set_int(rec, "ring_bytes", 4096), rec);
	assert_int_equal(correlate(recording_db(rec), why, sizeof(why)), 0);
	assert_values(rec, 20021);
	check(recording_close(rec), NULL);
	/* one that is closed in the middle */
	check(recording_create(&rec, NULL), rec);
	recording_write_behind(rec, 0, NULL);
	append_values(rec, 1, 10007);
	check(recording_close(rec), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_in_order),
		cmocka_unit_test(limit_holds),
		cmocka_unit_test(nothing_after_an_error),
		cmocka_unit_test(recording_behind),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
