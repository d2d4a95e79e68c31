// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that the kernel takes for itself: counted, but no exception is raised.
 * Afterwards the pages are there, so that touching them faults no more.
 */
#include "testlib.h"

#include <limits.h>
#include <sys/uio.h>

static void populated(const char *phase, const char *region, char *p, long n)
{
	fl_region(region, p, (size_t)(n * PAGE));
	fl_phase(phase);
	write_pages(p, n);
	fl_phase("");
}

static void map_and_lock(void)
{
	char *p;

	measure("populate");
	p = mmap(NULL, 23 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	measured("main");
	if (p == MAP_FAILED)
		die("mmap");
	expect_gup("main", "populate", "mmap", "zero_fill", 23);
	populated("after.populate", "populate", p, 23);

	p = map_pages(29);
	measure("mlock");
	if (mlock(p, 29 * PAGE))
		die("mlock");
	measured("main");
	expect_gup("main", "mlock", "mlock", "zero_fill", 29);
	populated("after.mlock", "mlock", p, 29);
}

static void direct(const char *dir)
{
	char path[PATH_MAX], *p = map_pages(31), *filled = map_pages(31);
	int fd;

	snprintf(path, sizeof(path), "%s/direct", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	if (fd < 0)
		skip("no O_DIRECT in the folder for temporary files");
	memset(filled, 'x', 31 * PAGE);
	if (write(fd, filled, 31 * PAGE) != 31 * PAGE)
		die("write with O_DIRECT");
	measure("direct");
	if (pread(fd, p, 31 * PAGE, 0) != 31 * PAGE)
		die("read with O_DIRECT");
	measured("main");
	unlink(path);
	expect_gup("main", "direct", "pread64", "zero_fill", 31);
	populated("after.direct", "direct", p, 31);
}

static void other_memory(void)
{
	char *local = map_pages(37), *remote = map_pages(37);
	struct iovec from = { remote, 37 * PAGE }, to = { local, 37 * PAGE };

	write_pages(local, 37);
	measure("readv");
	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != 37 * PAGE)
		die("process_vm_readv");
	measured("main");
	/* no page was taken, and whose memory it was the tracer cannot know */
	expect_gup("main", "readv", "process_vm_readv", "other", 37);

	remote = map_pages(41);
	from = (struct iovec){ remote, 41 * PAGE };
	local = map_pages(41);
	write_pages(local, 41);
	to = (struct iovec){ local, 41 * PAGE };
	measure("writev");
	if (process_vm_writev(getpid(), &to, 1, &from, 1, 0) != 41 * PAGE)
		die("process_vm_writev");
	measured("main");
	expect_gup("main", "writev", "process_vm_writev", "zero_fill", 41);
	populated("after.writev", "writev", remote, 41);
}

static void advice(void)
{
	char *p = map_pages(43);

	measure("read");
	if (madvise(p, 43 * PAGE, MADV_POPULATE_READ))
		skip("no MADV_POPULATE_READ");
	measured("main");
	expect_gup("main", "read", "madvise", "zero_page", 43);
	populated("after.read", "read", p, 43);
	expect_fault("main", "after.read", "read", "copy_zero", "user", 43);

	p = map_pages(47);
	measure("write");
	if (madvise(p, 47 * PAGE, MADV_POPULATE_WRITE))
		die("MADV_POPULATE_WRITE");
	measured("main");
	expect_gup("main", "write", "madvise", "zero_fill", 47);
	populated("after.write", "write", p, 47);
}

/* The kernel writes for a stranger into pages that a child shares: copies without exceptions. */
static void shared_with_child(void)
{
	char *p = map_pages(17), *source = map_pages(17);
	struct iovec from = { source, 17 * PAGE }, to = { p, 17 * PAGE };
	int done[2];
	pid_t pid;

	write_pages(p, 17);
	write_pages(source, 17);
	must_pipe(done);
	pid = must_fork();
	if (!pid) {
		wait_told(done[0]);
		_exit(0);
	}
	write_pages(source, 17);
	measure("copy");
	if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 17 * PAGE)
		die("process_vm_writev");
	measured("main");
	tell(done[1]);
	reap(pid, 0);
	expect_gup("main", "copy", "process_vm_writev", "copy", 17);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");

	test_start(argc, argv);
	map_and_lock();
	direct(dir ? dir : "/var/tmp");
	other_memory();
	advice();
	shared_with_child();
	return test_end();
}
