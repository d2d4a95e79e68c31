// SPDX-License-Identifier: GPL-2.0
/*
 * The last moments: the kernel clears the thread id of a task that is gone and
 * marks the locks that it held, on pages that must fault for it.
 */
#include "testlib.h"

#include <linux/futex.h>
#include <stddef.h>

#define TASKS 7

static int leave(void *arg)
{
	(void)arg;
	fl_role("leaver");
	syscall(SYS_exit, 0);
	return 0;
}

/* A task that shares the memory; its thread id lies on an untouched page. */
static void clear_child_tid(void)
{
	char *ids = map_region("ids", TASKS), *stack = map_pages(16);

	for (int i = 0; i < TASKS; i++) {
		pid_t pid = clone(leave, stack + 16 * PAGE,
				  CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL,
				  ids + i * PAGE);

		if (pid < 0)
			die("clone");
		reap(pid, 0);
	}
	expect_fault("leaver", "-", "ids", "zero_fill", "kernel", TASKS);
	expect(TASKS, "SELECT sum(n) FROM fault_count WHERE region = 'ids' AND syscall = 'exit'");
}

struct lock {
	struct robust_list list;
	unsigned int word;
};

/*
 * A robust lock on a page that a child came to share after it was taken: at
 * exit the kernel tries with page faults disabled, then takes the page itself.
 */
static void robust_list(void)
{
	int fd[2];
	pid_t pid;

	must_pipe(fd);
	pid = must_fork();
	if (!pid) {
		static struct robust_list_head head;
		struct lock *lock = (struct lock *)map_region("lock", 1);
		pid_t sharer;

		fl_role("owner");
		head.list.next = &lock->list;
		head.futex_offset = offsetof(struct lock, word);
		lock->list.next = &head.list;
		lock->word = (unsigned int)syscall(SYS_gettid);
		if (syscall(SYS_set_robust_list, &head, sizeof(head)))
			die("set_robust_list");
		expect_fault("owner", "-", "lock", "zero_fill", "user", 1);
		sharer = must_fork();
		if (!sharer) {
			char c;

			fl_role("sharer");
			close(fd[1]);
			/* stays until the first process has seen the owner end */
			_exit(read(fd[0], &c, 1) != 0);
		}
		_exit(0);
	}
	reap(pid, 0);
	close(fd[1]);
	expect_fault("owner", "-", "lock", "nofault", "kernel", 1);
	expect(1, "SELECT sum(n) FROM fault_count JOIN task USING (task) WHERE role = 'owner'"
		  " AND via = 'gup' AND kind = 'copy' AND syscall = 'exit'");
}

int main(int argc, char **argv)
{
	test_start(argc, argv);
	clear_child_tid();
	robust_list();
	truth("orphans");
	fl_phase("end");
	truth_write();
	return 0;
}
