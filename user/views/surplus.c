// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "surplus.h"

#include <errno.h>
#include <string.h>

#include "grid.h"
#include "places.h"
#include "report_part.h"
#include "text.h"

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
	{ .name = "task", .least = 10 },
	{ .name = "phase", .least = 8 },
	{ .name = "kind" },
	{ .name = "via" },
	{ .name = "n", .right = true },
	{ .name = "address", .right = true },
	{ .name = "what is there", .least = 16 },
	{ .name = "by", .least = 12 },
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

static void add_row(struct grid *grid, struct places *places, sqlite3_stmt *stmt, bool utf8)
{
	struct place_fault fault = {
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
	char time[32], task[128], name[64], phase[136], kind[80], n[32], address[24] = "",
									 where[800], by[640];
	struct place place;

	places_find(places, &fault, &place);
	snprintf(time, sizeof(time), "%.3f", (double)sqlite3_column_int64(stmt, AT_START) / 1e6);
	text_escape_for(name, sizeof(name), report_column(stmt, AT_WHO), 15, utf8);
	snprintf(task, sizeof(task), "%s %s", name, report_column(stmt, AT_PID));
	text_escape_for(phase, sizeof(phase), report_column(stmt, AT_PHASE), 32, utf8);
	snprintf(kind, sizeof(kind), "%s%s", report_column(stmt, AT_KIND),
		 sqlite3_column_int(stmt, AT_MAJOR) ? " major" : "");
	text_count(n, sizeof(n), sqlite3_column_int64(stmt, AT_N));
	if (fault.has_address)
		snprintf(address, sizeof(address), "0x%llx", (unsigned long long)fault.address);
	text_escape_for(where, sizeof(where), place.where, 0, utf8);
	if (fault.in_kernel && has(stmt, AT_SYSCALL))
		snprintf(place.by, sizeof(place.by), "the kernel, %.40s",
			 report_column(stmt, AT_SYSCALL));
	text_escape_for(by, sizeof(by), place.by, 0, utf8);
	grid_row(grid, (const char *const[]){ time, task, phase, kind, report_column(stmt, AT_VIA),
					      n, address, where, by });
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

int surplus_list(sqlite3 *db, const char *phase, int most, FILE *out,
		 const struct report_style *style, long long *n)
{
	struct grid *grid = NULL;
	struct places *places = NULL;
	sqlite3_stmt *stmt = NULL;
	long long runs = 0;
	int rc = SQLITE_DONE, err = count(db, phase, &runs, n), shown = 0;

	if (err || !runs)
		return err;
	err = report_prepare(db, &stmt,
			     "SELECT task, coalesce(nullif(role, ''), comm, '?'), tid, phase,"
			     " kind, via, syscall, n, address, ip, vma_start, vma_flags, object,"
			     " vma_offset, fault.start_ns, major " OUTSIDE
			     "ORDER BY fault.start_ns, address");
	grid = grid_new(columns, NR_COLUMNS);
	places = places_new(db);
	if (!err && (!grid || !places))
		err = -ENOMEM;
	if (!err)
		sqlite3_bind_text(stmt, 1, phase, -1, SQLITE_STATIC);
	while (!err && (!most || shown < most) && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		add_row(grid, places, stmt, style->utf8);
		shown++;
	}
	if (!err && rc != SQLITE_DONE && rc != SQLITE_ROW)
		err = -EIO;
	if (!err)
		err = grid_print(grid, out, style);
	if (!err && shown < runs)
		fprintf(out, "and %lld more: faultline show --faults\n", runs - shown);
	sqlite3_finalize(stmt);
	grid_free(grid);
	places_free(places);
	return err;
}
