// SPDX-License-Identifier: GPL-2.0
#include "correlate_map.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* The finalizer of SplitMix64: each bit of the key reaches each bit of the result. */
static __u64 mix(__u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static struct map_slot *slot(const struct map *map, __u64 key)
{
	size_t i = mix(mix(key ^ map->seed) + map->seed) & (map->size - 1);

	while (map->slots[i].value && map->slots[i].key != key)
		i = (i + 1) & (map->size - 1);
	return &map->slots[i];
}

__u32 map_get(const struct map *map, __u64 key)
{
	return map->size ? slot(map, key)->value : 0;
}

static int grow(struct map *map)
{
	struct map bigger = { .size = map->size ? map->size * 2 : 64, .seed = map->seed };
	size_t i;

	if (!map->size && getrandom(&bigger.seed, sizeof(bigger.seed), 0) < 0)
		bigger.seed = (__u64)(size_t)map;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (i = 0; i < map->size; i++)
		if (map->slots[i].value)
			*slot(&bigger, map->slots[i].key) = map->slots[i];
	bigger.used = map->used;
	free(map->slots);
	*map = bigger;
	return 0;
}

int map_set(struct map *map, __u64 key, __u32 value)
{
	struct map_slot *s;
	int err;

	if (map->used * 2 >= map->size) {
		err = grow(map);
		if (err)
			return err;
	}
	s = slot(map, key);
	if (!s->value)
		map->used++;
	s->key = key;
	s->value = value;
	return 0;
}

void map_free(struct map *map)
{
	free(map->slots);
	*map = (struct map){ 0 };
}
