// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that another thread fills on demand, through userfaultfd.  A fault that had to
 * wait is major if the kernel tries it again under the lock that it waited with (6.1),
 * and minor if it was first tried under the lock of the VMA alone; rusage knows.
 */
#include "testlib.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>

#define PAGES 19

static int uffd;

static void *fill(void *arg)
{
	char *source = arg;

	fl_role("filler");
	for (int i = 0; i < PAGES; i++) {
		struct uffd_msg msg;
		struct uffdio_copy copy = { .src = (unsigned long)source, .len = PAGE };

		if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
			die("read of userfaultfd");
		copy.dst = msg.arg.pagefault.address & ~(PAGE - 1UL);
		if (ioctl(uffd, UFFDIO_COPY, &copy))
			die("UFFDIO_COPY");
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t thread;
	struct rusage before, after;
	char *p, *source;
	long major;

	test_start(argc, argv);
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		skip("no userfaultfd for this user");
	source = map_pages(1);
	memset(source, 'x', PAGE);
	p = map_region("served", PAGES);
	reg.range.start = (unsigned long)p;
	reg.range.len = PAGES * PAGE;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER");
	if (pthread_create(&thread, NULL, fill, source))
		die("pthread_create");
	getrusage(RUSAGE_THREAD, &before);
	measure("served");
	write_pages(p, PAGES);
	if (measured("main") != PAGES)
		die("faults of userfaultfd");
	getrusage(RUSAGE_THREAD, &after);
	pthread_join(thread, NULL);
	major = after.ru_majflt - before.ru_majflt;
	if (major)
		truth("fault main served served uffd user 1 %ld", major);
	expect_fault("main", "served", "served", "uffd", "user", PAGES - major);
	return test_end();
}
