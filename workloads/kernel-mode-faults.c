// SPDX-License-Identifier: GPL-2.0
/*
 * kernel-mode-faults: the kernel faults on your behalf
 *
 * A system call that copies from or to a buffer touches the buffer's pages in the
 * kernel's name.  If they are not there the kernel takes the fault, and the process
 * is charged with it.  An untouched buffer of N pages is given to:
 *	zero.read	read() from /dev/zero: copy_to_user() writes each page
 *	pipe.write	write() to a pipe: copy_from_user() reads each page
 *	null.write	write() to /dev/null, which never looks at the data
 *	file.write	write() to a file: the page cache is locked, so the first try to
 *			copy may not fault; it fails, and after the pages are fetched it
 *			is tried again (generic_perform_write())
 *	direct.read	read() past the page cache: get_user_pages(), no exception
 *	bad.read	read() to an address where nothing is: EFAULT, and no signal
 */
#include "workload.h"

#include "kernel.h"

static void *place;
static long pages;
static size_t bytes, page;

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail("open %s", path);
	return fd;
}

/* All of the buffer, a page a call. */
static void read_all(int fd, char *heap)
{
	for (size_t done = 0; done < bytes; done += page) {
		if (read(fd, heap + done, page) != (ssize_t)page)
			fail("read");
	}
}

static void write_all(int fd, const char *heap)
{
	for (size_t done = 0; done < bytes; done += page) {
		if (write(fd, heap + done, page) != (ssize_t)page)
			fail("write");
	}
}

static void devices(void)
{
	int zero = open_device("/dev/zero"), null = open_device("/dev/null");
	char *heap = map_region("heap", place, pages);

	fl_phase("zero.read");
	read_all(zero, heap);
	fl_phase("");
	unmap(heap, bytes);

	heap = map_region("heap", place, pages);
	fl_phase("null.write");
	write_all(null, heap);
	fl_phase("");
	unmap(heap, bytes);
	close_end(zero);
	close_end(null);
}

/* Each page is taken out of the pipe before the next, into memory that is there. */
static void to_pipe(void)
{
	static char out[64 * 1024];
	char *heap = map_region("heap", place, pages);
	int ends[2];

	make_pipe(ends);
	memset(out, 1, sizeof(out));
	fl_phase("pipe.write");
	for (size_t done = 0; done < bytes; done += page) {
		if (write(ends[1], heap + done, page) != (ssize_t)page ||
		    read(ends[0], out, page) != (ssize_t)page)
			fail("pass a page through a pipe");
	}
	fl_phase("");
	unmap(heap, bytes);
	close_end(ends[0]);
	close_end(ends[1]);
}

static void to_file(void)
{
	char *heap = map_region("heap", place, pages);
	int file = memfd_create("file", MFD_CLOEXEC);

	if (file < 0)
		fail("memfd_create");
	fl_value("tries", kernel_release() >= 616 ? 2 : 1);
	fl_phase("file.write");
	write_all(file, heap);
	fl_phase("");
	unmap(heap, bytes);
	close_end(file);
}

static void from_disk(void)
{
	int file = make_disk_file(pages, O_DIRECT);
	char *heap;

	if (file < 0)
		return;
	fl_value("disk", 1);
	heap = map_region("heap", place, pages);
	fl_phase("direct.read");
	read_all(file, heap);
	fl_phase("");
	unmap(heap, bytes);
	close_end(file);
}

/* The place is free again. */
static void to_nowhere(void)
{
	int zero = open_device("/dev/zero");

	fl_region("nowhere", place, page);
	fl_phase("bad.read");
	if (read(zero, place, 1) != -1 || errno != EFAULT)
		fail("a read to nowhere");
	fl_phase("");
	close_end(zero);
}

int main(int argc, char **argv)
{
	(void)argc;
	workload_start(argv);
	pages = param("pages");
	page = workload.page_size;
	bytes = pages * page;
	stay_on_this_cpu();
	fl_role("process");
	place = find_place(pages);
	unmap(map_region("heap", place, pages), bytes);
	errno = 0; /* used once, so that it is there */
	settle();

	devices();
	to_pipe();
	to_file();
	from_disk();
	to_nowhere();
	return 0;
}
