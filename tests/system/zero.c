// SPDX-License-Identifier: GPL-2.0
/*
 * First touches of private anonymous memory: a write fills a page with zeros,
 * a read maps the zero page, a write over the zero page copies it, and what
 * was given back with MADV_DONTNEED begins anew.  A page of the vDSO belongs to
 * no file either, and is no zero page.
 */
#include "testlib.h"

#include <sys/auxv.h>

static void read_vdso(void)
{
	char *p = (char *)getauxval(AT_SYSINFO_EHDR);

	if (!p)
		return;
	fl_region("vdso", p, PAGE);
	if (madvise(p, PAGE, MADV_DONTNEED))
		die("madvise of the vDSO");
	measure("vdso");
	read_pages(p, 1);
	measured("main");
	expect_fault("main", "vdso", "vdso", "other", "user", 1);
}

int main(int argc, char **argv)
{
	char *written, *read;

	test_start(argc, argv);
	written = map_region("written", 23);
	read = map_region("read", 29);

	measure("write");
	write_pages(written, 23);
	measured("main");
	expect_fault("main", "write", "written", "zero_fill", "user", 23);

	measure("again");
	write_pages(written, 23);
	if (measured("main"))
		die("a second write faulted");

	measure("read");
	read_pages(read, 29);
	measured("main");
	expect_fault("main", "read", "read", "zero_page", "user", 29);

	measure("over");
	write_pages(read, 29);
	measured("main");
	expect_fault("main", "over", "read", "copy_zero", "user", 29);

	if (madvise(written, 23 * PAGE, MADV_DONTNEED))
		die("madvise");
	measure("anew");
	write_pages(written, 11);
	read_pages(written, 23);
	measured("main");
	expect_fault("main", "anew", "written", "zero_fill", "user", 11);
	expect_fault("main", "anew", "written", "zero_page", "user", 12);

	read_vdso();

	expect(29, "SELECT sum(n) FROM page_alloc WHERE phase = 'over' AND use = 'user'");
	expect(0,
	       "SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'read' AND use = 'user'");
	expect(23, "SELECT sum(n) FROM fault WHERE phase = 'write' AND region = 'written'");
	expect(1,
	       "SELECT count(*) FROM fault WHERE phase = 'write' AND region = 'written'"
	       " AND stride = 4096 AND address = %ld",
	       (long)written);
	return test_end();
}
