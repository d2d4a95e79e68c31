// SPDX-License-Identifier: GPL-2.0
/*
 * cow-thp: huge pages change the count of faults, and fork() takes them apart
 *
 * The same as cow, with huge pages (2 MiB with pages of 4 KiB): the first write to
 * each takes one fault, which fills all of it with zeros.
 *
 * fork() shares each huge page through one entry.  When the child writes, the kernel
 * does not copy the huge page: do_huge_pmd_wp_page() in mm/huge_memory.c splits the
 * child's entry into a table of entries for small pages, and copies the one that is
 * written; then each of the others on its own write.  The table was put aside when
 * the huge page was mapped (pgtable_trans_huge_deposit()).  The parent's entry stays
 * whole, so that one fault makes each huge page writable again.  What faults beside it
 * found the entry writable: the CPU had read it before (see cow-thp.sql).
 *
 * faultline starts experiments with huge pages off; this one turns them on again,
 * and asks for them with madvise().
 */
#include "workload.h"

#include "proc.h"

int main(int argc, char **argv)
{
	size_t huge_bytes, bytes;
	long huge, pages, granted;
	pid_t child;
	void *place;
	char *heap;

	(void)argc;
	workload_start(argv);
	huge = param("huge");
	pages = huge * (workload.page_size / 8);
	huge_bytes = workload.page_size * (workload.page_size / 8);
	bytes = huge * huge_bytes;
	stay_on_this_cpu();
	fl_role("parent");
	if (!thp_available(huge_bytes)) {
		fl_value("off", 1);
		return 0;
	}
	fl_value("damon", damon_runs());
	place = find_place(pages);
	settle();

	fl_phase("fork.empty");
	if (fork_child(&child, "empty"))
		_exit(0);
	wait_for(child);

	heap = checked_mmap(place, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_FIXED_NOREPLACE);
	if (madvise(heap, bytes, MADV_HUGEPAGE))
		fail("ask for huge pages");
	fl_region("heap", heap, bytes);
	settle();

	fl_phase("touch");
	write_pages(heap, pages, 1);
	fl_phase("");
	granted = smaps_kb(getpid(), heap, "AnonHugePages") / (long)(huge_bytes / 1024);
	fl_value("refused", huge - granted);
	settle();

	fl_phase("fork");
	if (fork_child(&child, "child")) {
		settle();
		/* What is huge stays huge; khugepaged must not put together what is split. */
		if (madvise(heap, bytes, MADV_NOHUGEPAGE))
			fail("ask for no more huge pages");
		fl_phase("c.read");
		read_pages(heap, pages);
		fl_phase("c.write");
		write_pages(heap, pages, 2);
		fl_phase("c.rewrite");
		write_pages(heap, pages, 3);
		fl_phase("");
		_exit(0);
	}
	settle();
	fl_phase("p.wait");
	wait_for(child);

	fl_phase("p.write");
	write_pages(heap, pages, 4);
	fl_phase("p.rewrite");
	write_pages(heap, pages, 5);
	fl_phase("");
	return 0;
}
