// SPDX-License-Identifier: GPL-2.0
#include "kernel_facts.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Since 6.10 the bits of gfp_t are an enum without a name, ___GFP_DMA_BIT and on. */
static void gfp_from_enum(struct kernel_facts *facts, const struct btf *btf,
			  const struct btf_type *type)
{
	const struct {
		const char *name;
		unsigned int *bit;
	} wanted[] = {
		{ "___GFP_MOVABLE_BIT", &facts->gfp_movable },
		{ "___GFP_ZERO_BIT", &facts->gfp_zero },
		{ "___GFP_ACCOUNT_BIT", &facts->gfp_account },
		{ "___GFP_WRITE_BIT", &facts->gfp_write },
		{ "___GFP_NORETRY_BIT", &facts->gfp_noretry },
	};
	const struct btf_enum *value = btf_enum(type);

	for (int i = 0; i < btf_vlen(type); i++, value++) {
		const char *name = btf__name_by_offset(btf, value->name_off);

		for (size_t j = 0; j < sizeof(wanted) / sizeof(wanted[0]); j++)
			if (!strcmp(name, wanted[j].name))
				*wanted[j].bit = 1U << value->val;
	}
}

/* Per-CPU variables and their places in the section are in BTF; preempt_count is one since 6.15. */
static void percpu_distance(struct kernel_facts *facts, const struct btf *btf,
			    const struct btf_type *section)
{
	const struct btf_var_secinfo *var = btf_var_secinfos(section);
	long long rq = -1, count = -1;

	for (int i = 0; i < btf_vlen(section); i++, var++) {
		const struct btf_type *type = btf__type_by_id(btf, var->type);
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (!strcmp(name, "runqueues"))
			rq = var->offset;
		else if (!strcmp(name, "__preempt_count"))
			count = var->offset;
	}
	if (rq >= 0 && count >= 0)
		facts->preempt_count_from_rq = count - rq;
}

static bool thp_is(const char *policy)
{
	char line[64] = "", wanted[32];
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");

	if (!f)
		return !strcmp(policy, "never"); /* built without them */
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	snprintf(wanted, sizeof(wanted), "[%s]", policy);
	return strstr(line, wanted);
}

/* Any line but the heading of /proc/swaps is one. */
static bool swap_is_on(void)
{
	FILE *f = fopen("/proc/swaps", "re");
	char line[256];
	bool on;

	if (!f)
		return false;
	on = fgets(line, sizeof(line), f) && fgets(line, sizeof(line), f);
	fclose(f);
	return on;
}

int kernel_facts_read(struct kernel_facts *facts)
{
	/* The macros of kernels before 6.10 (include/linux/gfp_types.h), in no BTF. */
	*facts = (struct kernel_facts){
		.gfp_movable = 0x08,
		.gfp_zero = 0x100,
		.gfp_write = 0x1000,
		.gfp_noretry = 0x10000,
		.gfp_account = 0x400000,
	};
	facts->thp_always = thp_is("always");
	facts->thp_never = thp_is("never");
	facts->has_swap = swap_is_on();

	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return -errno;
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_enum(type) && !type->name_off && btf_vlen(type) > 16 &&
		    !strcmp(btf__name_by_offset(btf, btf_enum(type)->name_off), "___GFP_DMA_BIT"))
			gfp_from_enum(facts, btf, type);
		else if (btf_is_datasec(type) &&
			 !strcmp(btf__name_by_offset(btf, type->name_off), ".data..percpu"))
			percpu_distance(facts, btf, type);
	}
	btf__free(btf);
	return 0;
}
