/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by those who load the BPF programs: all at once (collect_load.c), or each by itself. */
#ifndef LOADING_H
#define LOADING_H

#include <pthread.h>
#include <stdbool.h>

#include "collect/collect_impl.h"
#include "collect/kernel_facts.h"
#include "collect/refusal.h"

struct loading {
	struct collect *c;
	const struct collect_options *o;
	int fd;        /* the types of the kernel that the programs ask for ... */
	char path[32]; /* ... and by which name libbpf finds them */
	struct kernel_facts facts;
	struct bpf_map *next_map;
	const struct bpf_map *bad_map;
	pthread_mutex_t maps;
	int types_err, map_err;
	bool ring_taken;
};

/* The programs and maps, not loaded; PATH has the kernel's types for them, NULL: none.  NULL: errno. */
struct faultline_bpf *loading_skeleton(const char *path);

/*
 * The types for the programs, and the maps: c->skel, the object that has these, has no programs.
 * 0, or -errno with what was refused in WHY; loading_close() in either case.
 */
int loading_open(struct loading *l, struct refusal *why);
void loading_close(const struct loading *l);

/* Choose the programs for SUBJECTS. */
void loading_choose(const struct faultline_bpf *skel, unsigned int subjects);

/* Give the object TO the maps of FROM.  0 or -errno. */
int loading_share_maps(struct faultline_bpf *from, struct faultline_bpf *to);

/* Load program NR, counted as libbpf does, and unload it again.  0, or -errno with the reason in WHY. */
int loading_alone(struct loading *l, int nr, struct refusal *why);

/* Fill in WHY; returns ERR. */
int loading_refuse(struct refusal *why, enum refusal_step step, int err, const char *name);

#endif
