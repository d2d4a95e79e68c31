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
 */
#include "tasks.h"

#define MOST 64

static long long span;
static long long *begin; /* shared: when the scene has begun */

static __attribute__((noreturn)) void burner(int nice_value, int ready, int go)
{
	if (setpriority(PRIO_PROCESS, 0, nice_value))
		fail("setpriority");
	settle();
	tell(ready);
	await(go);
	while (now_ns() < *begin + span)
		burn_ns(100000);
	_exit(0);
}

static void play(const char *scene, const char *const *roles, const int *nice_values, int n)
{
	int ready[2], go[2];
	char bytes[MOST];
	pid_t pids[MOST];

	make_pipe(ready);
	make_pipe(go);
	for (int i = 0; i < n; i++) {
		if (fork_child(&pids[i], roles[i]))
			burner(nice_values[i], ready[1], go[0]);
		await(ready[0]);
	}
	*begin = now_ns();
	fl_phase(scene);
	if (write(go[1], bytes, n) != n)
		fail("write to a pipe");
	sleep_ns(span);
	fl_phase("");
	for (int i = 0; i < n; i++)
		wait_for(pids[i]);
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
	begin = shared_page();
	stay_on_this_cpu();
	fl_role("parent");
	if (fork_child(&child, "session")) {
		ask_for_preference();
		for (int i = 0; i < processes; i++)
			roles[i] = "equal";
		play("equal", roles, zero, (int)processes);
		play("different", two, nice_values, 2);
		_exit(0);
	}
	wait_for(child);
	return 0;
}
