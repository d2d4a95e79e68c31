// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "views/surplus.h"

#include <errno.h>
#include <string.h>

#include "views/grid.h"
#include "views/places.h"
#include "report/report_part.h"
#include "base/text.h"

enum {
	AT_TASK,
	AT_WHO,
	AT_PID,
	AT_PHASE,
	AT_KIND,
	AT_VIA,
	AT_SYSCALL,
	AT_N,
	AT_ADDRESS,
	AT_IP,
	AT_VMA_START,
	AT_VMA_FLAGS,
	AT_OBJECT,
	AT_VMA_OFFSET,
	AT_START,
	AT_MAJOR,
};

#define OUTSIDE                                                                                    \
	"FROM fault JOIN task USING (task) WHERE region IS NULL AND (?1 IS NULL OR phase = ?1) "

static const struct grid_column columns[] = {
	{ .name = "time ms", .right = true, .optional = true },
	{ .name = "task", .least = 10, .keep_last = true },
	{ .name = "phase", .least = 5 },
	{ .name = "kind" },
	{ .name = "via", .spare = true },
	{ .name = "n", .right = true },
	{ .name = "address", .right = true, .spare = true },
	{ .name = "what is there", .least = 18 },
	{ .name = "by", .least = 18 },
};

enum { NR_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static const char *optional_text(sqlite3_stmt *stmt, int i)
{
	return sqlite3_column_type(stmt, i) == SQLITE_NULL ? NULL : report_column(stmt, i);
}

static bool has(sqlite3_stmt *stmt, int i)
{
	return sqlite3_column_type(stmt, i) != SQLITE_NULL;
}

static void read_row(struct surplus *row, struct place *place, struct places *places,
		     sqlite3_stmt *stmt)
{
	const struct place_fault fault = {
		.task = sqlite3_column_int64(stmt, AT_TASK),
		.t_ns = sqlite3_column_int64(stmt, AT_START),
		.object = optional_text(stmt, AT_OBJECT),
		.has_address = has(stmt, AT_ADDRESS),
		.has_vma = has(stmt, AT_VMA_START),
		.has_ip = has(stmt, AT_IP),
		.in_kernel = strcmp(report_column(stmt, AT_VIA), "user") != 0,
		.address = (uint64_t)sqlite3_column_int64(stmt, AT_ADDRESS),
		.ip = (uint64_t)sqlite3_column_int64(stmt, AT_IP),
		.vma_start = (uint64_t)sqlite3_column_int64(stmt, AT_VMA_START),
		.vma_offset = (uint64_t)sqlite3_column_int64(stmt, AT_VMA_OFFSET),
		.vma_flags = (uint64_t)sqlite3_column_int64(stmt, AT_VMA_FLAGS),
	};

	places_find(places, &fault, place);
	if (fault.in_kernel && has(stmt, AT_SYSCALL))
		snprintf(place->by, sizeof(place->by), "the kernel, %.40s",
			 report_column(stmt, AT_SYSCALL));
	*row = (struct surplus){
		.task = fault.task,
		.tid = sqlite3_column_int64(stmt, AT_PID),
		.start_ns = fault.t_ns,
		.n = sqlite3_column_int64(stmt, AT_N),
		.who = report_column(stmt, AT_WHO),
		.phase = optional_text(stmt, AT_PHASE),
		.kind = report_column(stmt, AT_KIND),
		.via = report_column(stmt, AT_VIA),
		.syscall = optional_text(stmt, AT_SYSCALL),
		.major = sqlite3_column_int(stmt, AT_MAJOR) != 0,
		.has_address = fault.has_address,
		.address = fault.address,
		.where = place->where,
		.by = place->by,
	};
}

int surplus_each(sqlite3 *db, const char *phase, int (*fn)(const struct surplus *row, void *arg),
		 void *arg)
{
	struct places *places = NULL;
	sqlite3_stmt *stmt = NULL;
	struct surplus row;
	struct place place;
	int rc = SQLITE_DONE, err;

	err = report_prepare(db, &stmt,
			     "SELECT task, coalesce(nullif(role, ''), comm, '?'), tid, phase,"
			     " kind, via, syscall, n, address, ip, vma_start, vma_flags, object,"
			     " vma_offset, fault.start_ns, major " OUTSIDE
			     "ORDER BY fault.start_ns, address");
	if (!err) {
		sqlite3_bind_text(stmt, 1, phase, -1, SQLITE_STATIC);
		places = places_new(db);
		err = places ? 0 : -ENOMEM;
	}
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		read_row(&row, &place, places, stmt);
		err = fn(&row, arg);
	}
	if (!err && rc != SQLITE_DONE)
		err = -EIO;
	sqlite3_finalize(stmt);
	places_free(places);
	return err;
}

/* Runs outside, and the faults in them. */
static int count(sqlite3 *db, const char *phase, long long *runs, long long *n)
{
	sqlite3_stmt *stmt;
	int err = report_prepare(db, &stmt, "SELECT count(*), total(n) " OUTSIDE);

	if (err)
		return err;
	sqlite3_bind_text(stmt, 1, phase, -1, SQLITE_STATIC);
	err = sqlite3_step(stmt) == SQLITE_ROW ? 0 : -EIO;
	*runs = sqlite3_column_int64(stmt, 0);
	*n = sqlite3_column_int64(stmt, 1);
	sqlite3_finalize(stmt);
	return err;
}

struct listing {
	struct grid *grid;
	bool utf8;
	int most, shown; /* most 0: no limit */
};

static int add_row(const struct surplus *row, void *arg)
{
	char time[32], task[128], name[64], phase[136], kind[80], n[32], address[24] = "",
									 where[800], by[640];
	struct listing *list = arg;

	if (list->most && list->shown == list->most)
		return 1;
	snprintf(time, sizeof(time), "%.3f", (double)row->start_ns / 1e6);
	text_escape_for(name, sizeof(name), row->who, 15, list->utf8);
	snprintf(task, sizeof(task), "%s %lld", name, row->tid);
	text_escape_for(phase, sizeof(phase), row->phase ? row->phase : "", 32, list->utf8);
	snprintf(kind, sizeof(kind), "%s%s", row->kind, row->major ? " major" : "");
	text_count(n, sizeof(n), row->n);
	if (row->has_address)
		snprintf(address, sizeof(address), "0x%llx", (unsigned long long)row->address);
	text_escape_for(where, sizeof(where), row->where, 0, list->utf8);
	text_escape_for(by, sizeof(by), row->by, 0, list->utf8);
	grid_row(list->grid,
		 (const char *const[]){ time, task, phase, kind, row->via, n, address, where, by });
	list->shown++;
	return 0;
}

int surplus_list(sqlite3 *db, const char *phase, int most, FILE *out,
		 const struct report_style *style, long long *n)
{
	struct listing list = { .utf8 = style->utf8, .most = most };
	long long runs = 0;
	int err = count(db, phase, &runs, n);

	if (err || !runs)
		return err;
	list.grid = grid_new(columns, NR_COLUMNS);
	err = list.grid ? surplus_each(db, phase, add_row, &list) : -ENOMEM;
	if (err >= 0)
		err = grid_print(list.grid, out, style);
	if (!err && list.shown < runs)
		fprintf(out, "and %lld more: faultline show --faults\n", runs - list.shown);
	grid_free(list.grid);
	return err;
}
