// SPDX-License-Identifier: GPL-2.0
#include "collect/kernel_types.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"

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

const char *kernel_types_name(const struct kernel_types *types, __u32 offset)
{
	return offset < types->names_size ? types->names + offset : "";
}

bool kernel_types_has(const struct kernel_types *types, unsigned int kind, const char *name)
{
	for (__u32 id = 1; id < types->nr; id++) {
		const struct btf_type *type = kernel_types_get(types, id);

		if (BTF_INFO_KIND(type->info) == kind &&
		    !strcmp(kernel_types_name(types, type->name_off), name))
			return true;
	}
	return false;
}

/* Find each type.  They must end where the header says, and each be of a kind that we know. */
static int find_types(struct kernel_types *types)
{
	const char *at = types->first;

	/* more than there can be; what is not written to costs no memory */
	types->places = malloc(((size_t)(types->end - at) / sizeof(struct btf_type) + 1) *
			       sizeof(*types->places));
	if (!types->places)
		return -ENOMEM;
	types->places[0] = 0;
	for (types->nr = 1; types->end - at >= (ssize_t)sizeof(struct btf_type); types->nr++) {
		ssize_t rest = size_of_rest((const void *)at);

		types->places[types->nr] = (__u32)(at - types->first);
		at += sizeof(struct btf_type);
		if (rest < 0 || rest > types->end - at)
			return -EINVAL;
		at += rest;
	}
	return at == types->end ? 0 : -EINVAL;
}

static int find_sections(struct kernel_types *types)
{
	const char *data = types->data;
	size_t size = types->size;
	const struct btf_header *h = types->data;

	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len > size ||
	    h->type_off > size - h->hdr_len || h->type_len > size - h->hdr_len - h->type_off ||
	    h->str_off > size - h->hdr_len || h->str_len > size - h->hdr_len - h->str_off ||
	    !h->str_len || data[h->hdr_len + h->str_off + h->str_len - 1])
		return -EINVAL;
	types->first = data + h->hdr_len + h->type_off;
	types->end = types->first + h->type_len;
	types->names = data + h->hdr_len + h->str_off;
	types->names_size = h->str_len;
	return find_types(types);
}

static int read_whole(int fd, char *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(fd, data + done, size - done);

		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

int kernel_types_open(struct kernel_types *types)
{
	int fd = open(KERNEL_TYPES, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;

	*types = (struct kernel_types){ 0 };
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		goto out;
	}
	types->size = st.st_size;
	types->data = mmap(NULL, types->size, PROT_READ, MAP_PRIVATE, fd, 0);
	types->mapped = types->data != MAP_FAILED;
	if (!types->mapped) {
		/* before 6.16 it can only be read, a page to a call */
		types->data = calloc(1, types->size);
		err = types->data ? read_whole(fd, types->data, types->size) : -ENOMEM;
	}
	if (!err)
		err = find_sections(types);
out:
	close(fd);
	return err;
}

void kernel_types_close(struct kernel_types *types)
{
	if (types->mapped)
		munmap(types->data, types->size);
	else
		free(types->data);
	free(types->places);
	*types = (struct kernel_types){ 0 };
}
