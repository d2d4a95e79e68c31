// SPDX-License-Identifier: GPL-2.0
/*
 * exec-replaces: execve() replaces the program and keeps the process
 *
 * Three scenes, each in a process of its own:
 *	works		execve() succeeds, so it does not return; the new program looks what is
 *			left of the old one
 *	fails		execve() of a file that is not there returns, and nothing has changed
 *	thread		a thread that is not the first one calls execve(): all others end before
 *			(de_thread()), and it takes over the process's id
 *
 * Before the exec a page is mapped, a signal has a handler, another is ignored, one
 * descriptor is marked close-on-exec and another is not.  The program is this
 * file once more, told by its arguments what to look at.
 */
#include "tasks.h"

#include <pthread.h>
#include <sys/syscall.h>

#define MEMORY ((char *)0x200000000000) /* where neither program has anything by itself */
#define KEPT 100
#define CLOSED 101
#define MISSING "/proc/self/no-such-program"

static void handler(int signo)
{
	(void)signo;
}

static char is_mapped(void)
{
	unsigned char there;

	if (!mincore(MEMORY, workload.page_size, &there))
		return 1;
	if (errno != ENOMEM)
		fail("mincore");
	return 0;
}

static int is_handled(int signo, void (*by)(int))
{
	struct sigaction now;

	if (sigaction(signo, NULL, &now))
		fail("sigaction");
	return now.sa_handler == by;
}

/* What there is of everything that prepare() made. */
static void look(void)
{
	fl_value("tid", syscall(SYS_gettid));
	fl_value("pid", getpid());
	fl_value("memory", is_mapped());
	fl_value("handler", is_handled(SIGUSR1, handler));
	fl_value("default", is_handled(SIGUSR1, SIG_DFL));
	fl_value("ignored", is_handled(SIGUSR2, SIG_IGN));
	fl_value("kept", fcntl(KEPT, F_GETFD) >= 0);
	fl_value("closed", fcntl(CLOSED, F_GETFD) >= 0);
}

static void prepare(void)
{
	checked_mmap(MEMORY, workload.page_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_FIXED_NOREPLACE);
	*MEMORY = 1;
	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	if (dup2(STDERR_FILENO, KEPT) < 0 || dup3(STDERR_FILENO, CLOSED, O_CLOEXEC) < 0)
		fail("dup");
	fl_phase("before");
	look();
	fl_barrier();
}

static void become(const char *file)
{
	fl_phase("exec");
	execl(file, workload.name, "program", (char *)NULL);
	fl_phase("after");
}

static pthread_barrier_t all_here;

static __attribute__((noreturn)) void *sit(void *role)
{
	fl_role(role);
	pthread_barrier_wait(&all_here);
	for (;;)
		pause();
}

static void *exec_in_thread(void *unused)
{
	fl_role("thread");
	pthread_barrier_wait(&all_here);
	fl_phase("before");
	look();
	become("/proc/self/exe");
	return unused;
}

static void thread_scene(long threads)
{
	pthread_t made;

	pthread_barrier_init(&all_here, NULL, threads);
	for (long i = 2; i < threads; i++) {
		if (pthread_create(&made, NULL, sit, (void *)"sibling"))
			fail("pthread_create");
	}
	if (pthread_create(&made, NULL, exec_in_thread, NULL))
		fail("pthread_create");
	sit((void *)"first");
}

int main(int argc, char **argv)
{
	pid_t child;
	long threads;

	if (argc == 2 && !strcmp(argv[1], "program")) {
		workload_start(argv);
		fl_phase("program");
		look();
		fl_barrier();
		return 0;
	}
	workload_start(argv);
	threads = param("threads");
	if (threads < 2) {
		errno = 0;
		fail("threads: 2 or more");
	}
	fl_role("parent");

	if (fork_child(&child, "works")) {
		prepare();
		become("/proc/self/exe");
		fail("execve");
	}
	wait_for(child);

	if (fork_child(&child, "fails")) {
		prepare();
		become(MISSING);
		look();
		_exit(0);
	}
	wait_for(child);

	if (fork_child(&child, "first"))
		thread_scene(threads);
	wait_for(child);
	return 0;
}
