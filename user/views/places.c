// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "base/array.h"
#include "views/places.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/image.h"

/* Symbol tables are read into memory, and the paths may be those of somebody's recording. */
#define MOST_IMAGES 256
/* Ancestors of a task whose mappings it may have inherited. */
#define MOST_MAKERS 64

/* What was mapped, by the name that table fault has. */
struct file {
	char *name;
	struct image *image; /* NULL: it tells nothing */
	struct file *next;
};

struct mapping {
	long long task, t_ns; /* when a fault showed it first */
	uint64_t start, end, offset;
	struct file *file;
};

struct maker {
	long long task, maker; /* 0: none */
	long long exec_ns;     /* -1: never */
};

struct places {
	sqlite3 *db;
	struct file *files;
	size_t nr_images;
	struct mapping *mappings; /* by task, then by time */
	size_t nr_mappings;
	struct maker *makers; /* by task */
	size_t nr_makers;
};

/* Where the only file of that name is; two files of one name cannot be told apart. */
static struct image *open_image(struct places *places, const char *name)
{
	struct image *image = NULL;
	sqlite3_stmt *stmt;

	if (places->nr_images == MOST_IMAGES ||
	    sqlite3_prepare_v2(
		    places->db,
		    "SELECT min(path), min(inode), count(*) FROM mapped_file WHERE name = ?1", -1,
		    &stmt, NULL))
		return NULL;
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 2) == 1 &&
	    sqlite3_column_text(stmt, 0))
		image = image_open((const char *)sqlite3_column_text(stmt, 0),
				   (uint64_t)sqlite3_column_int64(stmt, 1));
	sqlite3_finalize(stmt);
	places->nr_images += image != NULL;
	return image;
}

static struct file *file_of(struct places *places, const char *name)
{
	struct file *file = places->files;

	while (file && strcmp(file->name, name) != 0)
		file = file->next;
	if (file || !name)
		return file;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->name = strdup(name);
	if (!file->name) {
		free(file);
		return NULL;
	}
	file->image = open_image(places, name);
	file->next = places->files;
	places->files = file;
	return file;
}

static bool read_mappings(struct places *places)
{
	sqlite3_stmt *stmt;
	bool ok = true;

	if (sqlite3_prepare_v2(places->db,
			       "SELECT task, min(start_ns), vma_start, vma_end, vma_offset, object"
			       " FROM fault_run WHERE object IS NOT NULL AND vma_offset IS NOT NULL"
			       " GROUP BY task, vma_start, vma_end, vma_offset, object"
			       " ORDER BY task, 2",
			       -1, &stmt, NULL))
		return false;
	while (ok && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 5);
		struct file *file = name ? file_of(places, name) : NULL;

		ok = file &&
		     !array_grow(&places->mappings, places->nr_mappings, sizeof(*places->mappings));
		if (ok)
			places->mappings[places->nr_mappings++] = (struct mapping){
				.task = sqlite3_column_int64(stmt, 0),
				.t_ns = sqlite3_column_int64(stmt, 1),
				.start = (uint64_t)sqlite3_column_int64(stmt, 2),
				.end = (uint64_t)sqlite3_column_int64(stmt, 3),
				.offset = (uint64_t)sqlite3_column_int64(stmt, 4),
				.file = file,
			};
	}
	sqlite3_finalize(stmt);
	return ok;
}

static bool read_makers(struct places *places)
{
	sqlite3_stmt *stmt;
	bool ok = true;

	if (sqlite3_prepare_v2(places->db,
			       "SELECT task, coalesce(creator_task, parent_task, 0),"
			       " coalesce(exec_ns, -1) FROM task ORDER BY task",
			       -1, &stmt, NULL))
		return false;
	while (ok && sqlite3_step(stmt) == SQLITE_ROW) {
		ok = !array_grow(&places->makers, places->nr_makers, sizeof(*places->makers));
		if (ok)
			places->makers[places->nr_makers++] = (struct maker){
				sqlite3_column_int64(stmt, 0),
				sqlite3_column_int64(stmt, 1),
				sqlite3_column_int64(stmt, 2),
			};
	}
	sqlite3_finalize(stmt);
	return ok;
}

struct places *places_new(sqlite3 *db)
{
	struct places *places = calloc(1, sizeof(*places));

	if (!places)
		return NULL;
	places->db = db;
	if (read_mappings(places) && read_makers(places))
		return places;
	places_free(places);
	return NULL;
}

void places_free(struct places *places)
{
	if (!places)
		return;
	while (places->files) {
		struct file *next = places->files->next;

		image_close(places->files->image);
		free(places->files->name);
		free(places->files);
		places->files = next;
	}
	free(places->mappings);
	free(places->makers);
	free(places);
}

/* First of the mappings of TASK. */
static size_t first_mapping(const struct places *places, long long task)
{
	size_t low = 0, high = places->nr_mappings;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (places->mappings[middle].task < task)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Who made TASK and gave it its address space, if that was still so at T_NS; 0: nobody. */
static long long maker_of(const struct places *places, long long task, long long t_ns)
{
	size_t low = 0, high = places->nr_makers;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (places->makers[middle].task < task)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == places->nr_makers || places->makers[low].task != task ||
	    (places->makers[low].exec_ns >= 0 && places->makers[low].exec_ns <= t_ns))
		return 0;
	return places->makers[low].maker;
}

static uint64_t offset_in(const struct mapping *m, uint64_t address)
{
	return address - m->start + m->offset;
}

/* ADDRESS is in the .bss of M's file; the address that it was linked for. */
static bool is_bss_of(const struct mapping *m, uint64_t address, uint64_t *linked)
{
	return m->file->image && image_bss(m->file->image, m->offset, address - m->start, linked);
}

static bool is_in(const struct mapping *m, uint64_t address, bool bss)
{
	uint64_t linked;

	return bss ? is_bss_of(m, address, &linked) : address >= m->start && address < m->end;
}

/*
 * The mapping that ADDRESS was in when FAULT came, or whose .bss: the last that had shown
 * itself by then, of the task or of one from which it has its address space.
 */
static const struct mapping *find_mapping(const struct places *places,
					  const struct place_fault *fault, uint64_t address,
					  bool bss)
{
	long long task = fault->task;

	for (int far = 0; task && far < MOST_MAKERS; far++) {
		const struct mapping *found = NULL;

		for (size_t i = first_mapping(places, task);
		     i < places->nr_mappings && places->mappings[i].task == task; i++) {
			const struct mapping *m = &places->mappings[i];

			if ((!found || m->t_ns <= fault->t_ns) && is_in(m, address, bss))
				found = m;
		}
		if (found)
			return found;
		task = maker_of(places, task, fault->t_ns);
	}
	return NULL;
}

static void print_symbol(char *buf, size_t size, const char *before, const char *name,
			 uint64_t behind, const char *after)
{
	if (behind)
		snprintf(buf, size, "%s%.80s+0x%" PRIx64 "%s", before, name, behind, after);
	else
		snprintf(buf, size, "%s%.80s%s", before, name, after);
}

/* Symbol at byte OFFSET of FILE, or NULL. */
static const char *symbol_at(const struct file *file, uint64_t offset, uint64_t *behind)
{
	uint64_t linked;

	if (!file || !file->image || !image_address(file->image, offset, &linked))
		return NULL;
	return image_symbol(file->image, linked, behind);
}

static void find_where(struct places *places, const struct place_fault *fault, struct place *place)
{
	const char *symbol = NULL;
	uint64_t behind, linked;

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
		symbol = symbol_at(file_of(places, fault->object), offset, &behind);
	} else if (fault->vma_flags & VMA_GROWSDOWN) {
		snprintf(place->where, sizeof(place->where), "[stack]");
	} else {
		const struct mapping *m = find_mapping(places, fault, fault->address, true);

		snprintf(place->where, sizeof(place->where), "%s", m ? "[.bss]" : "[anonymous]");
		if (m && is_bss_of(m, fault->address, &linked))
			symbol = image_symbol(m->file->image, linked, &behind);
	}
	if (symbol) {
		size_t used = strlen(place->where);

		print_symbol(place->where + used, sizeof(place->where) - used, " (", symbol, behind,
			     ")");
	}
}

void places_find(struct places *places, const struct place_fault *fault, struct place *place)
{
	const struct mapping *m;
	const char *symbol;
	uint64_t behind;

	place->by[0] = '\0';
	find_where(places, fault, place);
	if (fault->in_kernel) {
		snprintf(place->by, sizeof(place->by), "the kernel");
		return;
	}
	m = fault->has_ip ? find_mapping(places, fault, fault->ip, false) : NULL;
	if (!m)
		return;
	symbol = symbol_at(m->file, offset_in(m, fault->ip), &behind);
	if (symbol)
		print_symbol(place->by, sizeof(place->by), "", symbol, behind, "");
	else
		snprintf(place->by, sizeof(place->by), "%.63s+0x%" PRIx64, m->file->name,
			 offset_in(m, fault->ip));
}
