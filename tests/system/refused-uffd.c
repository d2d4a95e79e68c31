// SPDX-License-Identifier: GPL-2.0
/*
 * Userfaultfd that refuses: UFFD_FEATURE_SIGBUS for pages that are not there, UFFDIO_POISON for
 * those that are lost, UFFD_USER_MODE_ONLY for the kernel.  User mode gets SIGBUS, a call EFAULT
 * or fewer bytes.
 */
#include "testlib.h"

#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON (1 << 14)
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif

#define PAGES 7

static int zero;
static sigjmp_buf back;

static int uffd_open(int flags, unsigned long features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | flags);

	if (uffd < 0)
		skip("no userfaultfd for this user");
	if (ioctl(uffd, UFFDIO_API, &api)) {
		close(uffd);
		return -1;
	}
	return uffd;
}

/* Two pages that are there, and behind them PAGES that UFFD answers for. */
static char *served(int uffd)
{
	char *p = map_pages(2 + PAGES);
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	write_pages(p, 2);
	reg.range.start = (unsigned long)(p + 2 * PAGE);
	reg.range.len = PAGES * PAGE;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER");
	return p + 2 * PAGE;
}

static void on_bus(int signo)
{
	(void)signo;
	siglongjmp(back, 1);
}

static void refused(const char *phase, const char *call)
{
	if (!count_refused)
		die("%s: nothing was refused", phase);
	expect(count_refused,
	       "SELECT sum(n) FROM fault_count WHERE phase = '%s' AND via = 'kernel'"
	       " AND kind = 'bus' AND syscall = '%s'",
	       phase, call);
}

/* Calls that touch P, which is refused and comes after a good page. */
static void calls(const char *name, char *p)
{
	struct iovec two[] = { { p - PAGE, PAGE }, { p, PAGE } };
	char phase[32];
	int fd[2];

	must_pipe(fd);
	snprintf(phase, sizeof(phase), "%s.read", name);
	measure(phase);
	if (syscall(SYS_read, zero, p, 1) != -1 || errno != EFAULT)
		die("%s", phase);
	measured("main");
	refused(phase, "read");

	snprintf(phase, sizeof(phase), "%s.write", name);
	measure(phase);
	if (syscall(SYS_write, fd[1], p - PAGE, 2 * PAGE) != PAGE)
		die("%s", phase);
	measured("main");
	refused(phase, "write");

	snprintf(phase, sizeof(phase), "%s.readv", name);
	measure(phase);
	if (syscall(SYS_readv, zero, two, 2) != PAGE)
		die("%s", phase);
	measured("main");
	refused(phase, "readv");

	snprintf(phase, sizeof(phase), "%s.stat", name);
	measure(phase);
	if (syscall(SYS_newfstatat, AT_FDCWD, "/", p, 0) != -1 || errno != EFAULT)
		die("%s", phase);
	measured("main");
	refused(phase, "newfstatat");
}

__attribute__((noinline)) static void touch(char *p, long n)
{
	volatile long i;

	for (i = 0; i < n; i++)
		if (!sigsetjmp(back, 1))
			write_pages(p + i * PAGE, 1);
}

/* User mode: each of N pages of a region of that NAME raises SIGBUS. */
static void touches(const char *name, char *p, long n)
{
	fl_region(name, p, (size_t)(n * PAGE));
	signal(SIGBUS, on_bus);
	measure(name);
	touch(p, n);
	if (measured("main"))
		die("%s counted", name);
	signal(SIGBUS, SIG_DFL);
	expect_fault("main", name, name, "bus", "user", n);
	fl_region(name, p, 0);
}

static void by_signal(void)
{
	int uffd = uffd_open(0, UFFD_FEATURE_SIGBUS);
	char *p;

	if (uffd < 0)
		skip("this kernel has no UFFD_FEATURE_SIGBUS");
	p = served(uffd);
	calls("sigbus", p);
	touches("sigbus", p + PAGE, 3);
}

static void poisoned(void)
{
	int uffd = uffd_open(0, UFFD_FEATURE_POISON);
	struct uffdio_poison poison = { .range.len = 2 * PAGE };
	char *p;

	if (uffd < 0) /* before 6.6 */
		return;
	p = served(uffd);
	poison.range.start = (unsigned long)p;
	if (ioctl(uffd, UFFDIO_POISON, &poison))
		die("UFFDIO_POISON");
	calls("poison", p);
	touches("poison", p, 2);
	/* the poison stays when nobody serves any more */
	close(uffd);
	calls("left", p);
	touches("left", p, 2);
}

static void user_mode_only(void)
{
	int uffd = uffd_open(UFFD_USER_MODE_ONLY, 0);

	if (uffd >= 0)
		calls("user.only", served(uffd));
}

int main(int argc, char **argv)
{
	test_start(argc, argv);
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	by_signal();
	poisoned();
	user_mode_only();
	return test_end();
}
