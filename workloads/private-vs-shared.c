// SPDX-License-Identifier: GPL-2.0
/*
 * private-vs-shared: what a child writes, and whether its parent sees it
 *
 * A number, 1000, stands alone on a page.  A child doubles it.  Scenes:
 *	private		the page is private: the child doubles its own copy
 *	shared		the page is MAP_SHARED: there is one number for both
 *	many		several shared pages: one child writes them, another reads them;
 *			fork() did not copy their entries, so both start with none, and
 *			a read fault maps the pages around it as well (fault-around)
 *	wipe		madvise(MADV_WIPEONFORK): the child finds zeros
 *	dontfork	madvise(MADV_DONTFORK): the child finds nothing there
 */
#include "workload.h"

#include <stdint.h>

static long pages;
static size_t bytes;
static char *place;

static void drop(const char *name, void *memory, size_t length)
{
	fl_region(name, memory, 0);
	if (munmap(memory, length))
		fail("munmap");
}

static char *map_shared(const char *name, void *at, size_t length)
{
	char *memory =
		checked_mmap(at, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE);

	small_pages(memory, length);
	fl_region(name, memory, length);
	return memory;
}

/* What the scenes with one number do: the child's phase is IN_CHILD, the parent's IN_PARENT. */
static void double_in_child(const char *role, const char *in_child, const char *in_parent,
			    volatile int *number)
{
	pid_t child;

	*number = 1000;
	if (fork_child(&child, role)) {
		settle();
		fl_phase(in_child);
		*number *= 2;
		fl_barrier();
		fl_phase("");
		fl_value("seen", *number);
		_exit(0);
	}
	settle();
	wait_for(child);
	fl_phase(in_parent);
	fl_value("seen", *number);
	fl_phase("");
}

static void many(long offset)
{
	char *memory = map_shared("many", place + offset * workload.page_size, bytes);
	pid_t child;

	fl_phase("many.fill");
	write_pages(memory, pages, 1);
	fl_phase("");
	if (fork_child(&child, "writer")) {
		settle();
		fl_phase("many.write");
		write_pages(memory, pages, 2);
		fl_phase("");
		_exit(0);
	}
	wait_for(child);
	if (fork_child(&child, "reader")) {
		settle();
		fl_phase("many.read");
		read_pages(memory, pages);
		fl_phase("");
		_exit(0);
	}
	wait_for(child);
	settle();
	fl_phase("many.parent");
	read_pages(memory, pages);
	fl_phase("");
	drop("many", memory, bytes);
}

/* Bytes of MEMORY, one a page, that are not 0. */
static long count_set(const char *memory)
{
	long set = 0;

	for (long i = 0; i < pages; i++)
		set += memory[i * workload.page_size] != 0;
	return set;
}

static void wipe(void)
{
	char *memory = map_region("wipe", place, pages);
	pid_t child;

	write_pages(memory, pages, 1);
	if (madvise(memory, bytes, MADV_WIPEONFORK))
		fail("madvise(MADV_WIPEONFORK)");
	if (fork_child(&child, "wiped")) {
		settle();
		fl_phase("wipe.read");
		fl_value("not.zero", count_set(memory));
		fl_phase("wipe.write");
		write_pages(memory, pages, 2);
		fl_phase("");
		_exit(0);
	}
	wait_for(child);
	settle();
	fl_phase("wipe.parent");
	fl_value("still.set", count_set(memory));
	write_pages(memory, pages, 3);
	fl_phase("");
	drop("wipe", memory, bytes);
}

static void dontfork(void)
{
	char *memory = map_region("dontfork", place, pages);
	pid_t child;

	write_pages(memory, pages, 1);
	if (madvise(memory, bytes, MADV_DONTFORK))
		fail("madvise(MADV_DONTFORK)");
	if (fork_child(&child, "without")) {
		prctl(PR_SET_DUMPABLE, 0); /* no core file, wherever it would go */
		fl_phase("dontfork.child");
		read_pages(memory, pages);
		_exit(0);
	}
	if (wait_status(child) != SIGSEGV)
		fail("the child without the region did not end by SIGSEGV");
	settle();
	fl_phase("dontfork.parent");
	write_pages(memory, pages, 3);
	fl_phase("");
	drop("dontfork", memory, bytes);
}

/*
 * Pages that one read of shared pages maps: of a second mapping of the same memory,
 * so that they are there.  It is 64 KiB unless somebody has changed
 * /sys/kernel/debug/fault_around_bytes.
 */
static long fault_around_pages(void)
{
	long count = 64, page = workload.page_size, present = 0;
	char *one = map_shared("probe", place, count * page), *other;
	uint64_t entry[64];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	write_pages(one, count, 1);
	/* A size of 0 maps the same pages once more. */
	other = mremap(one, 0, count * page, MREMAP_MAYMOVE | MREMAP_FIXED, place + count * page);
	if (other == MAP_FAILED)
		fail("map shared pages twice");
	read_pages(other, 1);
	if (fd < 0 || pread(fd, entry, sizeof(entry), (size_t)other / page * sizeof(*entry)) !=
			      (ssize_t)sizeof(entry))
		fail("read /proc/self/pagemap");
	for (long i = 0; i < count; i++)
		present += entry[i] >> 63;
	close_end(fd);
	drop("probe", other, count * page);
	drop("probe", one, count * page);
	return present;
}

int main(int argc, char **argv)
{
	char *number;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	bytes = pages * workload.page_size;
	stay_on_this_cpu();
	fl_role("parent");
	place = find_place(pages + 128);
	if (fault_around_pages() != 64 * 1024 / workload.page_size)
		fl_value("other.window", 1);
	settle();

	number = map_region("private", place, 1);
	double_in_child("private", "private.child", "private.parent", (int *)(void *)number);
	drop("private", number, workload.page_size);

	number = map_shared("shared", place, workload.page_size);
	double_in_child("shared", "shared.child", "shared.parent", (int *)(void *)number);
	drop("shared", number, workload.page_size);

	many(param("offset"));
	wipe();
	dontfork();
	return 0;
}
