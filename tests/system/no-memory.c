// SPDX-License-Identifier: GPL-2.0
/*
 * A control group that has no memory left.  In a call the fault ends with EFAULT or fewer bytes;
 * in user mode it is tried again until there is memory, or the process is killed.  None of these
 * is counted.
 */
#include "testlib.h"

#include <limits.h>
#include <sys/stat.h>

#define LIMIT_PAGES 1024
#define REGION_PAGES (4 * LIMIT_PAGES)

static char group[PATH_MAX];
static bool first_version; /* of control groups */

static bool put(const char *file, const char *text)
{
	char path[PATH_MAX + 64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text);
}

static bool limit(long pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", pages * PAGE);
	return put(first_version ? "memory.limit_in_bytes" : "memory.max", text);
}

static void group_make(void)
{
	const char *top = "/sys/fs/cgroup";

	first_version = !access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK);
	snprintf(group, sizeof(group), "%s%s/faultline-no-memory-%d", top,
		 first_version ? "/memory" : "", (int)getpid());
	if (mkdir(group, 0755))
		skip("no control groups here");
	if (!limit(LIMIT_PAGES)) {
		rmdir(group);
		skip("control groups do not limit memory here");
	}
}

/* The calling process, from here on. */
static void enter(const char *role)
{
	char pid[16];

	fl_role(role);
	counts_open();
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (!put("cgroup.procs", pid))
		die("cgroup.procs");
}

static bool is_out_of_memory(void)
{
	char path[PATH_MAX + 64], text[256] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/memory.oom_control", group);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die("%s", path);
	close(fd);
	return strstr(text, "under_oom 1");
}

/* Nobody is killed: the call comes back short. */
static void short_read(void)
{
	pid_t pid = must_fork();

	if (!pid) {
		int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
		char *p = map_region("read", REGION_PAGES);
		ssize_t n;

		enter("reader");
		measure("read");
		n = syscall(SYS_read, zero, p, REGION_PAGES * PAGE);
		/* else whatever comes next in user mode waits for memory, for ever */
		syscall(SYS_madvise, p, REGION_PAGES * PAGE, MADV_DONTNEED);
		if (n <= 0 || n >= REGION_PAGES * PAGE || n % PAGE)
			die("read gave %zd", n);
		if (measured("reader") != n / PAGE)
			die("read(2) counted otherwise");
		expect_fault("reader", "read", "read", "zero_fill", "kernel", n / PAGE);
		expect_fault("reader", "read", "read", "segv", "kernel", count_refused);
		_exit(0);
	}
	reap(pid, 0);
}

/* Nobody is killed: the write waits until its parent grants more. */
static void waits(void)
{
	pid_t pid = must_fork();

	if (!pid) {
		char *p = map_region("wait", REGION_PAGES);

		enter("waiter");
		measure("wait");
		write_pages(p, REGION_PAGES);
		if (measured("waiter") != REGION_PAGES || !count_refused)
			die("writes counted otherwise");
		expect_fault("waiter", "wait", "wait", "zero_fill", "user", REGION_PAGES);
		expect_fault("waiter", "wait", "wait", "spurious", "user", count_refused);
		_exit(0);
	}
	while (!is_out_of_memory())
		sched_yield();
	if (!limit(4 * REGION_PAGES))
		die("no more memory");
	reap(pid, 0);
	if (!limit(LIMIT_PAGES))
		die("no less memory");
}

/*
 * The kernel kills the only process of the group, in the middle of its fault; or of its call, when
 * memory that others gave back was enough for the fault.  Its parent has its counts.
 */
static void killed(const char *role, bool in_call)
{
	struct counts end;
	int go[2], ready[2];
	pid_t pid;

	must_pipe(go);
	must_pipe(ready);
	pid = must_fork();
	if (!pid) {
		int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
		char *p = map_pages(REGION_PAGES);

		enter(role);
		fl_phase(role);
		/* twice: the second time nothing of it faults */
		for (int i = 0; i < 2; i++) {
			tell(ready[1]);
			wait_told(go[0]);
		}
		if (in_call)
			(void)!syscall(SYS_read, zero, p, REGION_PAGES * PAGE);
		else
			write_pages(p, REGION_PAGES);
		_exit(1);
	}
	wait_told(ready[0]);
	tell(go[1]);
	wait_told(ready[0]);
	counts_open_of(pid);
	tell(go[1]);
	reap(pid, SIGKILL);
	counts_read(&end);
	expect(end.exceptions - end.completed,
	       "SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = '%s' AND NOT (" COUNTED
	       ")",
	       role);
	expect(end.exceptions - end.completed,
	       "SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = '%s' AND kind = '%s'"
	       " AND via = '%s'",
	       role, in_call ? "segv" : "spurious", in_call ? "kernel" : "user");
	expect(1, "SELECT sum(n) > %d FROM fault_count WHERE phase = '%s' AND kind = 'zero_fill'",
	       LIMIT_PAGES / 2, role);
}

int main(int argc, char **argv)
{
	test_start(argc, argv);
	group_make();
	if (first_version && put("memory.oom_control", "1")) {
		short_read();
		waits();
		put("memory.oom_control", "0");
	}
	killed("user", false);
	killed("call", true);
	rmdir(group);
	return test_end();
}
