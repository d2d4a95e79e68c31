// SPDX-License-Identifier: GPL-2.0
/*
 * ctx-switch: two processes alternate; what a switch costs
 *
 * P0 sends a byte to P1 and waits for the answer, over two pipes, on one CPU, so
 * that each message takes the CPU from one to the other: two switches a round.
 *
 * Which of the two kinds a switch is cannot be told beforehand.  Who writes may go
 * on until it waits for the answer (a voluntary switch), or lose the CPU at once to
 * the one that it has woken (an involuntary one).
 */
#include "tasks.h"

#define WARM_UP 2 /* rounds that do not count */

static __attribute__((noreturn)) void play(int serves, int from, int to, long rounds)
{
	long long first = 0, last;

	settle();
	for (long i = 0; i < WARM_UP + rounds; i++) {
		if (serves)
			tell(to);
		await(from);
		if (!serves)
			tell(to);
		if (serves && i == WARM_UP - 1) {
			fl_phase("pingpong");
			first = now_ns();
		}
	}
	if (serves) {
		last = now_ns();
		fl_phase("");
		fl_value("first", first);
		fl_value("last", last);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int there[2], back[2];
	pid_t p0, p1;
	long rounds;

	(void)argc;
	workload_start(argv);
	rounds = param("rounds");
	stay_on_this_cpu();
	fl_role("parent");
	make_pipe(there);
	make_pipe(back);
	if (fork_child(&p1, "P1"))
		play(0, there[0], back[1], rounds);
	if (fork_child(&p0, "P0"))
		play(1, back[0], there[1], rounds);
	wait_for(p0);
	wait_for(p1);
	return 0;
}
