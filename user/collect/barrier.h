/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a traced program waits until faultline has looked at its memory: it
 * connects to a socket and reads until the end of file (workloads/faultline-barrier.h).
 * Should faultline be killed, the kernel closes the socket and the program goes
 * on; one that comes later is refused, and goes on as well.
 */
#ifndef BARRIER_H
#define BARRIER_H

#include <stddef.h>
#include <sys/types.h>

#define BARRIER_NAME_SIZE 48 /* with its NUL */
#define BARRIER_VARIABLE "FAULTLINE_BARRIER"

/*
 * Listen; the name, for the variable of the traced command's environment, into
 * NAME.  Gives a descriptor for poll() that is closed on exec, or -errno.
 *
 * The name is an abstract one: it needs no file and no rights, and nothing of it
 * stays.  It is random, so that nobody else gets the calls of a program that
 * outlives us.
 */
int barrier_listen(char name[BARRIER_NAME_SIZE]);

/*
 * The next one that waits: a descriptor, to be closed when it may go on, and in
 * *PID its process as the kernel saw it connect.  -EAGAIN: there is none; or
 * another -errno.  Anybody may connect, so it is for the caller to know *PID.
 */
int barrier_accept(int listening, pid_t *pid);

#endif
