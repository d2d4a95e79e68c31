// SPDX-License-Identifier: GPL-2.0
/* Signals while blocked: of the ordinary kind one is kept, real-time ones queue. */
#include "testlib.h"

#define USUAL 17
#define REALTIME 13
#define IGNORED 5

static volatile sig_atomic_t usual, realtime;

static void count(int signo)
{
	if (signo == SIGUSR1)
		usual++;
	else
		realtime++;
}

int main(int argc, char **argv)
{
	sigset_t set;

	test_start(argc, argv);
	signal(SIGUSR1, count);
	signal(SIGRTMIN, count);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < USUAL; i++)
		kill(getpid(), SIGUSR1);
	for (int i = 0; i < REALTIME; i++)
		sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i });
	for (int i = 0; i < IGNORED; i++)
		kill(getpid(), SIGUSR2);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	if (usual != 1 || realtime != REALTIME)
		die("handlers ran %d and %d times", usual, realtime);

	expect(1, "SELECT count(*) FROM signal WHERE signo = %d AND result = 'delivered'", SIGUSR1);
	expect(USUAL - 1,
	       "SELECT count(*) FROM signal WHERE signo = %d"
	       " AND result = 'already_pending'",
	       SIGUSR1);
	expect(1,
	       "SELECT count(*) FROM signal WHERE signo = %d AND delivered_ns IS NOT NULL"
	       " AND action = 'handler'",
	       SIGUSR1);
	expect(REALTIME,
	       "SELECT count(*) FROM signal WHERE signo = %d AND result = 'delivered'"
	       " AND action = 'handler' AND code = %d AND sender_task = 1"
	       " AND receiver_task = 1 AND delivered_ns > generated_ns",
	       SIGRTMIN, SI_QUEUE);
	expect(REALTIME, "SELECT count(*) FROM signal WHERE signo = %d", SIGRTMIN);
	expect(IGNORED,
	       "SELECT count(*) FROM signal WHERE signo = %d AND result = 'ignored'"
	       " AND delivered_ns IS NULL",
	       SIGUSR2);
	expect(IGNORED, "SELECT count(*) FROM signal WHERE signo = %d", SIGUSR2);
	return test_end();
}
