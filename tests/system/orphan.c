// SPDX-License-Identifier: GPL-2.0
/*
 * Double fork and setsid(): the grandchild belongs to nobody in the tree, and
 * its faults come after the command has ended.
 */
#include "testlib.h"

int main(int argc, char **argv)
{
	int ended[2];
	pid_t pid;
	char *p;

	test_start(argc, argv);
	p = map_region("heap", 19);
	must_pipe(ended);
	pid = must_fork();
	if (!pid) {
		fl_role("middle");
		setsid();
		if (must_fork())
			_exit(0);
		char c;

		fl_role("daemon");
		counts_open();
		close(ended[1]);
		/* the end of the file comes when the command itself is gone */
		if (read(ended[0], &c, 1) != 0)
			die("read");
		measure("late");
		write_pages(p, 19);
		measured("daemon");
		expect(getppid(), "SELECT new_tid FROM reparent JOIN task USING (task)"
				  " WHERE role = 'daemon' AND old_parent_task IN (SELECT task FROM"
				  " task WHERE role = 'middle') AND new_parent_task IS NULL");
		expect(1, "SELECT count(*) FROM reparent");
		expect_fault("daemon", "late", "heap", "zero_fill", "user", 19);
		expect(1, "SELECT count(*) FROM task AS d, task AS c WHERE d.role = 'daemon'"
			  " AND c.task = 1 AND d.exit_ns > c.exit_ns");
		expect(3, "SELECT count(*) FROM task");
		truth("orphans");
		truth_write();
		_exit(0);
	}
	reap(pid, 0);
	_exit(0);
}
