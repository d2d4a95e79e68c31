// SPDX-License-Identifier: GPL-2.0
/* The stack grows downwards on touch: one zero-fill a page, and none the second time. */
#include "testlib.h"

#define PAGES 37

int main(int argc, char **argv)
{
	char here, *low;

	test_start(argc, argv);
	/* below what the stack has grown to so far: 132 KiB at the start */
	low = (char *)(((unsigned long)&here & ~(PAGE - 1UL)) - 1024 * 1024);
	fl_region("stack", low, PAGES * PAGE);
	for (int round = 0; round < 2; round++) {
		measure(round ? "again" : "descend");
		for (long i = PAGES - 1; i >= 0; i--)
			write_pages(low + i * PAGE, 1);
		if (measured("main") != (round ? 0 : PAGES))
			die("faults of the stack");
	}
	expect_fault("main", "descend", "stack", "zero_fill", "user", PAGES);
	/* one run, unless it is cut because it has lasted 5 ms */
	expect(PAGES,
	       "SELECT sum(n) FROM fault WHERE region = 'stack' AND stride = iif(n = 1, 0, -4096)");
	expect((long)(low + (PAGES - 1) * PAGE),
	       "SELECT max(address) FROM fault WHERE region = 'stack'");
	expect(0,
	       "SELECT count(*) FROM (SELECT start_ns, lag(start_ns) OVER (ORDER BY start_ns) AS before"
	       " FROM fault WHERE region = 'stack') WHERE start_ns - before < 5000000");
	return test_end();
}
