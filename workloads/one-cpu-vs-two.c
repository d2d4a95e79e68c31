// SPDX-License-Identifier: GPL-2.0
/*
 * one-cpu-vs-two: each CPU runs one process at a time
 *
 * One, two and four processes that only compute, each the same amount, first on
 * one CPU and then spread over two.  On one CPU they take turns, so that each takes
 * as long as all of them together; on two CPUs two run at once.
 *
 * All begin when the parent writes as many bytes into a pipe as there are processes
 * that wait for one.  What others took of the CPUs in a round is what is missing
 * between the time of the round and the time for which the processes computed.  These
 * ask to be preferred to others, which root may.
 */
#include "proc.h"
#include "tasks.h"

#define MOST 4

static long long work;
static long long *had_cpu;  /* for how long, each of them */
static long long *computed; /* without what was taken away from it meanwhile */

static __attribute__((noreturn)) void burner(int i, int cpu, int ready, int go)
{
	long long before;

	move_to_cpu(cpu);
	ask_for_preference();
	settle();
	before = cpu_ns();
	burn_ns(1000);
	tell(ready);
	await(go);
	burn_ns(work - (cpu_ns() - before));
	had_cpu[i] = cpu_ns() - before;
	computed[i] = had_cpu[i] - stalled_ns;
	fl_value("had", had_cpu[i] / 1000); /* microseconds */
	_exit(0);
}

/* N processes on NR_CPUS CPUs; NAME is the round's phase, ROLE that of its processes. */
static void play(const char *name, const char *role, int n, const int *cpus, int nr_cpus)
{
	char lost[24] = "lost.";
	int ready[2], go[2];
	long long start, time, busy[2] = { 0, 0 };
	pid_t pids[MOST];
	char bytes[MOST];

	make_pipe(ready);
	make_pipe(go);
	for (int i = 0; i < n; i++) {
		if (fork_child(&pids[i], role))
			burner(i, cpus[i % nr_cpus], ready[1], go[0]);
		await(ready[0]);
	}
	start = now_ns();
	fl_phase(name);
	if (write(go[1], bytes, n) != n)
		fail("write to a pipe");
	for (int i = 0; i < n; i++)
		wait_for(pids[i]);
	fl_phase("");
	time = now_ns() - start;
	for (int i = 0; i < n; i++)
		busy[i % nr_cpus] += computed[i];
	time -= busy[0] > busy[1] ? busy[0] : busy[1];
	strncat(lost, name, sizeof(lost) - sizeof("lost."));
	fl_value(lost, time / 1000); /* microseconds */
	for (int i = 0; i < 2; i++) {
		close_end(ready[i]);
		close_end(go[i]);
	}
}

int main(int argc, char **argv)
{
	int cpus[2];

	(void)argc;
	workload_start(argv);
	work = param("work_ms") * 1000000LL;
	had_cpu = shared_page();
	computed = had_cpu + MOST;
	stay_on_this_cpu();
	cpus[0] = sched_getcpu();
	cpus[1] = another_cpu();
	fl_role("parent");
	fl_value("two", cpus[1] >= 0);

	play("1x1", "one.on.one", 1, cpus, 1);
	play("2x1", "two.on.one", 2, cpus, 1);
	play("4x1", "four.on.one", 4, cpus, 1);
	if (cpus[1] >= 0) {
		play("1x2", "one.on.two", 1, cpus, 2);
		play("2x2", "two.on.two", 2, cpus, 2);
		play("4x2", "four.on.two", 4, cpus, 2);
	}
	return 0;
}
