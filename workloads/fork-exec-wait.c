// SPDX-License-Identifier: GPL-2.0
/*
 * fork-exec-wait: how every program is started
 *
 * The parent forks, and fork() returns twice: the child's pid in the parent, 0 in
 * the child.  The child replaces itself by another program with execve(), which
 * ends with a status.  The parent sleeps in wait4() until then, gets pid and status,
 * and prints a line.
 *
 * Who runs first after fork() is up to the scheduler.  So that the parent is seen
 * to wait in every run, the child looks until it sleeps.  The program is this file
 * once more, told by its first argument what to be.
 */
#include "tasks.h"

static int program(const char *status)
{
	fl_phase("program");
	return (int)strtol(status, NULL, 10);
}

int main(int argc, char **argv)
{
	const char *status_text;
	pid_t child;
	int status;
	long waits;

	if (argc == 3 && !strcmp(argv[1], "program"))
		return program(argv[2]);
	workload_start(argv);
	status_text = param_word("status");
	stay_on_this_cpu();
	fl_role("parent");

	waits = waits_of(getpid());
	fl_phase("fork");
	if (fork_child(&child, "child")) {
		fl_value("pid", getpid());
		wait_until_off_cpu(getppid(), 'S', waits);
		fl_phase("exec");
		execl("/proc/self/exe", workload.name, "program", status_text, (char *)NULL);
		fail("execve");
	}
	fl_phase("wait");
	status = wait_status(child);
	fl_phase("print");
	dprintf(STDOUT_FILENO, "Child Complete\n");
	fl_phase("");
	if (!WIFEXITED(status)) {
		errno = 0;
		fail("the child did not exit");
	}
	fl_value("status", WEXITSTATUS(status));
	return 0;
}
