// SPDX-License-Identifier: GPL-2.0
/*
 * futex() reads the word with page faults disabled first: an exception that
 * the kernel does not count, then the fault proper.
 */
#include "testlib.h"

#include <linux/futex.h>

#define PAGES 17

int main(int argc, char **argv)
{
	char *p;

	test_start(argc, argv);
	p = map_region("words", PAGES);
	measure("wait");
	for (int i = 0; i < PAGES; i++)
		if (syscall(SYS_futex, p + i * PAGE, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0) != -1 ||
		    errno != EAGAIN)
			die("futex did not say EAGAIN");
	if (measured("main") != PAGES)
		die("faults of futex");
	expect_fault("main", "wait", "words", "nofault", "kernel", PAGES);
	expect_fault("main", "wait", "words", "zero_page", "kernel", PAGES);
	expect(2 * PAGES,
	       "SELECT sum(n) FROM fault_count WHERE phase = 'wait' AND syscall = 'futex'");
	return test_end();
}
