// SPDX-License-Identifier: GPL-2.0
/*
 * rpc-stub: a remote call looks like a call, and is two messages
 *
 * The client calls add(a, b).  Its stub packs the arguments into a request (marshalling:
 * numbers of known size, highest byte first), sends it and waits.  The server's stub
 * unpacks them, calls the true add(), and sends the sum back.  Over a UNIX socket and
 * over TCP:
 *	call		some calls
 *	again		a request is sent twice, as if the reply to the first were lost: the
 *			server knows its number, and answers without adding again
 *	dead		the server dies in the middle of its reply: the call ends with an error
 *
 * A stream knows no messages, so what comes may be a part of one: read_all() goes on
 * until it has the whole, or the end of the stream.
 */
#include "workload.h"

#include <endian.h>
#include <stdint.h>

#include "socket.h"

enum { ADD = 1, DIE = 2 };

struct request {
	uint32_t number, function;
	uint64_t a, b;
};

struct reply {
	uint64_t number, sum;
};

/* False: the stream has ended before. */
static int read_all(int fd, void *to, size_t bytes)
{
	size_t have = 0;
	ssize_t n;

	while (have < bytes) {
		n = read(fd, (char *)to + have, bytes - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		have += n;
	}
	return 1;
}

static void write_all(int fd, const void *from, size_t bytes)
{
	if (write(fd, from, bytes) != (ssize_t)bytes)
		fail("write a message");
}

static uint64_t add(uint64_t a, uint64_t b)
{
	fl_value("add", (long)(a + b));
	return a + b;
}

static void serve(int fd)
{
	struct request request;
	struct reply reply = { 0 };

	while (read_all(fd, &request, sizeof(request))) {
		if (be32toh(request.function) == DIE) {
			write_all(fd, &reply, sizeof(reply) / 2);
			return;
		}
		if (be64toh(reply.number) != be32toh(request.number)) {
			reply.number = htobe64(be32toh(request.number));
			reply.sum = htobe64(add(be64toh(request.a), be64toh(request.b)));
		}
		write_all(fd, &reply, sizeof(reply));
	}
}

struct stub {
	int fd;
	uint32_t number; /* of the last request */
};

/* Send the request with the stub's number; false: no reply will come. */
static int ask(const struct stub *stub, uint32_t function, uint64_t a, uint64_t b, uint64_t *sum)
{
	struct request request = { htobe32(stub->number), htobe32(function), htobe64(a),
				   htobe64(b) };
	struct reply reply;

	write_all(stub->fd, &request, sizeof(request));
	if (!read_all(stub->fd, &reply, sizeof(reply)))
		return 0;
	*sum = be64toh(reply.sum);
	return be64toh(reply.number) == stub->number;
}

static uint64_t remote_add(struct stub *stub, uint64_t a, uint64_t b)
{
	uint64_t sum;

	stub->number++;
	if (!ask(stub, ADD, a, b, &sum)) {
		errno = 0;
		fail("the server is gone");
	}
	return sum;
}

static void phase(const char *channel, const char *what)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.%s", channel, what);
	fl_phase(name);
}

static void use(const char *channel, int fd, long calls)
{
	struct stub stub = { .fd = fd };
	uint64_t total = 0, sum = 0;

	phase(channel, "call");
	for (long i = 0; i < calls; i++)
		total += remote_add(&stub, i, 2 * i);
	fl_value("total", (long)total);

	phase(channel, "again");
	fl_value("sum", (long)remote_add(&stub, 3, 4));
	if (ask(&stub, ADD, 3, 4, &sum))
		fl_value("sum", (long)sum);

	phase(channel, "dead");
	stub.number++;
	fl_value("answered", ask(&stub, DIE, 0, 0, &sum));
	fl_phase("");
}

static void over_unix(long calls)
{
	pid_t server;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		fail("socketpair");
	if (fork_child(&server, "server")) {
		close_end(ends[0]);
		serve(ends[1]);
		_exit(0);
	}
	close_end(ends[1]); /* or the end of the stream would never come */
	use("unix", ends[0], calls);
	wait_for(server);
	close_end(ends[0]);
}

static void over_tcp(long calls)
{
	struct sockaddr_in address;
	int listener = listen_on_loopback(&address), fd;
	pid_t server;

	if (fork_child(&server, "server")) {
		serve(accept_one(listener));
		_exit(0);
	}
	fd = connect_to_server(&address);
	use("tcp", fd, calls);
	wait_for(server);
	close_end(fd);
	close_end(listener);
}

int main(int argc, char **argv)
{
	long calls;
	int loopback;

	(void)argc;
	workload_start(argv);
	calls = param("calls");
	loopback = have_loopback();
	stay_on_this_cpu();
	fl_role("client");
	fl_value("loopback", loopback);

	over_unix(calls);
	if (loopback)
		over_tcp(calls);
	return 0;
}
