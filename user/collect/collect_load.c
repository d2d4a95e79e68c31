// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
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
	skel->rodata->preempt_count_from_rq = facts->preempt_count_from_rq;
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
 * Verifying the programs is most of what a start takes, and the kernel verifies
 * as many at once as load them.  The calls take as long as all others together;
 * what user space asks for by name stays in the first part.
 */
static void choose_part(struct faultline_bpf *skel, int part)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj) {
		bool call = program == skel->progs.call_enter || program == skel->progs.call_exit;

		if (call != (part == 1))
			bpf_program__set_autoload(program, false);
	}
}

/*
 * The maps alone.  Opened first of all, so that it is known which types of the
 * kernel the programs ask for: those go to FD, and PATH names it.
 */
static int load_maps(struct collect *c, const struct collect_options *o, int fd, const char *path)
{
	LIBBPF_OPTS(bpf_object_open_opts, open, .btf_custom_path = path);
	struct kernel_types types;
	struct kernel_facts facts;
	struct bpf_program *program;
	int err = kernel_types_open(&types);

	if (!err)
		err = tracepoints_register();
	if (!err) {
		kernel_facts_read(&facts, &types);
		c->skel = faultline_bpf__open_opts(&open);
		err = c->skel ? 0 : -errno;
	}
	if (!err) {
		tracepoints_find(&types, c->skel->obj);
		err = kernel_types_cut(&types, bpf_object__btf(c->skel->obj), fd);
	}
	kernel_types_close(&types);
	if (err)
		return err;
	bpf_object__for_each_program(program, c->skel->obj) {
		bpf_program__set_autoload(program, false);
	}
	configure(c->skel, o, &facts);
	bpf_map__set_max_entries(c->skel->maps.ring, o->ring_bytes ?: DEFAULT_RING_BYTES);
	return faultline_bpf__load(c->skel);
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

struct part {
	struct collect *c;
	unsigned int subjects;
	const char *types;
	int number; /* -1: all that there is */
	int err;
};

static void *load_part(void *arg)
{
	struct part *part = arg;
	LIBBPF_OPTS(bpf_object_open_opts, open, .btf_custom_path = part->types);
	struct faultline_bpf *skel = faultline_bpf__open_opts(&open);

	if (!skel) {
		part->err = -errno;
		return NULL;
	}
	part->c->parts[part->number > 0] = skel;
	choose_programs(skel, part->subjects);
	if (part->number >= 0)
		choose_part(skel, part->number);
	part->err = share_maps(part->c->skel, skel);
	if (!part->err)
		part->err = faultline_bpf__load(skel);
	return NULL;
}

static int load_parts(struct collect *c, unsigned int subjects, const char *types)
{
	struct part first = { .c = c, .subjects = subjects, .types = types, .number = -1 };
	struct part second = { .c = c, .subjects = subjects, .types = types, .number = 1 };
	pthread_t thread;

	if (get_nprocs() > 1 && !pthread_create(&thread, NULL, load_part, &second))
		first.number = 0;
	load_part(&first);
	if (first.number == 0)
		pthread_join(thread, NULL);
	return first.err ? first.err : second.err;
}

int collect_load(struct collect *c, const struct collect_options *o, char *why, size_t why_size)
{
	int fd = memfd_create("types", MFD_CLOEXEC), err;
	char path[32];

	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = load_maps(c, o, fd, path);
	if (err && !c->skel)
		snprintf(
			why, why_size,
			"cannot read the kernel's types: %s; a kernel with CONFIG_DEBUG_INFO_BTF=y "
			"has them in /sys/kernel/btf/vmlinux",
			strerror(-err));
	if (!err)
		err = load_parts(c, o->subjects, path);
	if (err && !why[0])
		snprintf(why, why_size, "cannot load the BPF programs: %s; see faultline doctor",
			 strerror(-err));
	close(fd);
	return err;
}

int collect_attach(struct collect *c)
{
	int err = 0;

	for (int i = 0; i < COLLECT_PARTS && !err; i++)
		if (c->parts[i])
			err = tracepoints_attach(c->parts[i]->skeleton);
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
