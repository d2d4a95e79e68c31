// SPDX-License-Identifier: GPL-2.0
/*
 * creation-apis: many functions make a task, and one in the kernel
 *
 * fork(), the raw fork call, vfork(), posix_spawn(), system(), popen(), clone() and
 * pthread_create() all end in kernel_clone(), and differ in what the new task
 * shares with its creator.  A process whose memory is copied costs the copy of the
 * page tables, so a region is filled first; what shares the memory costs none,
 * however much there is.
 *
 * After vfork() the parent does not run until the child has given the memory back,
 * by exit or exec (wait_for_vfork_done()); the child looks how it sleeps.
 *
 * At the end fork() and pthread_create() are each timed a few times.
 */
#include "tasks.h"

#include <pthread.h>
#include <spawn.h>
#include <sys/syscall.h>

#define SHELL "/bin/sh"

static void with_fork(const char *phase)
{
	pid_t child;

	fl_phase(phase);
	if (fork_child(&child, phase))
		_exit(0);
	wait_for(child);
}

static void with_raw_fork(void)
{
	pid_t child;

	fl_phase("raw.fork");
#ifdef SYS_fork
	child = syscall(SYS_fork);
#else
	child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
	if (child < 0)
		fail("fork");
	if (!child)
		_exit(0);
	wait_for(child);
}

/* In the child of vfork(), which has its parent's memory and stack: change little. */
static void look_at_parent(long waits)
{
	wait_until_off_cpu(getppid(), 'D', waits);
	fl_value("parent.state", state_of(getppid()));
}

static void with_vfork(void)
{
	long waits = waits_of(getpid());
	pid_t child;

	fl_phase("vfork");
	child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): it is the subject */
	if (child < 0)
		fail("vfork");
	if (!child) {
		fl_role("vfork");
		look_at_parent(waits);
		_exit(0);
	}
	wait_for(child);
}

static void with_spawn(void)
{
	char *const argv[] = { (char *)workload.name, (char *)"nothing", NULL };
	pid_t child;

	fl_phase("spawn");
	errno = posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environ);
	if (errno)
		fail("posix_spawn");
	wait_for(child);
}

static void with_shell(void)
{
	FILE *from;
	int status;

	fl_phase("system");
	status = system(":"); /* NOLINT(cert-env33-c): it is the subject */
	if (status)
		fail("system");
	fl_phase("popen");
	from = popen(":", "r"); /* NOLINT(cert-env33-c): it is the subject */
	if (!from || pclose(from))
		fail("popen");
}

static int nothing(void *unused)
{
	(void)unused;
	return 0;
}

static void with_clone(void)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	pid_t child;

	fl_phase("clone");
	child = clone(nothing, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	if (child < 0)
		fail("clone");
	wait_for(child);
}

static void *thread(void *role)
{
	fl_role(role);
	return NULL;
}

static void with_threads(long threads)
{
	pthread_t made[threads];

	fl_phase("thread");
	for (long i = 0; i < threads; i++) {
		errno = pthread_create(&made[i], NULL, thread, (void *)"thread");
		if (errno)
			fail("pthread_create");
	}
	for (long i = 0; i < threads; i++)
		pthread_join(made[i], NULL);
}

static void time_both(long rounds)
{
	struct fastest forks = { { 0 }, 0 }, threads = { { 0 }, 0 };
	long long start;
	pthread_t made;
	pid_t child;

	for (long i = 0; i < rounds; i++) {
		start = now_ns();
		fl_phase("time.fork");
		if (fork_child(&child, "timed"))
			_exit(0);
		wait_for(child);
		fastest_add(&forks, now_ns() - start);
		start = now_ns();
		fl_phase("time.thread");
		if (pthread_create(&made, NULL, thread, (void *)"timed"))
			fail("pthread_create");
		pthread_join(made, NULL);
		fastest_add(&threads, now_ns() - start);
	}
	fl_value("doubt", fastest_doubt(&forks) + fastest_doubt(&threads));
}

int main(int argc, char **argv)
{
	long pages;
	void *place;

	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	workload_start(argv);
	pages = param("pages");
	stay_on_this_cpu();
	fl_role("parent");
#ifdef __GLIBC__
	fl_value("glibc", 1);
#endif
	fl_value("shell", !access(SHELL, X_OK));
	place = find_place(pages);
	settle();
	with_fork("fork.empty");
	fl_phase("touch");
	write_pages(map_region("heap", place, pages), pages, 1);

	with_fork("fork");
	with_raw_fork();
	with_vfork();
	with_spawn();
	if (!access(SHELL, X_OK))
		with_shell();
	with_clone();
	with_threads(param("threads"));
	time_both(param("rounds"));
	fl_phase("");
	return 0;
}
