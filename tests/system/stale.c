// SPDX-License-Identifier: GPL-2.0
/*
 * Faults that change nothing.  After a fork every entry is read-only, also when the child has
 * gone.  One thread reads all pages, so that its CPU holds translations that forbid to write;
 * another thread on another CPU writes to them, and each of its faults makes an entry writable,
 * no more and no less.  Then the first one writes.  No entry is left to be changed, so that
 * whatever faults the kernel counts for it are of old translations; how many that is, none or
 * one for each page, is the CPU's affair.  The same through the kernel, and with huge pages.
 */
#include "testlib.h"

#include <pthread.h>

#define ROUNDS 5
#define PAGES 257
#define BY_KERNEL 101 /* of these */
#define FILLER 67
#define HUGE_PAGES 3
#define HUGE (2 * 1024 * 1024L)

static char *heap, *huge;
static atomic_int turn;
static int one_cpu;

static void hand_over(int to)
{
	atomic_store(&turn, to);
}

/* Awake, so that nothing else runs on this CPU and takes the place of its translations. */
static void await_turn(int mine)
{
	while (atomic_load(&turn) != mine)
		;
}

static void leave_first_cpu(void)
{
	cpu_set_t first, set;

	sched_getaffinity(0, sizeof(first), &first);
	memset(&set, 0xff, sizeof(set));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &first))
			CPU_CLR(cpu, &set);
	one_cpu = sched_setaffinity(0, sizeof(set), &set) != 0;
}

static void *make_writable(void *arg)
{
	(void)arg;
	leave_first_cpu();
	counts_open();
	fl_role("other");
	measure("warm");
	measured("other");
	hand_over(0);
	for (int i = 0; !one_cpu && i < ROUNDS; i++) {
		await_turn(1);
		measure("make");
		write_pages(heap, PAGES);
		for (long at = 0; huge && at < HUGE_PAGES * HUGE; at += HUGE)
			write_pages(huge + at, 1);
		measured("other");
		expect_fault("other", "make", "heap", "reuse", "user", PAGES);
		expect_fault("other", "make", "huge", "huge_reuse", "user", huge ? HUGE_PAGES : 0);
		hand_over(0);
	}
	return NULL;
}

static char *map_huge(void)
{
	char *p = mmap(NULL, (HUGE_PAGES + 1) * HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long faults;

	if (p == MAP_FAILED)
		die("mmap");
	p = (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1UL));
	if (madvise(p, HUGE_PAGES * HUGE, MADV_HUGEPAGE))
		return NULL;
	measure("fill.huge");
	write_pages(p, HUGE_PAGES * HUGE / PAGE);
	faults = measured("main");
	if (faults != HUGE_PAGES)
		return NULL;
	fl_region("huge", p, HUGE_PAGES * HUGE);
	return p;
}

/* Main's part of a round; gives its faults. */
static long write_after(int zero)
{
	long faults[3] = { 0 };

	measure("read");
	read_pages(heap, PAGES);
	if (huge)
		read_pages(huge, HUGE_PAGES * HUGE / PAGE);
	if (measured("main"))
		die("faults of pages that are only read");
	hand_over(1);
	await_turn(0);

	measure("kernel");
	for (long i = 0; i < BY_KERNEL; i++)
		if (read(zero, heap + i * PAGE, 1) != 1)
			die("read of /dev/zero");
	faults[0] = measured("main");
	measure("write");
	write_pages(heap + BY_KERNEL * PAGE, PAGES - BY_KERNEL);
	faults[1] = measured("main");
	measure("huge");
	if (huge)
		write_pages(huge, HUGE_PAGES * HUGE / PAGE);
	faults[2] = measured("main");
	expect_fault("main", "kernel", "heap", "stale", "kernel", faults[0]);
	expect_fault("main", "write", "heap", "stale", "user", faults[1]);
	expect_fault("main", "huge", "huge", "stale", "user", faults[2]);
	return faults[0] + faults[1] + faults[2];
}

int main(int argc, char **argv)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	pthread_t other;
	long faults = 0;

	test_start(argc, argv);
	hand_over(2);
	if (pthread_create(&other, NULL, make_writable, NULL))
		die("pthread_create");
	await_turn(0);
	if (one_cpu)
		skip("there is one CPU only");
	heap = map_pages(PAGES);
	write_pages(heap, PAGES);
	/* a page that a batch of this CPU still holds would be copied, not kept: push them out */
	write_pages(map_pages(FILLER), FILLER);
	fl_region("heap", heap, PAGES * PAGE);
	huge = map_huge();
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = must_fork();

		if (!pid)
			_exit(0);
		reap(pid, 0);
		faults += write_after(zero);
	}
	pthread_join(other, NULL);
	if (!faults)
		skip("this CPU held no old translation");
	return test_end();
}
