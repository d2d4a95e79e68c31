/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What experiments with sockets share: a loopback interface that works, and TCP
 * connections on it.  Include it after workload.h.
 */
#ifndef SOCKET_H
#define SOCKET_H

#include "workload.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Whether lo is up; with UP, after trying to bring it up. */
HELPER int loopback_is_up(int up)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), yes = 0;

	if (fd < 0)
		return 0;
	if (!ioctl(fd, SIOCGIFFLAGS, &lo)) {
		if (up && !(lo.ifr_flags & IFF_UP)) {
			lo.ifr_flags |= IFF_UP;
			ioctl(fd, SIOCSIFFLAGS, &lo);
			ioctl(fd, SIOCGIFFLAGS, &lo);
		}
		yes = !!(lo.ifr_flags & IFF_UP);
	}
	close_end(fd);
	return yes;
}

/* A socket of TYPE on 127.0.0.1, with a port that the kernel chooses; -1: none is free. */
HELPER int bound_to_loopback(int type)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* Whether two ports are free, of TCP and of UDP. */
HELPER int ports_are_free(void)
{
	const int types[] = { SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM };
	int sockets[4], free = 0;

	for (int i = 0; i < 4; i++) {
		sockets[i] = bound_to_loopback(types[i]);
		free += sockets[i] >= 0;
	}
	for (int i = 0; i < 4; i++)
		close(sockets[i]);
	return free == 4;
}

/*
 * Whether there is a loopback interface with ports that are free: where there is
 * none, we make a network of our own that has one, if we may.  Before the first
 * socket.
 */
HELPER int have_loopback(void)
{
	if (loopback_is_up(0) && ports_are_free())
		return 1;
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 0;
	return loopback_is_up(1);
}

/* A socket of TYPE on 127.0.0.1, with a port that the kernel chooses, which is in *ADDRESS. */
HELPER int loopback_socket(int type, struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = bound_to_loopback(type);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)address, &length))
		fail("a socket on 127.0.0.1");
	return fd;
}

HELPER void connect_to(int fd, const struct sockaddr_in *address)
{
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		fail("connect");
}

/* Send what is written at once, without waiting for more. */
HELPER void no_delay(int fd)
{
	int yes = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)))
		fail("TCP_NODELAY");
}

HELPER int listen_on_loopback(struct sockaddr_in *address)
{
	int fd = loopback_socket(SOCK_STREAM, address);

	if (listen(fd, 1))
		fail("listen");
	return fd;
}

HELPER int accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		fail("accept");
	no_delay(fd);
	return fd;
}

HELPER int connect_to_server(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("socket");
	no_delay(fd);
	connect_to(fd, address);
	return fd;
}

#endif /* SOCKET_H */
