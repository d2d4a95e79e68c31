/* SPDX-License-Identifier: GPL-2.0 */
/* Names for addresses in programs and libraries, from the symbol tables of their files. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

/*
 * Read PATH, if it is still the file with number INODE (0: any).  The path may be
 * somebody else's word: nothing but a regular file is opened, and no more than
 * IMAGE_MOST_SYMBOLS of a file of up to IMAGE_MOST_BYTES is kept.  NULL where it is
 * no such ELF file, cannot be read, or there is no memory.  The caller frees with
 * image_close().
 */
#define IMAGE_MOST_BYTES (1LL << 30)
#define IMAGE_MOST_SYMBOLS (1 << 20)
struct image *image_open(const char *path, uint64_t inode);
void image_close(struct image *image);

/* Does it run at the addresses that it was linked for? */
bool image_is_fixed(const struct image *image);

/* The address that byte OFFSET of the file was linked for; false: it is not loaded. */
bool image_address(const struct image *image, uint64_t offset, uint64_t *address);

/*
 * Where byte OFFSET of the file is mapped, is what lies DISTANCE bytes behind it beyond what
 * the file has of that segment: zeros, .bss?  Then the address that it was linked for.
 */
bool image_bss(const struct image *image, uint64_t offset, uint64_t distance, uint64_t *address);

/*
 * The symbol that ADDRESS is in, and how far behind its start; NULL: none.  The
 * name is the image's.
 */
const char *image_symbol(const struct image *image, uint64_t address, uint64_t *behind);

#endif
