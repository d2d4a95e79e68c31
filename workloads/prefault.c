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

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef RAMFS_MAGIC
#define RAMFS_MAGIC 0x858458f6
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

static void forget(char *heap)
{
	if (munmap(heap, bytes))
		fail("munmap");
}

/* The kernel's own count of what happened between BEFORE and now, and then each page once. */
#define TOUCH(name, heap, before)                                                                  \
	do {                                                                                       \
		fl_phase("");                                                                      \
		fl_value(name, minor_faults() - (before));                                         \
		fl_phase(name ".touch");                                                           \
		write_pages(heap, pages, 1);                                                       \
		fl_phase("");                                                                      \
		forget(heap);                                                                      \
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
		forget(heap);
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
		forget(heap);
		return; /* more than the limit: the claims are skipped */
	}
	TOUCH("mlock", heap, before);
	fl_value("locked", 1);
}

/* A file of that many bytes that has no name any more, on a disk; -1: there is no disk. */
static int make_file(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	struct statfs system;
	char *memory;
	int file, direct = -1;

	snprintf(path, sizeof(path), "%s/faultline.XXXXXX", folder ? folder : "/var/tmp");
	file = mkostemp(path, O_CLOEXEC);
	if (file < 0)
		return -1;
	if (!fstatfs(file, &system) && system.f_type != TMPFS_MAGIC && system.f_type != RAMFS_MAGIC)
		direct = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	unlink(path);
	memory = checked_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	for (size_t done = 0; direct >= 0 && done < bytes;) {
		ssize_t n = write(file, memory + done, bytes - done);

		if (n <= 0)
			fail("write a file");
		done += n;
	}
	if (direct >= 0 && fsync(file))
		fail("fsync");
	close_end(file);
	forget(memory);
	return direct;
}

static void read_direct(void)
{
	int file = make_file();
	char *heap = new_region();
	long before = minor_faults();

	if (file < 0) {
		forget(heap);
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
	forget(new_region());
	minor_faults();
	settle();

	populate();
	advise();
	lock();
	read_direct();
	return 0;
}
