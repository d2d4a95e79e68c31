// SPDX-License-Identifier: GPL-2.0
/*
 * heap-brk-mmap: malloc() takes memory with brk() or mmap(), and gives it back
 *
 * The C library has two sources.  Small blocks are cut from the heap, whose end
 * brk() moves up; a block from M_MMAP_THRESHOLD (128 KiB) on gets a mapping of its
 * own, which free() unmaps at once.  The heap can only shrink from its end:
 *	small		100,000 bytes: brk().  When they are free again, they are kept for
 *			the next time: it is less than M_TRIM_THRESHOLD (128 KiB), until
 *			malloc_trim() asks for it
 *	big		1 MiB: mmap(), and munmap()
 *	many		BLOCKS blocks of 64 KiB: brk(), and each page is touched
 *	many.but.one	all of them are free but the last: the end of the heap is in use,
 *			so nothing goes back
 *	many.free	the last one is free as well: brk() moves the end down
 *
 * The thresholds are set, so that the library does not move them.
 */
#include "workload.h"

#include <malloc.h>
#include <stdint.h>

#define KIB 1024L

/* That the compiler must believe is used. */
static void *volatile block;

/* Where the heap ends.  The library knows, so this is no system call. */
static long heap_end(void)
{
	return (long)(intptr_t)sbrk(0);
}

static void *take(size_t bytes)
{
	block = malloc(bytes);
	if (!block)
		fail("malloc of %zu bytes", bytes);
	return block;
}

/* Until nothing is left that the library has in store since the program started. */
static void use_up(void)
{
	long end = heap_end();

	while (heap_end() == end)
		take(KIB);
}

static void small(void)
{
	void *memory;

	fl_phase("small");
	memory = take(100000);
	fl_phase("");
	fl_value("small.block", (long)(intptr_t)memory);
	fl_phase("small.free");
	free(memory);
	fl_phase("small.trim");
	malloc_trim(0);
	fl_phase("");
}

static void big(void)
{
	const long bytes = 1024 * KIB;
	char *memory;

	fl_phase("big");
	memory = take(bytes);
	fl_phase("");
	fl_region("big", memory, bytes);
	fl_phase("big.touch");
	write_pages(memory, bytes / workload.page_size, 1);
	fl_phase("big.free");
	free(memory);
	fl_phase("");
}

static void many(long blocks)
{
	const long bytes = 64 * KIB;
	char *memory[blocks];

	memset(memory, 0, sizeof(memory));
	fl_phase("many");
	for (long i = 0; i < blocks; i++)
		memory[i] = take(bytes);
	fl_phase("many.touch");
	for (long i = 0; i < blocks; i++)
		write_pages(memory[i], bytes / workload.page_size, 1);
	fl_phase("");
	fl_value("many.block", (long)(intptr_t)memory[0]);
	fl_value("many.end", heap_end());
	fl_phase("many.but.one");
	for (long i = 0; i < blocks - 1; i++)
		free(memory[i]);
	fl_phase("many.free");
	free(memory[blocks - 1]);
	fl_phase("");
}

int main(int argc, char **argv)
{
	(void)argc;
	workload_start(argv);
	stay_on_this_cpu();
	fl_role("process");
#ifdef __GLIBC__
	if (mallopt(M_MMAP_THRESHOLD, 128 * KIB) && mallopt(M_TRIM_THRESHOLD, 128 * KIB) &&
	    mallopt(M_TOP_PAD, 0))
		fl_value("glibc", 1);
#endif
	use_up();
	settle();

	small();
	big();
	many(param("blocks"));
	return 0;
}
