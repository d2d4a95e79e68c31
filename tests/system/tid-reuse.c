// SPDX-License-Identifier: GPL-2.0
/* Five processes, one after the other, with one and the same process id. */
#include "testlib.h"

#include <linux/sched.h>

#define TASKS 5

int main(int argc, char **argv)
{
	static const int pages[TASKS] = { 11, 13, 17, 19, 23 };
	static const char *const role[TASKS] = { "p11", "p13", "p17", "p19", "p23" };
	pid_t free_pid;
	char *p;

	test_start(argc, argv);
	p = map_region("heap", 23);
	free_pid = must_fork();
	if (!free_pid)
		_exit(0);
	reap(free_pid, 0);
	for (int i = 0; i < TASKS; i++) {
		struct clone_args args = {
			.exit_signal = SIGCHLD,
			.set_tid = (unsigned long)&free_pid,
			.set_tid_size = 1,
		};
		pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

		if (pid < 0)
			skip("a process id cannot be chosen here");
		if (!pid) {
			fl_role(role[i]);
			fl_phase("one");
			write_pages(p, pages[i]);
			syscall(SYS_exit, i);
		}
		reap(pid, i << 8);
		expect_fault(role[i], "one", "heap", "zero_fill", "user", pages[i]);
		expect(1,
		       "SELECT count(*) FROM task WHERE role = '%s' AND exit_code = %d"
		       " AND tid = %d",
		       role[i], i, free_pid);
	}
	expect(TASKS + 1, "SELECT count(*) FROM task WHERE tid = %d", free_pid);
	return test_end();
}
