// SPDX-License-Identifier: GPL-2.0
#include "collect/kernel_facts.h"

#include <stdio.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "collect/kernel_types.h"

/* Since 6.10 the bits of gfp_t are an enum without a name, ___GFP_DMA_BIT and on. */
static void gfp_from_enum(struct kernel_facts *facts, const struct kernel_types *types,
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
	const struct btf_enum *value = (const void *)(type + 1);

	if (strcmp(kernel_types_name(types, value->name_off), "___GFP_DMA_BIT"))
		return;
	for (unsigned int i = 0; i < BTF_INFO_VLEN(type->info); i++, value++)
		for (size_t j = 0; j < sizeof(wanted) / sizeof(wanted[0]); j++)
			if (!strcmp(kernel_types_name(types, value->name_off), wanted[j].name))
				*wanted[j].bit = 1U << value->val;
}

/*
 * From 6.2 to 6.14 preempt_count is a member of the per-CPU variable pcpu_hot,
 * in a struct without a name.  Its place in bytes; -1: this is another struct.
 */
static int place_in_hot(const struct kernel_types *types, const struct btf_type *type)
{
	const struct btf_member *member = (const void *)(type + 1);

	if (BTF_INFO_VLEN(type->info) < 2 ||
	    strcmp(kernel_types_name(types, member[0].name_off), "current_task") ||
	    strcmp(kernel_types_name(types, member[1].name_off), "preempt_count"))
		return -1;
	return BTF_MEMBER_BIT_OFFSET(member[1].offset) / 8;
}

/*
 * Per-CPU variables and their places in the section are in BTF.  PLACE is that of
 * the count in the variable which holds it.
 */
static void percpu_distance(struct kernel_facts *facts, const struct btf_type *section,
			    __u32 runqueues, __u32 preempt_count, int place)
{
	const struct btf_var_secinfo *var = (const void *)(section + 1);
	long long rq = -1, count = -1;

	for (unsigned int i = 0; i < BTF_INFO_VLEN(section->info); i++, var++) {
		if (var->type == runqueues)
			rq = var->offset;
		else if (var->type == preempt_count)
			count = var->offset + place;
	}
	if (rq >= 0 && count >= 0)
		facts->preempt_count_from_rq = count - rq;
}

static void facts_from_types(struct kernel_facts *facts, const struct kernel_types *types)
{
	const struct btf_type *percpu = NULL;
	__u32 runqueues = 0, preempt_count = 0, hot = 0; /* 0 is void */
	int place = -1;

	for (__u32 id = 1; id < types->nr; id++) {
		const struct btf_type *type = kernel_types_get(types, id);
		const char *name = kernel_types_name(types, type->name_off);

		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_ENUM:
			if (!*name && BTF_INFO_VLEN(type->info) > 16)
				gfp_from_enum(facts, types, type);
			break;
		case BTF_KIND_STRUCT:
			if (!*name && place < 0)
				place = place_in_hot(types, type);
			else if (!strcmp(name, "timespec64"))
				facts->word_type = id;
			break;
		case BTF_KIND_VAR:
			if (!strcmp(name, "runqueues"))
				runqueues = id;
			else if (!strcmp(name, "__preempt_count"))
				preempt_count = id;
			else if (!strcmp(name, "pcpu_hot"))
				hot = id;
			else if (!strcmp(name, "tracepoint_srcu_srcu_data"))
				facts->preemptible = true; /* or old: not asked then */
			break;
		case BTF_KIND_DATASEC:
			if (!strcmp(name, ".data..percpu"))
				percpu = type;
			break;
		default:
			break;
		}
	}
	if (percpu && runqueues && preempt_count)
		percpu_distance(facts, percpu, runqueues, preempt_count, 0);
	else if (percpu && runqueues && hot && place >= 0)
		percpu_distance(facts, percpu, runqueues, hot, place);
}

/* Bit 47 or 51 is no part of it where memory is encrypted: sme_enable(), sev_enable(). */
static unsigned long long entry_address_bits(void)
{
	unsigned long long bits = 0x000ffffffffff000;
#ifdef __x86_64__
	unsigned int has, where, c, d;

	/* bits 0 and 1: SME and SEV */
	if (__get_cpuid(0x8000001f, &has, &where, &c, &d) && has & 3)
		bits &= ~(1ull << (where & 63));
#endif
	return bits;
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
	on = fgets(line, sizeof(line), f);
	if (on)
		on = fgets(line, sizeof(line), f);
	fclose(f);
	return on;
}

void kernel_facts_read(struct kernel_facts *facts, const struct kernel_types *types)
{
	/* The macros of kernels before 6.10 (include/linux/gfp_types.h), in no BTF. */
	*facts = (struct kernel_facts){
		.gfp_movable = 0x08,
		.gfp_zero = 0x100,
		.gfp_write = 0x1000,
		.gfp_noretry = 0x10000,
		.gfp_account = 0x400000,
	};
	facts->entry_address_bits = entry_address_bits();
	facts->thp_always = thp_is("always");
	facts->thp_never = thp_is("never");
	facts->has_swap = swap_is_on();
	facts_from_types(facts, types);
}
