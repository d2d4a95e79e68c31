// SPDX-License-Identifier: GPL-2.0
/*
 * Both kinds in one system call: pages that the kernel takes without an
 * exception, exceptions that count and exceptions that do not.
 */
#include "testlib.h"

#include <sys/uio.h>

#define PAGES 31

static long copy(char *local, char *remote, long n)
{
	struct iovec to = { local, (size_t)(n * PAGE) }, from = { remote, (size_t)(n * PAGE) };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0);
}

int main(int argc, char **argv)
{
	char *local, *remote;

	test_start(argc, argv);
	/* once before it counts */
	local = map_pages(2);
	write_pages(local, 2);
	copy(local, local + PAGE, 1);

	local = map_region("local", PAGES);
	remote = map_pages(PAGES);
	measure("both");
	if (copy(local, remote, PAGES) != PAGES * PAGE)
		die("process_vm_readv");
	if (measured("main") != 2 * PAGES)
		die("faults of process_vm_readv");
	expect_fault("main", "both", "local", "zero_fill", "kernel", PAGES);
	expect_gup("main", "both", "process_vm_readv", "other", PAGES);

	/* the local pages end after seven */
	local = map_region("short", 7);
	if (mprotect(local + 7 * PAGE, PAGE, PROT_NONE))
		die("mprotect");
	remote = map_pages(13);
	measure("short");
	if (copy(local, remote, 13) >= 13 * PAGE)
		die("process_vm_readv went through a page without access");
	measured("main");
	expect_fault("main", "short", "short", "zero_fill", "kernel", 7);
	expect_gup("main", "short", "process_vm_readv", "other", 13);
	return test_end();
}
