/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the experiments share: parameters, memory in a known place, page touching
 * that no compiler removes, processes that never outlive their parent.
 *
 * Include it before anything else.  A workload gets each parameter of its claims file as an argument NAME=VALUE.
 * It is static, so everything here is in its own binary.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faultline-barrier.h"
#include "faultline.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Only what an experiment uses is in its binary. */
#define HELPER static __attribute__((__unused__))

#define DEADLINE_SECONDS 60

static struct {
	const char *name;
	char **arguments;
	long page_size;
	int page_advice;
} workload;

/* Say what failed, with the reason that errno gives if it gives one, and leave. */
HELPER __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
	char text[256];
	int error = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "%s: %s%s%s\n", workload.name, text, error ? ": " : "",
		error ? strerror(error) : "");
	_exit(1);
}

/* First of all in main().  After the deadline the kernel ends the workload. */
HELPER void workload_start(char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	workload.name = slash ? slash + 1 : argv[0];
	workload.arguments = argv + 1;
	workload.page_size = sysconf(_SC_PAGESIZE);
	/* "faultline run --noise thp" asks for what is kept away otherwise. */
	workload.page_advice = getenv("FAULTLINE_HUGE") ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
	fl_barrier_prepare();
	alarm(DEADLINE_SECONDS);
}

/* Value of the parameter NAME, as a word. */
HELPER const char *param_word(const char *name)
{
	size_t length = strlen(name);

	for (char **arg = workload.arguments; *arg; arg++) {
		if (!strncmp(*arg, name, length) && (*arg)[length] == '=')
			return *arg + length + 1;
	}
	errno = 0;
	fail("no value for '%s': give %s=VALUE, or start it with: faultline run %s", name, name,
	     workload.name);
}

/* Value of the parameter NAME, as a number; all parameters are positive. */
HELPER long param(const char *name)
{
	const char *word = param_word(name);
	char *end;
	long value;

	errno = 0;
	value = strtol(word, &end, 10);
	if (errno || end == word || *end || value < 0) {
		errno = 0;
		fail("%s=%s: not a number", name, word);
	}
	return value;
}

HELPER void *checked_mmap(void *at, size_t bytes, int protection, int flags)
{
	void *memory = mmap(at, bytes, protection, MAP_ANONYMOUS | flags, -1, 0);

	if (memory == MAP_FAILED)
		fail("mmap of %zu bytes", bytes);
	return memory;
}

/* One page that all processes forked later share, already there. */
HELPER void *shared_page(void)
{
	return checked_mmap(NULL, workload.page_size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE);
}

/*
 * A free address for PAGES pages, so chosen that the number of page tables that
 * they need is known: it starts a table of its own, and the tables of the upper
 * levels that lead to it are there already, because the page of another table
 * before it is in use.
 *
 * A page is as large as page_size / 8 entries, so a table maps T = page_size / 8
 * pages and the next level T * T.  From the place on, PAGES pages take
 * ceil(PAGES / T) tables, and one of the next level for each boundary of T * T
 * pages crossed.
 */
HELPER void *find_place(long pages)
{
	size_t page = workload.page_size, table = page * (page / 8);
	size_t align = table * (page / 8), need = table + pages * page;
	char *reserved, *place;

	while (align < need) /* no boundary of a still higher level either */
		align *= 2;
	reserved = checked_mmap(NULL, 2 * align, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	place = (char *)(((size_t)reserved + align - 1) & ~(align - 1));
	if (munmap(reserved, 2 * align))
		fail("munmap");
	*(volatile char *)checked_mmap(place, page, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_FIXED_NOREPLACE) = 1;
	return place + table;
}

/* Never huge pages here.  EINVAL: a kernel without huge pages has none to give. */
HELPER void small_pages(void *memory, size_t bytes)
{
	madvise(memory, bytes, workload.page_advice);
}

/* PAGES pages of private memory at PLACE, never huge, as the region NAME. */
HELPER char *map_region(const char *name, void *place, long pages)
{
	size_t bytes = pages * workload.page_size;
	char *memory = checked_mmap(place, bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_FIXED_NOREPLACE);

	small_pages(memory, bytes);
	fl_region(name, memory, bytes);
	return memory;
}

/* Write one byte of each page. */
HELPER __attribute__((noinline)) void write_pages(char *memory, long pages, char byte)
{
	long page = workload.page_size;

	for (volatile char *p = memory, *end = memory + pages * page; p < end; p += page)
		*p = byte;
}

/* Read one byte of each page. */
HELPER __attribute__((noinline)) void read_pages(const char *memory, long pages)
{
	long page = workload.page_size;

	for (const volatile char *p = memory, *end = memory + pages * page; p < end; p += page)
		(void)*p;
}

/*
 * Take the faults that come with merely running, so that they are not taken in a
 * phase that counts.  After a fork each side has its own: fork() leaves the stack
 * shared, and copies no page tables for the program's text.
 */
HELPER __attribute__((noinline)) void settle(void)
{
	extern const char etext[];
	extern int main(int argc, char **argv);
	long page = workload.page_size;
	volatile char below[4 * 4096]; /* what calls will use */
	volatile char *above = __builtin_frame_address(0);
	const volatile char *text = (const char *)main;
	char byte = 0;

	for (size_t i = 0; i < sizeof(below); i += 512)
		below[i] = 0;
	for (; above < (char *)environ; above += 512) { /* what the callers use */
		byte = *above;
		*above = byte;
	}
	for (int i = 0; i < 16 && text < etext; i++, text += page)
		(void)*text;
	write_pages(&byte, 0, 0);
	read_pages(&byte, 0);
	fl_barrier_warm_up();
}

/*
 * Stay on the CPU that we are on: on another one, a copy may take the place of a
 * reuse.  Where faultline runs us this is its business ("--noise no-pin").
 */
HELPER void stay_on_this_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (getenv("FAULTLINE_CPUS"))
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (cpu < 0 || sched_setaffinity(0, sizeof(set), &set))
		fail("stay on CPU %d", cpu);
}

/*
 * fork(); returns true in the child, which is named ROLE, has its pid in *PID as
 * 0, and dies with its parent.
 */
HELPER int fork_child(pid_t *pid, const char *role)
{
	pid_t parent = getpid();

	*pid = fork();
	if (*pid < 0)
		fail("fork");
	if (*pid)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	alarm(DEADLINE_SECONDS);
	fl_role(role);
	return 1;
}

/* Wait for PID; returns its status as wait4() gives it. */
HELPER int wait_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		fail("wait for process %d", (int)pid);
	return status;
}

/* Wait for PID, which must succeed. */
HELPER void wait_for(pid_t pid)
{
	int status = wait_status(pid);

	if (!status)
		return;
	errno = 0;
	if (WIFSIGNALED(status))
		fail("process %d ended by signal %d", (int)pid, WTERMSIG(status));
	fail("process %d ended with status %d", (int)pid, WEXITSTATUS(status));
}

/* A pipe carries single bytes from one process to another: "go on". */
HELPER void make_pipe(int ends[2])
{
	if (pipe2(ends, 0))
		fail("pipe");
}

HELPER void close_end(int fd)
{
	if (close(fd))
		fail("close");
}

HELPER void tell(int fd)
{
	if (write(fd, "", 1) != 1)
		fail("write to a pipe");
}

HELPER void await(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		fail("read from a pipe");
}

#endif /* WORKLOAD_H */
