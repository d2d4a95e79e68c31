// SPDX-License-Identifier: GPL-2.0
/* The leader leaves with pthread_exit() while three threads go on and fault. */
#include "testlib.h"

#include <pthread.h>

#define THREADS 3
#define PAGES 31

static char *heap;
static pthread_t leader;
static pthread_barrier_t gone;
static atomic_int left = THREADS;

static void *work(void *arg)
{
	static const char *const role[THREADS] = { "t0", "t1", "t2" };
	long i = (long)arg;

	fl_role(role[i]);
	counts_open();
	if (!i)
		pthread_join(leader, NULL);
	pthread_barrier_wait(&gone);
	measure("alone");
	write_pages(heap + i * PAGES * PAGE, PAGES);
	measured(role[i]);
	expect_fault(role[i], "alone", "heap", "zero_fill", "user", PAGES);
	if (atomic_fetch_sub(&left, 1) == 1) {
		expect(THREADS + 1, "SELECT count(*) FROM task WHERE pid = %d AND process = 1",
		       (int)getpid());
		expect(1, "SELECT count(*) FROM task WHERE task = 1 AND exit_ns IS NOT NULL");
		truth_write();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_start(argc, argv);
	heap = map_region("heap", THREADS * PAGES);
	leader = pthread_self();
	pthread_barrier_init(&gone, NULL, THREADS);
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, work, (void *)i))
			die("pthread_create");
	pthread_exit(NULL);
}
