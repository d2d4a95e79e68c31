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
 *
 * They are children of a process that has asked to be preferred, and begin with that: the
 * scheduler of Linux 6.5 and before (CFS) does not forget the time that a process had while it
 * weighed less, and keeps it from the CPU for 87 times as long afterwards.
 */
#include "tasks.h"

static long long span; /* nanoseconds of each scene */

/* How long this process was ready and others had the CPU. */
static long long delay_ns(void)
{
	char text[128] = "", *end;
	int fd = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		fail("read /proc/self/schedstat");
	close_end(fd);
	strtoll(text, &end, 10); /* time that it had the CPU comes first */
	return strtoll(end, NULL, 10);
}

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
	const char *others; /* names what programs besides the scene's took from it */
};

static __attribute__((noreturn)) void run(const struct process *process, int ready, int go)
{
	long long cpu, delay;

	settle();
	tell(ready);
	await(go);
	fl_phase("work");
	cpu = cpu_ns();
	delay = delay_ns();
	process->work(now_ns() + span);
	fl_phase("");
	delay = delay_ns() - delay;
	/* one computes and is ready whenever the other one has the CPU */
	if (!strcmp(process->role, "io.both"))
		delay = cpu - cpu_ns();
	fl_value(process->others, delay / 1000);
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
	static const struct process cpu = { "cpu.alone", compute, "others.cpu" };
	static const struct process io = { "io.alone", do_io, "others.io" };
	static const struct process both[] = { { "cpu.both", compute, "others.both" },
					       { "io.both", do_io, "others.both" } };
	pid_t child;

	(void)argc;
	workload_start(argv);
	span = param("span_ms") * 1000000LL;
	stay_on_this_cpu();
	fl_role("parent");
	if (fork_child(&child, "session")) {
		ask_for_preference();
		play(&cpu, 1);
		play(&io, 1);
		play(both, 2);
		_exit(0);
	}
	wait_for(child);
	return 0;
}
