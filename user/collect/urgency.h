/* SPDX-License-Identifier: GPL-2.0 */
/*
 * That who reads the ring buffer runs in time, however many others want the CPU: among
 * a thousand tasks alike it would come round too late.
 */
#ifndef URGENCY_H
#define URGENCY_H

/* How a thread was scheduled before; all zero: nothing to go back to. */
struct urgency {
	unsigned int policy, priority;
	int nice;
	unsigned long long slice_ns;
	int changed;
};

/*
 * The calling thread runs before all others: with real-time priority, else with the best
 * nice value, else as it did but with shorter slices, after which it is asked for sooner.
 * What it forks is scheduled as if nothing had been done.  Also allow urgency_help() to
 * threads of this process, after rights have been given up.  Returns what it is now, for
 * run.reader: "fifo", "nice" or "ordinary".
 */
const char *urgency_begin(struct urgency *before);

/* As it was, save for what it forks. */
void urgency_end(const struct urgency *before);

/* The calling thread works for one that hurries, and may run before those that do not. */
void urgency_help(void);

#endif
