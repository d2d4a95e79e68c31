/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs of the system tests share.  Each provokes one thing and
 * states, line by line, what a tracer must find:
 *
 *   fault ROLE PHASE REGION KIND VIA MAJOR N
 *	exceptions in a named region; together, all that there are
 *   gup ROLE PHASE CALL KIND N
 *	faults in a named phase that were counted but raised no exception; all
 *   phase ROLE PHASE COUNTED GUP UNCOUNTED
 *	the kernel's own figures for what the task did in that phase
 *   expect VALUE SQL
 *	any other fact: what the query must give
 *   status N
 *	the command's exit status, if it is not 0
 *   skip REASON
 *	this machine cannot do it
 *   orphans
 *	some task is not waited for: the command's rusage is not the whole
 *
 * Lines alike in all but their last numbers add up.  The lines go to the file named by the first argument, or to stdout.
 */
#ifndef TESTLIB_H
#define TESTLIB_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faultline.h"

#define PAGE 4096L
#define KEEP __attribute__((unused)) static

/* Counted faults; what the kernel does not count has rows of its own. */
#define COUNTED "kind NOT IN ('segv', 'bus', 'nofault', 'spurious')"

/* Shared by every process of the test, so that each can state its part. */
struct truth {
	atomic_long used;
	char text[256 * 1024];
};

static struct truth *truth_text;
static const char *truth_path;

__attribute__((noreturn, format(printf, 1, 2))) KEEP void die(const char *fmt, ...)
{
	va_list args;
	int error = errno;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, " (%s)\n", strerror(error));
	_exit(99);
}

__attribute__((format(printf, 1, 2))) KEEP void truth(const char *fmt, ...)
{
	char line[1024];
	va_list args;
	long at;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (len < 0 || len >= (int)sizeof(line) - 1)
		die("a line of truth is too long");
	line[len++] = '\n';
	at = atomic_fetch_add(&truth_text->used, len);
	if (at + len > (long)sizeof(truth_text->text))
		die("too much truth");
	memcpy(truth_text->text + at, line, (size_t)len);
}

#define expect(value, ...) expect_value((long)(value), __VA_ARGS__)
__attribute__((format(printf, 2, 3))) KEEP void expect_value(long value, const char *fmt, ...)
{
	char sql[900];
	va_list args;

	va_start(args, fmt);
	vsnprintf(sql, sizeof(sql), fmt, args);
	va_end(args);
	truth("expect %ld %s", value, sql);
}

KEEP void expect_fault(const char *role, const char *phase, const char *region, const char *kind,
		       const char *via, long n)
{
	if (n)
		truth("fault %s %s %s %s %s 0 %ld", role, phase, region, kind, via, n);
}

KEEP void expect_gup(const char *role, const char *phase, const char *call, const char *kind,
		     long n)
{
	if (n)
		truth("gup %s %s %s %s %ld", role, phase, call, kind, n);
}

/* Write what was stated so far; a program that is about to be killed calls it early. */
KEEP void truth_write(void)
{
	long left = atomic_load(&truth_text->used);
	const char *p = truth_text->text;
	int fd = 1;

	if (truth_path) {
		fd = open(truth_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		if (fd < 0)
			die("%s", truth_path);
	}
	while (left > 0) {
		ssize_t n = write(fd, p, (size_t)left);

		if (n < 0)
			die("writing the truth");
		p += n;
		left -= n;
	}
	atomic_store(&truth_text->used, 0);
	if (truth_path)
		close(fd);
}

__attribute__((noreturn)) KEEP void skip(const char *reason)
{
	atomic_store(&truth_text->used, 0);
	truth("skip %s", reason);
	truth_write();
	exit(0);
}

/*
 * The kernel's figures for the calling thread.  Completed exceptions come from
 * the software events, all exceptions from the tracepoints whose numbers the
 * harness gives; without those, the software event that counts entries, which
 * misses those in sections that disable page faults.
 */
struct counts {
	long counted, completed, exceptions;
};

static __thread int count_fds[4] = { -1, -1, -1, -1 };
static __thread struct counts count_start;
static __thread const char *count_phase;
static __thread long count_refused; /* exceptions of the last phase that the kernel did not count */

static int count_open(unsigned int type, unsigned long long config, pid_t pid)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		die("perf_event_open of type %u", type);
	return fd;
}

static void counts_read(struct counts *counts)
{
	long long v[4] = { 0 };
	struct rusage ru;

	for (int i = 0; i < 4; i++)
		if (count_fds[i] >= 0 && read(count_fds[i], &v[i], sizeof(v[i])) != sizeof(v[i]))
			die("reading a perf event");
	getrusage(RUSAGE_THREAD, &ru);
	counts->counted = ru.ru_minflt + ru.ru_majflt;
	counts->completed = (long)(v[0] + v[1]);
	counts->exceptions = (long)(v[2] + v[3]);
}

/* Of thread PID; 0: of the caller. */
KEEP void counts_open_of(pid_t pid)
{
	const char *user = getenv("TP_FAULT_USER"), *kernel = getenv("TP_FAULT_KERNEL");

	count_fds[0] = count_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, pid);
	count_fds[1] = count_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, pid);
	if (user && kernel) {
		count_fds[2] = count_open(PERF_TYPE_TRACEPOINT, strtoull(user, NULL, 10), pid);
		count_fds[3] = count_open(PERF_TYPE_TRACEPOINT, strtoull(kernel, NULL, 10), pid);
	} else {
		count_fds[2] = count_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, pid);
		count_fds[3] = -1;
	}
	counts_read(&count_start);
}

/* Once in each thread or process that measures. */
KEEP void counts_open(void)
{
	counts_open_of(0);
}

/* Open phase NAME and take the kernel's figures; nothing in between may fault. */
KEEP void measure(const char *name)
{
	counts_read(&count_start);
	fl_phase(name);
	count_phase = name;
	counts_read(&count_start);
}

/* Close it and state what the kernel counted; gives COUNTED. */
KEEP long measured(const char *role)
{
	struct counts end;
	long counted, gup, uncounted;

	counts_read(&end);
	fl_phase("");
	counted = end.counted - count_start.counted;
	gup = counted - (end.completed - count_start.completed);
	uncounted =
		end.exceptions - count_start.exceptions - (end.completed - count_start.completed);
	count_refused = uncounted;
	truth("phase %s %s %ld %ld %ld", role, count_phase, counted, gup, uncounted);
	return counted;
}

static void pin(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		die("sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		break;
	}
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/* Stack and libc code that the test will use, faulted in before it counts. */
__attribute__((noinline)) KEEP void warm_up(void)
{
	volatile char stack[64 * 1024];

	for (size_t i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 1;
	measure("warm");
	measured("-");
}

/* A page that was copied while a batch of another CPU held it would be a surprise, so: pinned. */
KEEP void test_start(int argc, char **argv)
{
	truth_path = argc > 1 ? argv[1] : NULL;
	truth_text = mmap(NULL, sizeof(*truth_text), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (truth_text == MAP_FAILED)
		die("mmap of the truth");
	pin();
	counts_open();
	warm_up();
	atomic_store(&truth_text->used, 0);
	fl_role("main");
}

/*
 * The last word of the command's first process: all that it and the children
 * that were waited for have counted up to here.
 */
KEEP int test_end(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	fl_phase("end");
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	expect(self.ru_minflt + self.ru_majflt,
	       "SELECT sum(n) + (SELECT base_min + base_maj FROM task WHERE task = 1)"
	       " FROM fault_count JOIN task USING (task)"
	       " WHERE pid = %d AND phase IS NOT 'end' AND " COUNTED,
	       (int)getpid());
	expect(children.ru_minflt + children.ru_majflt,
	       "SELECT coalesce(sum(observed), 0) FROM reconcile JOIN task USING (task)"
	       " WHERE pid <> %d",
	       (int)getpid());
	truth_write();
	return 0;
}

/* N pages of private anonymous memory, untouched, no huge pages; aligned to 64 KiB. */
KEEP char *map_pages(long n)
{
	long len = n * PAGE + 64 * 1024;
	char *p =
		mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap of %ld pages", n);
	if (madvise(p, (size_t)len, MADV_NOHUGEPAGE) && errno != EINVAL)
		die("madvise(MADV_NOHUGEPAGE)");
	return (char *)(((unsigned long)p + 0xffff) & ~0xffffUL);
}

/* The same with a name for the tracer. */
KEEP char *map_region(const char *name, long n)
{
	char *p = map_pages(n);

	fl_region(name, p, (size_t)(n * PAGE));
	return p;
}

KEEP void write_pages(char *p, long n)
{
	for (long i = 0; i < n; i++)
		*(volatile char *)(p + i * PAGE) = 1;
}

KEEP void read_pages(const char *p, long n)
{
	for (long i = 0; i < n; i++)
		(void)*(const volatile char *)(p + i * PAGE);
}

KEEP pid_t must_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

/* Wait for PID, which must end with wait status STATUS. */
KEEP void reap(pid_t pid, int status)
{
	int came;

	if (waitpid(pid, &came, __WALL) != pid)
		die("waitpid");
	if (came != status)
		die("child %d: wait status %#x instead of %#x", pid, came, status);
}

KEEP void must_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC))
		die("pipe2");
}

/* One byte through a pipe: whoever reads waits for whoever writes. */
KEEP void tell(int fd)
{
	if (write(fd, "x", 1) != 1)
		die("write to a pipe");
}

KEEP void wait_told(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		die("read from a pipe");
}

#endif
