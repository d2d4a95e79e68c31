// SPDX-License-Identifier: GPL-2.0
/*
 * major-minor: a fault is major when it had to wait for a disk
 *
 * A file on a disk is written, made clean (fsync()) and put out of the page cache
 * (POSIX_FADV_DONTNEED); mincore() says whether that worked.  Then it is mapped and
 * read:
 *	random		cold, with MADV_RANDOM: a page at a time, so each fault is major
 *	cold		cold: the first fault is major and reads many pages at once
 *			(do_sync_mmap_readahead()), so most of the others find theirs
 *	warm		once more through a new mapping: none is major
 *
 * A major fault is one for which filemap_fault() did not find the page in the
 * cache.  It says nothing about the memory of the process: a major fault maps one
 * page like any other.
 */
#include "workload.h"

#include "kernel.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

static long pages;
static size_t bytes;
static char *place;
static int file;

/* How many pages the kernel reads ahead from the disk that FILE is on; 0: it is not known. */
static long read_ahead_pages(void)
{
	unsigned long kilobytes = 0;
	struct stat status;
	char path[96];
	FILE *f;

	if (fstat(file, &status))
		fail("fstat");
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(status.st_dev),
		 minor(status.st_dev));
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%lu", &kilobytes) != 1)
		kilobytes = 0;
	fclose(f);
	return kilobytes * 1024 / workload.page_size;
}

static char *map_file(int advice)
{
	char *memory = mmap(place, bytes, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);

	if (memory == MAP_FAILED || madvise(memory, bytes, advice))
		fail("mmap of a file");
	fl_region("file", memory, bytes);
	return memory;
}

/* Put the file out of the page cache.  Returns how many pages are still there. */
static long forget_file(void)
{
	unsigned char *there = checked_mmap(NULL, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	long left = 0;
	char *memory;

	if (posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED))
		fail("posix_fadvise");
	memory = map_file(MADV_NORMAL);
	if (mincore(memory, bytes, there))
		fail("mincore");
	for (long i = 0; i < pages; i++)
		left += there[i] & 1;
	unmap(memory, bytes);
	unmap(there, pages);
	return left;
}

static void read_file(const char *phase, int advice)
{
	char *memory = map_file(advice);

	fl_phase(phase);
	read_pages(memory, pages);
	fl_phase("");
	unmap(memory, bytes);
}

int main(int argc, char **argv)
{
	long left;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	bytes = pages * workload.page_size;
	stay_on_this_cpu();
	fl_role("process");
	place = find_place(pages);
	file = make_disk_file(pages, 0);
	if (file < 0)
		return 0; /* no disk: there is no value, and the claims are skipped */
	fl_value("ahead", read_ahead_pages());
	left = forget_file();
	settle();

	read_file("random", MADV_RANDOM);
	left += forget_file();
	settle();
	read_file("cold", MADV_NORMAL);
	read_file("warm", MADV_NORMAL);
	fl_value("emptied", !left);
	return 0;
}
