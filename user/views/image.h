/* SPDX-License-Identifier: GPL-2.0 */
/* Names for addresses in programs and libraries, from the symbol tables of their files. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

/*
 * Read PATH.  NULL where it is no ELF file of this machine's byte order, cannot be
 * read, or there is no memory.  The caller frees with image_close().
 */
struct image *image_open(const char *path);
void image_close(struct image *image);

/* Does it run at the addresses that it was linked for? */
bool image_is_fixed(const struct image *image);

/* The address that byte OFFSET of the file was linked for; false: it is not loaded. */
bool image_address(const struct image *image, uint64_t offset, uint64_t *address);

/* Is the linked ADDRESS beyond what the file has of a segment: zeros, .bss? */
bool image_is_bss(const struct image *image, uint64_t address);

/*
 * The symbol that ADDRESS is in, and how far behind its start; NULL: none.  The
 * name is the image's.
 */
const char *image_symbol(const struct image *image, uint64_t address, uint64_t *behind);

#endif
