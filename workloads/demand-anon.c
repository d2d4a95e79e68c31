// SPDX-License-Identifier: GPL-2.0
/*
 * demand-anon: memory is promised by mmap() and given at the first touch
 *
 * A process maps a region, and then touches a part of it at each tick of a clock.
 * Its virtual size (VSZ in ps, mm->total_vm) jumps by the whole region in mmap();
 * its resident size (RSS, MM_ANONPAGES) climbs like stairs, a step a tick, because
 * do_anonymous_page() runs once for each page that is really used.
 *
 * Ticks are phases tick.1, tick.2, ..., with a phase rest after each.
 */
#include "workload.h"

#include <time.h>

int main(int argc, char **argv)
{
	struct timespec tick = {};
	long pages, step, ticks, touched = 0;
	char name[32];
	void *place;
	char *heap;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	step = param("step");
	ticks = param("ticks");
	tick.tv_nsec = param("tick_ms") * 1000000;
	stay_on_this_cpu();
	fl_role("process");
	place = find_place(pages);
	/* Once before it counts: what these two use of the C library. */
	snprintf(name, sizeof(name), "tick.%ld", ticks);
	nanosleep(&tick, NULL);
	settle();

	fl_phase("alloc");
	heap = map_region("heap", place, pages);
	fl_phase("rest");

	for (long i = 1; i <= ticks; i++) {
		long n = step < pages - touched ? step : pages - touched;

		nanosleep(&tick, NULL);
		snprintf(name, sizeof(name), "tick.%ld", i);
		fl_phase(name);
		write_pages(heap + touched * workload.page_size, n, 1);
		fl_phase("rest");
		touched += n;
	}

	fl_phase("again");
	write_pages(heap, touched, 2);
	fl_phase("");
	return 0;
}
