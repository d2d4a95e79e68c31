// SPDX-License-Identifier: GPL-2.0
/*
 * One page after the other, each given back and touched again, as often as FAULTS says:
 * every touch is a fault that fills a page.
 */
#include "testlib.h"

#define ROUND 8191L

static long faults_wanted(void)
{
	const char *wanted = getenv("FAULTS");

	return wanted ? atol(wanted) : 20011;
}

int main(int argc, char **argv)
{
	long wanted = faults_wanted();
	char *region;

	test_start(argc, argv);
	region = map_region("region", ROUND);
	measure("touch");
	for (long left = wanted; left > 0; left -= ROUND) {
		write_pages(region, left < ROUND ? left : ROUND);
		if (madvise(region, ROUND * PAGE, MADV_DONTNEED))
			die("madvise");
	}
	measured("main");
	expect_fault("main", "touch", "region", "zero_fill", "user", wanted);
	return test_end();
}
