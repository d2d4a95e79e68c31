// SPDX-License-Identifier: GPL-2.0
/* One gibibyte mapped and touched, then a fork: page tables are copied, pages are not. */
#include "testlib.h"

#define GIGABYTE (1024 * 1024 * 1024L / PAGE)
#define PAGES 101

int main(int argc, char **argv)
{
	pid_t pid;
	char *p;

	test_start(argc, argv);
	p = map_region("big", GIGABYTE);
	measure("touch");
	write_pages(p, GIGABYTE);
	measured("main");
	expect_fault("main", "touch", "big", "zero_fill", "user", GIGABYTE);
	fl_phase("fork");
	pid = must_fork();
	if (!pid) {
		fl_role("child");
		fl_phase("write");
		for (long i = 0; i < PAGES; i++)
			write_pages(p + i * 1009 * PAGE, 1);
		_exit(0);
	}
	fl_phase("");
	reap(pid, 0);
	expect_fault("child", "write", "big", "copy", "user", PAGES);
	expect(0, "SELECT coalesce(sum(n), 0) FROM page_alloc WHERE task = 1 AND phase = 'fork'"
		  " AND use = 'user' AND syscall IN ('clone', 'clone3', 'fork')");
	return test_end();
}
