// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "record/calls.h"
#include "collect/collect.h"
#include "collect/collect_impl.h"
#include "collect/kernel_facts.h"
#include "collect/kernel_types.h"
#include "collect/loading.h"
#include "collect/refusal.h"
#include "collect/tracepoints.h"
#include "record/subjects.h"

#define DEFAULT_RING_BYTES (16u << 20)

static void configure(struct faultline_bpf *skel, const struct collect_options *o,
		      const struct kernel_facts *facts)
{
	skel->rodata->want_states = o->subjects & SUBJECT_STATES;
	skel->rodata->want_rss = o->subjects & SUBJECT_RSS;
	skel->rodata->want_data = o->subjects & SUBJECT_DATA;
	skel->rodata->want_signals = o->subjects & SUBJECT_SIGNALS;
	skel->rodata->want_cards = o->subjects & SUBJECT_CARDS;
	skel->rodata->every_fault = o->every_fault;
	skel->rodata->nr_cpus = libbpf_num_possible_cpus();
	skel->rodata->nr_prctl = SYS_prctl;
	skel->rodata->thp_always = facts->thp_always;
	skel->rodata->thp_never = facts->thp_never;
	skel->rodata->has_swap = facts->has_swap;
	skel->rodata->word_type = tracepoints_function(FL_READ_ONLY_CAST) ? facts->word_type : 0;
	skel->rodata->entry_address_bits = facts->entry_address_bits;
	skel->rodata->preempt_count_from_rq = facts->preempt_count_from_rq;
	skel->rodata->preemptible = facts->preemptible;
	skel->rodata->gfp_movable = facts->gfp_movable;
	skel->rodata->gfp_zero = facts->gfp_zero;
	skel->rodata->gfp_table = facts->gfp_account | facts->gfp_zero;
	skel->rodata->gfp_cache = facts->gfp_write | facts->gfp_noretry;
	calls_classify(o->subjects, (void *)skel->rodata->call_class);
}

/*
 * Nearly all of a start is work of the kernel's: it makes the maps and verifies the
 * programs, as many at once as there are threads that ask for it.  So two do, as
 * long as there are two CPUs.
 *
 * Run FN for both arguments, the second in a thread of its own where that is faster.
 */
static void both(void *(*fn)(void *), void *first, void *second)
{
	bool two = get_nprocs() > 1;
	pthread_t thread;

	if (two)
		two = !pthread_create(&thread, NULL, fn, second);
	fn(first);
	if (two)
		pthread_join(thread, NULL);
	else
		fn(second);
}

static void read_types(struct loading *l)
{
	struct kernel_types types;
	int err = kernel_types_open(&types);

	l->types_err = err;
	if (!err) {
		kernel_facts_read(&l->facts, &types);
		tracepoints_find(&types, l->c->skel->obj);
		l->types_err = kernel_types_cut(&types, bpf_object__btf(l->c->skel->obj), l->fd);
	}
	kernel_types_close(&types);
}

/* The next map that takes time, since its memory is allocated with it; NULL: none. */
static struct bpf_map *take_map(struct loading *l)
{
	struct bpf_map *map;

	pthread_mutex_lock(&l->maps);
	do {
		map = l->next_map;
		if (map)
			l->next_map = bpf_object__next_map(l->c->skel->obj, map);
	} while (map && bpf_map__type(map) != BPF_MAP_TYPE_HASH &&
		 bpf_map__type(map) != BPF_MAP_TYPE_LRU_HASH &&
		 bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF);
	pthread_mutex_unlock(&l->maps);
	return map;
}

static int create_map(struct bpf_map *map)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = bpf_map__map_flags(map));
	int fd = bpf_map_create(bpf_map__type(map), bpf_map__name(map), bpf_map__key_size(map),
				bpf_map__value_size(map), bpf_map__max_entries(map), &o);
	int err;

	if (fd < 0)
		return -errno;
	err = bpf_map__reuse_fd(map, fd);
	close(fd);
	return err;
}

struct preparation {
	struct loading *l;
	bool types; /* first read those */
};

static void *prepare(void *arg)
{
	const struct preparation *p = arg;
	struct bpf_map *map;

	if (p->types)
		read_types(p->l);
	while ((map = take_map(p->l))) {
		int err = create_map(map);

		if (err) {
			p->l->map_err = err;
			p->l->bad_map = map;
		}
	}
	return NULL;
}

/* The first warning since a skeleton was opened: those after it only repeat that something failed. */
static __thread char warning[sizeof(((struct refusal *)0)->warned)];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list ap)
{
	int length = strlen("libbpf: ");

	if (level != LIBBPF_WARN || warning[0])
		return 0;
	if (!strncmp(format, "libbpf: ", length))
		format += length;
	vsnprintf(warning, sizeof(warning), format, ap);
	warning[strcspn(warning, "\n")] = '\0';
	return 0;
}

int loading_refuse(struct refusal *why, enum refusal_step step, int err, const char *name)
{
	why->step = step;
	why->err = err;
	snprintf(why->name, sizeof(why->name), "%s", name);
	snprintf(why->warned, sizeof(why->warned), "%s", warning);
	return err;
}

struct faultline_bpf *loading_skeleton(const char *path)
{
	LIBBPF_OPTS(bpf_object_open_opts, open, .btf_custom_path = path);

	warning[0] = '\0';
	libbpf_set_print(keep_warning);
	return faultline_bpf__open_opts(&open);
}

int loading_open(struct loading *l, struct refusal *why)
{
	struct preparation with_types = { l, true }, without = { l, false };
	struct bpf_program *program;
	int err;

	pthread_mutex_init(&l->maps, NULL);
	l->fd = memfd_create("types", MFD_CLOEXEC);
	if (l->fd < 0)
		return loading_refuse(why, REFUSAL_TYPES, -errno, "");
	snprintf(l->path, sizeof(l->path), "/proc/self/fd/%d", l->fd);
	err = tracepoints_register();
	if (err)
		return loading_refuse(why, REFUSAL_PROGRAM, err, "");
	l->c->skel = loading_skeleton(l->path);
	if (!l->c->skel)
		return loading_refuse(why, REFUSAL_PROGRAM, -errno, "");
	bpf_map__set_max_entries(l->c->skel->maps.ring, l->o->ring_bytes ?: DEFAULT_RING_BYTES);
	l->next_map = bpf_object__next_map(l->c->skel->obj, NULL);
	both(prepare, &without, &with_types);
	if (l->types_err)
		return loading_refuse(why, REFUSAL_TYPES, l->types_err, "");
	if (l->map_err)
		return loading_refuse(why, REFUSAL_MAP, l->map_err, bpf_map__name(l->bad_map));
	bpf_object__for_each_program(program, l->c->skel->obj) {
		bpf_program__set_autoload(program, false);
	}
	configure(l->c->skel, l->o, &l->facts);
	err = faultline_bpf__load(l->c->skel);
	return err ? loading_refuse(why, REFUSAL_MAP, err, "") : 0;
}

void loading_close(const struct loading *l)
{
	if (l->fd >= 0)
		close(l->fd);
}

int loading_share_maps(struct faultline_bpf *from, struct faultline_bpf *to)
{
	struct bpf_map *there = bpf_object__next_map(to->obj, NULL), *map;
	int err = 0;

	bpf_object__for_each_map(map, from->obj) {
		if (!err)
			err = bpf_map__reuse_fd(there, bpf_map__fd(map));
		there = bpf_object__next_map(to->obj, there);
	}
	return err;
}

/*
 * Halves, by what the verifier has to do for them.  What user space asks for by
 * name stays in the first.
 */
static void choose_part(struct faultline_bpf *skel, int part)
{
	const struct bpf_program *const second[] = {
		skel->progs.call_enter,       skel->progs.call_exit, skel->progs.fault_kernel,
		skel->progs.lock_flock,       skel->progs.task_exit, skel->progs.signal_generated,
		skel->progs.signal_delivered,
	};
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj) {
		int its_part = 0;

		for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++)
			its_part |= program == second[i];
		if (its_part != part)
			bpf_program__set_autoload(program, false);
	}
}

struct part {
	struct loading *l;
	int number;
	struct refusal why;
};

/* Nothing is traced yet, so programs can be attached as soon as they are there. */
static int attach_part(struct part *part, struct faultline_bpf *skel)
{
	const struct bpf_program *bad = NULL;
	int err = tracepoints_attach(skel->skeleton, &bad);

	if (err)
		return loading_refuse(&part->why, REFUSAL_ATTACH, err,
				      bad ? bpf_program__name(bad) : "");
	/* whoever is there first */
	if (!__atomic_exchange_n(&part->l->ring_taken, true, __ATOMIC_RELAXED))
		collect_map_ring(part->l->c);
	return 0;
}

static void *load_part(void *arg)
{
	struct part *part = arg;
	struct collect *c = part->l->c;
	struct faultline_bpf *skel = loading_skeleton(part->l->path);
	int err;

	if (!skel) {
		loading_refuse(&part->why, REFUSAL_PROGRAM, -errno, "");
		return NULL;
	}
	c->parts[part->number] = skel;
	loading_choose(skel, part->l->o->subjects);
	choose_part(skel, part->number);
	err = loading_share_maps(c->skel, skel);
	if (!err)
		err = faultline_bpf__load(skel);
	if (err)
		loading_refuse(&part->why, REFUSAL_PROGRAM, err, "");
	else
		attach_part(part, skel);
	return NULL;
}

/* Which of the programs of a part it was that was refused, and what the verifier says of it. */
static void find_refused(struct loading *l, const struct faultline_bpf *part, struct refusal *why)
{
	struct bpf_program *program;
	struct refusal alone = { 0 };
	int nr = 0;

	bpf_object__for_each_program(program, part->obj) {
		if (bpf_program__autoload(program) && loading_alone(l, nr, &alone)) {
			*why = alone;
			return;
		}
		nr++;
	}
}

int collect_load(struct collect *c, const struct collect_options *o, struct refusal *why)
{
	struct loading l = { .c = c, .o = o };
	struct part parts[COLLECT_PARTS] = { { .l = &l }, { .l = &l, .number = 1 } };
	int err = loading_open(&l, why);

	if (!err)
		both(load_part, &parts[0], &parts[1]);
	for (int i = 0; i < COLLECT_PARTS && !err; i++) {
		err = parts[i].why.err;
		*why = parts[i].why;
		if (why->step == REFUSAL_PROGRAM && c->parts[i])
			find_refused(&l, c->parts[i], why);
	}
	loading_close(&l);
	return err;
}

void collect_detach(struct collect *c)
{
	for (int i = 0; i < COLLECT_PARTS; i++)
		if (c->parts[i])
			faultline_bpf__detach(c->parts[i]);
}

void collect_unload(struct collect *c)
{
	for (int i = 0; i < COLLECT_PARTS; i++)
		faultline_bpf__destroy(c->parts[i]);
	faultline_bpf__destroy(c->skel);
}
