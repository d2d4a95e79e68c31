// SPDX-License-Identifier: GPL-2.0
/*
 * timeslice-nice: how processes that only compute share a CPU
 *
 * First some of the same nice value compute on one CPU for a while, then two of
 * different ones.  The scheduler gives each of them slices in turn, so many that
 * their time is as their weights (sched_prio_to_weight[]): equal for the same nice
 * value; a nice value one higher has four fifths of the weight.
 *
 * All begin with one write() into a pipe and go on until the same moment.  What is
 * compared is the time in between, as the scheduler's switches tell it.
 *
 * They are children of a process in a session of its own: where the scheduler
 * shares among sessions first (autogroup), they count as one towards all others.
 *
 * Nobody can expect more than to be a turn away from the exact share.  On a virtual CPU
 * that others take away a turn may be long, so each process keeps its longest one: by the
 * time of day, since what the hypervisor took is part of it, while the kernel counts no switch.
 */
#include "tasks.h"

#define MOST 64

static long long span;

struct scene {
	long long begin; /* of the scene, as now_ns() */
	/* CPU time of each, and the longest time without a switch */
	long long had[MOST], turn[MOST];
};

static struct scene *shared;

static long long max(long long a, long long b)
{
	return a > b ? a : b;
}

static void compute(int i)
{
	long long start = cpu_ns(), now = now_ns(), turn_start = now, before;
	long switches = switches_so_far().all, switches_before;

	while (now < shared->begin + span) {
		switches_before = switches;
		before = now;
		burn_ns(100000);
		now = now_ns();
		switches = switches_so_far().all;
		if (switches != switches_before)
			turn_start = before;
		else
			shared->turn[i] = max(shared->turn[i], now - turn_start);
	}
	shared->had[i] = cpu_ns() - start;
}

static __attribute__((noreturn)) void burner(int i, int nice_value, int ready, int go)
{
	if (setpriority(PRIO_PROCESS, 0, nice_value))
		fail("setpriority");
	settle();
	tell(ready);
	await(go);
	compute(i);
	_exit(0);
}

/* The longest turn, in thousandths of the time that its process had in all. */
static void tell_turn(const char *name, int n)
{
	long long part = 0;

	for (int i = 0; i < n; i++) {
		part = max(part, 1000 * shared->turn[i] / max(shared->had[i], 1));
		shared->turn[i] = 0;
	}
	fl_value(name, part);
}

static void play(const char *scene, const char *turn, const char *const *roles,
		 const int *nice_values, int n)
{
	int ready[2], go[2];
	char bytes[MOST];
	pid_t pids[MOST];

	make_pipe(ready);
	make_pipe(go);
	for (int i = 0; i < n; i++) {
		if (fork_child(&pids[i], roles[i]))
			burner(i, nice_values[i], ready[1], go[0]);
		await(ready[0]);
	}
	shared->begin = now_ns();
	fl_phase(scene);
	if (write(go[1], bytes, n) != n)
		fail("write to a pipe");
	sleep_ns(span);
	fl_phase("");
	for (int i = 0; i < n; i++)
		wait_for(pids[i]);
	tell_turn(turn, n);
	for (int i = 0; i < 2; i++) {
		close_end(ready[i]);
		close_end(go[i]);
	}
}

int main(int argc, char **argv)
{
	const char *roles[MOST], *const two[] = { "nice.zero", "nice.high" };
	int zero[MOST] = { 0 }, nice_values[] = { 0, 0 };
	long processes;
	pid_t child;

	(void)argc;
	workload_start(argv);
	span = param("span_ms") * 1000000LL;
	processes = param("processes");
	nice_values[1] = (int)param("nice");
	if (processes > MOST) {
		errno = 0;
		fail("processes: no more than %d", MOST);
	}
	shared = shared_page();
	stay_on_this_cpu();
	fl_role("parent");
	if (fork_child(&child, "session")) {
		ask_for_preference();
		for (int i = 0; i < processes; i++)
			roles[i] = "equal";
		play("equal", "turn.equal", roles, zero, (int)processes);
		play("different", "turn.different", two, nice_values, 2);
		_exit(0);
	}
	wait_for(child);
	return 0;
}
