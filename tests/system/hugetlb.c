// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of hugetlb.  The first touch of a page is one fault, whatever its size.  After a fork() a
 * write to a private one copies it, and the last who has it keeps it; pages of a shared mapping, with a
 * file or without, are never copied.  The pool's own count of free pages says how many were.  Where
 * it has none left for a copy the writer gets SIGBUS, and a call EFAULT.
 */
#include "testlib.h"

#include <sys/mount.h>
#include <sys/stat.h>

#define HUGE (2L * 1024 * 1024)
#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define PAGES 7
#define COPIES 3

static long pool_before = -1;
static pid_t pool_owner;

static long pool_read(const char *file)
{
	char path[128];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), POOL "%s", file);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

static bool pool_write(long n)
{
	FILE *f = fopen(POOL "nr_hugepages", "we");

	if (!f)
		return false;
	fprintf(f, "%ld\n", n);
	return !fclose(f);
}

/* Also where the test dies. */
static void pool_restore(void)
{
	if (pool_before >= 0 && getpid() == pool_owner)
		pool_write(pool_before);
}

/* A process that puts the pool back when the test is gone, however it went. */
static void pool_keep(void)
{
	int fd[2];
	char c;

	must_pipe(fd);
	if (must_fork()) {
		close(fd[0]); /* the other end stays open as long as we live */
		return;
	}
	setsid();
	close(fd[1]);
	(void)!read(fd[0], &c, 1);
	pool_write(pool_before);
	_exit(0);
}

static void pool_make(long pages)
{
	pool_owner = getpid();
	pool_before = pool_read("nr_hugepages");
	if (pool_before < 0)
		skip("this kernel has no pages of hugetlb");
	if (!pool_write(pool_before + pages) || pool_read("free_hugepages") < pages) {
		pool_restore();
		skip("no pages of 2 MiB can be had for a pool");
	}
}

static char *map_huge(const char *name, int flags, int fd)
{
	char *p = mmap(NULL, PAGES * HUGE, PROT_READ | PROT_WRITE,
		       fd < 0 ? flags | MAP_ANONYMOUS | MAP_HUGETLB : flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap of %s", name);
	fl_region(name, p, PAGES * HUGE);
	return p;
}

static void touch(char *p, long n)
{
	for (long i = 0; i < n; i++)
		*(volatile char *)(p + i * HUGE) = 1;
}

static void look(const char *p, long n)
{
	for (long i = 0; i < n; i++)
		(void)*(const volatile char *)(p + i * HUGE);
}

static void taken(long before, long pages, const char *what)
{
	if (pool_read("free_hugepages") != before - pages)
		die("%s: the pool had %ld free pages and has %ld", what, before,
		    pool_read("free_hugepages"));
}

static void private_memory(void)
{
	char *p = map_huge("private", MAP_PRIVATE, -1);
	long before = pool_read("free_hugepages");
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	measure("fill");
	touch(p, PAGES - 1);
	if (read(zero, p + (PAGES - 1) * HUGE + PAGE, 2 * PAGE) != 2 * PAGE)
		die("read");
	measured("main");
	taken(before, PAGES, "first touches");
	expect_fault("main", "fill", "private", "hugetlb_fill", "user", PAGES - 1);
	expect_fault("main", "fill", "private", "hugetlb_fill", "kernel", 1);

	before = pool_read("free_hugepages");
	pid = must_fork();
	if (!pid) {
		fl_role("child");
		counts_open();
		measure("copy");
		look(p, PAGES);
		touch(p, COPIES);
		measured("child");
		taken(before, COPIES, "copies");
		_exit(0);
	}
	reap(pid, 0);
	expect_fault("child", "copy", "private", "hugetlb_copy", "user", COPIES);
	before = pool_read("free_hugepages");
	measure("reuse");
	touch(p, PAGES);
	measured("main");
	taken(before, 0, "reuses");
	expect_fault("main", "reuse", "private", "hugetlb_reuse", "user", PAGES);
	munmap(p, PAGES * HUGE);
}

/* What a child finds in a shared mapping it maps as it is. */
static void shared_memory(const char *name, int fd)
{
	char *p = map_huge(name, MAP_SHARED, fd), phase[32];
	long before = pool_read("free_hugepages");
	pid_t pid;

	snprintf(phase, sizeof(phase), "%s.fill", name);
	measure(phase);
	touch(p, PAGES);
	measured("main");
	taken(before, PAGES, name);
	expect_fault("main", phase, name, "hugetlb_fill", "user", PAGES);
	snprintf(phase, sizeof(phase), "%s.child", name);
	pid = must_fork();
	if (!pid) {
		fl_role("sharer");
		counts_open();
		measure(phase);
		touch(p, PAGES);
		measured("sharer");
		taken(before, PAGES, name);
		_exit(0);
	}
	reap(pid, 0);
	expect_fault("sharer", phase, name, "hugetlb_fill", "user", PAGES);
	munmap(p, PAGES * HUGE);
}

static void of_a_file(void)
{
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);

	if (fd < 0 || ftruncate(fd, PAGES * HUGE))
		die("memfd_create");
	shared_memory("file", fd);
	close(fd);
}

/* Without an exception. */
static void populated(void)
{
	char *p;

	measure("populate");
	p = mmap(NULL, PAGES * HUGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	measured("main");
	expect_gup("main", "populate", "mmap", "hugetlb_fill", PAGES);
	munmap(p, PAGES * HUGE);
}

int main(int argc, char **argv)
{
	pool_owner = getpid();
	test_start(argc, argv);
	pool_make(3 * PAGES);
	pool_keep();
	private_memory();
	shared_memory("shared", -1);
	of_a_file();
	populated();
	pool_restore();
	expect(0,
	       "SELECT count(*) FROM fault_count WHERE kind LIKE 'hugetlb%%' AND page_order IS NOT 9");
	truth("orphans");
	truth_write();
	return 0;
}
