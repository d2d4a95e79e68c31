// SPDX-License-Identifier: GPL-2.0
/*
 * A file that is not in the page cache, without readahead: each page is a major
 * fault.  The command may have had others before: where the page of a program
 * just built is locked to be written, handle_mm_fault() is tried again, and
 * mm_account_fault() counts that as major too.
 */
#include "testlib.h"

#include <limits.h>

#define PAGES 41

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	unsigned char resident[PAGES];
	char path[PATH_MAX], page[PAGE], *p;
	struct rusage before, after;
	long major;
	int fd;

	test_start(argc, argv);
	memset(page, 'x', sizeof(page));
	snprintf(path, sizeof(path), "%s/cold", dir ? dir : "/var/tmp");
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (int i = 0; i < PAGES; i++)
		if (write(fd, page, PAGE) != PAGE)
			die("write");
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die("fsync or posix_fadvise");
	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED || madvise(p, PAGES * PAGE, MADV_RANDOM) ||
	    mincore(p, PAGES * PAGE, resident))
		die("mmap, madvise or mincore");
	unlink(path);
	for (int i = 0; i < PAGES; i++)
		if (resident[i] & 1)
			skip("the folder for temporary files keeps its pages in memory");
	fl_region("cold", p, PAGES * PAGE);
	getrusage(RUSAGE_THREAD, &before);
	measure("cold");
	read_pages(p, PAGES);
	measured("main");
	getrusage(RUSAGE_THREAD, &after);
	major = after.ru_majflt - before.ru_majflt;
	truth("fault main cold cold file user 1 %ld", major);
	expect_fault("main", "cold", "cold", "file", "user", after.ru_minflt - before.ru_minflt);
	expect(after.ru_majflt, "SELECT maj_flt FROM task WHERE task = 1");
	return test_end();
}
