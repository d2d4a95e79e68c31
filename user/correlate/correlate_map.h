/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash table from a 64-bit key to a 32-bit number that is not 0.  Keys come
 * from recordings of anybody, so the hash is seeded and nobody can aim for
 * collisions.
 */
#ifndef CORRELATE_MAP_H
#define CORRELATE_MAP_H

#include <linux/types.h>
#include <stddef.h>

struct map {
	struct map_slot {
		__u64 key;
		__u32 value; /* 0: free */
	} * slots;
	size_t size, used;
	__u64 seed;
};

/* 0: not there. */
__u32 map_get(const struct map *map, __u64 key);

/* Set or replace; VALUE is not 0.  0 or -ENOMEM. */
int map_set(struct map *map, __u64 key, __u32 value);

void map_free(struct map *map);

#endif
