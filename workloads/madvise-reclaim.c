// SPDX-License-Identifier: GPL-2.0
/*
 * madvise-reclaim: giving pages back, and what the next write pays
 *
 * A region is filled, and then something is done to it before it is written again:
 *	dontneed	madvise(MADV_DONTNEED): pages are gone at once, so every page
 *			is filled anew; new kernels free the page tables as well
 *	free		madvise(MADV_FREE): pages may go when memory is short; it is not,
 *			so they are still there, with what was in them
 *	grow		mremap() to twice the size at another place: page tables are moved
 *			(move_page_tables()), so old pages cost nothing, new ones a fault
 *	protect		mprotect() to read-only and back: the entries are made writable
 *			again (can_change_pte_writable()), so nothing is left to fault
 *
 * Each has a phase of its name, and a phase NAME.write.
 */
#include "workload.h"

#include "kernel.h"

static long page_tables_kb(void)
{
	return proc_kb("/proc/self/status", "VmPTE");
}

static void set_protection(char *heap, size_t bytes, int protection)
{
	if (mprotect(heap, bytes, protection))
		fail("mprotect");
}

int main(int argc, char **argv)
{
	void *place, *larger;
	long pages, tables, kept = 0;
	size_t bytes;
	char *heap;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	bytes = pages * workload.page_size;
	stay_on_this_cpu();
	fl_role("process");
	place = find_place(pages);
	larger = find_place(2 * pages);
	fl_value("release", kernel_release());
	page_tables_kb();
	settle();

	heap = map_region("heap", place, pages);
	fl_phase("fill");
	write_pages(heap, pages, 1);

	fl_phase("");

	tables = page_tables_kb();
	fl_phase("dontneed");
	if (madvise(heap, bytes, MADV_DONTNEED))
		fail("madvise(MADV_DONTNEED)");
	fl_phase("");
	fl_value("tables_freed", page_tables_kb() < tables);
	fl_phase("dontneed.write");
	write_pages(heap, pages, 2);

	fl_phase("free");
	if (madvise(heap, bytes, MADV_FREE))
		fail("madvise(MADV_FREE)");
	fl_phase("free.look");
	for (long i = 0; i < pages; i++)
		kept += *(volatile char *)(heap + i * workload.page_size) == 2;
	fl_phase("free.write");
	write_pages(heap, pages, 3);
	fl_phase("");
	fl_value("kept", kept);

	fl_phase("protect");
	set_protection(heap, bytes, PROT_READ);
	set_protection(heap, bytes, PROT_READ | PROT_WRITE);
	fl_phase("protect.write");
	write_pages(heap, pages, 4);

	fl_phase("grow");
	heap = mremap(heap, bytes, 2 * bytes, MREMAP_MAYMOVE | MREMAP_FIXED, larger);
	if (heap == MAP_FAILED)
		fail("mremap");
	fl_region("heap", heap, bytes);
	fl_region("more", heap + bytes, bytes);
	fl_phase("grow.write");
	write_pages(heap, pages, 5);
	fl_phase("grow.more");
	write_pages(heap + bytes, pages, 5);
	fl_phase("");
	return 0;
}
