// SPDX-License-Identifier: GPL-2.0
/*
 * A file locked by the parent while a child asks for it: flock() and fcntl().
 * That the child sleeps in the kernel's queue is read from /proc/locks, where a
 * waiter has an arrow.
 */
#include "testlib.h"

#include <limits.h>
#include <sys/file.h>

static bool someone_waits(pid_t pid)
{
	char line[256], mark[32];
	FILE *f = fopen("/proc/locks", "r");
	bool found = false;

	if (!f)
		die("/proc/locks");
	snprintf(mark, sizeof(mark), " %d ", pid);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, "->") && strstr(line, mark);
	fclose(f);
	return found;
}

static int lock(int fd, bool posix, short type)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_len = 13 };

	if (posix)
		return fcntl(fd, F_SETLKW, &fl);
	return flock(fd, type == F_UNLCK ? LOCK_UN : LOCK_EX);
}

static void contend(const char *path, bool posix)
{
	const char *kind = posix ? "posix" : "flock";
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pid_t pid;

	if (fd < 0 || lock(fd, posix, F_WRLCK))
		die("lock");
	pid = must_fork();
	if (!pid) {
		fl_role(posix ? "wants.posix" : "wants.flock");
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (lock(fd, posix, F_WRLCK) || lock(fd, posix, F_UNLCK))
			die("lock in the child");
		_exit(0);
	}
	while (!someone_waits(pid))
		sched_yield();
	if (lock(fd, posix, F_UNLCK))
		die("unlock");
	reap(pid, 0);
	close(fd);
	expect(1,
	       "SELECT count(*) FROM lock JOIN task USING (task) WHERE kind = '%s'"
	       " AND role = 'wants.%s' AND op = 'write' AND blocked_by = 1"
	       " AND granted_ns > request_ns AND released_ns >= granted_ns",
	       kind, kind);
	expect(1,
	       "SELECT count(*) FROM lock WHERE kind = '%s' AND task = 1 AND op = 'write'"
	       " AND blocked_by IS NULL AND released_ns > granted_ns",
	       kind);
	expect(1,
	       "SELECT count(*) FROM lock AS mine, lock AS theirs, task AS t"
	       " WHERE mine.kind = '%s' AND theirs.kind = '%s' AND mine.op = 'write'"
	       " AND theirs.op = 'write' AND mine.task = 1 AND theirs.task = t.task"
	       " AND t.role = 'wants.%s' AND theirs.granted_ns >= mine.released_ns",
	       kind, kind, kind);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];

	test_start(argc, argv);
	snprintf(path, sizeof(path), "%s/locked", dir ? dir : "/var/tmp");
	contend(path, false);
	contend(path, true);
	unlink(path);
	return test_end();
}
