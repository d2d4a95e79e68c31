// SPDX-License-Identifier: GPL-2.0
/*
 * A fault that waits (for userfaultfd) is given up for a signal and not counted: after the handler
 * the instruction is executed again.  A fault that is complete when a signal comes is counted, and
 * so is the one before an instruction that raises SIGSEGV for another reason.  In the kernel only
 * a signal that kills ends the wait, and the call says EFAULT to nobody.
 */
#include "testlib.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/ioctl.h>

#define PAGES 19
#define SIGNALS 3 /* for each page */

static int uffd, zero;
static pid_t main_tid;
static atomic_int handled;
static sigjmp_buf back;

static void on_signal(int signo)
{
	(void)signo;
	handled++;
}

static unsigned long next_fault(void)
{
	struct uffd_msg msg;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		die("read of userfaultfd");
	return msg.arg.pagefault.address & ~(PAGE - 1UL);
}

/* Each fault is told, answered by signals, and told again before the page comes. */
static void *serve(void *source)
{
	fl_role("server");
	for (int i = 0; i < PAGES; i++) {
		struct uffdio_copy copy = { .src = (unsigned long)source, .len = PAGE };

		for (int n = 0; n < SIGNALS; n++) {
			int before = handled;

			next_fault();
			syscall(SYS_tgkill, getpid(), main_tid, SIGUSR1);
			while (handled == before)
				sched_yield();
		}
		copy.dst = next_fault();
		if (ioctl(uffd, UFFDIO_COPY, &copy))
			die("UFFDIO_COPY");
	}
	return NULL;
}

static char *served(const char *name)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *p = map_region(name, PAGES);

	reg.range.start = (unsigned long)p;
	reg.range.len = PAGES * PAGE;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER");
	return p;
}

static void in_user_mode(void)
{
	char *source = map_pages(1), *p = served("waited");
	struct rusage before, after;
	pthread_t thread;
	long major;

	memset(source, 'x', PAGE);
	main_tid = (pid_t)syscall(SYS_gettid);
	signal(SIGUSR1, on_signal);
	if (pthread_create(&thread, NULL, serve, source))
		die("pthread_create");
	getrusage(RUSAGE_THREAD, &before);
	measure("waited");
	write_pages(p, PAGES);
	if (measured("main") != PAGES)
		die("faults of userfaultfd");
	getrusage(RUSAGE_THREAD, &after);
	pthread_join(thread, NULL);
	major = after.ru_majflt - before.ru_majflt;
	if (major)
		truth("fault main waited waited uffd user 1 %ld", major);
	expect_fault("main", "waited", "waited", "uffd", "user", PAGES - major);
	expect_fault("main", "waited", "waited", "spurious", "user", PAGES * SIGNALS);
}

/* SIGNALS that come when the fault is complete, in the system call after it. */
static void complete(void)
{
	char *p = map_region("complete", PAGES);

	measure("complete");
	for (int i = 0; i < PAGES; i++) {
		write_pages(p + i * PAGE, 1);
		raise(SIGUSR1);
	}
	measured("main");
	expect_fault("main", "complete", "complete", "zero_fill", "user", PAGES);
	expect(PAGES * (SIGNALS + 1),
	       "SELECT count(*) FROM signal WHERE signo = %d AND action = 'handler'", SIGUSR1);
}

static void on_segv(int signo)
{
	(void)signo;
	siglongjmp(back, 1);
}

/* An address that no page table can have: a protection fault, with no word of the page before. */
static void protection(void)
{
#ifdef __x86_64__
	char *p = map_region("protection", PAGES);
	volatile char *nowhere = (volatile char *)0x8000000000000000UL;
	volatile int i;

	signal(SIGSEGV, on_segv);
	measure("protection");
	for (i = 0; i < PAGES; i++) {
		if (sigsetjmp(back, 1))
			continue;
		write_pages(p + i * PAGE, 1);
		*nowhere = 1;
	}
	measured("main");
	signal(SIGSEGV, SIG_DFL);
	expect_fault("main", "protection", "protection", "zero_fill", "user", PAGES);
#endif
}

/* Killed while it waits, in user mode or in a call. */
static void killed(const char *role, bool in_call)
{
	int ready[2];
	char c;
	pid_t pid;

	must_pipe(ready);
	pid = must_fork();
	if (!pid) {
		struct uffdio_api api = { .api = UFFD_API };
		char *p;

		/* registrations are not inherited: a userfaultfd of its own, which its child reads */
		fl_role(role);
		uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
		if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
			die("userfaultfd");
		p = served(role);
		if (!must_fork()) {
			fl_role("killer");
			next_fault();
			kill(getppid(), SIGKILL);
			tell(ready[1]);
			_exit(0);
		}
		if (in_call)
			(void)!read(zero, p, 1);
		else
			write_pages(p, 1);
		_exit(1);
	}
	reap(pid, SIGKILL);
	if (read(ready[0], &c, 1) != 1)
		die("read of the killer");
	expect_fault(role, "-", role, in_call ? "bus" : "spurious", in_call ? "kernel" : "user", 1);
}

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };

	test_start(argc, argv);
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		skip("no userfaultfd for this user");
	in_user_mode();
	complete();
	protection();
	killed("killed", false);
	killed("called", true);
	truth("orphans");
	fl_phase("end");
	truth_write();
	return 0;
}
