// SPDX-License-Identifier: GPL-2.0
/*
 * Guard pages (MADV_GUARD_INSTALL) lie in memory that permits the access, and refuse it: user
 * mode gets SIGSEGV, a call EFAULT or fewer bytes, and some calls do not say it at all.
 * How many exceptions a copy takes until it gives up depends on the processor, so that the
 * kernel's own count is the truth.
 */
#include "testlib.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define THREADS 7
#define ROUNDS 23

static int zero, channel[2], pair[2];
static sigjmp_buf back;

static void guard_page(char *p)
{
	if (madvise(p, PAGE, MADV_GUARD_INSTALL))
		skip("this kernel has no MADV_GUARD_INSTALL");
}

/* Seven untouched pages of which the third is a guard. */
static char *with_guard(void)
{
	char *p = map_pages(7);

	guard_page(p + 2 * PAGE);
	return p;
}

/* What was not counted in the last phase is KIND, but for DISABLED with page faults disabled. */
static void refused(const char *phase, const char *call, const char *kind)
{
	if (!count_refused)
		die("%s: nothing was refused", phase);
	expect(count_refused,
	       "SELECT sum(n) FROM fault_count JOIN task USING (task) WHERE role = 'main'"
	       " AND phase = '%s' AND via = 'kernel' AND kind = '%s' AND syscall = '%s'",
	       phase, kind, call);
}

static void counted_are(const char *phase, const char *kind, long n)
{
	expect(n,
	       "SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = '%s' AND kind = '%s'"
	       " AND via = 'kernel'",
	       phase, kind);
	expect(n, "SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = '%s' AND " COUNTED,
	       phase);
}

/* A call of one argument or more that must give RET (-1: EFAULT) after COUNTED faults. */
#define must_give(phase, wanted, counted, call, ...)                                               \
	do {                                                                                       \
		long came;                                                                         \
                                                                                                   \
		errno = 0;                                                                         \
		measure(phase);                                                                    \
		came = syscall(SYS_##call, __VA_ARGS__);                                           \
		if (came != (wanted) || (came < 0 && errno != EFAULT))                             \
			die(phase " gave %ld", came);                                              \
		if (measured("main") != (counted))                                                 \
			die(phase " counted otherwise");                                           \
	} while (0)

#define must_fail(phase, call, ...)                                                                \
	do {                                                                                       \
		must_give(phase, -1, 0, call, __VA_ARGS__);                                        \
		refused(phase, #call, "segv");                                                     \
	} while (0)

static void whole(void)
{
	char *guard = with_guard() + 2 * PAGE;

	must_fail("read", read, zero, guard, 1);
	must_fail("read.inside", read, zero, guard + 77, 100);
	must_fail("write", write, channel[1], guard, 1);
	must_fail("write.inside", write, channel[1], guard + 9, 4000);
	must_fail("stat", newfstatat, AT_FDCWD, "/", guard, 0);
	must_fail("access", access, guard, R_OK);
	must_fail("uname", uname, guard);
	must_fail("cwd", getcwd, guard, PAGE);
	must_fail("pipe", pipe2, guard, O_CLOEXEC);
	must_fail("poll", poll, guard, 3, 0);
	must_fail("sleep", nanosleep, guard, NULL);
	must_fail("random", getrandom, guard, 100, 0);
	must_fail("sockets", socketpair, AF_UNIX, SOCK_STREAM, 0, guard);
	must_fail("message", sendmsg, pair[0], guard, 0);
	must_fail("limits", prlimit64, 0, RLIMIT_CORE, guard, NULL);
}

/* Bytes on good pages, then the guard. */
static void partly(void)
{
	char *p = with_guard();
	struct iovec three[] = { { p + PAGE, PAGE },
				 { p + 2 * PAGE, 100 },
				 { p + 3 * PAGE, PAGE } };

	must_give("short.read", PAGE, 1, read, zero, p + PAGE, 3 * PAGE);
	refused("short.read", "read", "segv");
	counted_are("short.read", "zero_fill", 1);

	/* a page whose first bytes do not lie at its start */
	p = with_guard();
	must_give("short.bytes", 2 * PAGE - 7, 2, read, zero, p + 7, 3 * PAGE);
	refused("short.bytes", "read", "segv");
	counted_are("short.bytes", "zero_fill", 2);

	p = with_guard();
	must_give("short.write", 2 * PAGE, 2, write, channel[1], p, 5 * PAGE);
	refused("short.write", "write", "segv");
	counted_are("short.write", "zero_page", 2);

	three[0].iov_base = with_guard();
	three[1].iov_base = (char *)three[0].iov_base + 2 * PAGE;
	three[2].iov_base = (char *)three[0].iov_base + 3 * PAGE;
	must_give("readv", PAGE, 1, readv, zero, three, 3);
	refused("readv", "readv", "segv");
	counted_are("readv", "zero_fill", 1);

	/* the one segment that is good comes last: nothing is read */
	must_give("readv.first", -1, 0, readv, zero, three + 1, 2);
	refused("readv.first", "readv", "segv");
}

/* Whether a write to a file takes the page first, or copies with page faults disabled, differs. */
static void to_file(const char *dir)
{
	char path[PATH_MAX], *p = with_guard();
	int fd;

	snprintf(path, sizeof(path), "%s/refused", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s", path);
	unlink(path);
	must_give("file", 2 * PAGE, 2, write, fd, p, 5 * PAGE);
	counted_are("file", "zero_page", 2);
	expect(0, "SELECT count(*) FROM fault_count WHERE phase = 'file'"
		  " AND NOT (kind IN ('zero_page', 'nofault', 'segv') AND via = 'kernel')");
	expect(1, "SELECT sum(n) > 0 FROM fault_count WHERE phase = 'file' AND kind = 'segv'");
}

static int stay(void *arg)
{
	(void)arg;
	fl_role("thread");
	return 0;
}

/* Calls that hide it: what they wanted to write is lost, and they go on. */
static void hidden(void)
{
	char *guard = with_guard() + 2 * PAGE, *stack = map_pages(16) + 16 * PAGE;
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))), byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr sent = { .msg_iov = &iov,
			       .msg_iovlen = 1,
			       .msg_control = control,
			       .msg_controllen = sizeof(control) },
		      got = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = guard,
			      .msg_controllen = 512 };
	struct cmsghdr *head = CMSG_FIRSTHDR(&sent);
	pid_t pid;

	write_pages(stack - 16 * PAGE, 16);
	measure("clone");
	pid = clone(stay, stack, CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD,
		    NULL, guard, NULL, guard + 64);
	if (pid < 0)
		die("clone");
	if (measured("main"))
		die("clone(2) counted");
	reap(pid, 0);
	refused("clone", "clone", "segv");
	expect(1, "SELECT sum(n) > 0 FROM fault_count JOIN task USING (task) WHERE role = 'thread'"
		  " AND kind = 'segv' AND via = 'kernel' AND syscall = 'clone'");

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &zero, sizeof(int));
	if (sendmsg(pair[0], &sent, 0) != 1)
		die("sendmsg");
	must_give("control", 1, 0, recvmsg, pair[1], &got, 0);
	refused("control", "recvmsg", "segv");

	/* as many bytes of the options as there are: the end is another error */
	measure("options");
	if (!mount("none", "/nowhere/at/all", "none", 0, guard - 100) || errno == EFAULT)
		die("mount");
	if (measured("main") != 1)
		die("mount(2) counted otherwise");
	refused("options", "mount", "segv");
}

static void on_segv(int signo)
{
	(void)signo;
	siglongjmp(back, 1);
}

static void in_user_mode(void)
{
	char *p = map_region("user", 7);
	volatile int i;

	guard_page(p + 2 * PAGE);
	guard_page(p + 5 * PAGE);
	signal(SIGSEGV, on_segv);
	measure("user");
	for (i = 0; i < 7; i++)
		if (!sigsetjmp(back, 1))
			write_pages(p + i * PAGE, 1);
	measured("main");
	expect_fault("main", "user", "user", "zero_fill", "user", 5);
	expect_fault("main", "user", "user", "segv", "user", 2);
	signal(SIGSEGV, SIG_DFL);
}

/* The kernel cannot put the frame of a signal on its stack. */
static void frame(void)
{
	pid_t pid = must_fork();

	if (!pid) {
		char *p = map_pages(16);
		stack_t stack = { .ss_sp = p, .ss_size = 16 * PAGE };
		struct sigaction action = { .sa_handler = on_segv, .sa_flags = SA_ONSTACK };

		fl_role("framed");
		for (int i = 0; i < 16; i++)
			guard_page(p + i * PAGE);
		sigaltstack(&stack, NULL);
		sigaction(SIGUSR1, &action, NULL);
		fl_phase("frame");
		raise(SIGUSR1);
		_exit(0);
	}
	reap(pid, SIGSEGV);
	expect(1, "SELECT sum(n) > 0 FROM fault_count JOIN task USING (task) WHERE role = 'framed'"
		  " AND phase = 'frame' AND kind = 'segv' AND via = 'kernel'");
}

static void *reader(void *guard)
{
	fl_role("reader");
	for (int i = 0; i < ROUNDS; i++)
		if (syscall(SYS_read, zero, (char *)guard - PAGE, 2 * PAGE) != PAGE)
			die("read of a thread");
	return NULL;
}

static void in_threads(void)
{
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, reader, with_guard() + 2 * PAGE))
			die("pthread_create");
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	expect(THREADS,
	       "SELECT count(*) FROM (SELECT task FROM fault_count JOIN task USING (task)"
	       " WHERE role = 'reader' AND syscall = 'read' AND via = 'kernel' GROUP BY task"
	       " HAVING total(n) FILTER (WHERE kind = 'zero_fill') = 1"
	       " AND total(n) FILTER (WHERE kind = 'segv') >= %d"
	       " AND count(DISTINCT kind) = 2)",
	       ROUNDS);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");

	test_start(argc, argv);
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	must_pipe(channel);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	whole();
	partly();
	to_file(dir ? dir : "/var/tmp");
	hidden();
	in_user_mode();
	frame();
	in_threads();
	return test_end();
}
