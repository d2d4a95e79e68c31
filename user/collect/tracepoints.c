// SPDX-License-Identifier: GPL-2.0
#include "collect/tracepoints.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "collect/kernel_types.h"

#define MOST 64

static struct {
	const char *section; /* of the program, owned by the object that it was found for */
	char name[64];
	unsigned int kind;
	__u32 id; /* 0: not there */
} hooks[MOST];
static size_t nr_hooks;

/* By what names the kernel's types tell of tracepoints and iterators: bpf_check_attach_target(). */
#define TRACEPOINT "btf_trace_"
#define ITERATOR "bpf_iter_"

__u32 tracepoints_id(const char *section)
{
	for (size_t i = 0; i < nr_hooks; i++)
		if (!strcmp(hooks[i].section, section))
			return hooks[i].id;
	return 0;
}

static struct {
	const char *name;
	__u32 id; /* 0: not there; the verifier takes that for a call that is never reached */
} functions[FL_NR_KERNEL_FUNCTIONS] = {
	[FL_PREEMPT_DISABLE] = { .name = "bpf_preempt_disable" },
	[FL_PREEMPT_ENABLE] = { .name = "bpf_preempt_enable" },
	[FL_IRQ_SAVE] = { .name = "bpf_local_irq_save" },
	[FL_IRQ_RESTORE] = { .name = "bpf_local_irq_restore" },
	[FL_READ_ONLY_CAST] = { .name = "bpf_rdonly_cast" },
};

__u32 tracepoints_function(unsigned int function)
{
	return function < FL_NR_KERNEL_FUNCTIONS ? functions[function].id : 0;
}

/* As KERNEL_CALL() of bpf/program.bpf.h leaves them. */
static int put_functions(struct bpf_program *program)
{
	size_t n = bpf_program__insn_cnt(program);
	struct bpf_insn *insns = malloc(n * sizeof(*insns));
	int err;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(program), n * sizeof(*insns));
	for (size_t i = 0; i < n; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) &&
		    insns[i].src_reg == BPF_PSEUDO_KFUNC_CALL)
			insns[i].imm = (__s32)tracepoints_function((__u32)insns[i].imm);
	err = bpf_program__set_insns(program, insns, n);
	free(insns);
	return err;
}

static int prepare(struct bpf_program *program, struct bpf_prog_load_opts *o, long cookie)
{
	int err = put_functions(program);

	(void)cookie;
	if (err)
		return err;
	o->attach_btf_id = tracepoints_id(bpf_program__section_name(program));
	return o->attach_btf_id ? bpf_program__set_type(program, BPF_PROG_TYPE_TRACING) : -ESRCH;
}

/* Of those that user space runs by hand. */
static int prepare_functions(struct bpf_program *program, struct bpf_prog_load_opts *o, long cookie)
{
	(void)o;
	(void)cookie;
	return put_functions(program);
}

/* With another type until they are loaded, since libbpf reads all types for one such program. */
int tracepoints_register(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, o, .prog_prepare_load_fn = prepare);
	LIBBPF_OPTS(libbpf_prog_handler_opts, by_hand, .prog_prepare_load_fn = prepare_functions);
	static bool done;
	int id = done ? 1 : 0;

	done = true;
	if (!id)
		id = libbpf_register_prog_handler("tp_btf+", BPF_PROG_TYPE_RAW_TRACEPOINT,
						  BPF_TRACE_RAW_TP, &o);
	if (id > 0)
		id = libbpf_register_prog_handler("raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0,
						  &by_hand);
	if (id > 0)
		id = libbpf_register_prog_handler("iter+", BPF_PROG_TYPE_RAW_TRACEPOINT,
						  BPF_TRACE_ITER, &o);
	return id < 0 ? id : 0;
}

static void add(const char *section)
{
	const char *target = strchr(section, '/');
	bool iterator = !strncmp(section, "iter/", 5);

	if (!target || (!iterator && strncmp(section, "tp_btf/", 7)) || nr_hooks == MOST)
		return;
	hooks[nr_hooks].section = section;
	hooks[nr_hooks].kind = iterator ? BTF_KIND_FUNC : BTF_KIND_TYPEDEF;
	hooks[nr_hooks].id = 0;
	snprintf(hooks[nr_hooks].name, sizeof(hooks[nr_hooks].name), "%s%s",
		 iterator ? ITERATOR : TRACEPOINT, target + 1);
	nr_hooks++;
}

void tracepoints_find(const struct kernel_types *types, const struct bpf_object *object)
{
	struct bpf_program *program;

	nr_hooks = 0;
	bpf_object__for_each_program(program, object) {
		add(bpf_program__section_name(program));
	}
	for (__u32 id = 1; id < types->nr; id++) {
		const struct btf_type *type = kernel_types_get(types, id);
		unsigned int kind = BTF_INFO_KIND(type->info);
		const char *name = kernel_types_name(types, type->name_off);

		for (size_t i = 1; i < FL_NR_KERNEL_FUNCTIONS && kind == BTF_KIND_FUNC; i++)
			if (!strcmp(functions[i].name, name))
				functions[i].id = id;
		if ((kind != BTF_KIND_TYPEDEF || strncmp(name, TRACEPOINT, strlen(TRACEPOINT))) &&
		    (kind != BTF_KIND_FUNC || strncmp(name, ITERATOR, strlen(ITERATOR))))
			continue;
		for (size_t i = 0; i < nr_hooks; i++)
			if (hooks[i].kind == kind && !strcmp(hooks[i].name, name))
				hooks[i].id = id;
	}
}

int tracepoints_attach(const struct bpf_object_skeleton *skeleton, const struct bpf_program **bad)
{
	for (int i = 0; i < skeleton->prog_cnt; i++) {
		struct bpf_prog_skeleton *p =
			(void *)((char *)skeleton->progs + (size_t)i * skeleton->prog_skel_sz);

		if (bpf_program__fd(*p->prog) < 0 ||
		    bpf_program__expected_attach_type(*p->prog) != BPF_TRACE_RAW_TP)
			continue;
		*p->link = bpf_program__attach_trace(*p->prog);
		if (!*p->link) {
			*bad = *p->prog;
			return -errno;
		}
	}
	return 0;
}
