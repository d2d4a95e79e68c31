// SPDX-License-Identifier: GPL-2.0
#include "kernel_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"

/*
 * The kernel's types as they lie in its BTF.  libbpf's view of them costs more
 * time than everything else before the programs are loaded, for it looks at each
 * type; here they are walked once, and only the few that can be meant are read.
 */
struct types {
	const char *first, *end;
	const char *names;
	__u32 names_size;
};

static const char *name_at(const struct types *types, __u32 offset)
{
	return offset < types->names_size ? types->names + offset : "";
}

/* What follows a type, in bytes; -1: a kind that did not exist when this was written. */
static ssize_t size_of_rest(const struct btf_type *type)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(__u32);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return BTF_INFO_VLEN(type->info) * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return BTF_INFO_VLEN(type->info) * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return BTF_INFO_VLEN(type->info) * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return BTF_INFO_VLEN(type->info) * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return BTF_INFO_VLEN(type->info) * sizeof(struct btf_var_secinfo);
	default:
		return -1;
	}
}

/* Since 6.10 the bits of gfp_t are an enum without a name, ___GFP_DMA_BIT and on. */
static void gfp_from_enum(struct kernel_facts *facts, const struct types *types,
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

	if (strcmp(name_at(types, value->name_off), "___GFP_DMA_BIT"))
		return;
	for (unsigned int i = 0; i < BTF_INFO_VLEN(type->info); i++, value++)
		for (size_t j = 0; j < sizeof(wanted) / sizeof(wanted[0]); j++)
			if (!strcmp(name_at(types, value->name_off), wanted[j].name))
				*wanted[j].bit = 1U << value->val;
}

/* Per-CPU variables and their places in the section are in BTF; preempt_count is one since 6.15. */
static void percpu_distance(struct kernel_facts *facts, const struct btf_type *section,
			    __u32 runqueues, __u32 preempt_count)
{
	const struct btf_var_secinfo *var = (const void *)(section + 1);
	long long rq = -1, count = -1;

	for (unsigned int i = 0; i < BTF_INFO_VLEN(section->info); i++, var++) {
		if (var->type == runqueues)
			rq = var->offset;
		else if (var->type == preempt_count)
			count = var->offset;
	}
	if (rq >= 0 && count >= 0)
		facts->preempt_count_from_rq = count - rq;
}

static int facts_from_types(struct kernel_facts *facts, const struct types *types)
{
	const struct btf_type *percpu = NULL;
	__u32 runqueues = 0, preempt_count = 0, id = 1; /* 0 is void */

	for (const char *at = types->first; at < types->end; id++) {
		const struct btf_type *type = (const void *)at;
		ssize_t rest;

		if (types->end - at < (ssize_t)sizeof(*type))
			return -EINVAL;
		rest = size_of_rest(type);
		at += sizeof(*type);
		if (rest < 0 || rest > types->end - at)
			return -EINVAL;
		at += rest;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_ENUM:
			if (!type->name_off && BTF_INFO_VLEN(type->info) > 16)
				gfp_from_enum(facts, types, type);
			break;
		case BTF_KIND_VAR:
			if (!strcmp(name_at(types, type->name_off), "runqueues"))
				runqueues = id;
			else if (!strcmp(name_at(types, type->name_off), "__preempt_count"))
				preempt_count = id;
			break;
		case BTF_KIND_DATASEC:
			if (!strcmp(name_at(types, type->name_off), ".data..percpu"))
				percpu = type;
			break;
		default:
			break;
		}
	}
	if (percpu && runqueues && preempt_count)
		percpu_distance(facts, percpu, runqueues, preempt_count);
	return 0;
}

static int find_types(struct types *types, const char *data, size_t size)
{
	const struct btf_header *h = (const void *)data;

	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len > size ||
	    h->type_off > size - h->hdr_len || h->type_len > size - h->hdr_len - h->type_off ||
	    h->str_off > size - h->hdr_len || h->str_len > size - h->hdr_len - h->str_off ||
	    !h->str_len || data[h->hdr_len + h->str_off + h->str_len - 1])
		return -EINVAL;
	types->first = data + h->hdr_len + h->type_off;
	types->end = types->first + h->type_len;
	types->names = data + h->hdr_len + h->str_off;
	types->names_size = h->str_len;
	return 0;
}

/* Since 6.16 the file can be mapped; before that it is read, a page to a call. */
static int read_types(struct kernel_facts *facts)
{
	int fd = open(KERNEL_TYPES, O_RDONLY | O_CLOEXEC), err = 0;
	char *map, *copy = NULL;
	struct types types;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return err;
	}
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		copy = calloc(1, st.st_size);
		if (!copy)
			err = -ENOMEM;
		for (off_t done = 0; !err && done < st.st_size; done += n) {
			n = read(fd, copy + done, st.st_size - done);
			if (n <= 0)
				err = n ? -errno : -EIO;
		}
	}
	if (!err)
		err = find_types(&types, copy ? copy : map, st.st_size);
	if (!err)
		err = facts_from_types(facts, &types);
	free(copy);
	if (map != MAP_FAILED)
		munmap(map, st.st_size);
	close(fd);
	return err;
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
	return read_types(facts);
}
