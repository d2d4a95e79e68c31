// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "places.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

/* The program that a task runs. */
struct program {
	char *exe;
	long long task;
	struct image *image; /* NULL: its file tells nothing */
	bool borrowed;       /* from another task that runs it */
	bool has_bias;
	uint64_t bias; /* from the addresses it was linked for to those where it is */
	struct program *next;
};

struct places {
	sqlite3 *db;
	struct program *programs;
};

struct places *places_new(sqlite3 *db)
{
	struct places *places = calloc(1, sizeof(*places));

	if (places)
		places->db = db;
	return places;
}

void places_free(struct places *places)
{
	if (!places)
		return;
	while (places->programs) {
		struct program *next = places->programs->next;

		if (!places->programs->borrowed)
			image_close(places->programs->image);
		free(places->programs->exe);
		free(places->programs);
		places->programs = next;
	}
	free(places);
}

/* The last component of PATH, cut as the recording cuts names of files. */
static bool is_file_of(const char *exe, const char *object)
{
	const char *slash = strrchr(exe, '/'), *name = slash ? slash + 1 : exe;

	return object && !strncmp(name, object, 63) && strlen(object) <= 63;
}

/* Where it is: any fault on its file tells. */
static void find_bias(const struct places *places, struct program *p, const char *object)
{
	sqlite3_stmt *stmt;
	uint64_t linked;

	if (!p->image)
		return;
	p->has_bias = image_is_fixed(p->image);
	if (p->has_bias ||
	    sqlite3_prepare_v2(places->db,
			       "SELECT vma_start, vma_offset FROM fault_run"
			       " WHERE task = ?1 AND object = ?2 AND vma_offset IS NOT NULL"
			       " ORDER BY start_ns DESC LIMIT 1",
			       -1, &stmt, NULL))
		return;
	sqlite3_bind_int64(stmt, 1, p->task);
	sqlite3_bind_text(stmt, 2, object, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW &&
	    image_address(p->image, (uint64_t)sqlite3_column_int64(stmt, 1), &linked)) {
		p->has_bias = true;
		p->bias = (uint64_t)sqlite3_column_int64(stmt, 0) - linked;
	}
	sqlite3_finalize(stmt);
}

static struct program *program_of(struct places *places, const struct place_fault *fault)
{
	const char *slash = fault->exe ? strrchr(fault->exe, '/') : NULL;
	struct program *p = places->programs, *same;

	if (!fault->exe)
		return NULL;
	while (p && (p->task != fault->task || strcmp(p->exe, fault->exe) != 0))
		p = p->next;
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->exe = strdup(fault->exe);
	if (!p->exe) {
		free(p);
		return NULL;
	}
	p->task = fault->task;
	for (same = places->programs; same && strcmp(same->exe, fault->exe) != 0;)
		same = same->next;
	p->borrowed = same != NULL;
	p->image = same ? same->image : image_open(fault->exe);
	p->next = places->programs;
	places->programs = p;
	find_bias(places, p, slash ? slash + 1 : fault->exe);
	return p;
}

static void print_symbol(char *buf, size_t size, const char *before, const char *name,
			 uint64_t behind, const char *after)
{
	if (behind)
		snprintf(buf, size, "%s%.80s+0x%" PRIx64 "%s", before, name, behind, after);
	else
		snprintf(buf, size, "%s%.80s%s", before, name, after);
}

static void find_where(const struct program *p, const struct place_fault *fault,
		       struct place *place)
{
	const char *symbol = NULL;
	uint64_t behind, linked;
	bool known = p && p->image && p->has_bias;
	size_t used;

	linked = known ? fault->address - p->bias : 0;
	if (!fault->has_address) {
		snprintf(place->where, sizeof(place->where), "%.63s",
			 fault->object ? fault->object : "-");
		return;
	}
	if (!fault->has_vma) {
		snprintf(place->where, sizeof(place->where), "no mapping");
		return;
	}
	if (fault->object) {
		uint64_t offset = fault->address - fault->vma_start + fault->vma_offset;

		snprintf(place->where, sizeof(place->where), "%.63s+0x%" PRIx64, fault->object,
			 offset);
		known = known && is_file_of(p->exe, fault->object);
	} else if (fault->vma_flags & VMA_GROWSDOWN) {
		snprintf(place->where, sizeof(place->where), "[stack]");
		return;
	} else if (known && image_is_bss(p->image, linked)) {
		snprintf(place->where, sizeof(place->where), "[.bss]");
	} else {
		snprintf(place->where, sizeof(place->where), "[anonymous]");
		return;
	}
	if (known)
		symbol = image_symbol(p->image, linked, &behind);
	used = strlen(place->where);
	if (symbol)
		print_symbol(place->where + used, sizeof(place->where) - used, " (", symbol, behind,
			     ")");
}

void places_find(struct places *places, const struct place_fault *fault, struct place *place)
{
	const struct program *p = program_of(places, fault);
	const char *symbol;
	uint64_t behind;

	place->by[0] = '\0';
	find_where(p, fault, place);
	if (fault->in_kernel)
		snprintf(place->by, sizeof(place->by), "the kernel");
	if (fault->in_kernel || !fault->has_ip || !p || !p->image || !p->has_bias)
		return;
	symbol = image_symbol(p->image, fault->ip - p->bias, &behind);
	if (symbol)
		print_symbol(place->by, sizeof(place->by), "", symbol, behind, "");
}
