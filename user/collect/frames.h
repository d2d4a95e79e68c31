/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which page frames are behind the named regions of the traced processes, read
 * from /proc when one of them asks at a barrier (barrier.h).
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>

struct frames;
struct recording;

/*
 * Make the barrier.  DRAIN(ARG) is called to learn of the latest records: it is
 * to give them to frames_learn().  0, or -errno.  Where the kernel shows no
 * frames, there is no barrier and frames_why() says why not.
 */
int frames_open(struct frames **out, void (*drain)(void *arg), void *arg);
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
