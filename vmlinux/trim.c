// SPDX-License-Identifier: GPL-2.0
/*
 * The header is written depth first: whatever a declaration needs complete
 * comes before it, and what it only points to is declared.
 */
#include "uses.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What is known of one type of the kernel. */
struct mark {
	bool *used;  /* members; NULL: none */
	bool wanted; /* complete, be it without members */
	bool whole;
	bool declared;
	enum { NOT_YET, DOING, DONE } state;
};

struct trim {
	const struct btf *btf;
	struct btf_dump *dump;
	struct mark *marks;
	const struct words *tokens;
	const struct object *object; /* whose uses are being marked */
	FILE *out;
	int last_kind; /* of the declaration written last */
	int error;
};

static int compare_words(const void *key, const void *element)
{
	return strcmp(key, *(char *const *)element);
}

bool words_have(const struct words *words, const char *prefix, const char *word)
{
	char buf[256];

	if (!words->nr)
		return false;
	snprintf(buf, sizeof(buf), "%s%s", prefix, word);
	return bsearch(buf, words->word, words->nr, sizeof(*words->word), compare_words);
}

static const struct btf_type *type_of(const struct trim *trim, __u32 id)
{
	return btf__type_by_id(trim->btf, id);
}

static const char *name_of(const struct trim *trim, __u32 id)
{
	return btf__name_by_offset(trim->btf, type_of(trim, id)->name_off);
}

static const char *enumerator(const struct trim *trim, const struct btf_type *t, __u32 i)
{
	return btf__name_by_offset(trim->btf, btf_is_enum(t) ? btf_enum(t)[i].name_off :
							       btf_enum64(t)[i].name_off);
}

static void fail(struct trim *trim, const char *what, __u32 id)
{
	fprintf(stderr, "%s: %s (BTF type %u)\n", name_of(trim, id), what, id);
	trim->error = -EINVAL;
}

static void use_member(struct trim *trim, __u32 id, __u32 member)
{
	struct mark *mark = &trim->marks[id];

	if (!mark->used)
		mark->used = calloc(btf_vlen(type_of(trim, id)), sizeof(*mark->used));
	if (!mark->used) {
		fail(trim, "out of memory", id);
		return;
	}
	mark->used[member] = true;
	mark->wanted = true;
}

/* All members, and the members of what is held by value. */
static void use_whole(struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id = type_bare(trim->btf, id));

	while (btf_is_array(t))
		t = type_of(trim, id = type_bare(trim->btf, btf_array(t)->type));
	if (!btf_is_composite(t) || trim->marks[id].whole)
		return;
	trim->marks[id].whole = true;
	trim->marks[id].wanted = true;
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		use_member(trim, id, i);
		use_whole(trim, btf_members(t)[i].type);
	}
}

/*
 * Types with three underscores in the name are other versions of a kernel's
 * type and belong to the program, as do those that this kernel does not have.
 */
static int mark_use(const struct use *use, void *arg)
{
	struct trim *trim = arg;
	const struct btf *local = object_btf(trim->object);
	__u32 root = type_bare(local, use->type);
	const struct btf_type *t = btf__type_by_id(local, root);
	const char *name = btf__name_by_offset(local, t->name_off);
	struct place place;
	int id;

	if (!btf_is_composite(t) || strstr(name, "___"))
		return 0;
	if (*name) {
		id = btf__find_by_name_kind(trim->btf, name, btf_kind(t));
	} else {
		id = btf__find_by_name_kind(trim->btf, use->type_name, BTF_KIND_TYPEDEF);
		id = id < 0 ? id : (int)type_bare(trim->btf, id);
	}
	if (id < 0)
		return 0;
	trim->marks[id].wanted = true;
	if (place_find(trim->btf, id, use->path, use->nr_path, &place))
		return 0;
	for (size_t i = 0; i < place.depth; i++)
		use_member(trim, place.type[i], place.member[i]);
	return 0;
}

/* A blank line between groups, and around what has lines of its own. */
static void separate(struct trim *trim, int kind)
{
	if (kind != trim->last_kind || (kind != BTF_KIND_TYPEDEF && kind != BTF_KIND_FWD))
		fputc('\n', trim->out);
	trim->last_kind = kind;
}

static void indent(struct trim *trim, int depth)
{
	while (depth--)
		fputc('\t', trim->out);
}

static void print_declaration(struct trim *trim, __u32 id, const char *name, int depth)
{
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = name, .indent_level = depth);

	if (btf_dump__emit_type_decl(trim->dump, id, &opts))
		fail(trim, "cannot be declared", id);
}

static void print_members(struct trim *trim, __u32 id, int depth);

/* NAME as a member or typedef of type ID; an anonymous struct is written out, trimmed. */
static void print_named(struct trim *trim, __u32 id, const char *name, int depth)
{
	const struct btf_type *t = type_of(trim, id);
	char dims[64] = "";

	for (__u32 inner = id;; t = type_of(trim, inner)) {
		if (btf_is_array(t)) {
			size_t len = strlen(dims);

			snprintf(dims + len, sizeof(dims) - len, "[%u]", btf_array(t)->nelems);
			inner = btf_array(t)->type;
		} else if (btf_is_mod(t)) {
			inner = t->type;
		} else if (btf_is_composite(t) && !t->name_off) {
			fprintf(trim->out, "%s {\n", btf_is_union(t) ? "union" : "struct");
			print_members(trim, inner, depth + 1);
			indent(trim, depth);
			fprintf(trim->out, "}%s%s%s", *name ? " " : "", name, dims);
			return;
		} else {
			break;
		}
	}
	print_declaration(trim, id, name, depth);
}

static void print_members(struct trim *trim, __u32 id, int depth)
{
	const struct btf_type *t = type_of(trim, id);
	const struct mark *mark = &trim->marks[id];

	for (__u32 i = 0; mark->used && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		__u32 bits = btf_member_bitfield_size(t, i);

		if (!mark->used[i])
			continue;
		indent(trim, depth);
		print_named(trim, m->type, btf__name_by_offset(trim->btf, m->name_off), depth);
		if (bits)
			fprintf(trim->out, " : %u", bits);
		fputs(";\n", trim->out);
	}
}

static void declare(struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id);
	bool is_union = btf_is_union(t) || (btf_is_fwd(t) && btf_kflag(t));

	if (trim->marks[id].declared || !t->name_off)
		return;
	trim->marks[id].declared = true;
	separate(trim, BTF_KIND_FWD);
	fprintf(trim->out, "%s %s;\n", is_union ? "union" : "struct", name_of(trim, id));
}

/* Only the enumerators that the sources name; C wants one at least. */
static void write_enum(struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id);
	bool any = false;

	separate(trim, BTF_KIND_ENUM);
	fprintf(trim->out, "enum%s%s {\n", t->name_off ? " " : "", name_of(trim, id));
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		const char *name = enumerator(trim, t, i);
		bool last = i + 1 == btf_vlen(t);

		if (!words_have(trim->tokens, "", name) && !(last && !any))
			continue;
		any = true;
		if (btf_is_enum64(t))
			fprintf(trim->out, "\t%s = 0x%llxULL,\n", name,
				(unsigned long long)btf_enum64_value(&btf_enum64(t)[i]));
		else
			fprintf(trim->out, btf_kflag(t) ? "\t%s = %d,\n" : "\t%s = %u,\n", name,
				btf_enum(t)[i].val);
	}
	fputs("};\n", trim->out);
}

static void need(struct trim *trim, __u32 id, bool complete);

static void need_members(struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id);

	for (__u32 i = 0; trim->marks[id].used && i < btf_vlen(t); i++) {
		if (trim->marks[id].used[i])
			need(trim, btf_members(t)[i].type, true);
	}
}

static void write_composite(struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id);
	struct mark *mark = &trim->marks[id];

	need_members(trim, id);
	if (!t->name_off)
		return;
	mark->declared = true;
	separate(trim, BTF_KIND_STRUCT);
	fprintf(trim->out, "%s %s {\n", btf_is_union(t) ? "union" : "struct", name_of(trim, id));
	print_members(trim, id, 1);
	fputs("};\n", trim->out);
	if (mark->whole)
		fprintf(trim->out, "_Static_assert(sizeof(%s %s) == %u, \"as in the kernel\");\n",
			btf_is_union(t) ? "union" : "struct", name_of(trim, id), t->size);
}

static void write_type(struct trim *trim, __u32 id, bool complete)
{
	const struct btf_type *t = type_of(trim, id);

	if (btf_is_any_enum(t)) {
		write_enum(trim, id);
	} else if (btf_is_composite(t)) {
		write_composite(trim, id);
	} else {
		need(trim, t->type, complete);
		separate(trim, BTF_KIND_TYPEDEF);
		fputs("typedef ", trim->out);
		print_named(trim, t->type, name_of(trim, id), 0);
		fputs(";\n", trim->out);
	}
}

/* Write what a declaration with type ID rests on, unless it is there. */
static void need(struct trim *trim, __u32 id, bool complete)
{
	const struct btf_type *t = type_of(trim, id);
	struct mark *mark = &trim->marks[id];

	if (!id || btf_is_int(t) || btf_is_float(t))
		return;
	if (btf_is_ptr(t)) {
		need(trim, t->type, false);
	} else if (btf_is_array(t)) {
		need(trim, btf_array(t)->type, true);
	} else if (btf_is_mod(t)) {
		need(trim, t->type, complete);
	} else if (btf_is_func_proto(t)) {
		need(trim, t->type, false);
		for (__u32 i = 0; i < btf_vlen(t); i++)
			need(trim, btf_params(t)[i].type, false);
	} else if (btf_is_fwd(t) || (btf_is_composite(t) && t->name_off && !complete)) {
		declare(trim, id);
	} else if (mark->state == DOING) {
		fail(trim, "holds itself", id);
	} else if (mark->state == NOT_YET) {
		mark->state = DOING;
		write_type(trim, id, complete);
		mark->state = DONE;
	}
}

static bool is_wanted(const struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id);
	const char *name = name_of(trim, id);

	if (btf_is_typedef(t)) {
		const struct btf_type *bare = type_of(trim, type_bare(trim->btf, id));

		/* A parameter may have the name of a type; a struct without members is not missed. */
		return words_have(trim->tokens, "", name) &&
		       !(btf_is_composite(bare) && !bare->name_off &&
			 !trim->marks[type_bare(trim->btf, id)].wanted);
	}
	if (btf_is_composite(t))
		return *name && trim->marks[id].wanted;
	if (!btf_is_any_enum(t))
		return false;
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		if (words_have(trim->tokens, "", enumerator(trim, t, i)))
			return true;
	}
	return *name && words_have(trim->tokens, "enum ", name);
}

static bool is_mentioned(const struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id);

	if (!btf_is_composite(t) && !btf_is_fwd(t))
		return false;
	return words_have(trim->tokens, "struct ", name_of(trim, id)) ||
	       words_have(trim->tokens, "union ", name_of(trim, id));
}

/* Of several types of one name, as two .c files of the kernel may have, the first stands. */
static bool is_first(const struct trim *trim, __u32 id)
{
	const struct btf_type *t = type_of(trim, id);

	return !t->name_off ||
	       btf__find_by_name_kind(trim->btf, name_of(trim, id), btf_kind(t)) == (int)id;
}

static void write_header(struct trim *trim)
{
	__u32 n = btf__type_cnt(trim->btf);

	fputs("/* SPDX-License-Identifier: GPL-2.0 */\n"
	      "/*\n"
	      " * Made by `make vmlinux`; do not edit.  Only the kernel's types that bpf/ uses, and of\n"
	      " * those only the members: CO-RE finds their places in the kernel that runs.\n"
	      " */\n"
	      "#ifndef __VMLINUX_H__\n"
	      "#define __VMLINUX_H__\n\n"
	      "#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)\n",
	      trim->out);
	for (__u32 id = 1; id < n; id++) {
		if (is_wanted(trim, id) && is_first(trim, id) &&
		    !btf_is_composite(type_of(trim, id)))
			need(trim, id, false);
	}
	for (__u32 id = 1; id < n; id++) {
		if (is_mentioned(trim, id) && is_first(trim, id))
			declare(trim, id);
	}
	for (__u32 id = 1; id < n; id++) {
		if (is_wanted(trim, id) && is_first(trim, id))
			need(trim, id, true);
	}
	fputs("\n#pragma clang attribute pop\n\n#endif\n", trim->out);
}

static void print_to(void *out, const char *format, va_list args)
{
	vfprintf(out, format, args);
}

int trim(const struct btf *kernel, struct object *const *objects, size_t nr_objects,
	 const struct words *tokens, const struct words *whole, FILE *out)
{
	struct trim trim = { .btf = kernel, .tokens = tokens, .out = out };
	__u32 n = btf__type_cnt(kernel);

	trim.marks = calloc(n, sizeof(*trim.marks));
	trim.dump = btf_dump__new(kernel, print_to, out, NULL);
	if (!trim.marks || !trim.dump) {
		trim.error = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < nr_objects; i++) {
		trim.object = objects[i];
		trim.error = trim.error ?: object_each_use(objects[i], mark_use, &trim);
	}
	for (__u32 id = 1; id < n; id++) {
		if (btf_is_composite(type_of(&trim, id)) &&
		    words_have(whole, "", name_of(&trim, id)))
			use_whole(&trim, id);
	}
	if (!trim.error)
		write_header(&trim);
out:
	for (__u32 id = 0; trim.marks && id < n; id++)
		free(trim.marks[id].used);
	free(trim.marks);
	btf_dump__free(trim.dump);
	return trim.error;
}
