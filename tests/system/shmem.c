// SPDX-License-Identifier: GPL-2.0
/* Shared memory: whoever touches a page first creates it, the next only maps it. */
#include "testlib.h"

#define PAGES 43

int main(int argc, char **argv)
{
	pid_t pid;
	char *p;
	int fd;

	test_start(argc, argv);
	p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fl_region("shared", p, PAGES * PAGE);
	measure("create");
	write_pages(p, PAGES);
	measured("main");
	expect_fault("main", "create", "shared", "shmem", "user", PAGES);

	fl_phase("map");
	pid = must_fork();
	if (!pid) {
		fl_role("child");
		write_pages(p, PAGES);
		_exit(0);
	}
	fl_phase("");
	reap(pid, 0);
	expect_fault("child", "map", "shared", "shmem", "user", PAGES);

	fd = memfd_create("memory", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, PAGES * PAGE))
		die("memfd_create");
	p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	fl_region("private", p, PAGES * PAGE);
	measure("copy");
	write_pages(p, PAGES);
	measured("main");
	expect_fault("main", "copy", "private", "file_copy", "user", PAGES);
	return test_end();
}
