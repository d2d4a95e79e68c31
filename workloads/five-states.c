// SPDX-License-Identifier: GPL-2.0
/*
 * five-states: new, ready, running, waiting, terminated
 *
 * The states of the textbook, and two that Linux adds: stopped, and between
 * termination and the end the zombie.  One process goes through all of them, each
 * in a phase of its own: it computes while another one computes on the same CPU,
 * so that both must stand aside (ready); it waits for a byte, and then for a time;
 * it is stopped and continued; it waits for another one to give its memory back, and
 * no signal is to wake it meanwhile; it ends.
 *
 * The parent acts only when the child has left the CPU: a task that is woken on
 * its way to sleep never waits.
 */
#include "tasks.h"

/* Wait until another one, which borrows our memory, has slept for NAP nanoseconds. */
static void lend_memory(long long nap)
{
	pid_t borrower = vfork();

	if (borrower < 0)
		fail("vfork");
	if (!borrower) {
		sleep_ns(nap);
		_exit(0);
	}
	wait_for(borrower);
}

static __attribute__((noreturn)) void child(int byte, long long work, long long nap)
{
	fl_phase("compute");
	burn_ns(work);
	fl_phase("read");
	await(byte);
	fl_phase("sleep");
	sleep_ns(nap);
	fl_phase("stop");
	raise(SIGSTOP);
	fl_phase("lend");
	lend_memory(nap);
	fl_phase("");
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t first, rival;
	long long work;
	int byte[2], status;

	(void)argc;
	workload_start(argv);
	work = param("work_ms") * 1000000LL;
	stay_on_this_cpu();
	fl_role("parent");
	make_pipe(byte);

	if (fork_child(&first, "child"))
		child(byte[0], work, param("nap_ms") * 1000000LL);
	if (fork_child(&rival, "rival")) {
		burn_ns(work);
		_exit(0);
	}
	wait_for(rival);

	wait_until_off_cpu(first, 'S', 0); /* it has not waited before */
	tell(byte[1]);

	if (waitpid(first, &status, WUNTRACED) != first || !WIFSTOPPED(status))
		fail("wait until the child stops");
	wait_until_off_cpu(first, 'T', 2); /* read, sleep, stop: the third time */
	if (kill(first, SIGCONT))
		fail("kill");
	wait_for(first);
	return 0;
}
