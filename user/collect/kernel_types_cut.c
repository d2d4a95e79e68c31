// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_types.h"

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

struct cut {
	const struct kernel_types *types;
	const struct btf_type **by_id;
	unsigned char *need;
	__u32 *new_id;
	__u32 *stack; /* ids whose needs are to be passed on */
	size_t depth, stack_size;
	__u32 nr_ids; /* with void */
	char **wanted;
	size_t nr_wanted;
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

/* "task_struct___old" is task_struct as another kernel has it. */
static size_t essential_length(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour > name ? (size_t)(flavour - name) : strlen(name);
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

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in PROGRAMS, sorted. */
static int collect_wanted(struct cut *cut, const struct btf *programs)
{
	__u32 n = btf__type_cnt(programs);

	cut->wanted = calloc(n, sizeof(*cut->wanted));
	if (!cut->wanted)
		return -ENOMEM;
	for (__u32 id = 1; id < n; id++) {
		const struct btf_type *type = btf__type_by_id(programs, id);
		const char *name = btf__name_by_offset(programs, type->name_off);

		if (!can_be_asked_for(type))
			continue;
		cut->wanted[cut->nr_wanted] = strndup(name, essential_length(name));
		if (!cut->wanted[cut->nr_wanted++])
			return -ENOMEM;
	}
	qsort(cut->wanted, cut->nr_wanted, sizeof(*cut->wanted), compare_names);
	return 0;
}

static bool is_wanted(const struct cut *cut, const char *name)
{
	size_t length = essential_length(name), low = 0, high = cut->nr_wanted;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strncmp(name, cut->wanted[middle], length);

		if (!order && !cut->wanted[middle][length])
			return true;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void need(struct cut *cut, __u32 id, enum need need)
{
	if (cut->err || id >= cut->nr_ids || cut->need[id] >= need || !id)
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
	return id < cut->nr_ids ? cut->new_id[id] : 0;
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
	const struct btf_type *type = NULL;
	__u32 id = 0, last = 0;

	while ((type = kernel_types_next(cut->types, type)))
		id++;
	cut->nr_ids = id + 1;
	cut->by_id = calloc(cut->nr_ids, sizeof(*cut->by_id));
	cut->need = calloc(cut->nr_ids, sizeof(*cut->need));
	cut->new_id = calloc(cut->nr_ids, sizeof(*cut->new_id));
	if (!cut->by_id || !cut->need || !cut->new_id)
		return -ENOMEM;
	for (id = 1; (type = kernel_types_next(cut->types, type)); id++) {
		cut->by_id[id] = type;
		if (can_be_asked_for(type) &&
		    is_wanted(cut, kernel_types_name(cut->types, type->name_off)))
			need(cut, id, NEED_LAYOUT);
	}
	while (cut->depth && !cut->err) {
		id = cut->stack[--cut->depth];
		pass_on(cut, cut->by_id[id], cut->need[id]);
	}
	for (id = 1; id < cut->nr_ids; id++)
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
	for (__u32 id = 1; id < cut->nr_ids; id++)
		if (cut->need[id])
			put_type(cut, cut->by_id[id], cut->need[id]);
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
	for (size_t i = 0; i < cut.nr_wanted; i++)
		free(cut.wanted[i]);
	free(cut.wanted);
	free(cut.by_id);
	free(cut.need);
	free(cut.new_id);
	free(cut.stack);
	free(cut.out.data);
	free(cut.names.data);
	return err;
}
