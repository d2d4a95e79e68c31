// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that were written out to swap.  Each comes back with a fault of its own, also
 * those that readahead has brought into the swap cache; which of them had to wait is the
 * kernel's to say.
 */
#include "testlib.h"

#include <stdint.h>

#define PAGES 37
#define PM_SWAP (1ULL << 62)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static long swapped(const char *p, long n)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry[PAGES];
	long count = 0;

	if (fd < 0 || pread(fd, entry, (size_t)n * sizeof(*entry),
			    (off_t)((unsigned long)p / PAGE * sizeof(*entry))) !=
			      (ssize_t)((size_t)n * sizeof(*entry)))
		die("/proc/self/pagemap");
	close(fd);
	for (long i = 0; i < n; i++)
		count += !!(entry[i] & PM_SWAP);
	return count;
}

int main(int argc, char **argv)
{
	struct rusage before, after;
	long major;
	char *p;

	test_start(argc, argv);
	p = map_region("heap", PAGES);
	fl_phase("fill");
	write_pages(p, PAGES);
	fl_phase("");
	expect_fault("main", "fill", "heap", "zero_fill", "user", PAGES);
	if (madvise(p, PAGES * PAGE, MADV_PAGEOUT) || swapped(p, PAGES) != PAGES)
		skip("the kernel does not write all of the pages out to swap");

	getrusage(RUSAGE_THREAD, &before);
	measure("in");
	for (long i = 0; i < PAGES; i += 2)
		write_pages(p + i * PAGE, 1);
	for (long i = 1; i < PAGES; i += 2)
		read_pages(p + i * PAGE, 1);
	if (measured("main") != PAGES)
		die("faults of %d pages from swap", PAGES);
	getrusage(RUSAGE_THREAD, &after);
	major = after.ru_majflt - before.ru_majflt;
	if (major)
		truth("fault main in heap swap user 1 %ld", major);
	expect_fault("main", "in", "heap", "swap", "user", PAGES - major);
	return test_end();
}
