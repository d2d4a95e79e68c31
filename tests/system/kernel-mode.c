// SPDX-License-Identifier: GPL-2.0
/*
 * read() and write() on untouched buffers: the kernel faults on the caller's
 * behalf.  A write to a file may try first with page faults disabled, which
 * differs between kernels and file systems: there the kernel's own count decides.
 * The pages that a write to a file in memory takes belong to no fault, before or after it.
 */
#include "testlib.h"

#include <limits.h>

/* FILE gets pages, then pages that a child shared for a moment are written. */
static void write_then_fault(int file)
{
	char *kept = map_pages(7), *taken = map_pages(5);
	pid_t pid;

	write_pages(kept, 7);
	fl_region("kept", kept, 7 * PAGE);
	pid = must_fork();
	if (!pid)
		_exit(0);
	reap(pid, 0);
	measure("then");
	for (int i = 0; i < 7; i++) {
		if (write(file, kept + i * PAGE, PAGE) != PAGE)
			die("write to a file in memory");
		write_pages(kept + i * PAGE, 1);
	}
	measured("main");
	expect_fault("main", "then", "kept", "reuse", "user", 7);

	measure("populate");
	if (write(file, kept, 7 * PAGE) != 7 * PAGE || madvise(taken, 5 * PAGE, MADV_POPULATE_READ))
		die("write and MADV_POPULATE_READ");
	measured("main");
	expect_gup("main", "populate", "madvise", "zero_page", 5);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), null = open("/dev/null", O_WRONLY);
	int file, fd[2];
	char path[PATH_MAX], *p;

	test_start(argc, argv);
	must_pipe(fd);
	p = map_region("read", 23);
	measure("read");
	if (read(zero, p, 23 * PAGE) != 23 * PAGE)
		die("read");
	measured("main");
	expect_fault("main", "read", "read", "zero_fill", "kernel", 23);

	p = map_region("pipe", 11);
	measure("pipe");
	if (write(fd[1], p, 11 * PAGE) != 11 * PAGE)
		die("write to a pipe");
	measured("main");
	expect_fault("main", "pipe", "pipe", "zero_page", "kernel", 11);

	p = map_region("null", 17);
	measure("null");
	if (write(null, p, 17 * PAGE) != 17 * PAGE)
		die("write to /dev/null");
	if (measured("main"))
		die("/dev/null reads the buffer");

	snprintf(path, sizeof(path), "%s/written", dir ? dir : "/var/tmp");
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	p = map_pages(13);
	measure("file");
	if (write(file, p, 13 * PAGE) != 13 * PAGE)
		die("write to a file");
	if (measured("main") != 13)
		die("faults of a write to a file");
	unlink(path);
	expect(13, "SELECT sum(n) FROM fault_count WHERE phase = 'file' AND kind = 'zero_page'"
		   " AND via = 'kernel' AND syscall = 'write'");
	expect(0, "SELECT count(*) FROM fault_count WHERE phase = 'file'"
		  " AND NOT (kind IN ('zero_page', 'nofault') AND via = 'kernel')");

	file = memfd_create("written", MFD_CLOEXEC);
	p = map_pages(19);
	measure("memory");
	if (write(file, p, 19 * PAGE) != 19 * PAGE)
		die("write to a file in memory");
	if (measured("main") != 19)
		die("faults of a write to a file in memory");
	expect(19, "SELECT sum(n) FROM fault_count WHERE phase = 'memory' AND kind = 'zero_page'"
		   " AND via = 'kernel' AND syscall = 'write'");
	write_then_fault(file);
	return test_end();
}
