/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What experiments about memory and files share: which kernel this is, what it
 * says about this process, and files that nobody else sees.
 *
 * Not for a phase that counts: reading from /proc copies and fills pages.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "workload.h"

#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#ifndef RAMFS_MAGIC
#define RAMFS_MAGIC 0x858458f6
#endif

/* 600 for Linux 6.0. */
HELPER long kernel_release(void)
{
	struct utsname system;
	int major = 0, minor = 0;

	if (uname(&system) || sscanf(system.release, "%d.%d", &major, &minor) != 2)
		fail("uname");
	return major * 100L + minor;
}

/* The number in the line "KEY: 123 kB" of a file in /proc; 0: no such line. */
HELPER long proc_kb(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(key);
	char line[4352];
	long value = 0;

	if (!file)
		fail("open %s", path);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, key, length) && line[length] == ':')
			value = atol(line + length + 1);
	}
	fclose(file);
	return value;
}

HELPER void unmap(void *memory, size_t bytes)
{
	if (munmap(memory, bytes))
		fail("munmap");
}

/* Append PAGES pages to FILE, a page at a time: in the page cache each is alone, then. */
HELPER void fill_file(int file, long pages)
{
	size_t page = workload.page_size;
	char *data = checked_mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	memset(data, 1, page);
	for (long i = 0; i < pages; i++) {
		if (write(file, data, page) != (ssize_t)page)
			fail("write a file");
	}
	unmap(data, page);
}

/*
 * A file of PAGES pages on a disk, in TMPDIR or /var/tmp, without a name and
 * written to the disk, opened to be read with FLAGS.  -1: the folder is in memory,
 * or refuses FLAGS.
 */
HELPER int make_disk_file(long pages, int flags)
{
	const char *folder = getenv("TMPDIR");
	struct statfs system;
	int file, again = -1;
	char path[4096];

	snprintf(path, sizeof(path), "%s/faultline.XXXXXX", folder ? folder : "/var/tmp");
	file = mkostemp(path, O_CLOEXEC);
	if (file < 0)
		return -1;
	if (!fstatfs(file, &system) && system.f_type != TMPFS_MAGIC && system.f_type != RAMFS_MAGIC)
		again = open(path, O_RDONLY | O_CLOEXEC | flags);
	unlink(path);
	if (again >= 0) {
		fill_file(file, pages);
		if (fsync(file))
			fail("fsync");
	}
	close_end(file);
	return again;
}

/* A file of PAGES pages in memory. */
HELPER int make_memory_file(long pages)
{
	int file = memfd_create("file", MFD_CLOEXEC);

	if (file < 0)
		fail("memfd_create");
	fill_file(file, pages);
	return file;
}

#endif /* KERNEL_H */
