// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages: one fault for 512 pages.  After a fork the first write splits
 * the huge page and copies one small one, and so do the 511 that follow; a huge
 * page that nobody shares any more is kept with one fault.
 */
#include "testlib.h"

#define HUGE (2 * 1024 * 1024L)
#define SMALL (HUGE / PAGE)

static char *map_huge(const char *name, long n)
{
	char *p = mmap(NULL, (size_t)((n + 1) * HUGE), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	p = (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1UL));
	if (madvise(p, (size_t)(n * HUGE), MADV_HUGEPAGE))
		skip("no transparent huge pages");
	fl_region(name, p, (size_t)(n * HUGE));
	return p;
}

static void touch(char *p, long n, bool write)
{
	for (long i = 0; i < n; i++) {
		if (write)
			write_pages(p + i * HUGE, 1);
		else
			read_pages(p + i * HUGE, 1);
	}
}

int main(int argc, char **argv)
{
	char *p, *q;
	pid_t pid;

	test_start(argc, argv);
	p = map_huge("fill", 3);
	measure("fill");
	write_pages(p, 3 * SMALL);
	if (measured("main") != 3)
		skip("no huge page to be had");
	expect_fault("main", "fill", "fill", "huge_zero_fill", "user", 3);

	q = map_huge("zero", 5);
	measure("read");
	touch(q, 5, false);
	if (measured("main") != 5)
		die("faults of the huge zero page");
	expect_fault("main", "read", "zero", "huge_zero_page", "user", 5);

	pid = must_fork();
	if (!pid) {
		fl_role("child");
		counts_open();
		measure("split");
		write_pages(p, SMALL);
		if (measured("child") != SMALL)
			skip("this kernel copies huge pages whole");
		_exit(0);
	}
	reap(pid, 0);
	expect_fault("child", "split", "fill", "copy", "user", SMALL);
	measure("reuse");
	touch(p, 3, true);
	measured("main");
	expect_fault("main", "reuse", "fill", "huge_reuse", "user", 3);
	return test_end();
}
