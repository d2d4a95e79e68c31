/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types as they lie in its BTF.  libbpf's view of them costs more
 * time than all else in user space before tracing starts: it looks at each of
 * some hundred thousand types, once for each type that a program asks for.
 * Here they are walked once.
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>

struct btf;

struct kernel_types {
	const char *first, *end; /* of struct btf_type, each with what belongs to it */
	const char *names;
	size_t names_size;
	void *data; /* the whole file, SIZE bytes */
	size_t size;
	bool mapped;
	__u32 *places; /* of each type from FIRST, by id; there is no type 0 */
	__u32 nr;      /* ids are below this */
};

/* From /sys/kernel/btf/vmlinux.  0 or -errno; closed by kernel_types_close() in either case. */
int kernel_types_open(struct kernel_types *types);
void kernel_types_close(struct kernel_types *types);

/* The type ID, from 1 to below NR. */
static inline const struct btf_type *kernel_types_get(const struct kernel_types *types, __u32 id)
{
	return (const void *)(types->first + types->places[id]);
}

const char *kernel_types_name(const struct kernel_types *types, __u32 offset);

/* Whether there is a type of KIND (BTF_KIND_STRUCT) with this NAME. */
bool kernel_types_has(const struct kernel_types *types, unsigned int kind, const char *name);

/*
 * Write to FD, as BTF, those types that have the name of one in PROGRAMS, with all
 * that their layout needs: enough to adapt the programs to this kernel, and so
 * few that it takes no time.  What is only pointed to keeps its name and its size.
 * Ids are new ones.  0 or -errno.
 */
int kernel_types_cut(const struct kernel_types *types, const struct btf *programs, int fd);

#endif
