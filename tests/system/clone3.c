// SPDX-License-Identifier: GPL-2.0
/*
 * clone3() in the forms that fork() and pthread_create() do not use: a plain
 * copy, a process that shares the memory, and a child with the caller's parent,
 * which is then the tracer's child and not the command's.
 */
#include "testlib.h"

#include <linux/sched.h>

static pid_t clone3_with(unsigned long long flags, unsigned long long signo, char *stack,
			 size_t size)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = signo,
		.stack = (unsigned long)stack,
		.stack_size = size,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static char *heap;

static int sharing(void *arg)
{
	(void)arg;
	fl_role("sharing");
	fl_phase("sharing");
	write_pages(heap + 17 * PAGE, 19);
	syscall(SYS_exit, 3);
	return 0;
}

int main(int argc, char **argv)
{
	char *stack, copied[1];
	int fd[2];
	pid_t pid;

	test_start(argc, argv);
	heap = map_region("heap", 17 + 19);
	stack = map_pages(16);
	fl_phase("touch");
	write_pages(heap, 17);
	fl_phase("");
	expect_fault("main", "touch", "heap", "zero_fill", "user", 17);

	pid = clone3_with(0, SIGCHLD, NULL, 0);
	if (pid < 0)
		die("clone3");
	if (!pid) {
		fl_role("copy");
		fl_phase("copy");
		write_pages(heap, 17);
		syscall(SYS_exit, 2);
	}
	reap(pid, 2 << 8);
	expect_fault("copy", "copy", "heap", "copy", "user", 17);

	pid = clone(sharing, stack + 16 * PAGE, CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		die("clone");
	reap(pid, 3 << 8);
	expect_fault("sharing", "sharing", "heap", "zero_fill", "user", 19);

	must_pipe(fd);
	pid = clone3_with(CLONE_PARENT, 0, NULL, 0);
	if (pid < 0)
		die("clone3 with CLONE_PARENT");
	if (!pid) {
		fl_role("sibling");
		fl_phase("sibling");
		write_pages(heap, 11);
		fl_phase("");
		syscall(SYS_exit, 4);
	}
	close(fd[1]);
	/* the write end is gone when the sibling is: this reads the end of the file */
	if (read(fd[0], copied, 1) != 0)
		die("read");
	expect_fault("sibling", "sibling", "heap", "copy", "user", 11);

	expect(1,
	       "SELECT count(*) FROM task WHERE role = 'copy' AND created_by = 'fork' AND exit_code = 2");
	expect(1,
	       "SELECT count(*) FROM task WHERE role = 'sharing' AND created_by = 'clone' AND exit_code = 3");
	expect(1, "SELECT count(*) FROM task WHERE role = 'sibling' AND creator_task = 1"
		  " AND parent_task IS NULL AND exit_code = 4");
	truth("orphans");
	fl_phase("end");
	truth_write();
	return 0;
}
