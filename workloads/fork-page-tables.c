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
 * The first fork, with no region, shows what the program itself costs.
 */
#include "workload.h"

#include "kernel.h"

static long rounds;

/* Children that end at once, as the phase NAME. */
static void fork_as(const char *name)
{
	pid_t child;

	for (long i = 0; i < rounds; i++) {
		settle();
		fl_phase(name);
		if (fork_child(&child, name)) {
			fl_phase("start"); /* what it has now is what fork() gave it */
			_exit(0);
		}
		fl_phase("");
		wait_for(child);
	}
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
	static const struct {
		const char *name;
		long share;
	} steps[] = {
		{ "fork.64th", 64 }, { "fork.16th", 16 }, { "fork.4th", 4 }, { "fork.all", 1 }
	};
	long pages, page, touched = 0, size;
	char *place, *memory;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	rounds = param("rounds");
	page = workload.page_size;
	size = pages * page;
	/* The region, and as much again to be left alone. */
	if (proc_kb("/proc/meminfo", "MemAvailable") / 2 < size / 1024) {
		fl_value("too.large", 1);
		return 0;
	}
	stay_on_this_cpu();
	fl_role("parent");
	place = find_place(pages);
	settle();
	fork_as("fork.empty");

	memory = map_region("full", place, pages);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		long upto = pages / steps[i].share;

		fl_phase("fill");
		write_pages(memory + touched * page, upto - touched, 1);
		touched = upto;
		fork_as(steps[i].name);
	}
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
	madvise(memory, size, MADV_NOHUGEPAGE);
	fl_region("shared", memory, size);
	fl_phase("fill.shared");
	write_some(memory, pages);
	fork_as("fork.shared");
	return 0;
}
