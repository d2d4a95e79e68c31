// SPDX-License-Identifier: GPL-2.0
/*
 * Processes full of threads that map, touch, give back and fork, ended from
 * within and from outside at no particular moment.  What wait4() says of each
 * is the truth; where they fork it is not all, and only the difference counts.
 */
#include "testlib.h"

#include <pthread.h>

#define ROUNDS 13
#define THREADS 31
#define PAGES 17

static int started[2];

static void *fault_for_ever(void *arg)
{
	char *p = arg;

	tell(started[1]);
	for (;;) {
		write_pages(p, PAGES);
		madvise(p, PAGES * PAGE, MADV_DONTNEED);
		read_pages(p, PAGES);
		p = mmap(p, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	return NULL;
}

static void *fork_for_ever(void *arg)
{
	tell(started[1]);
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			write_pages(arg, PAGES);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	cpu_set_t all;

	test_start(argc, argv);
	memset(&all, 0xff, sizeof(all));
	must_pipe(started);
	for (int round = 0; round < ROUNDS; round++) {
		struct rusage ru;
		int status;
		pid_t pid = must_fork();

		if (!pid) {
			char *p = map_pages((THREADS + 1) * PAGES);
			pthread_t thread;

			sched_setaffinity(0, sizeof(all), &all);
			for (long i = 0; i < THREADS; i++)
				if (pthread_create(&thread, NULL,
						   i || round < 7 ? fault_for_ever : fork_for_ever,
						   p + i * PAGES * PAGE))
					die("pthread_create");
			if (round % 2)
				fault_for_ever(p + THREADS * PAGES * PAGE);
			write_pages(p + THREADS * PAGES * PAGE, PAGES);
			_exit(0);
		}
		for (int i = 0; round % 2 && i < THREADS; i++)
			wait_told(started[0]);
		if (round % 2)
			kill(pid, SIGKILL);
		if (wait4(pid, &status, 0, &ru) != pid)
			die("wait4");
		if (round < 7)
			expect(ru.ru_minflt + ru.ru_majflt,
			       "SELECT sum(observed) FROM reconcile JOIN task USING (task)"
			       " WHERE pid = %d",
			       pid);
		close(started[0]);
		close(started[1]);
		must_pipe(started);
	}
	truth("orphans");
	fl_phase("end");
	truth_write();
	return 0;
}
