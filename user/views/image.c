// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "views/image.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a name; what is shown is shorter still. */
#define MOST_NAME 128
/* A symbol without a size is meant up to the next one, but not further than this. */
#define UNSIZED_REACH 4096

struct symbol {
	uint64_t start, size;
	char *name;
};

struct segment {
	uint64_t address, offset, in_file, in_memory;
};

struct image {
	bool fixed;
	struct segment *segments;
	size_t nr_segments;
	struct symbol *symbols; /* by start */
	size_t nr_symbols;
};

static bool read_segments(struct image *image, Elf *elf)
{
	size_t n;

	if (elf_getphdrnum(elf, &n))
		return false;
	image->segments = calloc(n + 1, sizeof(*image->segments));
	if (!image->segments)
		return false;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		image->segments[image->nr_segments++] =
			(struct segment){ header.p_vaddr, header.p_offset, header.p_filesz,
					  header.p_memsz };
	}
	return image->nr_segments > 0;
}

static bool add_symbol(struct image *image, const GElf_Sym *from, const char *name)
{
	int type = GELF_ST_TYPE(from->st_info);
	struct symbol *grown;

	if (image->nr_symbols == IMAGE_MOST_SYMBOLS)
		return false;
	/* an absolute one is a number, such as a version's, and no place */
	if (!name || !*name || from->st_shndx == SHN_UNDEF || from->st_shndx == SHN_ABS ||
	    (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE && type != STT_GNU_IFUNC))
		return true;
	if (!(image->nr_symbols & (image->nr_symbols - 1))) {
		size_t room = image->nr_symbols ? 2 * image->nr_symbols : 1;

		grown = reallocarray(image->symbols, room, sizeof(*grown));
		if (!grown)
			return false;
		image->symbols = grown;
	}
	grown = &image->symbols[image->nr_symbols];
	*grown = (struct symbol){ from->st_value, from->st_size, strndup(name, MOST_NAME) };
	if (!grown->name)
		return false;
	image->nr_symbols++;
	return true;
}

static bool read_symbols(struct image *image, Elf *elf, GElf_Word kind)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;
		size_t n;

		if (!gelf_getshdr(section, &header) || header.sh_type != kind || !header.sh_entsize)
			continue;
		data = elf_getdata(section, NULL);
		n = data ? data->d_size / header.sh_entsize : 0;
		if (n > IMAGE_MOST_SYMBOLS)
			return false;
		for (size_t i = 0; i < n; i++) {
			GElf_Sym symbol;

			if (gelf_getsym(data, (int)i, &symbol) &&
			    !add_symbol(image, &symbol,
					elf_strptr(elf, header.sh_link, symbol.st_name)))
				return false;
		}
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* of several names for one place the last counts: one with a size, then by name */
	if (!x->size != !y->size)
		return x->size ? 1 : -1;
	return strcmp(y->name, x->name);
}

static bool read_file(struct image *image, Elf *elf)
{
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) || !read_segments(image, elf))
		return false;
	image->fixed = header.e_type == ET_EXEC;
	/* What is stripped still has the symbols that it offers to others. */
	if (!read_symbols(image, elf, SHT_SYMTAB) ||
	    (!image->nr_symbols && !read_symbols(image, elf, SHT_DYNSYM)))
		return false;
	if (image->nr_symbols)
		qsort(image->symbols, image->nr_symbols, sizeof(*image->symbols), by_start);
	return true;
}

/*
 * What is at PATH is looked at before it is opened: to open a device may do
 * something, and a FIFO makes us wait.  A descriptor, or -1.
 */
static int open_file(const char *path, uint64_t inode)
{
	int place = open(path, O_PATH | O_CLOEXEC), fd = -1;
	char again[32];
	struct stat st;

	if (place < 0)
		return -1;
	if (!fstat(place, &st) && S_ISREG(st.st_mode) && st.st_size <= IMAGE_MOST_BYTES &&
	    (!inode || st.st_ino == inode)) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
		fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	close(place);
	return fd;
}

struct image *image_open(const char *path, uint64_t inode)
{
	int fd = open_file(path, inode);
	struct image *image = NULL;
	Elf *elf = NULL;

	if (fd < 0 || elf_version(EV_CURRENT) == EV_NONE)
		goto out;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	image = elf ? calloc(1, sizeof(*image)) : NULL;
	if (image && !read_file(image, elf)) {
		image_close(image);
		image = NULL;
	}
out:
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return image;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->nr_symbols; i++)
		free(image->symbols[i].name);
	free(image->symbols);
	free(image->segments);
	free(image);
}

bool image_is_fixed(const struct image *image)
{
	return image->fixed;
}

bool image_address(const struct image *image, uint64_t offset, uint64_t *address)
{
	/* Mappings are of whole pages, so a segment reaches to the end of its last one. */
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE) - 1;

	for (size_t i = 0; i < image->nr_segments; i++) {
		const struct segment *s = &image->segments[i];

		if (offset < (s->offset & ~page) ||
		    offset >= ((s->offset + s->in_file + page) & ~page))
			continue;
		*address = s->address - s->offset + offset;
		/* of two segments that share a page, the one that has the byte */
		if (offset >= s->offset && offset < s->offset + s->in_file)
			return true;
		if (i + 1 == image->nr_segments || image->segments[i + 1].offset > offset)
			return true;
	}
	return false;
}

bool image_bss(const struct image *image, uint64_t offset, uint64_t distance, uint64_t *address)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE) - 1;

	for (size_t i = 0; i < image->nr_segments; i++) {
		const struct segment *s = &image->segments[i];

		/* The first page has the end of the segment before as well, but was mapped for this one. */
		if (offset < (s->offset & ~page) || offset >= s->offset + s->in_file)
			continue;
		*address = s->address - s->offset + offset + distance;
		if (*address >= s->address + s->in_file && *address < s->address + s->in_memory)
			return true;
	}
	return false;
}

const char *image_symbol(const struct image *image, uint64_t address, uint64_t *behind)
{
	size_t low = 0, high = image->nr_symbols;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (image->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	*behind = address - image->symbols[low - 1].start;
	if (*behind >=
	    (image->symbols[low - 1].size ? image->symbols[low - 1].size : UNSIZED_REACH))
		return NULL;
	return image->symbols[low - 1].name;
}
