// SPDX-License-Identifier: GPL-2.0
/*
 * lock-owner: who owns a file lock
 *
 * A lock keeps out all but its owner, and what the owner is differs:
 *	flock		the open file (struct file): whoever has a descriptor of it, by dup()
 *			or by fork(), is the same owner, and can give the lock back
 *	posix		the process (its table of descriptors): whatever descriptor it uses,
 *			and closing any of them gives the lock back
 *	ofd		the open file again, with the ranges of POSIX locks
 * In each the phases ask the same: again by another open() (other), by dup() (dup), by a
 * forked child (child).
 *
 *	queue		who may wait sleeps until the owner gives the lock back
 *	deadlock	the kernel refuses a wait that would close a circle, for POSIX locks
 *
 * The file has lost its name at once, so that nothing is left behind; another open()
 * goes through /proc/self/fd.
 */
#include "tasks.h"

#include <sys/file.h>

#define MOST_WAITERS 500

static int new_file(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/faultline.XXXXXX", folder ? folder : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	else /* nobody can write there: one in memory has locks as well */
		fd = memfd_create("file", MFD_CLOEXEC);
	if (fd < 0)
		fail("make a file");
	return fd;
}

static int open_again(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again < 0)
		fail("open %s", path);
	return again;
}

static void range(int fd, int command, short type, int from, int bytes)
{
	struct flock lock = { .l_type = type, .l_start = from, .l_len = bytes };

	fcntl(fd, command, &lock);
}

static void try_flock(int fd)
{
	flock(fd, LOCK_EX | LOCK_NB);
}

static void drop_flock(int fd)
{
	flock(fd, LOCK_UN);
}

static void try_posix(int fd)
{
	range(fd, F_SETLK, F_WRLCK, 0, 0);
}

static void try_ofd(int fd)
{
	range(fd, F_OFD_SETLK, F_WRLCK, 0, 0);
}

static void drop(int fd)
{
	close_end(fd);
}

/* What comes of it is for the claims to judge. */
static void in_phase(const char *phase, void (*act)(int), int fd)
{
	fl_phase(phase);
	act(fd);
	fl_phase("");
}

static void in_child(const char *phase, void (*act)(int), int fd)
{
	pid_t child;

	if (fork_child(&child, "child")) {
		in_phase(phase, act, fd);
		_exit(0);
	}
	wait_for(child);
}

static void flock_owner(void)
{
	int file = new_file(), other = open_again(file);

	in_phase("flock.hold", try_flock, file);
	in_phase("flock.other", try_flock, other);
	in_phase("flock.dup", try_flock, dup(file));
	in_child("flock.child", try_flock, file);
	in_child("flock.drop", drop_flock, file);
	in_phase("flock.free", try_flock, other);
}

static void posix_owner(void)
{
	int file = new_file(), other = open_again(file), unused = open_again(file);

	in_phase("posix.hold", try_posix, file);
	in_phase("posix.other", try_posix, other);
	in_phase("posix.dup", try_posix, dup(file));
	in_child("posix.child", try_posix, file);
	in_phase("posix.close", drop, unused);
	in_child("posix.free", try_posix, file);
}

static void ofd_owner(void)
{
	int file = new_file(), other = open_again(file), unused = open_again(file);

	in_phase("ofd.hold", try_ofd, file);
	in_phase("ofd.other", try_ofd, other);
	in_phase("ofd.dup", try_ofd, dup(file));
	in_child("ofd.child", try_ofd, file);
	in_phase("ofd.close", drop, unused);
	in_phase("ofd.still", try_ofd, other);
}

static void wait_in_turn(int file)
{
	int own = open_again(file);

	fl_phase("queue.wait");
	if (flock(own, LOCK_EX))
		fail("flock");
	fl_phase("queue.inside");
	sched_yield();
	fl_phase("");
	flock(own, LOCK_UN);
}

static void queue(long waiters)
{
	pid_t pids[MOST_WAITERS];
	int file = new_file();

	in_phase("queue.hold", try_flock, file);
	for (long i = 0; i < waiters; i++) {
		if (fork_child(&pids[i], "waiter")) {
			wait_in_turn(file);
			_exit(0);
		}
	}
	for (long i = 0; i < waiters; i++)
		wait_until_state(pids[i], 'S');
	in_phase("queue.give", drop_flock, file);
	for (long i = 0; i < waiters; i++)
		wait_for(pids[i]);
}

/* Each holds a byte and wants the other's. */
static void deadlock(void)
{
	int file = new_file(), held[2];
	pid_t child;

	make_pipe(held);
	range(file, F_SETLK, F_WRLCK, 0, 1);
	if (fork_child(&child, "second")) {
		range(file, F_SETLK, F_WRLCK, 1, 1);
		tell(held[1]);
		fl_phase("deadlock");
		range(file, F_SETLKW, F_WRLCK, 0, 1);
		fl_phase("");
		_exit(0);
	}
	await(held[0]);
	wait_until_state(child, 'S');
	fl_phase("deadlock");
	range(file, F_SETLKW, F_WRLCK, 1, 1);
	fl_phase("");
	range(file, F_SETLK, F_UNLCK, 0, 1);
	wait_for(child);
}

int main(int argc, char **argv)
{
	long waiters;

	(void)argc;
	workload_start(argv);
	waiters = param("waiters");
	if (waiters > MOST_WAITERS) {
		errno = 0;
		fail("waiters=%ld: up to %d", waiters, MOST_WAITERS);
	}
	fl_role("first");

	flock_owner();
	posix_owner();
	ofd_owner();
	queue(waiters);
	deadlock();
	return 0;
}
