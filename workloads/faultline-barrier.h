/* SPDX-License-Identifier: 0BSD OR MIT */
/*
 * A barrier for faultline in a program of your own: copy this file and
 * faultline.h, include this one.
 *
 *	fl_barrier_prepare();	once, at the start
 *	...
 *	fl_barrier();		wait until faultline has looked at my memory
 *
 * At a barrier faultline notes of each traced process which page frames are behind
 * its named regions (table `frame`), what the kernel's task_struct has (`card`), its
 * mappings (`vma`) and its open files (`open_file`): what was asked for.  The caller
 * waits meanwhile; it is for the program to see to it that the others do not run.
 *
 * Where nobody asks for any of it, the variable FAULTLINE_BARRIER is not set and
 * fl_barrier() does nothing at all: without faultline, and in an experiment that is
 * not kept and whose claims read none of these tables.  `faultline trace` always asks
 * for cards, mappings and open files.  If faultline goes away, fl_barrier() returns.
 *
 * fl_barrier() makes four system calls, writes to no memory but its stack, and
 * allocates nothing.  fl_barrier_warm_up() runs the same code without waiting, so
 * that what it touches is there; a child of fork() has its own of that.
 */
#ifndef FAULTLINE_BARRIER_H
#define FAULTLINE_BARRIER_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "faultline.h"

#define FL_OP_BARRIER_ 5UL

#define FL_BARRIER_ static __attribute__((__unused__))

/* Read from the environment once: whoever clears it later still has the address. */
static struct {
	struct sockaddr_un address;
	socklen_t length; /* 0: there is no barrier */
} fl_barrier_to_;

FL_BARRIER_ void fl_barrier_prepare(void)
{
	const char *name = getenv("FAULTLINE_BARRIER");
	size_t length = name ? strlen(name) : 0;

	fl_barrier_to_.length = 0;
	if (!length || length >= sizeof(fl_barrier_to_.address.sun_path))
		return;
	fl_barrier_to_.address.sun_family = AF_UNIX;
	/* A name in the abstract namespace begins with a NUL and ends without one. */
	memcpy(fl_barrier_to_.address.sun_path + 1, name, length);
	fl_barrier_to_.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

FL_BARRIER_ __attribute__((__noinline__)) void fl_barrier_through_(int fd)
{
	char end;

	if (!connect(fd, (const struct sockaddr *)&fl_barrier_to_.address, fl_barrier_to_.length))
		while (read(fd, &end, 1) < 0 && errno == EINTR)
			;
	close(fd);
}

FL_BARRIER_ __attribute__((__noinline__)) void fl_barrier(void)
{
	int saved = errno, fd;

	if (!fl_barrier_to_.length)
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		fl_mark_(FL_OP_BARRIER_, 0, 0, 0, 0);
		fl_barrier_through_(fd);
	}
	errno = saved;
}

/* All the code of fl_barrier(), on descriptors that lead nowhere. */
FL_BARRIER_ __attribute__((__noinline__)) void fl_barrier_warm_up(void)
{
	socklen_t length = fl_barrier_to_.length;
	int saved = errno;
	char end;

	if (!length)
		return;
	fl_barrier_to_.length = 0;
	fl_barrier();
	fl_barrier_to_.length = length;
	close(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (read(-1, &end, 1) < 0)
		fl_barrier_through_(-1);
	errno = saved;
}

#endif /* FAULTLINE_BARRIER_H */
