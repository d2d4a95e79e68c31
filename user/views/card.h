/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A task's card: what the kernel's task_struct had at a moment, laid out as the
 * process control block of a textbook, with names and offsets, and its address space.
 */
#ifndef CARD_H
#define CARD_H

#include <sqlite3.h>
#include <stdio.h>

#include "report/report.h"

struct btf;

/*
 * The card of the task that WHO names (see lives_find()) at the last moment of
 * PHASE, or NULL: at the last one that the recording has.  Offsets are those of the
 * kernel that runs now.  0 or a negative errno as the parts in report.h; -ENOENT
 * with a sentence in WHY: no such task or phase.
 */
int report_card(sqlite3 *db, const char *who, const char *phase, FILE *out,
		const struct report_style *style, char *why, size_t why_size);

/* The same with the types of the kernel whose release is KERNEL; BTF NULL: not known. */
int card_render(sqlite3 *db, const char *who, const char *phase, FILE *out,
		const struct report_style *style, const struct btf *btf, const char *kernel,
		char *why, size_t why_size);

/*
 * Bytes from the start of struct STRUCT_NAME to the field that PATH leads to over
 * structs inside structs ("se.vruntime"), members without a name included.
 * -ENOENT: there is none, -EINVAL: it is a bit field that starts inside a byte.
 */
long card_offset(const struct btf *btf, const char *struct_name, const char *path);

/* Bytes of struct STRUCT_NAME, or -ENOENT. */
long card_size(const struct btf *btf, const char *struct_name);

#endif
