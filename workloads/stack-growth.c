// SPDX-License-Identifier: GPL-2.0
/*
 * stack-growth: the stack grows down on touch, up to a limit
 *
 * A function calls itself, with a frame of exactly one page.  Each call touches one
 * page more, below the last, and each page takes a fault.  Where the page is below
 * the stack's VMA as well, the fault first moves the start of the VMA
 * (expand_stack()).  The same depth again is free: a stack never shrinks.
 *
 * A child gives itself a limit (RLIMIT_STACK), descends without end, and dies of
 * SIGSEGV at the first page beyond it (acct_stack_growth() refuses).
 */
#include "workload.h"

#include "kernel.h"

#include <stdint.h>
#include <sys/resource.h>

static volatile uintptr_t touched, step; /* where the last frame was touched, how far from there */

/* DEPTH frames with SIZE bytes of their own; one byte is touched in each, the last of it. */
static __attribute__((noinline)) long descend(size_t size, long depth)
{
	volatile char bytes[size];
	long rest;

	bytes[0] = 0;
	step = touched - (uintptr_t)bytes;
	touched = (uintptr_t)bytes;
	rest = depth > 1 ? descend(size, depth - 1) : 0;
	return rest + bytes[0]; /* not before the call: then there would be one frame for all */
}

/* The size with which one frame is a page below the other. */
static size_t size_for_page(void)
{
	const size_t little = 64;
	size_t size;

	descend(little, 2);
	size = workload.page_size - (step - little);
	descend(size, 2);
	errno = 0;
	if (step != (size_t)workload.page_size)
		fail("frames of %zu bytes instead of a page", (size_t)step);
	return size;
}

static struct {
	unsigned long start, end;
} stack;

static void find_stack(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[4352];

	if (!file)
		fail("open /proc/self/maps");
	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, "[stack]"))
			sscanf(line, "%lx-%lx", &stack.start, &stack.end);
	}
	fclose(file);
}

/* With MORE pages below the stack as it is now, and not one beyond them. */
static void overflow(size_t size, long more)
{
	struct rlimit limit, no_core = {};
	uintptr_t page = workload.page_size;

	prctl(PR_SET_DUMPABLE, 0); /* no core file, wherever it would go */
	find_stack();
	if (setrlimit(RLIMIT_CORE, &no_core) || getrlimit(RLIMIT_STACK, &limit))
		fail("getrlimit");
	limit.rlim_cur = stack.end - stack.start + more * page;
	if (setrlimit(RLIMIT_STACK, &limit))
		fail("setrlimit");
	for (volatile char *p = (char *)stack.start; p < (char *)&limit; p += page)
		*p = 1; /* what there is already, so that only the new is counted */
	settle();
	fl_region("below", (char *)stack.start - (more + 1) * page, (more + 1) * page);
	fl_phase("overflow");
	descend(size, 1L << 40);
}

int main(int argc, char **argv)
{
	uintptr_t page, here;
	long frames, room;
	pid_t child;
	size_t size;
	int status;

	(void)argc;
	workload_start(argv);
	frames = param("frames");
	page = workload.page_size;
	stay_on_this_cpu();
	fl_role("process");
	size = size_for_page();
	find_stack();
	settle();

	/*
	 * Start 16 pages below what is used, in the middle of a page: so the first frame
	 * touches a page that nobody has touched, and each frame one page only.
	 */
	here = (uintptr_t)__builtin_frame_address(0);
	{
		volatile char gap[16 * page + (here + page / 2) % page];

		for (uintptr_t i = 0; i < sizeof(gap); i += 512)
			gap[i] = 0;
		here = (uintptr_t)gap;
		fl_region("stack", (char *)(here - here % page) - frames * page, frames * page);
		/* Pages below this one that the VMA has already. */
		room = (long)((here - here % page - stack.start) / page);
		fl_value("room", room < frames ? room : frames);
		fl_phase("descend");
		descend(size, frames);
		fl_phase("again");
		descend(size, frames);
		fl_phase("");
		gap[0] = 0;
	}

	if (fork_child(&child, "deep")) {
		overflow(size, param("more"));
		_exit(0);
	}
	status = wait_status(child);
	errno = 0;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		fail("the child that overflows its stack ended with status %d", status);
	return 0;
}
