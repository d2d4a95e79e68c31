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
 * its way to sleep never waits.  Whether its time was over before it had left the CPU,
 * which others may bring about, it learns from the kernel's count of its waits.
 *
 * Each of the two looks at the clock now and then, and tells when that was: it ran then.
 */
#include "tasks.h"

#define LOOKS 7

static void look(void)
{
	fl_value("look", now_ns());
}

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

static void burn_and_look(long long work)
{
	for (int i = 0; i < LOOKS; i++) {
		look();
		burn_ns(work / LOOKS);
	}
}

static long *waits_before_stop; /* which the parent may know */

static __attribute__((noreturn)) void child(int byte, long long work, long long nap)
{
	long long start;
	long waits;

	fl_phase("compute");
	burn_and_look(work);
	fl_phase("read");
	await(byte);
	look();
	waits = switches_so_far().waits;
	start = now_ns();
	fl_phase("sleep");
	sleep_ns(nap);
	fl_phase("");
	fl_value("slept", (now_ns() - start) / 1000); /* microseconds */
	fl_value("sleeps", switches_so_far().waits - waits);
	look();
	*waits_before_stop = switches_so_far().waits;
	fl_phase("stop");
	raise(SIGSTOP);
	look();
	waits = switches_so_far().waits;
	start = now_ns();
	fl_phase("lend");
	lend_memory(nap);
	fl_phase("");
	fl_value("lent", (now_ns() - start) / 1000);
	fl_value("lends", switches_so_far().waits - waits);
	look();
	fl_value("waits", switches_so_far().waits);
	fl_phase("end");
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
	waits_before_stop = shared_page();

	if (fork_child(&first, "child"))
		child(byte[0], work, param("nap_ms") * 1000000LL);
	if (fork_child(&rival, "rival")) {
		burn_and_look(work);
		fl_value("waits", switches_so_far().waits);
		fl_phase("end");
		_exit(0);
	}
	wait_for(rival);

	wait_until_off_cpu(first, 'S', 0); /* it has not waited before */
	tell(byte[1]);

	if (waitpid(first, &status, WUNTRACED) != first || !WIFSTOPPED(status))
		fail("wait until the child stops");
	wait_until_off_cpu(first, 'T', *waits_before_stop);
	if (kill(first, SIGCONT))
		fail("kill");
	wait_for(first);
	return 0;
}
