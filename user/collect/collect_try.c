// SPDX-License-Identifier: GPL-2.0
/* What the kernel takes and what it refuses, program by program. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/collect.h"
#include "collect/kernel_types.h"
#include "collect/loading.h"
#include "collect/tracepoints.h"
#include "record/subjects.h"

/* As much as kernels before 5.2 take; what is not written to costs no memory. */
#define LOG_BYTES ((16u << 20) - 1)

static unsigned int subjects_of(const struct bpf_program *program)
{
	return subjects_of_program(bpf_program__name(program));
}

void loading_choose(const struct faultline_bpf *skel, unsigned int subjects)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skel->obj) {
		unsigned int its = subjects_of(program);

		bpf_program__set_autoload(program, its == SUBJECT_ALWAYS || its & subjects);
	}
}

/* Of the programs of SKEL only NR, which is returned, is to be loaded. */
static struct bpf_program *choose_one(const struct faultline_bpf *skel, int nr)
{
	struct bpf_program *program, *chosen = NULL;

	bpf_object__for_each_program(program, skel->obj) {
		bpf_program__set_autoload(program, !nr);
		if (!nr--)
			chosen = program;
	}
	return chosen;
}

int loading_alone(struct loading *l, int nr, struct refusal *why)
{
	struct faultline_bpf *skel = loading_skeleton(l->path);
	struct bpf_program *program;
	char *log = malloc(LOG_BYTES);
	int err;

	if (!skel || !log) {
		err = skel ? -ENOMEM : -errno;
		loading_refuse(why, REFUSAL_PROGRAM, err, "");
		goto out;
	}
	log[0] = '\0';
	program = choose_one(skel, nr);
	bpf_program__set_log_buf(program, log, LOG_BYTES);
	err = loading_share_maps(l->c->skel, skel);
	if (!err)
		err = faultline_bpf__load(skel);
	if (err) {
		loading_refuse(why, REFUSAL_PROGRAM, err, bpf_program__name(program));
		snprintf(why->hook, sizeof(why->hook), "%s", bpf_program__section_name(program));
		refusal_read_log(why, log);
	}
out:
	free(log);
	faultline_bpf__destroy(skel);
	return err;
}

int collect_try(void (*refused)(void *arg, const struct refusal *why, bool needed), void *arg)
{
	const struct collect_options options = { .subjects = SUBJECT_ALL };
	struct collect c = { .signal_fd = -1 };
	struct loading l = { .c = &c, .o = &options };
	struct bpf_program *program;
	struct refusal why = { 0 };
	int err = loading_open(&l, &why), nr = 0;

	if (err) {
		refused(arg, &why, true);
	} else {
		bpf_object__for_each_program(program, c.skel->obj) {
			if (loading_alone(&l, nr++, &why))
				refused(arg, &why, subjects_of(program) & SUBJECT_DEFAULT);
		}
	}
	loading_close(&l);
	collect_unload(&c);
	return err ? err : nr;
}

/* True if an earlier program than PROGRAM hangs on the same; in NEEDED whether a trace needs any of them. */
static bool is_known(const struct faultline_bpf *skel, const struct bpf_program *program,
		     bool *needed)
{
	const char *name = bpf_program__section_name(program);
	const struct bpf_program *first = NULL;
	struct bpf_program *other;

	*needed = false;
	bpf_object__for_each_program(other, skel->obj) {
		if (strcmp(bpf_program__section_name(other), name))
			continue;
		first = first ?: other;
		*needed |= subjects_of(other) & SUBJECT_DEFAULT;
	}
	return first != program;
}

int collect_hooks(void (*hook)(void *arg, const char *name, bool there, bool needed), void *arg)
{
	static const char kind[] = "tp_btf/";
	struct faultline_bpf *skel = loading_skeleton(NULL);
	struct bpf_program *program;
	struct kernel_types types;
	bool needed;
	int err;

	if (!skel)
		return -errno;
	err = kernel_types_open(&types);
	if (!err)
		tracepoints_find(&types, skel->obj);
	bpf_object__for_each_program(program, skel->obj) {
		const char *name = bpf_program__section_name(program);

		if (!err && !strncmp(name, kind, sizeof(kind) - 1) &&
		    !is_known(skel, program, &needed))
			hook(arg, name + sizeof(kind) - 1, tracepoints_id(name), needed);
	}
	kernel_types_close(&types);
	faultline_bpf__destroy(skel);
	return err;
}

const char *collect_compiler(void)
{
	static char compiler[64] = "an unknown compiler";
	struct faultline_bpf *skel = loading_skeleton(NULL);

	if (skel)
		snprintf(compiler, sizeof(compiler), "%s", (const char *)skel->rodata->compiler);
	faultline_bpf__destroy(skel);
	return compiler;
}
