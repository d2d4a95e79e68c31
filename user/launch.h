/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Start a command behind a gate: the child exists and waits, so that tracing
 * can be armed on its thread id before it runs execve.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct launch_options {
	char *const *argv;
	const struct identity *identity; /* whom to run as; NULL: as we are (identity.h) */
	bool clean;		/* the clean profile (profile.h) */
	int cpu;		/* pin to this CPU; -1: do not */
};

struct launch {
	pid_t pid;
	int gate;		/* write end; closing it without writing makes the child leave */
	int error;		/* read end of the close-on-exec pipe that reports a failed exec */
	int pidfd;
};

/* Fork and return once the child blocks on the gate.  0 or -errno. */
int launch_fork(struct launch *launch, const struct launch_options *options);

/*
 * Open the gate and wait until execve has succeeded or failed.  0, or the
 * -errno of the failed step; WHAT then names it ("execve", "setgroups", ...).
 */
int launch_release(struct launch *launch, const char **what);

/* Kill what still waits behind the gate, close what is open. */
void launch_abort(struct launch *launch);

#endif
