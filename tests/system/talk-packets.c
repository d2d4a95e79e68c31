// SPDX-License-Identifier: GPL-2.0
/*
 * Packets: each is one message, whoever sends it and however it is addressed, by a
 * call of its own or with others in one.  What does not fit into the reader's buffer
 * is cut off, and what nobody reads stays unread.
 */
#include "testlib.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define MOST 211
#define SENT 7 /* by one sendmmsg() */
#define OF_THE_FIRST                                                                               \
	"object = (SELECT object FROM message JOIN task ON task = from_task WHERE role = 'udp.first')"

static int must_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* A UDP socket that is bound to a port that the kernel chooses. */
static int udp_bound(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = must_socket(AF_INET, SOCK_DGRAM);

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)address, sizeof(*address)))
		skip("there is no loopback interface");
	if (getsockname(fd, (struct sockaddr *)address, &length))
		die("getsockname");
	return fd;
}

static void got(ssize_t n, ssize_t expected)
{
	if (n != expected)
		die("%zd bytes instead of %zd", n, expected);
}

/* Two that know only the address of a third, who asks once who it was. */
static void udp_without_connect(void)
{
	static char buf[MOST];
	struct sockaddr_in address, who;
	socklen_t length = sizeof(who);
	int fd = udp_bound(&address);

	for (int i = 0; i < 2; i++) {
		pid_t pid = must_fork();

		if (!pid) {
			int own = must_socket(AF_INET, SOCK_DGRAM);

			fl_role(i ? "udp.second" : "udp.first");
			got(sendto(own, buf, i ? 31 : 23, 0, (struct sockaddr *)&address,
				   sizeof(address)),
			    i ? 31 : 23);
			_exit(0);
		}
		reap(pid, 0);
	}
	got(recvfrom(fd, buf, MOST, 0, (struct sockaddr *)&who, &length), 23);
	got(recv(fd, buf, 13, 0), 13);
	/* one that nobody reads, and one without a byte */
	got(sendto(fd, buf, 0, 0, (struct sockaddr *)&address, sizeof(address)), 0);
	got(sendto(fd, buf, 37, 0, (struct sockaddr *)&address, sizeof(address)), 37);
	got(recv(fd, buf, MOST, 0), 0);
	close(fd);
	expect(4, "SELECT count(*) FROM message WHERE " OF_THE_FIRST);
	expect(23, "SELECT bytes FROM message JOIN task ON task = from_task"
		   " WHERE role = 'udp.first' AND to_task = 1 AND cut_bytes = 0");
	expect(13, "SELECT bytes FROM message JOIN task ON task = from_task"
		   " WHERE role = 'udp.second' AND to_task = 1 AND cut_bytes = 31 - 13");
	expect(37, "SELECT sum(bytes) FROM message WHERE " OF_THE_FIRST
		   " AND from_task = 1 AND to_task IS NULL");
	expect(1, "SELECT count(*) FROM message WHERE " OF_THE_FIRST
		  " AND from_task = 1 AND to_task = 1 AND bytes = 0");
}

static void prepare(struct mmsghdr *headers, struct iovec *parts, char *buf, int n,
		    const ssize_t *sizes)
{
	for (int i = 0; i < n; i++) {
		parts[i] = (struct iovec){ buf, (size_t)sizes[i] };
		headers[i] =
			(struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i], .msg_iovlen = 1 } };
	}
}

/* Messages by the handful; one is too large for the buffer, one for the network. */
static void many_at_once(void)
{
	static const ssize_t out[SENT] = { 2, 3, 5, 107, 11, 0, 13 };
	static const ssize_t in[SENT] = { MOST, MOST, MOST, 101, MOST, MOST, MOST };
	static const ssize_t too_large[3] = { 17, 19, 70001 };
	static char buf[70001];
	struct mmsghdr headers[SENT];
	struct iovec parts[SENT];
	struct sockaddr_in address;
	int fd = udp_bound(&address), own = must_socket(AF_INET, SOCK_DGRAM);
	pid_t pid = must_fork();

	if (!pid) {
		fl_role("many.sender");
		prepare(headers, parts, buf, SENT, out);
		for (int i = 0; i < SENT; i++) {
			headers[i].msg_hdr.msg_name = &address;
			headers[i].msg_hdr.msg_namelen = sizeof(address);
		}
		got(sendmmsg(own, headers, SENT, 0), SENT);
		if (connect(own, (struct sockaddr *)&address, sizeof(address)))
			die("connect");
		prepare(headers, parts, buf, 3, too_large);
		got(sendmmsg(own, headers, 3, 0), 2);
		_exit(0);
	}
	reap(pid, 0);
	prepare(headers, parts, buf, SENT, in);
	got(recvmmsg(fd, headers, 2, MSG_PEEK, NULL), 2);
	got(recvmmsg(fd, headers, SENT, 0, NULL), SENT);
	got(recv(fd, buf, MOST, 0), 17);
	prepare(headers, parts, buf, 1, in);
	got(recvmsg(fd, &headers[0].msg_hdr, 0), 19);
	close(own);
	close(fd);
	expect(SENT + 2, "SELECT count(*) FROM message JOIN task ON task = from_task"
			 " WHERE role = 'many.sender' AND to_task = 1");
	expect(2 + 3 + 5 + 101 + 11 + 13 + 17 + 19,
	       "SELECT sum(bytes) FROM message JOIN task ON task = from_task"
	       " WHERE role = 'many.sender'");
	expect(107 - 101, "SELECT sum(cut_bytes) FROM message JOIN task ON task = from_task"
			  " WHERE role = 'many.sender'");
}

static void on_signal(int signo)
{
	(void)signo;
}

/* A call that a signal ends has moved what it says, here one of two messages. */
static void many_interrupted(void)
{
	static const ssize_t sizes[2] = { MOST, MOST };
	static char buf[MOST];
	struct sigaction action = { .sa_handler = on_signal };
	struct mmsghdr headers[2];
	struct iovec parts[2];
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	got(send(pair[1], buf, 41, 0), 41);
	pid = must_fork();
	if (!pid) {
		fl_role("many.interrupted");
		sigaction(SIGALRM, &action, NULL);
		/* again and again, so that it cannot come before the call alone */
		setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 10007 }, { 0, 10007 } }, NULL);
		prepare(headers, parts, buf, 2, sizes);
		got(recvmmsg(pair[0], headers, 2, 0, NULL), 1);
		_exit(0);
	}
	reap(pid, 0);
	close(pair[0]);
	close(pair[1]);
	expect(41, "SELECT sum(bytes) FROM message JOIN task ON task = to_task"
		   " WHERE role = 'many.interrupted' AND from_task = 1");
}

/* A stream takes a part of the second message, and the call ends there. */
static void many_into_a_stream(void)
{
	static const ssize_t sizes[3] = { 1009, 1 << 20, 1 };
	static char buf[1 << 20];
	struct mmsghdr headers[3];
	struct iovec parts[3];
	int pair[2];
	long went;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	prepare(headers, parts, buf, 3, sizes);
	got(sendmmsg(pair[1], headers, 3, MSG_DONTWAIT), 2);
	went = headers[0].msg_len + headers[1].msg_len;
	if (headers[0].msg_len != 1009 || headers[1].msg_len >= sizes[1])
		die("all fits");
	pid = must_fork();
	if (!pid) {
		fl_role("many.stream");
		for (long left = went; left;) {
			ssize_t n = read(pair[0], buf, sizeof(buf));

			if (n <= 0)
				die("read");
			left -= n;
		}
		_exit(0);
	}
	reap(pid, 0);
	close(pair[0]);
	close(pair[1]);
	expect(went, "SELECT sum(bytes) FROM message JOIN task ON task = to_task"
		     " WHERE role = 'many.stream' AND from_task = 1");
	expect(0,
	       "SELECT count(*) FROM message WHERE channel = 'unix' AND bytes = %ld"
	       " AND to_task IS NULL",
	       went);
}

static socklen_t unix_address(struct sockaddr_un *address, const char *name)
{
	size_t length = strlen(name + 1) + 1;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, length);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/* The receiver binds one spelling of the name, the sender uses another. */
static void unix_named(const char *role, const char *bound, const char *named, ssize_t size)
{
	static char buf[MOST];
	struct sockaddr_un address;
	int fd = must_socket(AF_UNIX, SOCK_DGRAM), own = must_socket(AF_UNIX, SOCK_DGRAM);
	socklen_t length = unix_address(&address, bound);
	pid_t pid;

	if (bind(fd, (struct sockaddr *)&address, length))
		die("bind %s", bound);
	pid = must_fork();
	if (!pid) {
		struct iovec part = { buf, (size_t)size };
		struct msghdr header = { .msg_name = &address, .msg_iov = &part, .msg_iovlen = 1 };

		fl_role(role);
		header.msg_namelen = unix_address(&address, named);
		got(sendto(own, buf, (size_t)size, 0, (struct sockaddr *)&address,
			   header.msg_namelen),
		    size);
		got(sendmsg(own, &header, 0), size);
		if (connect(own, (struct sockaddr *)&address, header.msg_namelen))
			die("connect %s", named);
		got(write(own, buf, (size_t)size), size);
		_exit(0);
	}
	reap(pid, 0);
	got(recv(fd, buf, MOST, 0), size);
	got(read(fd, buf, MOST), size);
	got(recv(fd, buf, 1, MSG_TRUNC), size);
	close(fd);
	close(own);
	if (*bound)
		unlink(bound);
	expect(3,
	       "SELECT count(*) FROM message JOIN task ON task = from_task"
	       " WHERE role = '%s' AND to_task = 1",
	       role);
	expect(2 * size + 1,
	       "SELECT sum(bytes) FROM message JOIN task ON task = from_task"
	       " WHERE role = '%s'",
	       role);
	expect(size - 1,
	       "SELECT sum(cut_bytes) FROM message JOIN task ON task = from_task"
	       " WHERE role = '%s'",
	       role);
}

/* Packets in order over a connection; its end is no message. */
static void sequenced(void)
{
	static char buf[MOST];
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	pid = must_fork();
	if (!pid) {
		fl_role("sequenced");
		close(pair[1]);
		got(read(pair[0], buf, 29), 29);
		got(recv(pair[0], buf, MOST, 0), 43);
		got(recv(pair[0], buf, MOST, 0), 0);
		_exit(0);
	}
	close(pair[0]);
	got(send(pair[1], buf, 47, 0), 47);
	got(write(pair[1], buf, 43), 43);
	close(pair[1]);
	reap(pid, 0);
	expect(2, "SELECT count(*) FROM message JOIN task ON task = to_task"
		  " WHERE role = 'sequenced'");
	expect(29, "SELECT bytes FROM message JOIN task ON task = to_task"
		   " WHERE role = 'sequenced' AND cut_bytes = 47 - 29 AND from_task = 1");
	expect(43, "SELECT bytes FROM message JOIN task ON task = to_task"
		   " WHERE role = 'sequenced' AND cut_bytes = 0 AND from_task = 1");
}

int main(int argc, char **argv)
{
	test_start(argc, argv);
	udp_without_connect();
	many_at_once();
	many_interrupted();
	many_into_a_stream();
	unix_named("path", "sock", "./sock", 53);
	unix_named("abstract", "\0a/b/faultline", "\0a/b/faultline", 59);
	sequenced();
	expect(0, "SELECT count(*) FROM message WHERE from_task IS NULL");
	return test_end();
}
