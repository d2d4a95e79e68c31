/* SPDX-License-Identifier: GPL-2.0 */
/* A process that moves all tasks below a command from CPU to CPU, as noise. */
#ifndef MOVER_H
#define MOVER_H

#include <sys/types.h>

/*
 * Start it for the tree of PID, whose pidfd is PIDFD, among the CPUs that the
 * caller may use.  It ends with the command or with us.  Its pid, or -errno.
 */
pid_t mover_start(pid_t pid, int pidfd);

/* End it and reap it.  MOVER may be 0. */
void mover_stop(pid_t mover);

#endif
