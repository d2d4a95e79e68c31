// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/kernel_types.h"

/* How much of a type is needed. */
enum need {
	NEED_NOTHING,
	NEED_NAME, /* it is pointed to: of a structure, only what it is called */
	NEED_LAYOUT,
};

struct buffer {
	char *data;
	size_t used, size;
};

/* A name, as far as it counts; it stays its owner's. */
struct word {
	const char *text;
	size_t length;
};

struct cut {
	const struct kernel_types *types;
	unsigned char *need;
	__u32 *new_id;
	__u32 *stack; /* ids whose needs are to be passed on */
	size_t depth, stack_size;
	struct word *wanted; /* hashed */
	__u32 wanted_size;
	struct buffer out, names;
	int err;
};

static void put(struct cut *cut, struct buffer *b, const void *data, size_t size)
{
	if (cut->err)
		return;
	if (b->used + size > b->size) {
		size_t grown = 2 * (b->used + size) + 65536;
		char *moved = realloc(b->data, grown);

		if (!moved) {
			cut->err = -ENOMEM;
			return;
		}
		b->data = moved;
		b->size = grown;
	}
	memcpy(b->data + b->used, data, size);
	b->used += size;
}

static bool can_be_asked_for(const struct btf_type *type)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_INT:
		return type->name_off;
	default:
		return false;
	}
}

/* "task_struct___old" is task_struct as another kernel has it: the hash of that and its length. */
static __u32 hash_name(const char *name, size_t *length)
{
	__u32 hash = 2166136261u; /* FNV-1a */
	size_t i;

	for (i = 0; name[i]; i++) {
		if (i && name[i] == '_' && name[i + 1] == '_' && name[i + 2] == '_')
			break;
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	}
	*length = i;
	return hash;
}

/* Where NAME is among the wanted ones, or would be: there the length is 0. */
static struct word *find_word(const struct cut *cut, const char *name, size_t *length)
{
	for (__u32 i = hash_name(name, length);; i++) {
		struct word *word = &cut->wanted[i & (cut->wanted_size - 1)];

		if (!word->length ||
		    (word->length == *length && !memcmp(word->text, name, *length)))
			return word;
	}
}

/* The names in PROGRAMS. */
static int collect_wanted(struct cut *cut, const struct btf *programs)
{
	__u32 n = btf__type_cnt(programs);

	for (cut->wanted_size = 16; cut->wanted_size < 4 * n;)
		cut->wanted_size *= 2;
	cut->wanted = calloc(cut->wanted_size, sizeof(*cut->wanted));
	if (!cut->wanted)
		return -ENOMEM;
	for (__u32 id = 1; id < n; id++) {
		const struct btf_type *type = btf__type_by_id(programs, id);
		const char *name = btf__name_by_offset(programs, type->name_off);
		struct word *word;
		size_t length;

		if (!can_be_asked_for(type))
			continue;
		word = find_word(cut, name, &length);
		*word = (struct word){ name, length };
	}
	return 0;
}

static bool is_wanted(const struct cut *cut, const char *name)
{
	size_t length;

	return find_word(cut, name, &length)->length;
}

static void need(struct cut *cut, __u32 id, enum need need)
{
	if (cut->err || id >= cut->types->nr || cut->need[id] >= need || !id)
		return;
	cut->need[id] = need;
	if (cut->depth == cut->stack_size) {
		size_t grown = 2 * cut->stack_size + 1024;
		__u32 *moved = reallocarray(cut->stack, grown, sizeof(*moved));

		if (!moved) {
			cut->err = -ENOMEM;
			return;
		}
		cut->stack = moved;
		cut->stack_size = grown;
	}
	cut->stack[cut->depth++] = id;
}

/* What a type is made of is needed as it is; what it points to, by name. */
static void pass_on(struct cut *cut, const struct btf_type *type, enum need how)
{
	const void *rest = type + 1;
	unsigned int n = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
		need(cut, type->type, NEED_NAME);
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		need(cut, type->type, how);
		break;
	case BTF_KIND_ARRAY:
		need(cut, ((const struct btf_array *)rest)->type, how);
		need(cut, ((const struct btf_array *)rest)->index_type, how);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (const struct btf_member *m = rest; how == NEED_LAYOUT && n--; m++)
			need(cut, m->type, how);
		break;
	case BTF_KIND_FUNC_PROTO:
		need(cut, type->type, NEED_NAME);
		for (const struct btf_param *p = rest; n--; p++)
			need(cut, p->type, NEED_NAME);
		break;
	default:
		break;
	}
}

static __u32 put_name(struct cut *cut, __u32 offset)
{
	const char *name = kernel_types_name(cut->types, offset);
	__u32 at = cut->names.used;

	if (!*name)
		return 0;
	put(cut, &cut->names, name, strlen(name) + 1);
	return at;
}

static __u32 new_id(const struct cut *cut, __u32 id)
{
	return id < cut->types->nr ? cut->new_id[id] : 0;
}

/* TYPE again, with new ids and names. */
static void put_type(struct cut *cut, const struct btf_type *type, enum need how)
{
	unsigned int kind = BTF_INFO_KIND(type->info), n = BTF_INFO_VLEN(type->info);
	const void *rest = type + 1;
	struct btf_type copy = *type;

	copy.name_off = put_name(cut, type->name_off);
	if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
		if (how != NEED_LAYOUT)
			n = 0;
		copy.info = (type->info & ~0xffffu) | n;
	} else if (kind != BTF_KIND_INT && kind != BTF_KIND_ENUM && kind != BTF_KIND_ENUM64 &&
		   kind != BTF_KIND_FLOAT && kind != BTF_KIND_FWD && kind != BTF_KIND_ARRAY) {
		copy.type = new_id(cut, type->type);
	}
	put(cut, &cut->out, &copy, sizeof(copy));
	if (kind == BTF_KIND_INT) {
		put(cut, &cut->out, rest, sizeof(__u32));
	} else if (kind == BTF_KIND_ARRAY) {
		struct btf_array array = *(const struct btf_array *)rest;

		array.type = new_id(cut, array.type);
		array.index_type = new_id(cut, array.index_type);
		put(cut, &cut->out, &array, sizeof(array));
	} else if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
		for (const struct btf_member *from = rest; n--; from++) {
			struct btf_member m = *from;

			m.name_off = put_name(cut, m.name_off);
			m.type = new_id(cut, m.type);
			put(cut, &cut->out, &m, sizeof(m));
		}
	} else if (kind == BTF_KIND_ENUM) {
		for (const struct btf_enum *from = rest; n--; from++) {
			struct btf_enum e = *from;

			e.name_off = put_name(cut, e.name_off);
			put(cut, &cut->out, &e, sizeof(e));
		}
	} else if (kind == BTF_KIND_ENUM64) {
		for (const struct btf_enum64 *from = rest; n--; from++) {
			struct btf_enum64 e = *from;

			e.name_off = put_name(cut, e.name_off);
			put(cut, &cut->out, &e, sizeof(e));
		}
	} else if (kind == BTF_KIND_FUNC_PROTO) {
		for (const struct btf_param *from = rest; n--; from++) {
			struct btf_param p = *from;

			p.name_off = put_name(cut, p.name_off);
			p.type = new_id(cut, p.type);
			put(cut, &cut->out, &p, sizeof(p));
		}
	}
}

static int choose_types(struct cut *cut)
{
	__u32 nr = cut->types->nr, id, last = 0;

	cut->need = calloc(nr, sizeof(*cut->need));
	cut->new_id = calloc(nr, sizeof(*cut->new_id));
	if (!cut->need || !cut->new_id)
		return -ENOMEM;
	for (id = 1; id < nr; id++) {
		const struct btf_type *type = kernel_types_get(cut->types, id);

		if (can_be_asked_for(type) &&
		    is_wanted(cut, kernel_types_name(cut->types, type->name_off)))
			need(cut, id, NEED_LAYOUT);
	}
	while (cut->depth && !cut->err) {
		id = cut->stack[--cut->depth];
		pass_on(cut, kernel_types_get(cut->types, id), cut->need[id]);
	}
	for (id = 1; id < nr; id++)
		if (cut->need[id])
			cut->new_id[id] = ++last;
	return cut->err;
}

static int write_types(struct cut *cut, int fd)
{
	struct btf_header header = { .magic = BTF_MAGIC,
				     .version = BTF_VERSION,
				     .hdr_len = sizeof(header) };

	put(cut, &cut->out, &header, sizeof(header));
	put(cut, &cut->names, "", 1);
	for (__u32 id = 1; id < cut->types->nr; id++)
		if (cut->need[id])
			put_type(cut, kernel_types_get(cut->types, id), cut->need[id]);
	header.type_len = header.str_off = cut->out.used - sizeof(header);
	header.str_len = cut->names.used;
	put(cut, &cut->out, cut->names.data, cut->names.used);
	if (cut->err)
		return cut->err;
	memcpy(cut->out.data, &header, sizeof(header));
	if (write(fd, cut->out.data, cut->out.used) != (ssize_t)cut->out.used)
		return errno ? -errno : -EIO;
	return 0;
}

int kernel_types_cut(const struct kernel_types *types, const struct btf *programs, int fd)
{
	struct cut cut = { .types = types };
	int err = collect_wanted(&cut, programs);

	if (!err)
		err = choose_types(&cut);
	if (!err)
		err = write_types(&cut, fd);
	free(cut.wanted);
	free(cut.need);
	free(cut.new_id);
	free(cut.stack);
	free(cut.out.data);
	free(cut.names.data);
	return err;
}
