// SPDX-License-Identifier: GPL-2.0
/*
 * SIGKILL in the middle: a child that faults without end, whose count only
 * wait4() knows, and then the command itself, which kills itself.
 */
#include "testlib.h"

int main(int argc, char **argv)
{
	struct rusage ru;
	int fd[2], status;
	cpu_set_t all;
	pid_t pid;
	char *p;

	test_start(argc, argv);
	must_pipe(fd);
	p = map_pages(101);
	memset(&all, 0xff, sizeof(all));
	pid = must_fork();
	if (!pid) {
		sched_setaffinity(0, sizeof(all), &all);
		fl_role("victim");
		tell(fd[1]);
		for (;;) {
			write_pages(p, 101);
			madvise(p, 101 * PAGE, MADV_DONTNEED);
		}
	}
	wait_told(fd[0]);
	kill(pid, SIGKILL);
	if (wait4(pid, &status, 0, &ru) != pid || !WIFSIGNALED(status))
		die("wait4");
	expect(ru.ru_minflt + ru.ru_majflt, "SELECT observed FROM reconcile JOIN task USING (task)"
					    " WHERE role = 'victim'");
	expect(9, "SELECT exit_signal FROM task WHERE role = 'victim'");
	expect(9, "SELECT exit_signal FROM task WHERE task = 1");
	truth("status 137");
	truth_write();
	raise(SIGKILL);
	return 1;
}
