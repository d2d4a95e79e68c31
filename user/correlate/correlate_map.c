// SPDX-License-Identifier: GPL-2.0
#include "correlate/correlate_map.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

/* The finalizer of SplitMix64: each bit of the key reaches each bit of the result. */
static __u64 mix(__u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Where KEY stands if nothing is in its way. */
static size_t home(const struct map *map, __u64 key)
{
	return mix(mix(key ^ map->seed) + map->seed) & (map->size - 1);
}

static size_t after(const struct map *map, size_t i)
{
	return (i + 1) & (map->size - 1);
}

static struct map_slot *slot(const struct map *map, __u64 key)
{
	size_t i = home(map, key);

	while (map->slots[i].value && map->slots[i].key != key)
		i = after(map, i);
	return &map->slots[i];
}

void *map_get(const struct map *map, __u64 key)
{
	return map->size ? slot(map, key)->value : NULL;
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

int map_set(struct map *map, __u64 key, void *value)
{
	struct map_slot *s = map->size ? slot(map, key) : NULL;
	int err;

	if (!s || (!s->value && map->used * 2 >= map->size)) {
		err = grow(map);
		if (err)
			return err;
		s = slot(map, key);
	}
	if (!s->value)
		map->used++;
	s->key = key;
	s->value = value;
	return 0;
}

__u32 map_number(struct map *map, __u64 key)
{
	uintptr_t number = (uintptr_t)map_get(map, key);

	if (!number && !map_set(map, key, (void *)(map->used + 1)))
		number = map->used;
	return (__u32)number;
}

/* What stands behind the slot because it was taken moves up: a look-up ends at a hole. */
void map_remove(struct map *map, __u64 key)
{
	struct map_slot *s = map->size ? slot(map, key) : NULL;
	size_t hole, i;

	if (!s || !s->value)
		return;
	map->used--;
	hole = i = (size_t)(s - map->slots);
	for (;;) {
		size_t at, mask = map->size - 1;

		map->slots[hole].value = NULL;
		do {
			i = after(map, i);
			if (!map->slots[i].value)
				return;
			at = home(map, map->slots[i].key);
			/* it stays if its home lies between the hole and itself */
		} while (((i - at) & mask) < ((i - hole) & mask));
		map->slots[hole] = map->slots[i];
		hole = i;
	}
}

void *map_next(const struct map *map, size_t *at)
{
	while (*at < map->size) {
		void *value = map->slots[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}

void map_free(struct map *map)
{
	free(map->slots);
	*map = (struct map){ 0 };
}
