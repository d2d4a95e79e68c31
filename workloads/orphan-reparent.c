// SPDX-License-Identifier: GPL-2.0
/*
 * orphan-reparent: a process always has a parent
 *
 * reaper -> top -> middle -> orphan, each the child of the one before.  Then middle
 * ends.  The orphan's new parent is not its grandparent, but the nearest ancestor
 * that has declared itself a subreaper (find_new_reaper()), and where there is none,
 * the first process of the pid namespace.  It will wait for the orphan as if it had
 * made it.
 *
 * Everybody tells who it is and who its parent is, before and after.  The orphan
 * is not made by fork_child(), since it has to outlive its parent; it waits for a
 * byte that only its ancestors can send, so that it ends if they do.
 */
#include "tasks.h"

static void tell_parent(const char *phase)
{
	fl_phase(phase);
	fl_value("pid", getpid());
	fl_value("parent", getppid());
	fl_phase("");
}

static __attribute__((noreturn)) void orphan(int told, int go_on, long status)
{
	char byte;

	alarm(DEADLINE_SECONDS);
	fl_role("orphan");
	tell_parent("before");
	tell(told);
	if (read(go_on, &byte, 1) != 1)
		_exit(1);
	tell_parent("after");
	tell(told);
	_exit(status);
}

static __attribute__((noreturn)) void middle(int told[2], int go_on[2], long status)
{
	pid_t child;

	tell_parent("before");
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child) {
		close_end(go_on[1]);
		orphan(told[1], go_on[0], status);
	}
	await(told[0]);
	_exit(0);
}

static __attribute__((noreturn)) void top(long status)
{
	int told[2], go_on[2];
	pid_t child;

	tell_parent("before");
	make_pipe(told);
	make_pipe(go_on);
	if (fork_child(&child, "middle"))
		middle(told, go_on, status);
	wait_for(child); /* whoever has ended has handed on its children before */
	tell_parent("after");
	tell(go_on[1]);
	await(told[0]); /* still there, and not chosen */
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t child, ended;
	int status;

	(void)argc;
	workload_start(argv);
	stay_on_this_cpu();
	fl_role("reaper");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		fail("prctl(PR_SET_CHILD_SUBREAPER)");
	fl_value("pid", getpid());

	if (fork_child(&child, "top"))
		top(param("status"));
	wait_for(child);

	fl_phase("inherit");
	ended = waitpid(-1, &status, 0);
	if (ended < 0)
		fail("wait for the orphan");
	fl_value("ended", ended);
	fl_value("status", WEXITSTATUS(status));
	fl_phase("");
	return 0;
}
