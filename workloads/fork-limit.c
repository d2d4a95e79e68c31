// SPDX-License-Identifier: GPL-2.0
/*
 * fork-limit: fork() fails when its user, or its group, has enough processes
 *
 * A process makes children that stay, until fork() fails or there are as many as the
 * limit.  Three times:
 *	root	as root with RLIMIT_NPROC set: root is exempt
 *	user	as a user who has no other process.  The limit counts all processes of
 *		the user, so the one that forks as well
 *	group	as root in a control group with pids.max set, which binds everybody
 *
 * Then the children are let go, and waited for, and fork() works again.
 *
 * The control group is removed in the end.  Signals that could end this process
 * before wait until then; they do end the process that forks, so it is not long.
 */
#include "tasks.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define GROUP "faultline-fork-limit"

static char group_dir[256];

/* A child that stays until the other end of the pipe is closed. */
static pid_t one_more(int wait[2])
{
	pid_t child = fork();
	char byte;

	if (child)
		return child;
	alarm(DEADLINE_SECONDS);
	close_end(wait[1]);
	_exit(read(wait[0], &byte, 1) != 0);
}

static void make_until_failure(long limit, const char *phase, const char *again)
{
	int wait[2], error = 0;
	pid_t child;
	long made;

	make_pipe(wait);
	fl_phase(phase);
	for (made = 0; made < limit && !error; made += !error) {
		if (one_more(wait) < 0)
			error = errno;
	}
	fl_phase("");
	fl_value("made", made);
	fl_value("error", error);
	close_end(wait[1]);
	while (waitpid(-1, NULL, 0) > 0)
		;
	close_end(wait[0]);

	make_pipe(wait);
	fl_phase(again);
	child = one_more(wait);
	fl_phase("");
	close_end(wait[1]);
	if (child > 0)
		wait_for(child);
}

static void limit_processes(long limit)
{
	struct rlimit now = { 0 };

	if (getrlimit(RLIMIT_NPROC, &now))
		fail("getrlimit");
	now.rlim_cur = limit;
	if (now.rlim_cur > now.rlim_max || setrlimit(RLIMIT_NPROC, &now))
		fail("setrlimit to %ld processes", limit);
}

/* The real uid of a process; -1: it is gone. */
static long uid_of(const char *pid)
{
	char path[300], text[1024], *line;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = 0;
	line = strstr(text, "\nUid:");
	return line ? strtol(line + sizeof("\nUid:") - 1, NULL, 10) : -1;
}

static int has_process(long uid)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	if (!proc)
		fail("open /proc");
	while (!found && (entry = readdir(proc))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			found = uid_of(entry->d_name) == uid;
	}
	closedir(proc);
	return found;
}

/* 0: there is none among those that are looked at. */
static long free_uid(void)
{
	for (long uid = 64999; uid > 64900; uid--) {
		if (!has_process(uid))
			return uid;
	}
	return 0;
}

static int write_file(const char *name, const char *text)
{
	char path[sizeof(group_dir) + 32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group_dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text);
}

/* How often the group's limit was met. */
static long events(void)
{
	char path[sizeof(group_dir) + 32], text[128] = "", *max;
	int fd;

	snprintf(path, sizeof(path), "%s/pids.events", group_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		fail("read %s", path);
	close(fd);
	max = strstr(text, "max ");
	return max ? strtol(max + 4, NULL, 10) : -1;
}

/* A control group of our own with the limit set, if one can be made. */
static int make_group(const char *limit)
{
	static const char *const roots[] = { "/sys/fs/cgroup/pids", "/sys/fs/cgroup" };

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(group_dir, sizeof(group_dir), "%s/%s", roots[i], GROUP);
		rmdir(group_dir); /* of a run that was killed */
		if (mkdir(group_dir, 0755))
			continue;
		if (write_file("pids.max", limit))
			return 1;
		rmdir(group_dir);
	}
	return 0;
}

static void hold_signals(void)
{
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < 4; i++)
		sigaddset(&held, (int[]){ SIGINT, SIGTERM, SIGHUP, SIGALRM }[i]);
	if (sigprocmask(SIG_BLOCK, &held, NULL))
		fail("sigprocmask");
}

static void release_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL))
		fail("sigprocmask");
}

static void in_group(long limit)
{
	pid_t child;

	hold_signals();
	if (!make_group(param_word("limit"))) {
		release_signals();
		return;
	}
	fl_value("pids", 1);
	if (fork_child(&child, "group")) {
		release_signals();
		if (!write_file("cgroup.procs", "0"))
			fail("enter %s", group_dir);
		make_until_failure(limit, "group.fork", "group.again");
		fl_value("events", events());
		_exit(0);
	}
	waitpid(child, NULL, 0);
	if (rmdir(group_dir))
		fail("remove %s", group_dir);
	release_signals();
}

int main(int argc, char **argv)
{
	long limit, uid;
	pid_t child;

	(void)argc;
	workload_start(argv);
	limit = param("limit");
	fl_role("parent");
	fl_value("root", !geteuid());

	if (fork_child(&child, "root")) {
		limit_processes(limit);
		make_until_failure(limit, "root.fork", "root.again");
		_exit(0);
	}
	wait_for(child);

	uid = geteuid() ? 0 : free_uid();
	fl_value("uid", uid);
	if (uid && fork_child(&child, "user")) {
		limit_processes(limit);
		/* which forgets PR_SET_PDEATHSIG */
		if (setgid(uid) || setuid(uid) || prctl(PR_SET_PDEATHSIG, SIGKILL))
			fail("become user %ld", uid);
		make_until_failure(limit, "user.fork", "user.again");
		_exit(0);
	}
	if (uid)
		wait_for(child);

	in_group(limit);
	return 0;
}
