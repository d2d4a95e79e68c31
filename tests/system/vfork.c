// SPDX-License-Identifier: GPL-2.0
/* A vfork child works in its parent's memory: no copies, zero-fills of its own. */
#include "testlib.h"

#define FORKS 5
#define PAGES 13

int main(int argc, char **argv)
{
	char *p;

	test_start(argc, argv);
	p = map_region("heap", FORKS * PAGES);
	for (volatile int i = 0; i < FORKS; i++) {
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (!pid) {
			fl_role("child");
			fl_phase("child");
			write_pages(p + i * PAGES * PAGE, PAGES);
			_exit(0);
		}
		reap(pid, 0);
	}
	measure("parent");
	write_pages(p, FORKS * PAGES);
	if (measured("main"))
		die("the parent faulted");
	expect_fault("child", "child", "heap", "zero_fill", "user", FORKS * PAGES);
	expect(FORKS, "SELECT count(*) FROM task WHERE created_by = 'vfork' AND parent_task = 1");
	return test_end();
}
