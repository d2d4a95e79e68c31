// SPDX-License-Identifier: GPL-2.0
/*
 * Anonymous pages of each size between 4 KiB and that of a huge page (mTHP): one fault fills one,
 * page_order says how large it is, and the pages that the kernel allocated are the truth.
 */
#include "testlib.h"

#include <dirent.h>
#include <sys/prctl.h>

#define PART (1024 * 1024L)
#define SETTINGS "/sys/kernel/mm/transparent_hugepage/"

static char setting_path[256], setting_before[32];

static bool setting_write(const char *word)
{
	int fd = open(setting_path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, word, strlen(word)) == (ssize_t)strlen(word);
	close(fd);
	return written;
}

/* The word in brackets of the setting of pages of SIZE KiB. */
static bool setting_read(long size)
{
	char text[128] = "";
	int fd;

	snprintf(setting_path, sizeof(setting_path), SETTINGS "hugepages-%ldkB/enabled", size);
	fd = open(setting_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	return sscanf(text, "%*[^[][%31[^]]", setting_before) == 1 ||
	       sscanf(text, "[%31[^]]", setting_before) == 1;
}

/* Puts one setting back when the test is gone, however it went. */
static int setting_keep(void)
{
	int fd[2];
	char c;

	must_pipe(fd);
	if (must_fork()) {
		close(fd[0]);
		return fd[1];
	}
	setsid();
	close(fd[1]);
	(void)!read(fd[0], &c, 1);
	setting_write(setting_before);
	_exit(0);
}

/* 1 MiB with nothing beside it, where no huge page fits. */
static char *map_aligned(void)
{
	char *p = mmap(NULL, 4 * PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	p = (char *)(((unsigned long)p + 2 * PART - 1) & ~(PART - 1UL));
	if (mprotect(p, PART, PROT_READ | PROT_WRITE))
		die("mprotect");
	return p;
}

/* 1 MiB, in folios of ORDER. */
static bool one_size(int order)
{
	char name[16], gup[16], *p;
	long folios = (PART / PAGE) >> order;

	snprintf(name, sizeof(name), "order.%d", order);
	snprintf(gup, sizeof(gup), "gup.%d", order);
	p = map_aligned();
	fl_region(name, p, PART);
	measure(name);
	write_pages(p, PART / PAGE);
	if (measured("main") != folios)
		return false;
	expect_fault("main", name, name, "zero_fill", "user", folios);
	expect(folios, "SELECT sum(n) FROM fault_count WHERE region = '%s' AND page_order = %d",
	       name, order);
	expect(folios, "SELECT sum(n) FROM fault WHERE region = '%s' AND page_order = %d", name,
	       order);
	expect(folios,
	       "SELECT sum(n) FROM page_alloc WHERE phase = '%s' AND use = 'user'"
	       " AND page_order = %d",
	       name, order);
	munmap(p, PART);

	p = map_aligned();
	measure(gup);
	if (madvise(p, PART, MADV_POPULATE_WRITE))
		die("MADV_POPULATE_WRITE");
	measured("main");
	expect_gup("main", gup, "madvise", "zero_fill", folios);
	expect(folios, "SELECT sum(n) FROM fault_count WHERE phase = '%s' AND page_order = %d", gup,
	       order);
	munmap(p, PART);
	return true;
}

int main(int argc, char **argv)
{
	int sizes = 0;

	test_start(argc, argv);
	/* one of order 1 is never anonymous (THP_ORDERS_ALL_ANON) */
	for (int order = 2; order < 9; order++) {
		int keeper;
		bool came;

		if (!setting_read(PAGE / 1024 << order))
			continue;
		keeper = setting_keep();
		if (!setting_write("always"))
			skip("the sizes of folios cannot be set here");
		came = one_size(order);
		setting_write(setting_before);
		close(keeper);
		if (!came)
			skip("memory is too much in pieces for folios of each size");
		sizes++;
	}
	if (!sizes)
		skip("this kernel has no anonymous folios between 4 KiB and 2 MiB");
	truth("orphans");
	truth_write();
	return 0;
}
