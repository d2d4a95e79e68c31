// SPDX-License-Identifier: GPL-2.0
/*
 * file-faultaround: one fault maps up to 16 pages that are in the cache
 *
 * When a page of a file is read through a mapping, and it is in the page cache,
 * the kernel maps its neighbours as well: those of the same window of 64 KiB
 * (fault_around_bytes; do_fault_around() in mm/memory.c) that are in the cache, in
 * the mapping and under the same page table.  So N pages take N / 16 faults.  The
 * windows are aligned in the address space: a mapping that starts in the middle of
 * one takes a fault more.
 *	read		a mapping that starts with a window
 *	random		the same with MADV_RANDOM: that stops reading ahead, not this
 *	shifted		a mapping that starts SHIFT pages after the start of a window
 *	private.write	a private mapping, after it was read: each page is copied
 *	direct.write	a private mapping, not read before: the same, without fault-around
 *	fresh		a file of which nothing is in the cache: there is nothing around
 *
 * The file is in memory, written page by page, so that no page of it is part of a
 * larger folio.  What a window is here, a probe finds out: it reads one page in
 * the middle of a mapping and asks /proc/self/pagemap how many are there then.
 */
#include "workload.h"

#include "kernel.h"

#include <stdint.h>

static long pages;
static size_t page;
static int file;

static char *map_file(const char *region, char *place, long count, int protection, int flags)
{
	char *memory = mmap(place, count * page, protection, flags | MAP_FIXED_NOREPLACE, file, 0);

	if (memory == MAP_FAILED)
		fail("mmap of a file");
	fl_region(region, memory, count * page);
	return memory;
}

/* How many of COUNT pages from MEMORY on are mapped. */
static long pages_mapped(const char *memory, long count)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	long mapped = 0;
	uint64_t entry;

	for (long i = 0; pagemap >= 0 && i < count; i++) {
		off_t at = ((uintptr_t)memory / page + i) * sizeof(entry);

		if (pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry))
			break;
		mapped += entry >> 63;
	}
	if (pagemap >= 0)
		close_end(pagemap);
	return mapped;
}

/* Bytes that one fault maps, in a file that is larger than any window. */
static long probe_window(char *place)
{
	const long count = 256;
	char *memory;
	long window;

	file = make_memory_file(count);
	memory = map_file("probe", place, count, PROT_READ, MAP_SHARED);
	read_pages(memory + count / 2 * page, 1);
	window = pages_mapped(memory, count);
	unmap(memory, count * page);
	fl_region("probe", memory, 0);
	close_end(file);
	return window * page;
}

static void read_only(char *place, long shift)
{
	char *memory = map_file("file", place, pages, PROT_READ, MAP_SHARED);

	fl_phase("read");
	read_pages(memory, pages);
	fl_phase("reread");
	read_pages(memory, pages);
	fl_phase("");
	unmap(memory, pages * page);

	memory = map_file("file", place, pages, PROT_READ, MAP_SHARED);
	if (madvise(memory, pages * page, MADV_RANDOM))
		fail("madvise");
	fl_phase("random");
	read_pages(memory, pages);
	fl_phase("");
	unmap(memory, pages * page);

	memory = map_file("file", place + shift * page, pages, PROT_READ, MAP_SHARED);
	fl_phase("shifted");
	read_pages(memory, pages);
	fl_phase("");
	unmap(memory, pages * page);
}

static void private(char *place)
{
	char *memory = map_file("file", place, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	fl_phase("private.read");
	read_pages(memory, pages);
	fl_phase("private.write");
	write_pages(memory, pages, 2);
	fl_phase("");
	unmap(memory, pages * page);

	memory = map_file("file", place, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	fl_phase("direct.write");
	write_pages(memory, pages, 3);
	fl_phase("");
	unmap(memory, pages * page);
}

static void read_fresh(char *place)
{
	char *memory;

	file = memfd_create("fresh", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, (off_t)(pages * page)))
		fail("memfd_create");
	memory = map_file("file", place, pages, PROT_READ, MAP_SHARED);
	fl_phase("fresh");
	read_pages(memory, pages);
	fl_phase("");
	unmap(memory, pages * page);
	close_end(file);
}

int main(int argc, char **argv)
{
	char *place;
	long shift;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	shift = param("shift");
	page = workload.page_size;
	stay_on_this_cpu();
	fl_role("process");
	place = find_place(pages + shift);
	fl_value("window", probe_window(find_place(256)));
	file = make_memory_file(pages);
	settle();

	read_only(place, shift);
	private(place);
	close_end(file);
	read_fresh(place);
	return 0;
}
