// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "collect/barrier.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

int barrier_listen(char name[BARRIER_NAME_SIZE])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	unsigned long long random[2];
	int fd, err, length;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	length =
		snprintf(name, BARRIER_NAME_SIZE, "faultline-%016llx%016llx", random[0], random[1]);
	memcpy(address.sun_path + 1, name, length);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&address,
		  offsetof(struct sockaddr_un, sun_path) + 1 + length) &&
	    !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int barrier_accept(int listening, pid_t *pid)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), err;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size)) {
		err = -errno;
		close(fd);
		return err;
	}
	*pid = peer.pid;
	return fd;
}
