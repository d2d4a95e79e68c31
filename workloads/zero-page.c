// SPDX-License-Identifier: GPL-2.0
/*
 * zero-page: reading untouched memory maps one page of zeros, again and again
 *
 * A process reads a region that nobody has written.  There is nothing to read, so
 * do_anonymous_page() maps the one zero page that the whole system shares, at each
 * address: a fault a page, but no memory, and RSS does not move.  When the process
 * writes later, each page takes a second fault (do_wp_page() cannot give away the
 * zero page), so who reads first pays twice.  A second region is written at once,
 * for comparison.  At a barrier faultline looks which frames are behind the region.
 *
 * The same with huge pages: a third region is read, and one fault maps the huge
 * zero page for a whole page table's worth of addresses.
 */
#include "workload.h"

#include "kernel.h"

static char *map_huge(long pages)
{
	size_t bytes = pages * workload.page_size;
	char *memory = checked_mmap(find_place(pages), bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_FIXED_NOREPLACE);

	/* Both may be refused: then there is no region `huge`, and the claims are skipped. */
	if (prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) || madvise(memory, bytes, MADV_HUGEPAGE))
		return NULL;
	fl_region("huge", memory, bytes);
	return memory;
}

/* Whether the word of FILE that is chosen, [word] or the only one, is not REFUSED. */
static int allowed(const char *file, const char *refused)
{
	char path[128], text[128];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/mm/transparent_hugepage/%s", file);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close_end(fd);
	if (length < 0)
		fail("read %s", path);
	text[length] = '\0';
	return !strstr(text, refused);
}

static void read_and_write_huge(long pages)
{
	long table = workload.page_size / 8;
	char *huge;

	pages = (pages + table - 1) / table * table;
	huge = map_huge(pages);
	if (!huge || !allowed("enabled", "[never]") || !allowed("use_zero_page", "0"))
		return;
	fl_value("huge", 1);
	settle();
	fl_phase("huge.read");
	read_pages(huge, pages);
	fl_phase("huge.write");
	write_pages(huge, pages, 1);
	fl_phase("");
	fl_value("granted", proc_kb("/proc/self/smaps_rollup", "AnonHugePages") * 1024 /
				    (table * workload.page_size));
}

int main(int argc, char **argv)
{
	long pages;
	void *place;
	char *heap;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	stay_on_this_cpu();
	fl_role("process");
	place = find_place(pages);
	settle();

	heap = map_region("heap", place, pages);
	fl_phase("read");
	read_pages(heap, pages);
	fl_barrier();
	fl_phase("reread");
	read_pages(heap, pages);
	fl_phase("write");
	write_pages(heap, pages, 1);
	fl_barrier();
	fl_phase("rewrite");
	write_pages(heap, pages, 2);
	fl_phase("");
	if (munmap(heap, pages * workload.page_size))
		fail("munmap");

	heap = map_region("heap", place, pages);
	fl_phase("direct");
	write_pages(heap, pages, 3);
	fl_phase("");

	read_and_write_huge(pages);
	return 0;
}
