// SPDX-License-Identifier: GPL-2.0
/*
 * Four processes on one CPU: one computes until the others are done, one sleeps and
 * computes in turn, one passes a byte back and forth with the first process.  Each
 * looks at the clock as often as it can, and asks the kernel how often it has left
 * its CPU: between two looks with the same answer it had the CPU.  At its end it looks
 * at what the scheduler has of it, /proc/self/schedstat (time on a CPU, time in the
 * queue, how often it got a CPU) and getrusage().  What they state:
 *
 *   slices	exactly: as often it got a CPU, and one less times it left one
 *   moments	exactly: where one looked it ran, and nobody else
 *   times	rows of the states add up to the scheduler's sums, but for the time in
 *		which nobody could look: a switch, an interrupt, what a hypervisor takes.
 *		The scheduler takes its clock before a switch is told, and leaves out what
 *		others took of the CPU where it knows (update_rq_clock_task()).
 */
#include "testlib.h"

#include <limits.h>
#include <time.h>

#define ROUNDS 23
#define WORK_NS 60000000LL
#define NAP_NS 1009000L
#define QUICK_NS 500 /* no task leaves its CPU and comes back in so short a time */
#define MOST 8191

static const char *const roles[] = { "burner", "sleeper", "echo", "main" };
#define TASKS ((int)(sizeof(roles) / sizeof(roles[0])))

struct sums {
	unsigned long long ran, queued, slices;
	long left; /* switches that the kernel counted */
};

struct slice {
	long long from, to;
};

struct life {
	struct slice slices[MOST], quick;
	int nr_slices;
	long long unseen_ns; /* inside of slices, between one look and the next */
	long switches;
	char phase[16];
	struct sums before, after; /* it */
};

/* Shared by all. */
static struct {
	struct life lives[TASKS];
	atomic_int done; /* of those for whom the burner keeps the CPU busy */
} * all;

static long long clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long switches(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_nvcsw + ru.ru_nivcsw;
}

static void ran(struct life *life, long long from, long long to)
{
	life->slices[life->nr_slices++] = (struct slice){ from, to };
}

/*
 * Looks that follow each other quickly are one time on the CPU.  So is what lies
 * between the kernel's answer before them and the same answer after them; when that
 * is another one, the switch was before or behind them.
 */
static void look(struct life *life)
{
	long long now = clock_ns(CLOCK_MONOTONIC);
	struct slice *slice;
	long count;

	if (life->nr_slices > MOST - 2)
		return;
	if (life->nr_slices && now - life->quick.to <= QUICK_NS) {
		life->quick.to = now;
		return;
	}
	count = switches();
	if (life->nr_slices && count == life->switches) {
		slice = &life->slices[life->nr_slices - 1];
		life->unseen_ns += life->quick.from - slice->to + now - life->quick.to;
		slice->to = now;
		now = clock_ns(CLOCK_MONOTONIC);
	} else {
		if (life->nr_slices)
			ran(life, life->quick.from, life->quick.to);
		now = clock_ns(CLOCK_MONOTONIC);
		ran(life, now, now);
	}
	life->switches = count;
	life->quick = (struct slice){ now, now };
}

static void look_at_sums(struct sums *sums)
{
	int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n;

	if (fd < 0)
		skip("this kernel has no /proc/PID/schedstat");
	/* makes the kernel bring its sums up to this moment (task_sched_runtime()) */
	clock_ns(CLOCK_THREAD_CPUTIME_ID);
	n = read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(fd);
	if (sscanf(text, "%llu %llu %llu", &sums->ran, &sums->queued, &sums->slices) != 3)
		die("/proc/thread-self/schedstat");
	sums->left = switches();
}

/*
 * A phase that begins while nothing happens: the scheduler has the same of us
 * before the marker and after it, so both speak of the same switches.
 */
static void settle_sums(struct life *life)
{
	int n = 0;

	look_at_sums(&life->after);
	do {
		life->before = life->after;
		snprintf(life->phase, sizeof(life->phase), "sum%d", n++);
		look(life);
		fl_phase(life->phase);
		look(life);
		look_at_sums(&life->after);
	} while (life->before.slices != life->after.slices ||
		 life->before.queued != life->after.queued);
	fl_phase("");
}

static void tell_slices(const struct life *life)
{
	for (int i = 0; i < life->nr_slices; i++) {
		fl_value("from", life->slices[i].from);
		fl_value("to", life->slices[i].to);
	}
}

/* From the first look on, the time in which nobody looked. */
static long long unseen(void)
{
	long long seen = 0, first = LLONG_MAX, last = 0;

	for (int i = 0; i < TASKS; i++) {
		const struct life *life = &all->lives[i];

		seen -= life->unseen_ns;
		for (int n = 0; n < life->nr_slices; n++) {
			seen += life->slices[n].to - life->slices[n].from;
			first = life->slices[n].from < first ? life->slices[n].from : first;
			last = life->slices[n].to > last ? life->slices[n].to : last;
		}
	}
	return last - first - seen;
}

/* States of a role up to the marker of a phase, each cut there. */
#define UP_TO(what)                                                                                \
	" FROM state JOIN task USING (task) JOIN phase ON phase.task = task.task"                  \
	" AND phase.name = '%s' WHERE role = '%s' AND state = '" what "'"                          \
	" AND state.start_ns < phase.start_ns"
#define TIME "SELECT coalesce(sum(min(state.end_ns, phase.start_ns) - state.start_ns), 0)"

static void state_sums(const struct life *life, const char *role, long long unseen_ns)
{
	const struct sums *before = &life->before, *after = &life->after;

	expect(after->slices, "SELECT count(*)" UP_TO("running"), life->phase, role);
	expect(after->left,
	       "SELECT count(*) - 1 - (SELECT count(*)" UP_TO(
		       "waiting") " AND why = 'spurious')" UP_TO("running"),
	       life->phase, role, life->phase, role);
	expect(1, TIME " BETWEEN %llu - %lld AND %llu + %lld" UP_TO("running"), before->ran,
	       unseen_ns, after->ran, unseen_ns, life->phase, role);
	expect(1, TIME " BETWEEN %llu - %lld AND %llu + %lld" UP_TO("ready"), before->queued,
	       unseen_ns, after->queued, unseen_ns, life->phase, role);
}

/* When each of them ran, as it told. */
#define RAN                                                                                        \
	"WITH told AS (SELECT task, name, t_ns,"                                                   \
	" value - (SELECT value FROM run WHERE key = 'start_ns') AS at FROM value),"               \
	" ran AS (SELECT * FROM (SELECT task, name, at AS a,"                                      \
	" lead(at) OVER (PARTITION BY task ORDER BY t_ns) AS b FROM told) WHERE name = 'from') "

static void state_moments(void)
{
	int slices = 0;

	for (int i = 0; i < TASKS; i++)
		slices += all->lives[i].nr_slices;
	/*
	 * Where the kernel tells nobody of the switch that brings a task in, its moment is taken
	 * from the clock of the runqueue, and comes a few microseconds late (clock_moment() in
	 * bpf/sched.bpf.c): the row before may reach over the first look, but no further back.
	 */
	expect(slices, RAN "SELECT count(*) FROM ran JOIN state USING (task)"
			   " WHERE state = 'running' AND b BETWEEN start_ns AND end_ns"
			   " AND (start_ns <= a OR EXISTS (SELECT 1 FROM state AS r"
			   " WHERE r.task = ran.task AND r.state = 'ready'"
			   " AND r.end_ns = state.start_ns AND r.start_ns <= a))");
	expect(0, RAN "SELECT count(*) FROM ran JOIN state ON state.task <> ran.task"
		      " AND state = 'running' AND start_ns < b AND a < end_ns"
		      " AND cpu = (SELECT cpu FROM state WHERE state = 'running'"
		      " AND task = (SELECT max(task) FROM ran))");
}

/* Until the thread had its CPU for NS; asked for seldom, since that is a system call. */
static void work(struct life *life, long long ns)
{
	long long end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	do {
		for (int i = 0; i < 1009; i++)
			look(life);
	} while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end);
}

static void nap(struct life *life)
{
	struct timespec time = { .tv_nsec = NAP_NS };

	look(life);
	nanosleep(&time, NULL);
	work(life, WORK_NS / ROUNDS / 7);
}

static void pass_on(struct life *life, int in, int out)
{
	look(life);
	wait_told(in);
	look(life);
	tell(out);
}

__attribute__((noreturn)) static void live(int task, int in, int out)
{
	struct life *life = &all->lives[task];

	look(life);
	fl_role(roles[task]);
	for (int round = 0; task == 1 && round < ROUNDS; round++)
		nap(life);
	for (int round = 0; task == 2 && round < ROUNDS; round++)
		pass_on(life, in, out);
	while (task == 0 && all->done < 2)
		work(life, WORK_NS / ROUNDS);
	if (task == 0)
		work(life, WORK_NS);
	settle_sums(life);
	if (task)
		all->done++;
	tell_slices(life);
	_exit(0);
}

int main(int argc, char **argv)
{
	int there[2], back[2];
	pid_t pids[TASKS - 1];
	struct life *life;
	long long unseen_ns;

	test_start(argc, argv); /* on one CPU */
	must_pipe(there);
	must_pipe(back);
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (all == MAP_FAILED)
		die("mmap of the lives");
	life = &all->lives[TASKS - 1];
	look(life);
	for (int i = 0; i < TASKS - 1; i++) {
		pids[i] = must_fork();
		if (!pids[i])
			live(i, there[0], back[1]);
		look(life);
	}
	for (int round = 0; round < ROUNDS; round++) {
		tell(there[1]);
		look(life);
		wait_told(back[0]);
		look(life);
	}
	tell_slices(life);
	for (int i = 0; i < TASKS - 1; i++)
		reap(pids[i], 0);
	unseen_ns = unseen();
	for (int i = 0; i < TASKS - 1; i++)
		state_sums(&all->lives[i], roles[i], unseen_ns);
	state_moments();
	/* of those that have ended the kernel's sums of switches are those of their lives */
	expect(3, "SELECT count(*) FROM (SELECT nvcsw + nivcsw AS counted, sum(state = 'running') -"
		  " sum(state = 'waiting' AND why IS 'spurious') AS seen FROM state JOIN task"
		  " USING (task) WHERE task > 1 GROUP BY task) WHERE counted = seen");
	truth_write();
	return 0;
}
