// SPDX-License-Identifier: GPL-2.0
/*
 * Bad pointers in system calls: the exception happens in the kernel, the caller
 * gets EFAULT, and no fault is counted.  How many exceptions a copy takes until
 * it gives up depends on the processor, so that the kernel's own count is the truth.
 * Below the stack a pointer is good as far as the stack may grow (RLIMIT_STACK).
 */
#include "testlib.h"

int main(int argc, char **argv)
{
	struct rlimit limit;
	char *bad, *stack;
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), fd[2];

	test_start(argc, argv);
	must_pipe(fd);
	bad = map_pages(3);
	if (mprotect(bad, PAGE, PROT_NONE))
		die("mprotect");

	measure("read");
	if (read(zero, bad, 1) != -1 || errno != EFAULT)
		die("read gave no EFAULT");
	if (measured("main"))
		die("read(2) counted");
	measure("write");
	if (write(fd[1], bad, 1) != -1 || errno != EFAULT)
		die("write gave no EFAULT");
	if (measured("main"))
		die("write(2) counted");

	/* one good page, one bad: the read ends after the first */
	if (mprotect(bad + 2 * PAGE, PAGE, PROT_NONE))
		die("mprotect");
	measure("partly");
	if (read(zero, bad + PAGE, 2 * PAGE) != PAGE)
		die("read of one page");
	if (measured("main") != 1)
		die("read(2) of one page");
	expect(1, "SELECT sum(n) FROM fault_count WHERE phase = 'partly' AND kind = 'zero_fill'"
		  " AND via = 'kernel' AND syscall = 'read'");

	if (getrlimit(RLIMIT_STACK, &limit))
		die("getrlimit");
	limit.rlim_cur = 1024 * 1024;
	if (setrlimit(RLIMIT_STACK, &limit))
		die("setrlimit");
	stack = (char *)((unsigned long)&limit & ~(PAGE - 1UL));
	measure("below");
	if (read(zero, stack - 2 * limit.rlim_cur, 1) != -1 || errno != EFAULT)
		die("read to below the stack gave no EFAULT");
	if (measured("main"))
		die("read(2) to below the stack counted");
	measure("grow");
	if (read(zero, stack - limit.rlim_cur / 2, 1) != 1)
		die("read to the stack");
	if (measured("main") != 1)
		die("read(2) to the stack");
	expect(1, "SELECT sum(n) FROM fault_count WHERE phase = 'grow' AND kind = 'zero_fill'"
		  " AND via = 'kernel' AND syscall = 'read'");
	expect(0, "SELECT count(*) FROM fault WHERE phase = 'below' AND vma_end > 0");
	expect(0, "SELECT count(*) FROM signal WHERE signo IN (7, 11)");
	return test_end();
}
