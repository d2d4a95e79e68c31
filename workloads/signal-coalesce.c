// SPDX-License-Identifier: GPL-2.0
/*
 * signal-coalesce: a standard signal says that, not how often
 *
 * Each process has one bit for each standard signal that waits to be delivered, so a
 * second one melts into the first (legacy_queue()).  Real-time signals, from SIGRTMIN
 * on, have a queue, and what was sent with them stays with each.
 *
 *	standard	SIGUSR1 several times while it is blocked, then `standard.open`
 *	realtime	the same with SIGRTMIN and a number, then `realtime.open`
 *	ignored		a signal that is ignored is dropped when it is sent
 *	full		a user may have so many signals queued (RLIMIT_SIGPENDING); a
 *			real-time signal is refused then, a standard one needs no place
 *	killed		a process that has said nothing is ended by SIGUSR1
 *
 * A thread sends each signal to itself, so that nothing is delivered in between but
 * what the mask lets in.
 */
#include "workload.h"

#include <sys/resource.h>

static volatile sig_atomic_t handled;

static void take(int signo, siginfo_t *info, void *context)
{
	(void)context;
	handled++;
	if (signo == SIGRTMIN)
		fl_value("number", info->si_value.sival_int);
}

static void handle(int signo)
{
	struct sigaction action = { .sa_sigaction = take, .sa_flags = SA_SIGINFO };

	if (sigaction(signo, &action, NULL))
		fail("sigaction");
}

static void mask(int how, int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	if (sigprocmask(how, &set, NULL))
		fail("sigprocmask");
}

static void send_often(int signo, long signals)
{
	while (signals--) {
		if (kill(getpid(), signo))
			fail("kill");
	}
}

static int queue_number(int signo, int number)
{
	return sigqueue(getpid(), signo, (union sigval){ .sival_int = number });
}

static void standard(long signals)
{
	handle(SIGUSR1);
	mask(SIG_BLOCK, SIGUSR1);
	fl_phase("standard");
	send_often(SIGUSR1, signals);
	fl_phase("standard.open");
	mask(SIG_UNBLOCK, SIGUSR1);
	fl_phase("");
	fl_value("standard", handled);
}

static void realtime(long signals)
{
	handled = 0;
	handle(SIGRTMIN);
	mask(SIG_BLOCK, SIGRTMIN);
	fl_phase("realtime");
	for (long i = 0; i < signals; i++) {
		if (queue_number(SIGRTMIN, i))
			fail("sigqueue");
	}
	fl_phase("realtime.open");
	mask(SIG_UNBLOCK, SIGRTMIN);
	fl_phase("");
	fl_value("realtime", handled);
}

static void ignored(long signals)
{
	signal(SIGUSR2, SIG_IGN);
	fl_phase("ignored");
	send_often(SIGUSR2, signals);
	fl_phase("");
}

static void full(void)
{
	struct rlimit none = { 0, 0 };
	pid_t child;

	if (fork_child(&child, "full")) {
		handled = 0;
		mask(SIG_BLOCK, SIGRTMIN);
		if (setrlimit(RLIMIT_SIGPENDING, &none))
			fail("setrlimit");
		fl_phase("full");
		if (queue_number(SIGRTMIN, 1) != -1 || errno != EAGAIN)
			fail("a signal was queued beyond the limit");
		send_often(SIGUSR1, 1);
		fl_phase("");
		_exit(handled == 1 ? 0 : 1);
	}
	wait_for(child);
}

static void killed(void)
{
	pid_t child;

	if (fork_child(&child, "killed")) {
		signal(SIGUSR1, SIG_DFL);
		fl_phase("killed");
		send_often(SIGUSR1, 1);
		_exit(1);
	}
	if (wait_status(child) != SIGUSR1)
		fail("SIGUSR1 did not end the process");
}

int main(int argc, char **argv)
{
	long signals;

	(void)argc;
	workload_start(argv);
	signals = param("signals");
	fl_role("self");

	standard(signals);
	realtime(signals);
	ignored(signals);
	full();
	killed();
	return 0;
}
