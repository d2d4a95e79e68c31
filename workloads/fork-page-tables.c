// SPDX-License-Identifier: GPL-2.0
/*
 * fork-page-tables: fork() copies page tables, not memory
 *
 * A process fills a region step by step, and at each step forks a child that ends
 * at once.  Nothing is written in between, so no page is ever copied; but
 * copy_page_range() in mm/memory.c walks all entries of all tables of the region
 * and takes a table for each table, so fork() takes longer, in proportion.
 *
 * Two regions more, of the same size, with one page touched for each page table,
 * so that they have as many tables as if all pages had been:
 *	sparse	private: fork() copies the tables, with one entry in each
 *	shared	MAP_SHARED: vma_needs_copy() knows that a fault can find these pages
 *		again, so fork() leaves them out, and the child begins with no table
 *
 * The first fork, with nothing in the region, shows what the program itself costs.
 *
 * Time is taken apart from that: when the region is full, each size is forked in turn,
 * several times, so that whatever slows the machine down slows all of them.
 */
#include "tasks.h"

#include <sys/auxv.h>

/* The fork that is counted, those whose time is taken, and how much of the region there is. */
static const struct {
	const char *name, *in_time;
	long share;
} steps[] = {
	{ "fork.empty", "time.empty", 0 }, { "fork.64th", "time.64th", 64 },
	{ "fork.16th", "time.16th", 16 },  { "fork.4th", "time.4th", 4 },
	{ "fork.all", "time.all", 1 },
};

#define STEPS ((int)(sizeof(steps) / sizeof(steps[0])))

/*
 * The kernel's own code in each process.  The start of the C library has read it, and
 * fork() leaves it out, like shared memory; so a child has no table for it, in the rare
 * case that nothing else is in the same slot.
 */
static void read_vdso(void)
{
	const volatile char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);

	if (vdso)
		(void)*vdso;
}

/* A child that ends at once, as the phase NAME. */
static void fork_as(const char *name)
{
	pid_t child;

	settle();
	fl_phase(name);
	if (fork_child(&child, name)) {
		read_vdso();
		fl_phase("start"); /* what it has now is what fork() gave it */
		_exit(0);
	}
	fl_phase("");
	wait_for(child);
}

/* Pages of the region MEMORY that a step is about. */
static long pages_upto(int step, long pages)
{
	return steps[step].share ? pages / steps[step].share : 0;
}

/* Fork with a part of the region only: fork() leaves out what is MADV_DONTFORK. */
static void fork_in_time(char *memory, long pages, int step, struct fastest *time)
{
	long long start;
	long upto = pages_upto(step, pages);
	char *rest = memory + upto * workload.page_size;
	size_t bytes = (pages - upto) * workload.page_size;

	if (madvise(rest, bytes, MADV_DONTFORK))
		fail("madvise(MADV_DONTFORK)");
	start = now_ns();
	fork_as(steps[step].in_time);
	fastest_add(time, now_ns() - start);
	if (madvise(rest, bytes, MADV_DOFORK))
		fail("madvise(MADV_DOFORK)");
}

/* Write one page for each page table. */
static void write_some(char *memory, long pages)
{
	long page = workload.page_size, table = page / 8;

	for (long i = 0; i < pages; i += table)
		((volatile char *)memory)[i * page] = 1;
}

int main(int argc, char **argv)
{
	struct fastest times[STEPS] = { 0 };
	long pages, rounds, page, touched = 0, size, doubt = 0;
	char *place, *memory;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	rounds = param("rounds");
	page = workload.page_size;
	size = pages * page;
	stay_on_this_cpu();
	fl_role("parent");
	place = find_place(pages);
	settle();

	memory = map_region("full", place, pages);
	for (int i = 0; i < STEPS; i++) {
		long upto = pages_upto(i, pages);

		fl_phase("fill");
		write_pages(memory + touched * page, upto - touched, 1);
		touched = upto;
		fork_as(steps[i].name);
	}
	for (long round = 0; round < rounds; round++) {
		for (int i = 0; i < STEPS; i++)
			fork_in_time(memory, pages, i, &times[i]);
	}
	for (int i = 0; i < STEPS; i++)
		doubt += fastest_doubt(&times[i]);
	fl_value("doubt", doubt);
	fl_region("full", memory, 0);
	if (munmap(memory, size))
		fail("munmap");

	memory = map_region("sparse", place, pages);
	fl_phase("fill.sparse");
	write_some(memory, pages);
	fork_as("fork.sparse");
	fl_region("sparse", memory, 0);
	if (munmap(memory, size))
		fail("munmap");

	memory =
		checked_mmap(place, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE);
	small_pages(memory, size);
	fl_region("shared", memory, size);
	fl_phase("fill.shared");
	write_some(memory, pages);
	fork_as("fork.shared");
	return 0;
}
