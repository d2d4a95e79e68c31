// SPDX-License-Identifier: GPL-2.0
/*
 * threads: threads share one fate, processes do not; user threads share one thread
 *
 * Six scenes, one after the other, each in a process of its own:
 *	count		several threads, as ps prints them: LWP is a thread's id, NLWP how many
 *			its process has
 *	fate		several threads, one of them reads address 16: SIGSEGV ends the
 *			process, so all of them (do_group_exit())
 *	apart		the same with processes: one ends, the others do their work
 *	fibers		two user threads (ucontext) that hand over to each other: no clone(),
 *			no scheduler, one system call a switch, for the signal mask
 *	user.block	of two user threads one reads from an empty pipe, so that the other
 *			stands still as well: the kernel knows only the thread below them
 *	pthread.block	the same with pthreads: the other goes on
 */
#include "workload.h"

#include <fcntl.h>
#include <pthread.h>
#include <ucontext.h>

#define UNLUCKY 1

static void read_bad_address(void)
{
	volatile char *volatile bad = (char *)16;

	prctl(PR_SET_DUMPABLE, 0); /* no core file, wherever it would go */
	(void)*bad;
}

static pthread_barrier_t all_here;

static __attribute__((noreturn)) void *share_fate(void *index)
{
	fl_role((long)index == UNLUCKY ? "fate.unlucky" : "fate.other");
	pthread_barrier_wait(&all_here);
	if ((long)index == UNLUCKY)
		read_bad_address();
	for (;;)
		pause();
}

static void fate(long threads)
{
	pthread_t thread;

	pthread_barrier_init(&all_here, NULL, threads);
	for (long i = 1; i < threads; i++) {
		if (pthread_create(&thread, NULL, share_fate, (void *)i))
			fail("pthread_create");
	}
	share_fate(0);
}

static void apart(long processes)
{
	pid_t pids[processes];
	int go[2];

	pids[UNLUCKY] = 0;
	make_pipe(go);
	for (long i = 0; i < processes; i++) {
		if (!fork_child(&pids[i], i == UNLUCKY ? "apart.unlucky" : "apart.other"))
			continue;
		if (i == UNLUCKY)
			read_bad_address();
		await(go[0]);
		fl_value("work", i);
		_exit(0);
	}
	if (wait_status(pids[UNLUCKY]) != SIGSEGV)
		fail("the unlucky process did not end by SIGSEGV");
	for (long i = 1; i < processes; i++)
		tell(go[1]);
	for (long i = 0; i < processes; i++) {
		if (i != UNLUCKY)
			wait_for(pids[i]);
	}
}

static pthread_barrier_t counted;

static void *be_counted(void *unused)
{
	fl_role("count");
	pthread_barrier_wait(&all_here);
	pthread_barrier_wait(&counted);
	return unused;
}

static void count_process(long threads, int here, int go)
{
	pthread_t pthreads[threads];

	pthread_barrier_init(&all_here, NULL, threads);
	pthread_barrier_init(&counted, NULL, threads);
	for (long i = 1; i < threads; i++) {
		if (pthread_create(&pthreads[i], NULL, be_counted, NULL))
			fail("pthread_create");
	}
	pthread_barrier_wait(&all_here);
	tell(here);
	await(go);
	pthread_barrier_wait(&counted);
	for (long i = 1; i < threads; i++)
		pthread_join(pthreads[i], NULL);
}

/* Tell what ps prints about PID, a line a thread. */
static void run_ps(pid_t pid)
{
	char text[16];
	int output[2];
	long lwp, nlwp;
	pid_t ps;
	FILE *from;

	snprintf(text, sizeof(text), "%d", (int)pid);
	make_pipe(output);
	if (fork_child(&ps, "ps")) {
		if (dup2(output[1], STDOUT_FILENO) >= 0)
			execlp("ps", "ps", "-L", "-o", "lwp=,nlwp=", "-p", text, (char *)NULL);
		_exit(127);
	}
	close_end(output[1]);
	from = fdopen(output[0], "r");
	if (!from)
		fail("fdopen");
	while (fscanf(from, "%ld %ld", &lwp, &nlwp) == 2) {
		fl_value("lwp", lwp);
		fl_value("nlwp", nlwp);
	}
	fclose(from);
	fl_value("ps", !wait_status(ps));
}

/* tid and pid of a recording are those of the initial namespace, which has a number of its own. */
static int in_initial_pid_namespace(void)
{
	char name[64];
	ssize_t n = readlink("/proc/self/ns/pid", name, sizeof(name) - 1);

	name[n < 0 ? 0 : n] = 0;
	return !strcmp(name, "pid:[4026531836]");
}

static void count(long threads)
{
	int here[2], go[2];
	pid_t child;

	fl_value("initial.pids", in_initial_pid_namespace());
	make_pipe(here);
	make_pipe(go);
	if (fork_child(&child, "count")) {
		count_process(threads, here[1], go[0]);
		_exit(0);
	}
	await(here[0]);
	run_ps(child);
	tell(go[1]);
	wait_for(child);
}

/* User threads: each has its registers and a stack, and that is all. */
enum { MAIN, ONE, OTHER, FIBERS };

static ucontext_t contexts[FIBERS];
static char stacks[FIBERS][64 * 1024] __attribute__((aligned(16)));

static void make_fiber(int fiber, void (*function)(void))
{
	getcontext(&contexts[fiber]);
	contexts[fiber].uc_stack.ss_sp = stacks[fiber];
	contexts[fiber].uc_stack.ss_size = sizeof(stacks[fiber]);
	makecontext(&contexts[fiber], function, 0);
}

static void hand_over(int from, int to)
{
	swapcontext(&contexts[from], &contexts[to]);
}

static long switches_left;

static void switch_one(void)
{
	for (;;)
		hand_over(ONE, --switches_left ? OTHER : MAIN);
}

static void switch_other(void)
{
	for (;;)
		hand_over(OTHER, --switches_left ? ONE : MAIN);
}

static void fibers(long switches)
{
	make_fiber(ONE, switch_one);
	make_fiber(OTHER, switch_other);
	switches_left = switches - 1;
	fl_phase("switch");
	hand_over(MAIN, ONE);
	fl_phase("");
}

/* One waits for a byte; the other works, and then says that it is done. */
static int byte_for_one[2], done[2];
static volatile long work, units;

static void block_one(void)
{
	fl_phase("block");
	await(byte_for_one[0]);
	fl_value("progress", work);
	fl_phase("");
}

static void work_other(void)
{
	fl_phase("work");
	while (work < units)
		work++;
	fl_phase("");
	tell(done[1]);
}

static void user_one(void)
{
	block_one();
	hand_over(ONE, OTHER);
}

static void user_other(void)
{
	work_other();
	hand_over(OTHER, MAIN);
}

static void user_block(void)
{
	make_fiber(ONE, user_one);
	make_fiber(OTHER, user_other);
	hand_over(MAIN, ONE);
}

static void *pthread_one(void *unused)
{
	block_one();
	return unused;
}

static void *pthread_other(void *unused)
{
	work_other();
	return unused;
}

static void pthread_block(void)
{
	pthread_t one, other;

	if (pthread_create(&one, NULL, pthread_one, NULL) ||
	    pthread_create(&other, NULL, pthread_other, NULL) || pthread_join(one, NULL) ||
	    pthread_join(other, NULL))
		fail("pthread_create and pthread_join");
}

/* Until PID sleeps, as ps tells. */
static void wait_until_asleep(pid_t pid)
{
	char path[32], stat[128], state = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (state != 'S') {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, stat, sizeof(stat) - 1);
		char *comm_end;

		if (n < 0)
			fail("read %s", path);
		close_end(fd);
		stat[n] = 0;
		comm_end = strrchr(stat, ')');
		state = comm_end ? comm_end[2] : 0;
		sched_yield();
	}
}

int main(int argc, char **argv)
{
	long threads, switches;
	pid_t child;

	(void)argc;
	workload_start(argv);
	threads = param("threads");
	switches = param("switches");
	units = param("units");
	if (threads < 2 || switches < 2) {
		errno = 0;
		fail("threads and switches: 2 or more");
	}
	stay_on_this_cpu();
	fl_role("parent");

	count(threads);

	if (fork_child(&child, "fate"))
		fate(threads);
	if (wait_status(child) != SIGSEGV)
		fail("the process with threads did not end by SIGSEGV");

	if (fork_child(&child, "apart")) {
		apart(threads);
		_exit(0);
	}
	wait_for(child);

	if (fork_child(&child, "fibers")) {
		fibers(switches);
		_exit(0);
	}
	wait_for(child);

	make_pipe(byte_for_one);
	make_pipe(done);
	if (fork_child(&child, "user.block")) {
		user_block();
		_exit(0);
	}
	wait_until_asleep(child); /* in read(), for good: nobody else is there to write */
	tell(byte_for_one[1]);
	await(done[0]);
	wait_for(child);

	if (fork_child(&child, "pthread.block")) {
		pthread_block();
		_exit(0);
	}
	await(done[0]);
	tell(byte_for_one[1]);
	wait_for(child);
	return 0;
}
