// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe is known by the file behind the descriptor, however a task came by it: as
 * a message over a socket, out of another process, as a copy of another descriptor,
 * by its name in /proc.
 */
#include "testlib.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SENT 211

static char bytes[SENT];

static void must_write(int fd, ssize_t n)
{
	if (write(fd, bytes, (size_t)n) != n)
		die("write");
}

static void must_read(int fd, ssize_t n)
{
	if (read(fd, bytes, SENT) != n)
		die("read");
}

/* Room for one descriptor beside one byte. */
struct envelope {
	struct msghdr header;
	struct iovec part;
	char byte;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
};

static void address(struct envelope *e)
{
	*e = (struct envelope){ .byte = 'f' };
	e->part = (struct iovec){ &e->byte, 1 };
	e->header.msg_iov = &e->part;
	e->header.msg_iovlen = 1;
	e->header.msg_control = &e->control;
	e->header.msg_controllen = sizeof(e->control);
}

static void pass(int socket, int fd)
{
	struct envelope e;

	address(&e);
	e.control.head = (struct cmsghdr){
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	};
	memcpy(CMSG_DATA(&e.control.head), &fd, sizeof(fd));
	if (sendmsg(socket, &e.header, 0) != 1)
		die("sendmsg");
}

static int passed(int socket)
{
	struct envelope e;
	int fd;

	address(&e);
	if (recvmsg(socket, &e.header, MSG_CMSG_CLOEXEC) != 1 ||
	    e.control.head.cmsg_type != SCM_RIGHTS)
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(&e.control.head), sizeof(fd));
	return fd;
}

static void message(const char *from, const char *to, const char *channel, long n)
{
	expect(n,
	       "SELECT sum(bytes) FROM message JOIN task AS f ON f.task = from_task"
	       " JOIN task AS t ON t.task = to_task"
	       " WHERE f.role = '%s' AND t.role = '%s' AND channel = '%s'",
	       from, to, channel);
}

/* Two strangers: neither was born with the pipe of the other. */
static void over_a_socket(void)
{
	int pair[2], fd[2];
	pid_t owner, guest;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	owner = must_fork();
	if (!owner) {
		fl_role("owner");
		must_pipe(fd);
		pass(pair[0], fd[1]);
		close(fd[1]);
		must_read(fd[0], 23);
		must_read(fd[0], 0);
		_exit(0);
	}
	guest = must_fork();
	if (!guest) {
		fl_role("guest");
		must_write(passed(pair[1]), 23);
		_exit(0);
	}
	reap(guest, 0);
	reap(owner, 0);
	close(pair[0]);
	close(pair[1]);
	message("guest", "owner", "pipe", 23);
	message("owner", "guest", "unix", 1);
}

static void out_of_a_process(void)
{
	int fd[2], ask[2], pidfd, taken;
	char number[16];
	pid_t pid;

	must_pipe(ask);
	pid = must_fork();
	if (!pid) {
		fl_role("robbed");
		must_pipe(fd);
		snprintf(number, sizeof(number), "%d", fd[1]);
		if (write(ask[1], number, sizeof(number)) != sizeof(number))
			die("write");
		must_read(fd[0], 29);
		_exit(0);
	}
	if (read(ask[0], number, sizeof(number)) != sizeof(number))
		die("read");
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	taken = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(number), 0);
	if (pidfd < 0 || taken < 0)
		die("pidfd_getfd");
	must_write(taken, 29);
	reap(pid, 0);
	close(pidfd);
	close(taken);
	expect(29, "SELECT bytes FROM message JOIN task ON task = to_task"
		   " WHERE role = 'robbed' AND from_task = 1 AND channel = 'pipe'");
}

/* One pipe under four numbers. */
static void copies(void)
{
	char path[64];
	int fd[2], ends[3];
	pid_t pid;

	must_pipe(fd);
	ends[0] = fcntl(fd[1], F_DUPFD_CLOEXEC, 103);
	ends[1] = dup2(fd[1], 107);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[1]);
	ends[2] = open(path, O_WRONLY | O_CLOEXEC);
	pid = must_fork();
	if (!pid) {
		fl_role("copies");
		for (int i = 0; i < 3; i++) {
			if (ends[i] < 0)
				die("copy %d", i);
			must_write(ends[i], 31 + i);
		}
		must_write(fd[1], 37);
		_exit(0);
	}
	for (int i = 0; i < 3; i++)
		close(ends[i]);
	close(fd[1]);
	reap(pid, 0);
	must_read(fd[0], 31 + 32 + 33 + 37);
	close(fd[0]);
	expect(4, "SELECT count(*) FROM message JOIN task ON task = from_task"
		  " WHERE role = 'copies' AND to_task = 1");
	expect(31 + 32 + 33 + 37, "SELECT sum(bytes) FROM message JOIN task ON task = from_task"
				  " WHERE role = 'copies' AND to_task = 1 GROUP BY object");
}

/* A FIFO opened anew, by the name of its node and by that of a descriptor of it. */
static void fifo_anew(void)
{
	char path[64];
	int end, again;
	pid_t pid;

	if (mkfifo("fifo", 0600))
		die("mkfifo");
	end = open("fifo", O_RDWR | O_CLOEXEC);
	if (end < 0)
		die("open");
	pid = must_fork();
	if (!pid) {
		fl_role("anew");
		snprintf(path, sizeof(path), "/proc/self/fd/%d", end);
		again = open(path, O_WRONLY | O_CLOEXEC);
		if (again < 0)
			die("open %s", path);
		must_write(again, 41);
		_exit(0);
	}
	reap(pid, 0);
	must_read(end, 41);
	close(end);
	unlink("fifo");
	expect(41, "SELECT bytes FROM message JOIN task ON task = from_task"
		   " WHERE role = 'anew' AND to_task = 1 AND channel = 'fifo'");
}

int main(int argc, char **argv)
{
	test_start(argc, argv);
	over_a_socket();
	out_of_a_process();
	copies();
	fifo_anew();
	expect(0, "SELECT count(*) FROM message WHERE from_task IS NULL OR to_task IS NULL");
	return test_end();
}
