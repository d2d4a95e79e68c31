// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <bpf/btf.h>

#include "views/card.h"

#define MOST_DEPTH 16 /* structs inside structs, for types that no compiler wrote */

static const struct btf_type *plain(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int i = 0; type && i < MOST_DEPTH &&
			(btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type));
	     i++)
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* Bits from the start of TYPE to the member NAME of LEN bytes; *INNER is its type. */
static long find(const struct btf *btf, const struct btf_type *type, const char *name, size_t len,
		 const struct btf_type **inner, int depth)
{
	if (!type || !btf_is_composite(type) || depth > MOST_DEPTH)
		return -ENOENT;
	for (__u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *its = btf__name_by_offset(btf, member->name_off);
		long bits = btf_member_bit_offset(type, i), below;

		if (its && strlen(its) == len && !memcmp(its, name, len)) {
			*inner = plain(btf, member->type);
			return bits;
		}
		if (its && *its)
			continue;
		below = find(btf, plain(btf, member->type), name, len, inner, depth + 1);
		if (below >= 0)
			return bits + below;
	}
	return -ENOENT;
}

long card_offset(const struct btf *btf, const char *struct_name, const char *path)
{
	__s32 id = btf__find_by_name_kind(btf, struct_name, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
	long bits = 0;

	while (*path) {
		size_t len = strcspn(path, ".");
		long more = find(btf, type, path, len, &type, 0);

		if (more < 0)
			return more;
		bits += more;
		path += len + (path[len] == '.');
	}
	return bits % 8 ? -EINVAL : bits / 8;
}

long card_size(const struct btf *btf, const char *struct_name)
{
	__s32 id = btf__find_by_name_kind(btf, struct_name, BTF_KIND_STRUCT);

	return id > 0 ? (long)btf__type_by_id(btf, (__u32)id)->size : -ENOENT;
}
