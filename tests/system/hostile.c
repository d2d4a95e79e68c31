// SPDX-License-Identifier: GPL-2.0
/*
 * Names that a terminal would obey: of the task, its phases, regions and roles,
 * of a file that it maps and of arguments; the harness gives the worst one.
 */
#include "testlib.h"

#include <fcntl.h>
#include <sys/prctl.h>

#define EVIL "\033[31m\a\r\n\x9b\xff\"<b>"

int main(int argc, char **argv)
{
	char page[PAGE] = "x", *p;
	int fd;

	test_start(argc, argv);
	prctl(PR_SET_NAME, EVIL);
	fl_role(EVIL);
	fl_phase(EVIL);
	fd = open(EVIL, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, page, sizeof(page)) != PAGE)
		die("a file with a strange name");
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	fl_region(EVIL, p, PAGE);
	fl_value(EVIL, 1);
	write_pages(p, 1);
	unlink(EVIL);
	return 0;
}
