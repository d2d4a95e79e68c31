// SPDX-License-Identifier: GPL-2.0
/*
 * One pipe and one socket pair from parent to child: writes of sizes that the
 * reads cut elsewhere.  Each byte is in exactly one message.
 */
#include "testlib.h"

#include <sys/socket.h>

#define WRITES 11
#define SIZE 101
#define READ 37

static void stream(int to, int from, const char *role)
{
	char buf[SIZE];
	pid_t pid = must_fork();

	if (!pid) {
		long left = WRITES * SIZE;

		fl_role(role);
		close(to);
		while (left > 0) {
			ssize_t n = read(from, buf, READ);

			if (n <= 0)
				die("read");
			left -= n;
		}
		if (read(from, buf, 1) != 0)
			die("more than was written");
		_exit(0);
	}
	close(from);
	memset(buf, 'x', sizeof(buf));
	for (int i = 0; i < WRITES; i++)
		if (write(to, buf, SIZE) != SIZE)
			die("write");
	close(to);
	reap(pid, 0);
	expect(WRITES * SIZE,
	       "SELECT sum(bytes) FROM message AS m, task AS t WHERE m.to_task = t.task"
	       " AND t.role = '%s' AND from_task = 1",
	       role);
	expect(0,
	       "SELECT count(*) FROM message AS m, task AS t WHERE m.to_task = t.task"
	       " AND t.role = '%s' AND (from_task IS NOT 1 OR received_ns < sent_ns)",
	       role);
}

int main(int argc, char **argv)
{
	int fd[2];

	test_start(argc, argv);
	must_pipe(fd);
	stream(fd[1], fd[0], "piped");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		die("socketpair");
	stream(fd[1], fd[0], "socketed");
	expect(WRITES * SIZE, "SELECT sum(bytes) FROM message WHERE channel = 'pipe'");
	expect(WRITES * SIZE, "SELECT sum(bytes) FROM message WHERE channel = 'unix'");
	return test_end();
}
