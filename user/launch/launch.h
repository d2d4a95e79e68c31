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
	unsigned int profile;            /* PROFILE_* of profile.h; 0: none */
	int cpu;                         /* that the profile pins to; -1: do not */
	const char *barrier;             /* for the variable FAULTLINE_BARRIER; NULL: none */
};

struct launch {
	pid_t pid;
	int gate;  /* closing it without writing makes the child leave; -1: open */
	int error; /* read end of the close-on-exec pipe that reports a failed exec */
	int pidfd;
	bool failed;                  /* it reported an error and is leaving */
	unsigned int profile_missing; /* PROFILE_*: parts of the profile that could not be set */
};

/*
 * Remember the signal mask, the disposition of SIGCHLD and the limits that the
 * command is to inherit.  Called once before faultline changes any of them;
 * where it was not, launch_fork() takes them as they are.
 */
void launch_remember(void);

/*
 * Block the signals of the keyboard, SIGTERM and SIGHUP, which the collector reads; the
 * command does not inherit that, but gets them only once the gate is open.  The second function forgets those that came
 * and were not read, and restores the mask.
 */
void launch_hold_signals(void);
void launch_restore_signals(void);

/*
 * Fork; what the child has to do before the gate it does meanwhile.  0 or -errno.
 * A step of the child that fails there is reported by launch_release(), so that a
 * child is there to follow in every case.
 */
int launch_fork(struct launch *launch, const struct launch_options *options);

/*
 * Wait until the child blocks on the gate.  Signals of the keyboard that are held
 * and may be older than the child wait for it behind the gate.  0, or -errno: it
 * was killed before.
 */
int launch_ready(struct launch *launch);

/*
 * Open the gate and wait until execve has succeeded or failed.  0, or the
 * -errno of the failed step; WHAT then names it ("search", "execve",
 * "setgroups", ...).  "search" is a command that is in no folder of PATH, or
 * -EACCES for one that is there and may not be executed.  A child that failed
 * leaves with 127 or 126 and stays to be reaped.
 */
int launch_release(struct launch *launch, const char **what);

/*
 * Close what is open.  A child that still waits behind the gate is killed and
 * reaped; one that failed is reaped unless that was done; a command that runs
 * is left alone.
 */
void launch_abort(struct launch *launch);

#endif
