// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "calls.h"
#include "collect.h"
#include "collect_impl.h"
#include "kernel_facts.h"
#include "kernel_types.h"
#include "tracepoints.h"

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

/* Programs marked optional ("?") are loaded for the subjects that are asked for. */
static void choose_programs(struct faultline_bpf *skel, unsigned int subjects)
{
	const struct {
		struct bpf_program *program;
		unsigned int subjects;
	} optional[] = {
		{ skel->progs.task_rename, SUBJECT_DEFAULT },
		{ skel->progs.sched_waking, SUBJECT_STATES },
		{ skel->progs.sched_wakeup, SUBJECT_STATES },
		{ skel->progs.sched_wakeup_new, SUBJECT_STATES },
		{ skel->progs.sched_migrate, SUBJECT_STATES },
		{ skel->progs.sched_prio, SUBJECT_STATES },
		{ skel->progs.lock_flock, SUBJECT_LOCKS },
		{ skel->progs.lock_posix, SUBJECT_LOCKS },
		{ skel->progs.ipc_sock_state, SUBJECT_MESSAGES },
		{ skel->progs.ipc_net_queue, SUBJECT_MESSAGES },
		{ skel->progs.kthread_ask, SUBJECT_KTHREADS },
		{ skel->progs.kthread_born, SUBJECT_KTHREADS },
		{ skel->progs.kthread_stop, SUBJECT_KTHREADS },
		{ skel->progs.kthread_exit, SUBJECT_KTHREADS },
		{ skel->progs.snapshot_card, SUBJECT_CARDS },
		{ skel->progs.snapshot_vma, SUBJECT_CARDS },
		{ skel->progs.snapshot_file, SUBJECT_CARDS },
	};

	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		bpf_program__set_autoload(optional[i].program, optional[i].subjects & subjects);
}

/*
 * Nearly all of a start is work of the kernel's: it makes the maps and verifies the
 * programs, as many at once as there are threads that ask for it.  So two do, as
 * long as there are two CPUs.
 */
struct loading {
	struct collect *c;
	const struct collect_options *o;
	int fd;        /* the types of the kernel that the programs ask for ... */
	char path[32]; /* ... and by which name libbpf finds them */
	struct kernel_facts facts;
	struct bpf_map *next_map;
	pthread_mutex_t maps;
	int types_err, map_err;
	bool ring_taken;
};

/* Run FN for both arguments, the second in a thread of its own where that is faster. */
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

static int read_types(struct loading *l)
{
	struct kernel_types types;
	int err = kernel_types_open(&types);

	if (!err) {
		kernel_facts_read(&l->facts, &types);
		tracepoints_find(&types, l->c->skel->obj);
		err = kernel_types_cut(&types, bpf_object__btf(l->c->skel->obj), l->fd);
	}
	kernel_types_close(&types);
	return err;
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
		p->l->types_err = read_types(p->l);
	while ((map = take_map(p->l))) {
		int err = create_map(map);

		if (err)
			p->l->map_err = err;
	}
	return NULL;
}

/* The types for the programs, and the maps; the object that has these has no programs. */
static int load_maps(struct loading *l)
{
	LIBBPF_OPTS(bpf_object_open_opts, open, .btf_custom_path = l->path);
	struct preparation with_types = { l, true }, without = { l, false };
	struct bpf_program *program;
	int err = tracepoints_register();

	if (err)
		return err;
	l->c->skel = faultline_bpf__open_opts(&open);
	if (!l->c->skel)
		return -errno;
	bpf_map__set_max_entries(l->c->skel->maps.ring, l->o->ring_bytes ?: DEFAULT_RING_BYTES);
	l->next_map = bpf_object__next_map(l->c->skel->obj, NULL);
	both(prepare, &without, &with_types);
	if (l->types_err || l->map_err)
		return l->types_err ? l->types_err : l->map_err;
	bpf_object__for_each_program(program, l->c->skel->obj) {
		bpf_program__set_autoload(program, false);
	}
	configure(l->c->skel, l->o, &l->facts);
	return faultline_bpf__load(l->c->skel);
}

static int share_maps(struct faultline_bpf *from, struct faultline_bpf *to)
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
	int err;
	bool attaching; /* ERR is of that */
};

/* Nothing is traced yet, so programs can be attached as soon as they are there. */
static void *load_part(void *arg)
{
	struct part *part = arg;
	struct collect *c = part->l->c;
	LIBBPF_OPTS(bpf_object_open_opts, open, .btf_custom_path = part->l->path);
	struct faultline_bpf *skel = faultline_bpf__open_opts(&open);

	if (!skel) {
		part->err = -errno;
		return NULL;
	}
	c->parts[part->number] = skel;
	choose_programs(skel, part->l->o->subjects);
	choose_part(skel, part->number);
	part->err = share_maps(c->skel, skel);
	if (!part->err)
		part->err = faultline_bpf__load(skel);
	part->attaching = !part->err;
	if (!part->err)
		part->err = tracepoints_attach(skel->skeleton);
	/* whoever is there first */
	if (!part->err && !__atomic_exchange_n(&part->l->ring_taken, true, __ATOMIC_RELAXED))
		collect_map_ring(c);
	return NULL;
}

const char *collect_remedy(int err)
{
	/* each map, program and attachment is one */
	return err == -EMFILE ? "allow more, as with \"ulimit -n 1024\"" : "see faultline doctor";
}

int collect_load(struct collect *c, const struct collect_options *o, char *why, size_t why_size)
{
	struct loading l = { .c = c, .o = o, .maps = PTHREAD_MUTEX_INITIALIZER };
	struct part first = { .l = &l }, second = { .l = &l, .number = 1 };
	const struct part *failed = NULL;
	int err;

	l.fd = memfd_create("types", MFD_CLOEXEC);
	if (l.fd < 0)
		return -errno;
	snprintf(l.path, sizeof(l.path), "/proc/self/fd/%d", l.fd);
	err = load_maps(&l);
	if (l.types_err && err != -EMFILE)
		snprintf(
			why, why_size,
			"cannot read the kernel's types: %s; a kernel with CONFIG_DEBUG_INFO_BTF=y "
			"has them in /sys/kernel/btf/vmlinux",
			strerror(-err));
	if (!err) {
		both(load_part, &first, &second);
		failed = first.err ? &first : second.err ? &second : NULL;
	}
	if (failed)
		err = failed->err;
	if (err && !why[0])
		snprintf(why, why_size, "cannot %s the BPF programs: %s; %s",
			 failed && failed->attaching ? "attach" : "load", strerror(-err),
			 collect_remedy(err));
	close(l.fd);
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
