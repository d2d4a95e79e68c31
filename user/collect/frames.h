/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is looked at when a traced process asks at a barrier (barrier.h): which page
 * frames are behind the named regions of all of them, read from /proc, and whatever
 * else the caller has to look at.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct frames;
struct recording;

/* What is asked of the caller while somebody waits at a barrier. */
struct frames_calls {
	/* learn of the latest records: give them to frames_learn() */
	void (*drain)(void *arg);
	/* look at the process PID at the moment NOW in PHASE (name id) of who asked; NULL: nothing */
	void (*look)(void *arg, pid_t pid, unsigned long long now, unsigned short phase);
	void *arg;
};

/*
 * Make the barrier, for page frames where PAGES says so, and for CALLS.  0, or
 * -errno.  Where the kernel shows no frames frames_why() says why not; if nothing
 * else is looked at there is no barrier then.
 */
int frames_open(struct frames **out, const struct frames_calls *calls, bool pages);
void frames_close(struct frames *f); /* whoever waits goes on; NULL is allowed */

/* Name of the barrier, or NULL: there is none. */
const char *frames_barrier(const struct frames *f);

/* To be polled for POLLIN; -1: never. */
int frames_fd(const struct frames *f);

/*
 * Follow what a record of the running system tells of processes, their phases
 * and regions.  Records of other types are allowed.  0 or -ENOMEM.
 */
int frames_learn(struct frames *f, const void *record);

/*
 * Let in those who wait, and append a snapshot for each that is traced, with the
 * rights of identity_frames().  0, or the -errno of the recording or -ENOMEM.
 */
int frames_serve(struct frames *f, struct recording *rec);

/*
 * Why frames could not be read, or not those of every process that was there, as
 * half a sentence; NULL: they were.
 */
const char *frames_why(const struct frames *f);

#endif
