// SPDX-License-Identifier: GPL-2.0
/* Memory that another thread fills on demand, through userfaultfd. */
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
	char *p, *source;

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
	measure("served");
	write_pages(p, PAGES);
	if (measured("main") != PAGES)
		die("faults of userfaultfd");
	pthread_join(thread, NULL);
	expect_fault("main", "served", "served", "uffd", "user", PAGES);
	return test_end();
}
