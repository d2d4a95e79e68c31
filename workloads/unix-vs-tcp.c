// SPDX-License-Identifier: GPL-2.0
/*
 * unix-vs-tcp: on one host, a pipe and a UNIX socket need no network, TCP and UDP do
 *
 * A client sends a byte, a server sends one back, many times, through
 *	pipe		two pipes, one for each way
 *	unix		a pair of UNIX sockets: the byte goes into the other's queue
 *	tcp		a TCP connection on the loopback interface: each byte is a packet that
 *			goes down to the interface and up again, and there are packets to
 *			begin (tcp.connect) and to end (tcp.close)
 *	udp		datagrams on the loopback interface: packets, but no connection
 *
 * Both are on one CPU, so that each byte costs two switches and what the way costs comes
 * on top.
 */
#include "tasks.h"

#include "socket.h"

static long rounds;

/* The fastest round trip is told. */
static void ping(const char *phase, const char *fastest, int in, int out)
{
	struct fastest round = { { 0 }, 0 };

	fl_phase(phase);
	for (long i = 0; i < rounds; i++) {
		long long start = now_ns();

		tell(out);
		await(in);
		fastest_add(&round, now_ns() - start);
	}
	fl_phase("");
	fl_value(fastest, round.ns[round.ns[1] && round.ns[1] < round.ns[0]]);
	fl_value("doubt", fastest_doubt(&round));
}

static void pong(const char *phase, int in, int out)
{
	fl_phase(phase);
	for (long i = 0; i < rounds; i++) {
		await(in);
		tell(out);
	}
	fl_phase("");
}

static void through_pipes(void)
{
	int there[2], back[2];
	pid_t server;

	make_pipe(there);
	make_pipe(back);
	if (fork_child(&server, "server")) {
		pong("pipe", there[0], back[1]);
		_exit(0);
	}
	ping("pipe", "pipe.ns", back[0], there[1]);
	wait_for(server);
}

static void through_unix(void)
{
	pid_t server;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		fail("socketpair");
	if (fork_child(&server, "server")) {
		pong("unix", ends[1], ends[1]);
		_exit(0);
	}
	ping("unix", "unix.ns", ends[0], ends[0]);
	wait_for(server);
}

static void await_end(int fd)
{
	char byte;

	if (read(fd, &byte, 1))
		fail("the end of a connection");
}

static void through_tcp(void)
{
	struct sockaddr_in address;
	int listener = listen_on_loopback(&address), fd;
	pid_t server;

	if (fork_child(&server, "server")) {
		fd = accept_one(listener);
		pong("tcp", fd, fd);
		await_end(fd);
		close_end(fd);
		_exit(0);
	}
	fl_phase("tcp.connect");
	fd = connect_to_server(&address);
	ping("tcp", "tcp.ns", fd, fd);
	fl_phase("tcp.close");
	if (shutdown(fd, SHUT_WR))
		fail("shutdown");
	await_end(fd);
	close_end(fd);
	wait_for(server);
	fl_phase("");
	close_end(listener);
}

static void through_udp(void)
{
	struct sockaddr_in client_address, server_address;
	int client_fd = loopback_socket(SOCK_DGRAM, &client_address);
	int server_fd = loopback_socket(SOCK_DGRAM, &server_address);
	pid_t server;

	connect_to(client_fd, &server_address);
	connect_to(server_fd, &client_address);
	if (fork_child(&server, "server")) {
		pong("udp", server_fd, server_fd);
		_exit(0);
	}
	ping("udp", "udp.ns", client_fd, client_fd);
	wait_for(server);
}

int main(int argc, char **argv)
{
	int loopback;

	(void)argc;
	workload_start(argv);
	rounds = param("rounds");
	loopback = have_loopback();
	stay_on_this_cpu();
	fl_role("client");
	fl_value("loopback", loopback);

	through_pipes();
	through_unix();
	if (loopback) {
		through_tcp();
		through_udp();
	}
	return 0;
}
