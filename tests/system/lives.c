// SPDX-License-Identifier: GPL-2.0
/*
 * Three processes on one CPU: one computes, one sleeps and computes in turn, one
 * passes a byte back and forth with the first process.  Each looks at the end at
 * what the scheduler has of it: /proc/self/schedstat (time on a CPU, time in the
 * queue, how often it got a CPU) and getrusage().  What it states:
 *
 *   slices	exactly: as often it got a CPU, and one less times it left one
 *   times	rows of the states add up to them, but for what each switch may shift:
 *		the scheduler takes its clock before the switch is told, and an interrupt
 *		or a hypervisor may come between
 */
#include "testlib.h"

#include <time.h>

#define ROUNDS 23
#define WORK_NS 60000000LL
#define NAP_NS 1009000L

struct sums {
	unsigned long long ran, queued, slices;
	long left; /* switches that the kernel counted */
	long long used_ns;
};

/* Time on the CPU; makes the kernel bring its sums up to this moment (task_sched_runtime()). */
static long long cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void look(struct sums *sums)
{
	int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	struct rusage ru;
	char text[128];
	ssize_t n;

	if (fd < 0)
		skip("this kernel has no /proc/PID/schedstat");
	cpu_ns();
	n = read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(fd);
	if (sscanf(text, "%llu %llu %llu", &sums->ran, &sums->queued, &sums->slices) != 3)
		die("/proc/thread-self/schedstat");
	getrusage(RUSAGE_THREAD, &ru);
	sums->left = ru.ru_nvcsw + ru.ru_nivcsw;
	sums->used_ns = (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000000LL +
			(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000LL;
}

/* States of ROLE up to the marker of phase NAME, each cut there. */
#define UP_TO(what)                                                                                \
	" FROM state JOIN task USING (task) JOIN phase ON phase.task = task.task"                  \
	" AND phase.name = '%s' WHERE role = '%s' AND state = '" what "'"                          \
	" AND state.start_ns < phase.start_ns"
#define TIME "SELECT coalesce(sum(min(state.end_ns, phase.start_ns) - state.start_ns), 0)"

/*
 * A phase that begins while nothing happens: the scheduler has the same of us
 * before the marker and after it, so both speak of the same switches.
 */
static void state_sums(const char *role)
{
	struct sums before, after = { 0 };
	char phase[16];
	int n = 0;

	look(&after);
	do {
		before = after;
		snprintf(phase, sizeof(phase), "sum%d", n++);
		fl_phase(phase);
		look(&after);
	} while (before.slices != after.slices || before.queued != after.queued);
	expect(after.slices, "SELECT count(*)" UP_TO("running"), phase, role);
	expect(after.left,
	       "SELECT count(*) - 1 - (SELECT count(*)" UP_TO(
		       "waiting") " AND why = 'spurious')" UP_TO("running"),
	       phase, role, phase, role);
	expect(1, TIME " - %llu BETWEEN -10000 * %llu AND 10000 * %llu" UP_TO("running"), after.ran,
	       after.slices, after.slices, phase, role);
	expect(1, TIME " - %lld BETWEEN -10000 * %llu AND 10000 * %llu" UP_TO("running"),
	       after.used_ns, after.slices, after.slices, phase, role);
	expect(1, TIME " - %llu BETWEEN -10000 * %llu AND 10000 * %llu" UP_TO("ready"),
	       after.queued, after.slices, after.slices, phase, role);
	fl_phase("");
}

static void work(long long ns)
{
	for (long long end = cpu_ns() + ns; cpu_ns() < end;)
		;
}

int main(int argc, char **argv)
{
	static const char *const roles[] = { "burner", "sleeper", "echo" };
	struct timespec nap = { .tv_nsec = NAP_NS };
	int there[2], back[2];
	pid_t pids[3];

	test_start(argc, argv); /* on one CPU */
	must_pipe(there);
	must_pipe(back);
	for (int i = 0; i < 3; i++) {
		pids[i] = must_fork();
		if (pids[i])
			continue;
		fl_role(roles[i]);
		if (i == 0)
			work(WORK_NS);
		for (int round = 0; round < ROUNDS; round++) {
			if (i == 1) {
				nanosleep(&nap, NULL);
				work(WORK_NS / ROUNDS / 7);
			} else if (i == 2) {
				wait_told(there[0]);
				tell(back[1]);
			}
		}
		state_sums(roles[i]);
		_exit(0);
	}
	for (int round = 0; round < ROUNDS; round++) {
		tell(there[1]);
		wait_told(back[0]);
	}
	for (int i = 0; i < 3; i++)
		reap(pids[i], 0);
	/* of those that have ended the kernel's sums of switches are those of their lives */
	expect(3, "SELECT count(*) FROM (SELECT nvcsw + nivcsw AS counted, sum(state = 'running') -"
		  " sum(state = 'waiting' AND why IS 'spurious') AS seen FROM state JOIN task"
		  " USING (task) WHERE task > 1 GROUP BY task) WHERE counted = seen");
	truth_write();
	return 0;
}
