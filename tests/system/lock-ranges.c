// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of bytes: each has the range that was asked for, however the call says it,
 * and only who has some of the same bytes is in the way.  What the kernel itself
 * says of who is (F_GETLK) is compared as well.
 */
#include "testlib.h"

#include <limits.h>

#define SIZE 503

static int ask(int fd, int command, short type, short whence, long start, long length)
{
	struct flock lock = {
		.l_type = type, .l_whence = whence, .l_start = start, .l_len = length
	};

	return fcntl(fd, command, &lock);
}

static void must_lock(int fd, int command, short type, short whence, long start, long length)
{
	if (ask(fd, command, type, whence, start, length))
		die("lock of %ld bytes from %ld", length, start);
}

/* OWNER, a process, has some of the bytes. */
static void refused(int fd, short type, long start, long length, pid_t owner)
{
	struct flock lock = { .l_type = type, .l_start = start, .l_len = length };

	if (!ask(fd, F_SETLK, type, SEEK_SET, start, length) || errno != EAGAIN)
		die("a lock that another has");
	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK || lock.l_pid != owner)
		die("F_GETLK names process %d", lock.l_pid);
}

static void have(const char *role, const char *kind, const char *op, long first, long last, long n)
{
	expect(n,
	       "SELECT count(*) FROM lock JOIN task USING (task) WHERE role = '%s'"
	       " AND kind = '%s' AND op = '%s' AND first_byte = %ld AND last_byte IS %ld"
	       " AND granted_ns IS NOT NULL AND blocked_by IS NULL AND ret = 0",
	       role, kind, op, first, last);
}

static void were_refused(const char *role, const char *op, long first, long last)
{
	expect(1,
	       "SELECT count(*) FROM lock JOIN task AS own USING (task)"
	       " JOIN task AS other ON other.task = blocked_by WHERE own.role = '%s'"
	       " AND other.role = 'owner' AND op = '%s' AND first_byte = %ld"
	       " AND last_byte = %ld AND granted_ns IS NULL AND ret = -11",
	       role, op, first, last);
}

static void other_process(const char *path, pid_t owner)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	fl_role("other");
	must_lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 40, 20); /* was given back */
	refused(fd, F_WRLCK, 31, 15, owner);
	refused(fd, F_RDLCK, 60, 1, owner);
	must_lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 101, 7); /* both only read */
	refused(fd, F_WRLCK, 107, 1, owner);
	refused(fd, F_RDLCK, 197, 1000, owner);
	must_lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 150, 29);
	refused(fd, F_RDLCK, 1009, 2, owner); /* in what goes to the end */
	must_lock(fd, F_OFD_SETLK, F_RDLCK, SEEK_SET, 503, 97);
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];
	pid_t pid, own = getpid();
	int fd;

	test_start(argc, argv);
	fl_role("owner");
	snprintf(path, sizeof(path), "%s/ranges", dir ? dir : "/var/tmp");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, SIZE))
		die("%s", path);
	must_lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 100);
	must_lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 40, 20);
	if (lseek(fd, 101, SEEK_SET) != 101)
		die("lseek");
	must_lock(fd, F_SETLK, F_RDLCK, SEEK_CUR, 0, 49);
	must_lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 200, -20);
	must_lock(fd, F_SETLK, F_WRLCK, SEEK_END, -50, 50);
	must_lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 600, 0);
	pid = must_fork();
	if (!pid)
		other_process(path, own);
	reap(pid, 0);
	close(fd);
	unlink(path);

	have("owner", "posix", "write", 0, 99, 1);
	have("owner", "posix", "unlock", 40, 59, 1);
	have("owner", "posix", "read", 101, 149, 1);
	have("owner", "posix", "write", 180, 199, 1);
	have("owner", "posix", "write", SIZE - 50, SIZE - 1, 1);
	expect(1, "SELECT count(*) FROM lock JOIN task USING (task) WHERE role = 'owner'"
		  " AND first_byte = 600 AND last_byte IS NULL AND op = 'write'");
	have("other", "posix", "write", 40, 59, 1);
	have("other", "posix", "read", 101, 107, 1);
	have("other", "posix", "write", 150, 178, 1);
	have("other", "ofd", "read", 503, 599, 1);
	were_refused("other", "write", 31, 45);
	were_refused("other", "read", 60, 60);
	were_refused("other", "write", 107, 107);
	were_refused("other", "read", 197, 1196);
	were_refused("other", "read", 1009, 1010);
	expect(5, "SELECT count(*) FROM lock WHERE blocked_by IS NOT NULL AND kind <> 'futex'");
	expect(0, "SELECT count(*) FROM lock WHERE granted_ns IS NOT NULL AND op <> 'unlock'"
		  " AND released_ns IS NULL AND kind <> 'futex'");
	return test_end();
}
