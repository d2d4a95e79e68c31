// SPDX-License-Identifier: GPL-2.0
/*
 * Two files with one inode number, on two file systems: a lock of the one is not in
 * the way of the other.
 */
#include "testlib.h"

#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The first file of a file system in memory. */
static int first_file(const char *folder, struct stat *status)
{
	char path[64];
	int fd;

	if (mkdir(folder, 0700) || mount("none", folder, "tmpfs", 0, NULL))
		skip("no file system can be mounted");
	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, status))
		die("%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	struct stat one, other;
	int ours, theirs, done[2];
	pid_t pid;

	test_start(argc, argv);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip("no mount namespace can be made");
	ours = first_file("one", &one);
	theirs = first_file("other", &other);
	if (one.st_ino != other.st_ino)
		skip("file systems in memory do not number alike");
	must_pipe(done);
	fl_role("one");
	if (flock(ours, LOCK_EX))
		die("flock");
	pid = must_fork();
	if (!pid) {
		fl_role("other");
		if (flock(theirs, LOCK_EX))
			die("flock in the child");
		if (flock(open("other/file", O_RDONLY | O_CLOEXEC), LOCK_EX | LOCK_NB) != -1)
			die("locked twice");
		tell(done[1]);
		pause();
	}
	wait_told(done[0]);
	/* the child's file, again, and then our own */
	if (flock(open("other/file", O_RDONLY | O_CLOEXEC), LOCK_EX | LOCK_NB) != -1)
		die("locked by two");
	if (flock(open("one/file", O_RDONLY | O_CLOEXEC), LOCK_EX | LOCK_NB) != -1)
		die("locked by two");
	kill(pid, SIGKILL);
	reap(pid, SIGKILL);
	if (flock(ours, LOCK_UN))
		die("unlock");
	expect(1,
	       "SELECT count(*) FROM lock AS o JOIN lock AS t ON o.granted_ns < t.granted_ns"
	       " JOIN task AS a ON a.task = o.task AND a.role = 'one'"
	       " JOIN task AS b ON b.task = t.task AND b.role = 'other'"
	       " WHERE o.op = 'write' AND t.op = 'write' AND o.released_ns > t.granted_ns AND o.object = 'one/file' AND t.object = 'other/file'");
	expect(2, "SELECT count(*) FROM lock JOIN task ON task.task = blocked_by"
		  " WHERE role = 'other' AND ret = -11");
	expect(1, "SELECT count(*) FROM lock JOIN task ON task.task = blocked_by"
		  " WHERE role = 'one' AND ret = -11");
	return test_end();
}
