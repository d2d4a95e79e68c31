// SPDX-License-Identifier: GPL-2.0
/*
 * Copy on write: seven children one after the other, then seven at once that
 * write in order.  Who writes a shared page copies it, the last sharer keeps it.
 */
#include "testlib.h"

#define FORKS 7
#define PAGES 13

static void one_after_the_other(char *p)
{
	for (int i = 0; i < FORKS; i++) {
		pid_t pid;

		fl_phase("serial");
		pid = must_fork();
		if (!pid) {
			fl_role("child");
			read_pages(p, PAGES);
			write_pages(p, PAGES);
			_exit(0);
		}
		fl_phase("");
		reap(pid, 0);
		measure("last");
		write_pages(p, PAGES);
		if (measured("main") != PAGES)
			die("the last sharer's writes");
	}
	expect_fault("child", "serial", "heap", "copy", "user", FORKS * PAGES);
	expect_fault("main", "last", "heap", "reuse", "user", FORKS * PAGES);
}

static void all_at_once(char *p)
{
	int go[FORKS][2], done[2], leave[2];
	pid_t pid[FORKS];

	must_pipe(done);
	must_pipe(leave);
	for (int i = 0; i < FORKS; i++) {
		must_pipe(go[i]);
		pid[i] = must_fork();
		if (!pid[i]) {
			fl_role("sharer");
			wait_told(go[i][0]);
			fl_phase("shared");
			write_pages(p, PAGES);
			fl_phase("");
			tell(done[1]);
			wait_told(leave[0]);
			_exit(0);
		}
	}
	for (int i = 0; i < FORKS; i++) {
		tell(go[i][1]);
		wait_told(done[0]);
	}
	measure("kept");
	write_pages(p, PAGES);
	measured("main");
	for (int i = 0; i < FORKS; i++)
		tell(leave[1]);
	for (int i = 0; i < FORKS; i++)
		reap(pid[i], 0);
	expect_fault("sharer", "shared", "heap", "copy", "user", FORKS * PAGES);
	expect_fault("main", "kept", "heap", "reuse", "user", PAGES);
}

int main(int argc, char **argv)
{
	char *p;

	test_start(argc, argv);
	p = map_region("heap", PAGES);
	fl_phase("touch");
	write_pages(p, PAGES);
	fl_phase("");
	expect_fault("main", "touch", "heap", "zero_fill", "user", PAGES);

	one_after_the_other(p);
	all_at_once(p);

	expect(2 * FORKS, "SELECT count(*) FROM task WHERE created_by = 'fork' AND parent_task = 1"
			  " AND exit_code = 0 AND reaped_ns IS NOT NULL");
	expect(2 * FORKS + 1, "SELECT count(*) FROM task");
	return test_end();
}
