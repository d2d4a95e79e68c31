// SPDX-License-Identifier: GPL-2.0
/*
 * io-vs-cpu-bound: two kinds of processes, and why a machine wants both
 *
 * A process that computes uses a CPU all the time; one that waits for something,
 * such as a disk or here a timer, uses it for moments only.  Each kind runs alone,
 * for a while, and then both at once on the same CPU: the moments that the second
 * one needs cost the first one next to nothing, and the CPU is no longer idle while it
 * waits.
 *
 * When the one that waits wakes up, the one that computes must give way: an involuntary
 * switch, while the other one's are voluntary.
 */
#include "tasks.h"

static long long span; /* nanoseconds of each scene */

static void compute(long long end)
{
	while (now_ns() < end)
		burn_ns(100000);
}

static void do_io(long long end)
{
	long rounds;

	for (rounds = 0; now_ns() < end; rounds++)
		sleep_ns(2000000);
	fl_value("rounds", rounds);
}

struct process {
	const char *role;
	void (*work)(long long end);
	const char *lost; /* names the sum of the time that no process of the scene had */
};

static __attribute__((noreturn)) void run(const struct process *process, int ready, int go)
{
	long long start, cpu;

	ask_for_preference();
	settle();
	tell(ready);
	await(go);
	fl_phase("work");
	start = now_ns();
	cpu = cpu_ns();
	process->work(start + span);
	fl_phase("");
	cpu = cpu_ns() - cpu;
	fl_value(process->lost, ((process->work == compute ? now_ns() - start : 0) - cpu) / 1000);
	_exit(0);
}

static void play(const struct process *processes, int n)
{
	int ready[2], go[2];
	char bytes[2];
	pid_t pids[2];

	make_pipe(ready);
	make_pipe(go);
	for (int i = 0; i < n; i++) {
		if (fork_child(&pids[i], processes[i].role))
			run(&processes[i], ready[1], go[0]);
		await(ready[0]);
	}
	if (write(go[1], bytes, n) != n)
		fail("write to a pipe");
	for (int i = 0; i < n; i++)
		wait_for(pids[i]);
	for (int i = 0; i < 2; i++) {
		close_end(ready[i]);
		close_end(go[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct process cpu = { "cpu.alone", compute, "lost.cpu" };
	static const struct process io = { "io.alone", do_io, "lost.io" };
	static const struct process both[] = { { "cpu.both", compute, "lost.both" },
					       { "io.both", do_io, "lost.both" } };

	(void)argc;
	workload_start(argv);
	span = param("span_ms") * 1000000LL;
	stay_on_this_cpu();
	fl_role("parent");
	play(&cpu, 1);
	play(&io, 1);
	play(both, 2);
	return 0;
}
