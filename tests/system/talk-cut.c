// SPDX-License-Identifier: GPL-2.0
/*
 * Talk that does not come to its end: a reader that ends in the middle of a
 * message, a write to a pipe that nobody reads any more, a write of which only
 * a part fits, a read that a signal interrupts.
 */
#include "testlib.h"

#include <sys/time.h>

#define MESSAGE 1009
#define TAKEN 23

static void on_signal(int signo)
{
	(void)signo;
}

/* The child takes the start and ends; what is left nobody reads. */
static void reader_dies(void)
{
	char buf[MESSAGE] = "";
	int fd[2];
	pid_t pid;

	must_pipe(fd);
	if (write(fd[1], buf, MESSAGE) != MESSAGE)
		die("write");
	pid = must_fork();
	if (!pid) {
		fl_role("dies");
		if (read(fd[0], buf, TAKEN) != TAKEN)
			die("read");
		kill(getpid(), SIGKILL);
	}
	reap(pid, SIGKILL);
	close(fd[0]);
	if (write(fd[1], buf, 1) != -1 || errno != EPIPE)
		die("a write that nobody can read");
	close(fd[1]);
	expect(TAKEN, "SELECT bytes FROM message JOIN task ON task = to_task WHERE role = 'dies'");
	expect(MESSAGE - TAKEN,
	       "SELECT bytes FROM message WHERE to_task IS NULL AND object ="
	       " (SELECT object FROM message JOIN task ON task = to_task WHERE role = 'dies')");
	expect(1, "SELECT count(*) FROM signal WHERE signo = 13 AND result = 'ignored'"
		  " AND sender_task = 1 AND receiver_task = 1");
}

/* Into a pipe of one page goes one page of two. */
static void part_fits(void)
{
	static char buf[2 * PAGE];
	int fd[2];
	pid_t pid;

	must_pipe(fd);
	if (fcntl(fd[1], F_SETPIPE_SZ, PAGE) != PAGE || fcntl(fd[1], F_SETFL, O_NONBLOCK))
		die("fcntl");
	if (write(fd[1], buf, 2 * PAGE) != PAGE)
		die("write");
	if (write(fd[1], buf, 1) != -1 || errno != EAGAIN)
		die("write to a full pipe");
	pid = must_fork();
	if (!pid) {
		fl_role("part");
		close(fd[1]);
		for (long left = PAGE; left;) {
			ssize_t n = read(fd[0], buf, left < 1511 ? (size_t)left : 1511);

			if (n <= 0)
				die("read");
			left -= n;
		}
		_exit(0);
	}
	reap(pid, 0);
	close(fd[0]);
	close(fd[1]);
	expect(PAGE, "SELECT sum(bytes) FROM message JOIN task ON task = to_task"
		     " WHERE role = 'part' AND from_task = 1");
	expect(3, "SELECT count(*) FROM message JOIN task ON task = to_task WHERE role = 'part'");
}

/* The read that was interrupted got nothing; the next one does. */
static void interrupted(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	char buf[TAKEN] = "";
	int fd[2], said[2];
	pid_t pid;

	must_pipe(fd);
	must_pipe(said);
	pid = must_fork();
	if (!pid) {
		fl_role("interrupted");
		sigaction(SIGALRM, &action, NULL);
		/* again and again, so that it cannot come before the read alone */
		setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 10007 }, { 0, 10007 } }, NULL);
		if (read(fd[0], buf, TAKEN) != -1 || errno != EINTR)
			die("a read that is not interrupted");
		setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
		if (write(said[1], buf, 1) != 1 || read(fd[0], buf, TAKEN) != TAKEN)
			die("read");
		_exit(0);
	}
	if (read(said[0], buf, 1) != 1 || write(fd[1], buf, TAKEN) != TAKEN)
		die("write");
	reap(pid, 0);
	expect(TAKEN, "SELECT sum(bytes) FROM message JOIN task ON task = to_task"
		      " WHERE role = 'interrupted' AND from_task = 1");
	expect(1, "SELECT count(*) FROM message JOIN task ON task = to_task"
		  " WHERE role = 'interrupted'");
}

int main(int argc, char **argv)
{
	test_start(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	reader_dies();
	part_fits();
	interrupted();
	return test_end();
}
