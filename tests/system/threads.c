// SPDX-License-Identifier: GPL-2.0
/*
 * Eight threads that fault at once: each in memory of its own, where every
 * count is known, then all in the same pages, where the kernel's own count for
 * each thread is the truth.
 */
#include "testlib.h"

#include <pthread.h>

#define THREADS 8
#define PAGES 101
#define RACE_PAGES 1009

static pthread_barrier_t barrier;
static char *own, *race;

static void *work(void *arg)
{
	static const char *const role[THREADS] = { "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7" };
	long i = (long)arg;
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	counts_open();
	fl_role(role[i]);
	measure("warm");
	measured(role[i]);

	pthread_barrier_wait(&barrier);
	measure("own");
	write_pages(own + i * PAGES * PAGE, PAGES);
	measured(role[i]);
	expect_fault(role[i], "own", "own", "zero_fill", "user", PAGES);

	pthread_barrier_wait(&barrier);
	measure("race");
	write_pages(race, RACE_PAGES);
	measured(role[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	test_start(argc, argv);
	own = map_region("own", THREADS * PAGES);
	race = map_pages(RACE_PAGES);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, work, (void *)i))
			die("pthread_create");
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	expect(THREADS,
	       "SELECT count(*) FROM task WHERE created_by = 'thread' AND process = 1"
	       " AND pid = %d AND tid <> pid",
	       (int)getpid());
	return test_end();
}
