// SPDX-License-Identifier: GPL-2.0
/*
 * prefault: faults without an exception
 *
 * There are four ways to ask the kernel for pages before touching them.  It walks
 * the addresses itself (faultin_page() in mm/gup.c) and does for each page what a
 * fault does, with the same count in min_flt, but no exception is raised:
 *	populate	mmap(MAP_POPULATE)
 *	write		madvise(MADV_POPULATE_WRITE)
 *	read		madvise(MADV_POPULATE_READ): the zero page, so a write faults again
 *	mlock		mlock()
 *	direct		read() from a file opened with O_DIRECT: the device writes into
 *			pages that must be there before it starts
 *
 * Each way has a phase of its name, and a phase NAME.touch in which the process
 * writes each page.  A tool that counts exceptions sees nothing of the first.  The
 * program asks the kernel for its own count, too, as the value NAME.
 */
#include "workload.h"

#include "kernel.h"

#include <sys/resource.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static void *place;
static long pages;
static size_t bytes;

static long minor_faults(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		fail("getrusage");
	return usage.ru_minflt;
}

static char *new_region(void)
{
	return map_region("heap", place, pages);
}

/* The kernel's own count of what happened between BEFORE and now, and then each page once. */
#define TOUCH(name, heap, before)                                                                  \
	do {                                                                                       \
		fl_phase("");                                                                      \
		fl_value(name, minor_faults() - (before));                                         \
		fl_phase(name ".touch");                                                           \
		write_pages(heap, pages, 1);                                                       \
		fl_phase("");                                                                      \
		unmap(heap, bytes);                                                                \
	} while (0)

static void populate(void)
{
	long before = minor_faults();
	char *heap;

	fl_phase("populate");
	heap = checked_mmap(place, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_POPULATE | MAP_FIXED_NOREPLACE);
	fl_region("heap", heap, bytes);
	TOUCH("populate", heap, before);
}

static void advise(void)
{
	char *heap = new_region();
	long before = minor_faults();

	fl_phase("write");
	if (madvise(heap, bytes, MADV_POPULATE_WRITE)) {
		fl_phase("");
		unmap(heap, bytes);
		return; /* a kernel before 5.14: the claims are skipped */
	}
	TOUCH("write", heap, before);
	fl_value("advice", 1);

	heap = new_region();
	before = minor_faults();
	fl_phase("read");
	if (madvise(heap, bytes, MADV_POPULATE_READ))
		fail("madvise");
	TOUCH("read", heap, before);
}

static void lock(void)
{
	char *heap = new_region();
	long before = minor_faults();

	fl_phase("mlock");
	if (mlock(heap, bytes)) {
		fl_phase("");
		unmap(heap, bytes);
		return; /* more than the limit: the claims are skipped */
	}
	TOUCH("mlock", heap, before);
	fl_value("locked", 1);
}

static void read_direct(void)
{
	int file = make_disk_file(pages, O_DIRECT);
	char *heap = new_region();
	long before = minor_faults();

	if (file < 0) {
		unmap(heap, bytes);
		return;
	}
	fl_phase("direct");
	for (size_t done = 0; done < bytes;) {
		ssize_t n = read(file, heap + done, bytes - done);

		if (n <= 0)
			fail("read a file");
		done += n;
	}
	TOUCH("direct", heap, before);
	fl_value("disk", 1);
	close_end(file);
}

int main(int argc, char **argv)
{
	(void)argc;
	workload_start(argv);
	pages = param("pages");
	bytes = pages * workload.page_size;
	stay_on_this_cpu();
	fl_role("process");
	place = find_place(pages);
	unmap(new_region(), bytes);
	minor_faults();
	settle();

	populate();
	advise();
	lock();
	read_direct();
	return 0;
}
