// SPDX-License-Identifier: GPL-2.0
/* A mapping that reaches beyond the end of its file: SIGBUS there, and no count. */
#include "testlib.h"

#include <setjmp.h>

#define IN_FILE 4
#define BEYOND 7

static sigjmp_buf back;

static void on_bus(int signo)
{
	(void)signo;
	siglongjmp(back, 1);
}

int main(int argc, char **argv)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	volatile int i;
	char *p;

	test_start(argc, argv);
	signal(SIGBUS, on_bus);
	if (ftruncate(fd, IN_FILE * PAGE))
		die("ftruncate");
	p = mmap(NULL, (IN_FILE + BEYOND) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	fl_region("file", p, IN_FILE * PAGE);
	fl_region("beyond", p + IN_FILE * PAGE, BEYOND * PAGE);
	measure("touch");
	write_pages(p, IN_FILE);
	for (i = 0; i < BEYOND; i++)
		if (!sigsetjmp(back, 1))
			write_pages(p + (IN_FILE + i) * PAGE, 1);
	measured("main");
	expect_fault("main", "touch", "file", "shmem", "user", IN_FILE);
	expect_fault("main", "touch", "beyond", "bus", "user", BEYOND);
	expect(BEYOND, "SELECT count(*) FROM signal WHERE signo = 7 AND code = %d", BUS_ADRERR);
	return test_end();
}
