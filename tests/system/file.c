// SPDX-License-Identifier: GPL-2.0
/*
 * A file in the page cache: reading maps up to 16 pages a fault, a private
 * write copies the page, a shared write marks it dirty.
 */
#include "testlib.h"

#include <limits.h>

#define PAGES 53

static int fd;

static char *map_file(const char *name, int flags)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap of a file");
	fl_region(name, p, PAGES * PAGE);
	return p;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX], page[PAGE], *p;
	long n;

	test_start(argc, argv);
	memset(page, 'x', sizeof(page));
	snprintf(path, sizeof(path), "%s/mapped", dir ? dir : "/var/tmp");
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (int i = 0; i < PAGES; i++)
		if (write(fd, page, PAGE) != PAGE)
			die("write");

	p = map_file("private", MAP_PRIVATE);
	measure("read");
	read_pages(p, PAGES);
	n = measured("main");
	if (n < 1 || n >= PAGES)
		die("%ld faults for %d pages: no fault-around", n, PAGES);
	expect_fault("main", "read", "private", "file", "user", n);
	measure("copy");
	write_pages(p, PAGES);
	measured("main");
	expect_fault("main", "copy", "private", "file_copy", "user", PAGES);

	p = map_file("unread", MAP_PRIVATE);
	measure("write");
	write_pages(p, PAGES);
	measured("main");
	expect_fault("main", "write", "unread", "file_copy", "user", PAGES);

	p = map_file("shared", MAP_SHARED);
	measure("map");
	read_pages(p, PAGES);
	n = measured("main");
	expect_fault("main", "map", "shared", "file", "user", n);
	measure("dirty");
	write_pages(p, PAGES);
	n = measured("main");
	expect_fault("main", "dirty", "shared", "shared_dirty", "user", n);
	expect(1, "SELECT count(DISTINCT object) FROM fault WHERE region IN ('private', 'shared')"
		  " AND object LIKE '%%mapped'");
	unlink(path);
	return test_end();
}
