// SPDX-License-Identifier: GPL-2.0
#include "uses.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The head of section .BTF.ext; libbpf keeps its declaration to itself. */
struct btf_ext_head {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 func_info_off;
	__u32 func_info_len;
	__u32 line_info_off;
	__u32 line_info_len;
	__u32 core_relo_off;
	__u32 core_relo_len;
};

struct object {
	const char *path;
	int fd;
	Elf *elf;
	struct btf *btf;
	const Elf_Data *ext; /* section .BTF.ext */
};

static Elf_Data *find_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr header;

		if (gelf_getshdr(scn, &header) &&
		    !strcmp(elf_strptr(elf, names, header.sh_name), name))
			return elf_getdata(scn, NULL);
	}
	return NULL;
}

struct object *object_open(const char *path)
{
	struct object *o = calloc(1, sizeof(*o));

	if (!o) {
		fprintf(stderr, "%s: out of memory\n", path);
		return NULL;
	}
	o->path = path;
	o->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (o->fd < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		goto fail;
	}
	elf_version(EV_CURRENT);
	o->elf = elf_begin(o->fd, ELF_C_READ, NULL);
	o->btf = btf__parse_elf(path, NULL);
	o->ext = find_section(o->elf, ".BTF.ext");
	if (!o->elf || !o->btf || !o->ext) {
		fprintf(stderr, "%s: no BPF object with BTF: %s\n", path, strerror(errno));
		goto fail;
	}
	return o;
fail:
	object_close(o);
	return NULL;
}

void object_close(struct object *o)
{
	if (!o)
		return;
	btf__free(o->btf);
	elf_end(o->elf);
	if (o->fd >= 0)
		close(o->fd);
	free(o);
}

const struct btf *object_btf(const struct object *o)
{
	return o->btf;
}

__u32 type_bare(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (btf_is_mod(t) || btf_is_typedef(t)) {
		id = t->type;
		t = btf__type_by_id(btf, id);
	}
	return id;
}

const char *type_kind_name(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, type_bare(btf, id));

	switch (btf_kind(t)) {
	/* CO-RE takes an integer for an enum and the other way round. */
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "integer";
	case BTF_KIND_PTR:
		return "pointer";
	case BTF_KIND_ARRAY:
		return "array";
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return "struct or union";
	case BTF_KIND_FLOAT:
		return "float";
	default:
		return "other";
	}
}

static bool is_field_kind(enum bpf_core_relo_kind kind)
{
	return kind <= BPF_CORE_FIELD_RSHIFT_U64;
}

/* The access "0:1:2" of a relocation as names: an index of the root, then members and elements. */
static int read_path(const struct btf *btf, const char *access, struct use *use)
{
	__u32 id = use->leaf = use->type;
	char *end;

	if (*access != '0' && !is_field_kind(use->kind))
		return -EINVAL;
	strtoul(access, &end, 10);
	while (*end == ':') {
		const struct btf_type *t = btf__type_by_id(btf, type_bare(btf, id));
		unsigned long index = strtoul(end + 1, &end, 10);

		if (btf_is_array(t)) {
			id = btf_array(t)->type;
			continue;
		}
		if (!btf_is_composite(t) || index >= btf_vlen(t) || use->nr_path == PATH_DEPTH)
			return -EINVAL;
		id = btf_members(t)[index].type;
		use->path[use->nr_path] = btf__name_by_offset(btf, btf_members(t)[index].name_off);
		if (*use->path[use->nr_path]) {
			use->nr_path++;
			use->leaf = id;
		}
	}
	return 0;
}

static int read_enumerator(const struct btf *btf, const char *access, struct use *use)
{
	const struct btf_type *t = btf__type_by_id(btf, type_bare(btf, use->type));
	unsigned long index = strtoul(access, NULL, 10);
	__u32 name;

	if (!btf_is_any_enum(t) || index >= btf_vlen(t))
		return -EINVAL;
	name = btf_is_enum(t) ? btf_enum(t)[index].name_off : btf_enum64(t)[index].name_off;
	use->path[use->nr_path++] = btf__name_by_offset(btf, name);
	return 0;
}

static int read_use(const struct btf *btf, const struct bpf_core_relo *relo, struct use *use)
{
	const char *access = btf__name_by_offset(btf, relo->access_str_off);
	const struct btf_type *t = btf__type_by_id(btf, relo->type_id);

	if (!t || !access)
		return -EINVAL;
	use->offset = relo->insn_off;
	use->kind = relo->kind;
	use->type = relo->type_id;
	use->type_name = btf__name_by_offset(btf, t->name_off);
	use->nr_path = 0;
	use->by_field = is_field_kind(relo->kind);
	if (use->by_field)
		return read_path(btf, access, use);
	if (relo->kind == BPF_CORE_ENUMVAL_EXISTS || relo->kind == BPF_CORE_ENUMVAL_VALUE)
		return read_enumerator(btf, access, use);
	return 0;
}

int object_each_use(const struct object *o, int (*fn)(const struct use *use, void *arg), void *arg)
{
	const char *data = o->ext->d_buf;
	const struct btf_ext_head *head = (const void *)data;
	const char *pos, *end;
	__u32 record_size;
	struct use use;

	if (o->ext->d_size < sizeof(*head) || head->hdr_len < sizeof(*head) || !head->core_relo_len)
		return 0;
	pos = data + head->hdr_len + head->core_relo_off;
	end = pos + head->core_relo_len;
	if (end > data + o->ext->d_size)
		return -EINVAL;
	memcpy(&record_size, pos, sizeof(record_size));
	pos += sizeof(record_size);
	while (pos < end) {
		const struct btf_ext_info_sec {
			__u32 name;
			__u32 count;
		} *section = (const void *)pos;

		use.section = btf__name_by_offset(o->btf, section->name);
		pos += sizeof(*section);
		for (__u32 i = 0; i < section->count; i++, pos += record_size) {
			int err = read_use(o->btf, (const void *)pos, &use);

			if (err)
				fprintf(stderr, "%s: a relocation of %s makes no sense\n", o->path,
					use.section);
			else
				err = fn(&use, arg);
			if (err)
				return err;
		}
	}
	return 0;
}

struct dump {
	FILE *out;
	const char *section;
	unsigned char *code; /* of the section */
	size_t size;
};

/* Print one relocation, and blank what it fills in. */
static int dump_use(const struct use *use, void *arg)
{
	struct dump *dump = arg;

	if (strcmp(use->section, dump->section) || use->offset + 8 > dump->size)
		return 0;
	memset(dump->code + use->offset + 2, 0, 6);
	fprintf(dump->out, "%s+%u kind %d %s", use->section, use->offset, use->kind,
		use->type_name);
	for (size_t i = 0; i < use->nr_path; i++)
		fprintf(dump->out, ".%s", use->path[i]);
	fputc('\n', dump->out);
	return 0;
}

int object_dump(const struct object *o, FILE *out)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(o->elf, &names))
		return -EINVAL;
	while ((scn = elf_nextscn(o->elf, scn))) {
		struct dump dump = { .out = out };
		Elf_Data *data = elf_getdata(scn, NULL);
		GElf_Shdr header;
		int err;

		if (!gelf_getshdr(scn, &header) || !(header.sh_flags & SHF_EXECINSTR) || !data ||
		    !data->d_size)
			continue;
		dump.section = elf_strptr(o->elf, names, header.sh_name);
		dump.size = data->d_size;
		dump.code = malloc(dump.size);
		if (!dump.code)
			return -ENOMEM;
		memcpy(dump.code, data->d_buf, dump.size);
		err = object_each_use(o, dump_use, &dump);
		for (size_t i = 0; i < dump.size; i++)
			fprintf(out, "%02x%s", dump.code[i], i % 8 == 7 ? "\n" : " ");
		free(dump.code);
		if (err)
			return err;
	}
	return 0;
}

static bool find_member(const struct btf *btf, __u32 id, const char *name, struct place *place)
{
	const struct btf_type *t = btf__type_by_id(btf, id = type_bare(btf, id));
	size_t depth = place->depth;

	while (btf_is_array(t)) {
		id = type_bare(btf, btf_array(t)->type);
		t = btf__type_by_id(btf, id);
	}
	if (!btf_is_composite(t) || depth == PATH_DEPTH)
		return false;
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *member = btf__name_by_offset(btf, m->name_off);

		place->type[depth] = id;
		place->member[depth] = i;
		place->depth = depth + 1;
		place->leaf = m->type;
		if (!strcmp(member, name) || (!*member && find_member(btf, m->type, name, place)))
			return true;
	}
	place->depth = depth;
	return false;
}

int place_find(const struct btf *btf, __u32 root, const char *const *path, size_t nr_path,
	       struct place *place)
{
	place->depth = 0;
	place->leaf = root;
	for (size_t i = 0; i < nr_path; i++) {
		if (!find_member(btf, place->leaf, path[i], place))
			return -ENOENT;
	}
	return 0;
}
