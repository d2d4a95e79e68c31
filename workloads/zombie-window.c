// SPDX-License-Identifier: GPL-2.0
/*
 * zombie-window: exit is not the end
 *
 * A process that has ended keeps its entry, with its status, until its parent has
 * asked for it: a zombie.  Three scenes:
 *	zombie		the child ends; the parent sees that, sleeps, and only then waits;
 *			it waits a second time, for a child that is no more
 *	ignored		the parent ignores SIGCHLD, which says that it will not ask: the child
 *			vanishes when it ends (do_notify_parent()), and nothing is left to
 *			wait for
 *	nowait		the same by SA_NOCLDWAIT with a handler: no zombie either, but a signal
 *
 * The parent sees the end by waitid() with WNOWAIT, which leaves the zombie alone.
 */
#include "tasks.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>

static void wait_for_nothing(void)
{
	if (waitpid(-1, NULL, 0) != -1 || errno != ECHILD)
		fail("there is a child left");
}

static void zombie(long long pause)
{
	siginfo_t info;
	long long start;
	pid_t child;

	fl_phase("zombie");
	if (fork_child(&child, "zombie"))
		_exit(param("status"));
	if (waitid(P_PID, child, &info, WEXITED | WNOWAIT))
		fail("waitid");
	fl_value("ps", state_of(child));
	fl_phase("pause");
	start = now_ns();
	sleep_ns(pause);
	fl_phase("wait");
	fl_value("status", WEXITSTATUS(wait_status(child)));
	fl_value("late", (now_ns() - start - pause) / 1000); /* microseconds */
	fl_phase("again");
	wait_for_nothing();
	/* it is given back after a grace period of RCU; these calls wait for two, each for a whole one */
	fl_phase("grace");
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	sleep_ns(pause);
	fl_phase("");
}

static void ignored(const char *role)
{
	pid_t child;

	fl_phase(role);
	if (fork_child(&child, role))
		_exit(0);
	wait_for_nothing();
	fl_phase("");
}

static void handler(int signo)
{
	(void)signo;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NOCLDWAIT | SA_RESTART };

	(void)argc;
	workload_start(argv);
	stay_on_this_cpu();
	fl_role("parent");
	zombie(param("pause_ms") * 1000000LL);

	signal(SIGCHLD, SIG_IGN);
	ignored("ignored");
	if (sigaction(SIGCHLD, &action, NULL))
		fail("sigaction");
	ignored("nowait");
	return 0;
}
