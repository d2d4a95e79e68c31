/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash table from a 64-bit key to a pointer.  Keys come from recordings of
 * anybody, so the hash is seeded and nobody can aim for collisions.
 */
#ifndef CORRELATE_MAP_H
#define CORRELATE_MAP_H

#include <linux/types.h>
#include <stddef.h>

struct map {
	struct map_slot {
		__u64 key;
		void *value; /* NULL: free */
	} * slots;
	size_t size, used;
	__u64 seed;
};

/* NULL: not there. */
void *map_get(const struct map *map, __u64 key);

/* Set, or replace, which needs no memory; VALUE is not NULL.  0 or -ENOMEM. */
int map_set(struct map *map, __u64 key, void *value);

/* The number of KEY in a table that has nothing else: the next where it has none.  0: no memory. */
__u32 map_number(struct map *map, __u64 key);

void map_remove(struct map *map, __u64 key);

/* The next value behind *AT, which begins with 0, in no order; NULL: that was all. */
void *map_next(const struct map *map, size_t *at);

void map_free(struct map *map);

#endif
