// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/collect_impl.h"
#include "recording/recording.h"

/* As bpf/trace.bpf.h lays them out. */
struct object_key {
	__u64 inode;
	__u64 device;
};

struct object_value {
	__u32 id;
	__u32 shmem;
	char name[FL_PATH_LEN];
};

#define OBJECT_PATH_ROOM 768
#define PATH_DEPTH 32

struct rescued {
	__u64 size;
	char record[104];
};

struct loss {
	__u64 first_ns;
	__u64 last_ns;
	__u64 n;
};

#define LOSS_MAP 32
#define LOSS_UNTRACKED 48
#define LOSS_PREEMPTED 49
#define NR_LOSSES 49 /* LOSS_PREEMPTED is none itself */

static const char *const map_names[] = {
	[FL_MAP_LEDGER] = "ledger",   [FL_MAP_PAGES] = "pages",     [FL_MAP_NAMES] = "names",
	[FL_MAP_OBJECTS] = "objects", [FL_MAP_REGIONS] = "regions",
};

typedef int (*entry_fn)(struct collect *c, const void *key, const void *value);

/* Call FN for each entry of a hash map, many to a system call. */
static int map_each(struct collect *c, const struct bpf_map *map, entry_fn fn)
{
	enum { BATCH = 4096 };
	size_t key_size = bpf_map__key_size(map), value_size = bpf_map__value_size(map);
	char *keys = malloc(BATCH * key_size), *values = malloc(BATCH * value_size);
	__u32 position, *from = NULL, count;
	int err = 0, done = 0;

	if (!keys || !values)
		err = -ENOMEM;
	while (!err && !done) {
		count = BATCH;
		if (bpf_map_lookup_batch(bpf_map__fd(map), from, &position, keys, values, &count,
					 NULL)) {
			if (errno != ENOENT) {
				err = -errno;
				break;
			}
			done = 1;
		}
		for (__u32 i = 0; i < count && !err; i++)
			err = fn(c, keys + i * key_size, values + i * value_size);
		from = &position;
	}
	free(keys);
	free(values);
	return err;
}

static int append_name(struct collect *c, const void *key, const void *value)
{
	struct fl_name r = { .event.type = FL_NAME, .id = *(const __u32 *)value };

	memcpy(r.name, key, sizeof(r.name));
	return recording_append(c->rec, &r, sizeof(r));
}

/* "libc.so.6", "lib", "" as "/lib/libc.so.6" with its NUL; the bytes of it, 0 for no name at all. */
static size_t join_path(char *path, const char *names)
{
	const char *parts[PATH_DEPTH], *at = names, *end = names + OBJECT_PATH_ROOM;
	size_t used = 0;
	int n = 0;

	while (n < PATH_DEPTH && at < end && *at) {
		parts[n++] = at;
		at += strnlen(at, end - at) + 1;
	}
	while (n--) {
		size_t length = strnlen(parts[n], end - parts[n]);

		path[used++] = '/';
		memcpy(path + used, parts[n], length);
		used += length;
	}
	path[used] = '\0';
	return used ? used + 1 : 0;
}

static int append_object(struct collect *c, const void *key, const void *value)
{
	const struct object_key *k = key;
	const struct object_value *v = value;
	char names[OBJECT_PATH_ROOM] = "";
	union {
		struct fl_object object;
		char room[sizeof(struct fl_object) + OBJECT_PATH_ROOM + 2];
	} r = { .object = { .event.type = FL_OBJECT,
			    .id = v->id,
			    .device = k->device,
			    .inode = k->inode } };

	memcpy(r.object.name, v->name, sizeof(r.object.name));
	/* where it is not there, there was no room, and the way is not known */
	bpf_map_lookup_elem(bpf_map__fd(c->skel->maps.object_paths), &v->id, names);
	return recording_append(c->rec, &r, sizeof(r.object) + join_path(r.object.path, names));
}

static int append_rescued(struct collect *c, const void *key, const void *value)
{
	const struct rescued *v = value;

	(void)key;
	return recording_append(c->rec, v->record, v->size);
}

static int append_ledger(struct collect *c, const void *key, const void *value)
{
	struct fl_ledger r = { .event.type = FL_LEDGER, .n = *(const __u64 *)value };

	memcpy(&r.key, key, sizeof(r.key));
	r.event.task = r.key.task;
	return recording_append(c->rec, &r, sizeof(r));
}

static int append_pages(struct collect *c, const void *key, const void *value)
{
	struct fl_pages r = { .event.type = FL_PAGES, .n = *(const __u64 *)value };

	memcpy(&r.key, key, sizeof(r.key));
	r.event.task = r.key.task;
	return recording_append(c->rec, &r, sizeof(r));
}

static int append_loss(struct collect *c, __u32 slot, int cpu, const struct loss *loss)
{
	struct fl_loss r = {
		.event = { .t_ns = loss->last_ns, .type = FL_LOSS, .cpu = cpu },
		.first_ns = loss->first_ns,
		.n = loss->n,
	};

	if (slot < LOSS_MAP) {
		r.what = FL_LOSS_RING;
		r.kind = slot;
		c->finish.lost += loss->n;
	} else if (slot < LOSS_UNTRACKED) {
		r.what = FL_LOSS_MAP;
		r.kind = slot - LOSS_MAP;
		if (r.kind < sizeof(map_names) / sizeof(map_names[0]) && map_names[r.kind])
			snprintf(r.name, sizeof(r.name), "%s", map_names[r.kind]);
	} else {
		r.what = FL_LOSS_UNTRACKED;
	}
	return recording_append(c->rec, &r, sizeof(r));
}

static int append_cost(struct collect *c, const void *key, const void *value)
{
	struct fl_fault_cost r = { .event.type = FL_FAULT_COST, .n = *(const __u64 *)value };

	memcpy(&r.key, key, sizeof(r.key));
	return recording_append(c->rec, &r, sizeof(r));
}

static int append_losses(struct collect *c)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct loss *per_cpu = calloc(cpus, sizeof(*per_cpu));

	if (!per_cpu)
		return -ENOMEM;
	for (__u32 slot = 0; slot < NR_LOSSES && !err; slot++) {
		if (bpf_map_lookup_elem(bpf_map__fd(c->skel->maps.losses), &slot, per_cpu)) {
			err = -errno;
			break;
		}
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			if (per_cpu[cpu].n)
				err = append_loss(c, slot, cpu, &per_cpu[cpu]);
	}
	free(per_cpu);
	return err;
}

static void missed_runs_of(const struct bpf_object *part, unsigned long long missed[MISSED_MOST])
{
	struct bpf_program *program;
	size_t i = 0;

	bpf_object__for_each_program(program, part) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && i < MISSED_MOST && !bpf_obj_get_info_by_fd(fd, &info, &size))
			missed[i] = info.recursion_misses;
		i++;
	}
}

/* False: it is not known where the kernel counts the runs of page_alloc. */
static bool find_page_alloc(const struct collect *c)
{
	const struct faultline_bpf *part = c->parts[0];
	__u64 args[2] = { (__u64)bpf_program__fd(part->progs.page_alloc) };
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = args, .ctx_size_in = sizeof(args));
	int fd = bpf_program__fd(part->progs.page_alloc_find), cpus = libbpf_num_possible_cpus();

	for (; args[1] < (__u64)cpus; args[1]++)
		if (bpf_prog_test_run_opts(fd, &run) || !run.retval)
			return false;
	return true;
}

/* Whether a task was switched to in the midst of page_alloc, or that is not known. */
static bool was_preempted(const struct collect *c)
{
	int cpus = libbpf_num_possible_cpus();
	struct loss *per_cpu = calloc(cpus, sizeof(*per_cpu));
	const __u32 slot = LOSS_PREEMPTED;
	bool preempted = true;

	if (per_cpu && !bpf_map_lookup_elem(bpf_map__fd(c->skel->maps.losses), &slot, per_cpu)) {
		preempted = false;
		for (int cpu = 0; cpu < cpus; cpu++)
			preempted |= per_cpu[cpu].n != 0;
	}
	free(per_cpu);
	return preempted;
}

static void count_missed(const struct collect *c, unsigned long long missed[MISSED_MOST])
{
	for (int i = 0; i < COLLECT_PARTS; i++)
		if (c->parts[i])
			missed_runs_of(c->parts[i]->obj, missed);
}

static unsigned long long *missed_of(struct collect *c, const struct bpf_program *wanted)
{
	struct bpf_program *program;
	size_t i = 0;

	bpf_object__for_each_program(program, c->skel->obj) {
		if (program == wanted)
			return &c->missed[i];
		i++;
	}
	return NULL;
}

void collect_missed_begin(struct collect *c)
{
	c->knows_page_alloc = find_page_alloc(c) && c->skel->rodata->preempt_count_from_rq;
	count_missed(c, c->missed_before);
}

void collect_missed_end(struct collect *c)
{
	count_missed(c, c->missed);
	for (size_t i = 0; i < MISSED_MOST; i++)
		c->missed[i] -= c->missed_before[i];
	/* nothing but interrupts can have come into it, see page_alloc_active in trace.bpf.h */
	if (c->knows_page_alloc && !*missed_of(c, c->skel->progs.sched_switched) &&
	    !was_preempted(c))
		*missed_of(c, c->skel->progs.page_alloc) = 0;
}

static int append_missed_runs(struct collect *c)
{
	struct bpf_program *program;
	size_t i = 0;
	int err = 0;

	bpf_object__for_each_program(program, c->skel->obj) {
		struct fl_loss r = { .event.type = FL_LOSS, .what = FL_LOSS_RECURSION, .kind = i };

		if (!err && i < MISSED_MOST && c->missed[i]) {
			r.n = c->missed[i];
			snprintf(r.name, sizeof(r.name), "%s", bpf_program__name(program));
			err = recording_append(c->rec, &r, sizeof(r));
		}
		i++;
	}
	return err;
}

int collect_append_maps(struct collect *c)
{
	int err = map_each(c, c->skel->maps.names, append_name);

	if (!err)
		err = map_each(c, c->skel->maps.rescue, append_rescued);
	if (!err)
		err = map_each(c, c->skel->maps.objects, append_object);
	if (!err)
		err = map_each(c, c->skel->maps.ledger, append_ledger);
	if (!err)
		err = map_each(c, c->skel->maps.pages, append_pages);
	if (!err)
		err = map_each(c, c->skel->maps.costs, append_cost);
	if (!err)
		err = append_losses(c);
	if (!err)
		err = append_missed_runs(c);
	return err;
}
