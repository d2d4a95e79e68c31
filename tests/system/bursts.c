// SPDX-License-Identifier: GPL-2.0
/*
 * Bursts of faults without a phase or a region, with a sleep, a message or another
 * mapping between them.  Each states its row of the timeline, in order, in the file that
 * the first argument names:
 *
 *   N x KIND  MAPPING
 *   pipe to itself  AMOUNT
 *
 * With a second argument: 1,013 messages with a fault after each but the last.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096L

#define ALTERNATIONS 1013

static int fd[2];

static void die(const char *what)
{
	perror(what);
	_exit(99);
}

static void message(void)
{
	char byte = 'x';

	if (write(fd[1], &byte, 1) != 1 || read(fd[0], &byte, 1) != 1)
		die("pipe");
}

static volatile char *map(long pages, int flags, int file)
{
	char *at = mmap(NULL, (size_t)(pages * PAGE), PROT_READ | PROT_WRITE, flags, file, 0);

	if (at == MAP_FAILED ||
	    (madvise(at, (size_t)(pages * PAGE), MADV_NOHUGEPAGE) && errno != EINVAL))
		die("mmap");
	return at;
}

static void touch(volatile char *at, long pages)
{
	for (long i = 0; i < pages; i++)
		at[i * PAGE] = 1;
}

/* Below all that was used of the stack, without calls that could use more of it. */
static void touch_stack(long pages)
{
	char here;
	uintptr_t top = ((uintptr_t)&here & (uintptr_t)-PAGE) - 32 * PAGE;

	touch((volatile char *)(top - (uintptr_t)(pages * PAGE)), pages);
}

static void alternate(void)
{
	volatile char *at = map(ALTERNATIONS, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (long i = 0; i < ALTERNATIONS; i++) {
		message();
		if (i < ALTERNATIONS - 1)
			at[i * PAGE] = 1;
	}
	puts("pipe to itself  1,013 messages  1,013 bytes");
	puts("1,012 x zero-fill  anonymous");
}

static void bursts(void)
{
	const struct timespec pause = { .tv_nsec = 53000000 };
	volatile char *anonymous = map(2003, MAP_PRIVATE | MAP_ANONYMOUS, -1), *shared, *heap;
	int file = memfd_create("bursts", 0);

	if (file < 0 || ftruncate(file, 211 * PAGE))
		die("memfd_create");
	shared = map(211, MAP_SHARED, file);
	heap = sbrk(307 * PAGE + PAGE);
	if (heap == (void *)-1)
		die("sbrk");
	heap = (char *)(((uintptr_t)heap + PAGE - 1) & (uintptr_t)-PAGE);
	if (madvise((char *)heap, 307 * PAGE, MADV_NOHUGEPAGE) && errno != EINVAL)
		die("madvise");

	touch(anonymous, 1009);
	nanosleep(&pause, NULL);
	touch(anonymous + 1009 * PAGE, 491);
	message();
	touch(anonymous + 1500 * PAGE, 503);
	touch(shared, 211);
	touch(heap, 307);
	touch_stack(101);
	message();
	puts("1,009 x zero-fill  anonymous");
	puts("491 x zero-fill  anonymous");
	puts("pipe to itself  1 byte");
	puts("503 x zero-fill  anonymous");
	puts("211 x shmem  memfd:bursts");
	puts("307 x zero-fill  heap");
	puts("101 x zero-fill  stack");
	puts("pipe to itself  1 byte");
}

int main(int argc, char **argv)
{
	if (argc < 2 || !freopen(argv[1], "w", stdout))
		die("no file to state rows in");
	if (pipe(fd))
		die("pipe");
	if (argc > 2)
		alternate();
	else
		bursts();
	return fflush(stdout) ? 99 : 0;
}
