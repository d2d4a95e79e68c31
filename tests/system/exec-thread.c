// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that is not the leader calls execve(): it takes the leader's thread
 * id, the leader and the others end, and the process goes on with new memory.
 */
#include "testlib.h"

#include <pthread.h>

static char **arguments;

/* Whoever names its role first waits for the other: exec ends the one that rests. */
static pthread_barrier_t both_named;

static void *run_again(void *arg)
{
	(void)arg;
	fl_role("runner");
	pthread_barrier_wait(&both_named);
	execv("/proc/self/exe", arguments);
	die("execv");
}

static void *rest(void *arg)
{
	(void)arg;
	fl_role("rest");
	pthread_barrier_wait(&both_named);
	for (;;)
		pause();
	return NULL;
}

static int second_life(int argc, char **argv)
{
	char *p;

	test_start(argc, argv);
	p = map_region("heap", 17);
	measure("second");
	write_pages(p, 17);
	measured("main");
	expect_fault("main", "second", "heap", "zero_fill", "user", 17);
	expect(1,
	       "SELECT count(*) FROM task WHERE role = 'main' AND created_by = 'thread'"
	       " AND exit_code = 7 AND exec_ns IS NOT NULL AND pid = %d",
	       (int)getpid());
	expect(2,
	       "SELECT count(*) FROM task WHERE role IN ('leader', 'rest')"
	       " AND exit_ns IS NOT NULL AND pid = %d",
	       (int)getpid());
	expect(3, "SELECT count(*) FROM task");
	truth("status 7");
	test_end();
	return 7;
}

int main(int argc, char **argv)
{
	pthread_t thread[2];

	if (argc > 2)
		return second_life(argc, argv);
	arguments = (char *[]){ argv[0], argc > 1 ? argv[1] : "/dev/stdout", "again", NULL };
	fl_role("leader");
	pthread_barrier_init(&both_named, NULL, 2);
	pthread_create(&thread[0], NULL, rest, NULL);
	pthread_create(&thread[1], NULL, run_again, NULL);
	for (;;)
		pause();
}
