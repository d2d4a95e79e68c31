/* SPDX-License-Identifier: GPL-2.0 */
/* What is behind the address of a fault, and which code caused it. */
#ifndef PLACES_H
#define PLACES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMA_GROWSDOWN 0x100 /* VM_GROWSDOWN of linux/mm.h, in fault.vma_flags */

/* As table fault has it. */
struct place_fault {
	long long task, t_ns;
	const char *object; /* NULL: anonymous */
	bool has_address, has_vma, has_ip, in_kernel;
	uint64_t address, ip, vma_start, vma_offset, vma_flags;
};

struct place {
	char where[192]; /* "cow+0x2e10 (counter+8)", "[stack]"; names as they are, not escaped */
	char by[128];    /* "write_pages+0x12", "libx.so+0x10", "the kernel"; "": not known */
};

struct places;

/*
 * Places of the recording DB, which must outlive it.  Symbols come from the files
 * that were mapped, where those of table mapped_file are still there.  NULL: no
 * memory, or DB cannot be read.
 */
struct places *places_new(sqlite3 *db);
void places_free(struct places *places);

void places_find(struct places *places, const struct place_fault *fault, struct place *place);

#endif
