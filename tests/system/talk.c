// SPDX-License-Identifier: GPL-2.0
/*
 * Two tasks that send each other small messages as fast as they can, through
 * pipes and through a pair of sockets: 50,021 each way.  None is lost, and each
 * is one message: who writes waits for the answer before it writes again.
 */
#include "testlib.h"

#include <sys/socket.h>

#define ROUNDS 50021
#define PING 13
#define PONG 17

static void transfer(ssize_t (*call)(int, void *, size_t), int fd, char *buf, ssize_t size)
{
	if (call(fd, buf, (size_t)size) != size)
		die("ping-pong");
}

static ssize_t give(int fd, void *buf, size_t size)
{
	return write(fd, buf, size);
}

static void ping_pong(const char *channel, int to[2], int fro[2])
{
	char role[16], buf[PONG] = "";
	pid_t pid = must_fork();

	if (!pid) {
		snprintf(role, sizeof(role), "%s.pong", channel);
		fl_role(role);
		for (int i = 0; i < ROUNDS; i++) {
			transfer(read, to[0], buf, PING);
			transfer(give, fro[1], buf, PONG);
		}
		_exit(0);
	}
	for (int i = 0; i < ROUNDS; i++) {
		transfer(give, to[1], buf, PING);
		transfer(read, fro[0], buf, PONG);
	}
	reap(pid, 0);
	expect(ROUNDS,
	       "SELECT count(*) FROM message JOIN task ON task = to_task"
	       " WHERE role = '%s.pong' AND from_task = 1 AND bytes = %d AND channel = '%s'",
	       channel, PING, channel);
	expect(ROUNDS,
	       "SELECT count(*) FROM message JOIN task ON task = from_task"
	       " WHERE role = '%s.pong' AND to_task = 1 AND bytes = %d AND channel = '%s'",
	       channel, PONG, channel);
	expect(2 * ROUNDS, "SELECT count(*) FROM message WHERE channel = '%s'", channel);
}

int main(int argc, char **argv)
{
	int to[2], fro[2], pair[2];

	test_start(argc, argv);
	must_pipe(to);
	must_pipe(fro);
	ping_pong("pipe", to, fro);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	/* what goes in at one end comes out at the other */
	ping_pong("unix", (int[]){ pair[1], pair[0] }, (int[]){ pair[0], pair[1] });
	return test_end();
}
