/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What BPF objects use of the kernel's types, as their CO-RE relocations say
 * it, and where that is in a kernel's BTF.
 */
#ifndef USES_H
#define USES_H

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>

#define PATH_DEPTH 32

struct object;

struct use {
	const char *section; /* of the program */
	__u32 offset;        /* of the instruction in its section, bytes */
	enum bpf_core_relo_kind kind;
	__u32 type; /* the root, in the object's BTF */
	const char *type_name;
	const char *path[PATH_DEPTH]; /* names of the fields, or of the enumerator */
	size_t nr_path;
	__u32 leaf;    /* type of the last named field, in the object's BTF */
	bool by_field; /* kind is about a field */
};

/* Read an ELF object of clang -target bpf -g.  NULL after a message; object_close() frees. */
struct object *object_open(const char *path);
void object_close(struct object *o);
const struct btf *object_btf(const struct object *o);

/* Call FN for each relocation; stop at non-zero and return it, or a negative errno. */
int object_each_use(const struct object *o, int (*fn)(const struct use *use, void *arg), void *arg);

/*
 * Print relocations and instructions of all programs in a form that is the same
 * whatever header with the same names it was compiled against.
 */
int object_dump(const struct object *o, FILE *out);

/* Where a field is: the structs on the way, anonymous ones too, with the member's index in each. */
struct place {
	__u32 type[PATH_DEPTH];
	__u32 member[PATH_DEPTH];
	size_t depth;
	__u32 leaf; /* type of the last member */
};

/* The type behind typedefs and qualifiers. */
__u32 type_bare(const struct btf *btf, __u32 id);
/* What CO-RE compares of the bare type: "integer", "pointer", "struct or union", ... */
const char *type_kind_name(const struct btf *btf, __u32 id);

/* Find PATH below struct or union ROOT of BTF, also through anonymous members.  0 or -ENOENT. */
int place_find(const struct btf *btf, __u32 root, const char *const *path, size_t nr_path,
	       struct place *place);

/*
 * Print to OUT the C header with what the objects and the TOKENS of their
 * sources (sorted, see main.c) use of the kernel BTF.  Types named in WHOLE are
 * printed with all their members.
 */
struct words {
	char **word;
	size_t nr;
};
bool words_have(const struct words *words, const char *prefix, const char *word);
int trim(const struct btf *kernel, struct object *const *objects, size_t nr_objects,
	 const struct words *tokens, const struct words *whole, FILE *out);

#endif
