/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What experiments about the life of tasks and their time on a CPU share: look
 * at another process through /proc, sleep, use up time on a CPU.
 *
 * Include it before anything else; workload.h comes with it.
 */
#ifndef TASKS_H
#define TASKS_H

#include "workload.h"

#include <sys/resource.h>
#include <time.h>

/* What /proc/PID/stat says: field 3, the state (R, S, D, T, Z, ...), or 0 if there is no PID. */
HELPER char state_of(pid_t pid)
{
	char path[32], stat[128], *comm_end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	stat[n] = 0;
	comm_end = strrchr(stat, ')'); /* the name before it may contain anything */
	return comm_end ? comm_end[2] : 0;
}

/* Until PID is in STATE; for good, or the caller cannot rely on it. */
HELPER void wait_until_state(pid_t pid, char state)
{
	char now;

	while ((now = state_of(pid)) != state) {
		if (!now) {
			errno = 0;
			fail("process %d is gone", (int)pid);
		}
		sched_yield();
	}
}

/* How often PID has left its CPU to wait for something; -1 if there is no PID. */
HELPER long waits_of(pid_t pid)
{
	static const char key[] = "\nvoluntary_ctxt_switches:";
	char path[32], text[4096], *line;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = 0;
	line = strstr(text, key);
	return line ? strtol(line + sizeof(key) - 1, NULL, 10) : -1;
}

/*
 * Until PID has left its CPU in STATE, once more than BEFORE.  A task says that it
 * sleeps before it does, and may be preempted in between.
 */
HELPER void wait_until_off_cpu(pid_t pid, char state, long before)
{
	do
		wait_until_state(pid, state);
	while (waits_of(pid) <= before);
}

HELPER long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Time that this thread had a CPU. */
HELPER long long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Sleep for NS nanoseconds at least, whatever signals arrive. */
HELPER void sleep_ns(long long ns)
{
	struct timespec left = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (nanosleep(&left, &left))
		;
}

/* How often this thread has left its CPU, and how often of that to wait for something. */
struct switches {
	long all, waits;
};

HELPER struct switches switches_so_far(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return (struct switches){ ru.ru_nvcsw + ru.ru_nivcsw, ru.ru_nvcsw };
}

/*
 * What this thread had a CPU for by the kernel's clock, and did not compute: a
 * hypervisor that stops the CPU does not always tell (steal), and interrupts are often
 * not told apart.  The same piece of work then takes ten times what it can take, or more.
 */
static __attribute__((unused)) __thread long long stalled_ns;

/* Compute until this thread has had a CPU for NS nanoseconds more. */
HELPER void burn_ns(long long ns)
{
	static __thread long long least = 1000000000;
	long long now = cpu_ns(), end = now + ns, before;

	while (now < end) {
		for (volatile int i = 0; i < 20000; i++)
			;
		before = now;
		now = cpu_ns();
		if (now - before < least)
			least = now - before;
		if (now - before > 10 * least)
			stalled_ns += now - before - least;
	}
}

/*
 * The fastest of several, found twice: who else wants the CPU makes one longer, never
 * shorter, and where the two are far apart there may be a faster one still.
 */
struct fastest {
	long long ns[2];
	long n;
};

HELPER void fastest_add(struct fastest *fastest, long long ns)
{
	long long *least = &fastest->ns[fastest->n++ % 2];

	if (!*least || ns < *least)
		*least = ns;
}

/* By how much the two differ, in per cent of the lesser one. */
HELPER long fastest_doubt(const struct fastest *fastest)
{
	long long a = fastest->ns[0], b = fastest->ns[1];

	return a && b ? (long)(100 * (a < b ? b - a : a - b) / (a < b ? a : b)) : 100;
}

/*
 * Be preferred to other programs, as far as we may, so that they disturb less.  Where
 * the scheduler shares among sessions first (autogroup), that takes one of our own;
 * so this is for children, which end with their parent.
 */
HELPER void ask_for_preference(void)
{
	int fd;

	setpriority(PRIO_PROCESS, 0, -20);
	setsid();
	fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "-20", 3) < 0)
		errno = 0; /* we may not: the others count as much as we do */
	close(fd);
}

#endif /* TASKS_H */
