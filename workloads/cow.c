// SPDX-License-Identifier: GPL-2.0
/*
 * cow: fork() shares every page; the first write copies it
 *
 * A process fills a region and forks.  The child reads all of it, writes all of
 * it, and writes it once more; then it ends, and the parent does the same.
 *
 * fork() copies page tables and no pages: it leaves every entry read-only in both
 * processes (copy_present_pte() in mm/memory.c).  Reading is free.  A write finds
 * the page shared and copies it (wp_page_copy()), once a page; the parent's entry
 * stays read-only, so its first write faults as well, but finds nobody else there
 * and keeps the page (wp_page_reuse()).
 *
 * Only one of the two runs at a time: the child starts when the parent is about to
 * wait, and the parent sleeps in wait4() until the child is gone.  A first fork, before there is anything to share, shows what a fork
 * costs anyhow, in page tables for the program, its data and its stack.
 *
 * At the end of four phases a barrier lets faultline look which frames are behind
 * the region, in both processes; that is what proves that they share pages first
 * and no more afterwards.
 */
#include "workload.h"

int main(int argc, char **argv)
{
	int start[2];
	pid_t child;
	void *place;
	char *heap;
	long pages;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	stay_on_this_cpu();
	fl_role("parent");
	place = find_place(pages);
	make_pipe(start);
	tell(start[1]); /* so that its code is there */
	await(start[0]);
	settle();

	fl_phase("fork.empty");
	if (fork_child(&child, "empty"))
		_exit(0);
	wait_for(child);
	settle();

	fl_phase("alloc");
	heap = map_region("heap", place, pages);

	fl_phase("touch");
	write_pages(heap, pages, 1);
	fl_barrier();

	fl_phase("fork");
	if (fork_child(&child, "child")) {
		settle();
		await(start[0]);
		fl_phase("c.read");
		read_pages(heap, pages);
		fl_barrier();
		fl_phase("c.write");
		write_pages(heap, pages, 2);
		fl_barrier();
		fl_phase("c.rewrite");
		write_pages(heap, pages, 3);
		fl_phase("c.exit");
		_exit(0);
	}
	settle();
	fl_phase("p.wait");
	tell(start[1]);
	wait_for(child);

	fl_phase("p.write");
	write_pages(heap, pages, 4);
	fl_barrier();
	fl_phase("p.rewrite");
	write_pages(heap, pages, 5);
	fl_phase("");
	return 0;
}
