// SPDX-License-Identifier: GPL-2.0
/*
 * Resident memory and faults over time, as `sar -B` would show them at a much
 * finer tick: a table, and a curve of each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/curve.h"
#include "views/grid.h"
#include "report/report_part.h"
#include "base/text.h"

#define MOST_TICKS 24
#define MOMENTS 480 /* that the curves are made of */
#define TIMES (MOMENTS + 1 + MOST_TICKS + 2)
#define LABEL_COLUMNS 9

/* How much there is at each of memory.times. */
struct series {
	double values[TIMES];
};

struct memory {
	sqlite3 *db;
	long long duration_ns, tick_ns, page_size;
	/* start and ends of the moments, then start and ends of the ticks */
	long long times[TIMES];
	size_t nr_times;
	struct series resident, tables; /* pages; bytes of page tables */
	struct series faults, major;    /* so far */
	double most;                    /* pages of one process that were seen */
	bool has_rss;
};

/* From FROM_NS to TO_NS (-1: the end) what goes evenly from BEFORE to AFTER is part of the sum. */
static void add_level(const struct memory *m, struct series *s, long long from_ns, long long to_ns,
		      double before, double after)
{
	for (size_t i = 0; i < m->nr_times; i++) {
		long long t = m->times[i];

		if (t >= from_ns && to_ns < 0)
			s->values[i] += before;
		else if (t >= from_ns && t < to_ns)
			s->values[i] += before + (after - before) * (double)(t - from_ns) /
							 (double)(to_ns - from_ns);
	}
}

/* N came between two times, evenly. */
static void add_run(const struct memory *m, struct series *s, long long from_ns, long long to_ns,
		    double n)
{
	for (size_t i = 0; i < m->nr_times; i++) {
		long long t = m->times[i];

		if (t >= m->duration_ns || t >= to_ns)
			s->values[i] += n;
		else if (t > from_ns)
			s->values[i] += n * (double)(t - from_ns) / (double)(to_ns - from_ns);
	}
}

/*
 * Between two samples of an address space memory grows with its faults: a straight
 * line.  The last is mostly that of its exit; else it holds until then.
 */
static int read_rss(struct memory *m)
{
	sqlite3_stmt *stmt;
	int rc, err;

	err = report_prepare(
		m->db, &stmt,
		"WITH sample AS (SELECT coalesce(process, task) AS process, rss.rowid AS nr, t_ns,"
		"	anon + file + shmem AS pages, page_tables_bytes AS tables"
		"	FROM rss JOIN task USING (task)"
		") SELECT t_ns, coalesce(lead(t_ns) OVER life, exit_ns, -1),"
		" pages, lead(pages, 1, pages) OVER life, tables, lead(tables, 1, tables) OVER life"
		" FROM sample LEFT JOIN task AS leader ON leader.task = sample.process"
		" WINDOW life AS (PARTITION BY sample.process ORDER BY t_ns, nr)");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		long long from = sqlite3_column_int64(stmt, 0), to = sqlite3_column_int64(stmt, 1);
		double pages = sqlite3_column_double(stmt, 2);

		add_level(m, &m->resident, from, to, pages, sqlite3_column_double(stmt, 3));
		add_level(m, &m->tables, from, to, sqlite3_column_double(stmt, 4),
			  sqlite3_column_double(stmt, 5));
		/* a peak may lie between the moments that are drawn, such as that of an exit */
		if (pages > m->most)
			m->most = pages;
		m->has_rss = true;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

static int read_faults(struct memory *m)
{
	sqlite3_stmt *stmt;
	int rc, err;

	err = report_prepare(m->db, &stmt,
			     "SELECT start_ns, max(start_ns, end_ns), n, major FROM fault_run"
			     " WHERE kind NOT IN ('segv', 'bus', 'nofault', 'spurious')");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		long long from = sqlite3_column_int64(stmt, 0), to = sqlite3_column_int64(stmt, 1);

		add_run(m, &m->faults, from, to, sqlite3_column_double(stmt, 2));
		if (sqlite3_column_int(stmt, 3))
			add_run(m, &m->major, from, to, sqlite3_column_double(stmt, 2));
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

/* 1, 2 or 5 times a power of ten, so that there are few ticks. */
static long long nice_tick(long long duration_ns)
{
	long long tick = 1000;

	for (;;) {
		static const int factors[] = { 1, 2, 5 };

		for (size_t i = 0; i < 3; i++)
			if (duration_ns / (tick * factors[i]) < MOST_TICKS)
				return tick * factors[i];
		tick *= 10;
	}
}

static void set_times(struct memory *m)
{
	for (size_t i = 0; i <= MOMENTS; i++)
		m->times[m->nr_times++] = (long long)((double)m->duration_ns * (double)i / MOMENTS);
	m->times[MOMENTS] = m->duration_ns;
	for (long long t = 0; t < m->duration_ns; t += m->tick_ns)
		m->times[m->nr_times++] = t;
	m->times[m->nr_times++] = m->duration_ns;
}

/* The phases that began in the tick, in order. */
static void name_phases(sqlite3_stmt *stmt, long long from, long long to, char *buf, size_t size,
			bool utf8)
{
	size_t used = 0;

	buf[0] = '\0';
	sqlite3_bind_int64(stmt, 1, from);
	sqlite3_bind_int64(stmt, 2, to);
	while (sqlite3_step(stmt) == SQLITE_ROW && used < size) {
		char safe[136];

		text_escape_for(safe, sizeof(safe), report_column(stmt, 0), 32, utf8);
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", safe);
	}
	sqlite3_reset(stmt);
}

static const struct grid_column columns[] = {
	{ .name = "from ms", .right = true },     { .name = "faults", .right = true },
	{ .name = "fault/s", .right = true },     { .name = "major", .right = true },
	{ .name = "resident", .right = true },    { .name = "growth", .right = true },
	{ .name = "page tables", .right = true }, { .name = "phases", .least = 12 },
};

enum { NR_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* As text_size(), but short for a few pages, too. */
static char *bytes(char *buf, size_t size, double value)
{
	double length = value < 0 ? -value : value;
	char number[40];

	if (length >= 1024 && length < 10000)
		snprintf(number, sizeof(number), "%.2f KiB", length / 1024);
	else
		text_size(number, sizeof(number), (long long)length);
	snprintf(buf, size, "%s%s", value < 0 ? "-" : "", number);
	return buf;
}

/* The tick that ends at times[I]. */
static void add_row(const struct memory *m, struct grid *grid, size_t i, const char *phases)
{
	char time[32], n[32], rate[32], major[32], resident[48] = "-", growth[48] = "-",
						   tables[48] = "-";
	long long from = m->times[i - 1], to = m->times[i], faults, majors;
	double before = m->resident.values[i - 1], after = m->resident.values[i];

	/* A run is spread over its time: what is cut off here is in the next tick. */
	faults = (long long)m->faults.values[i] - (from ? (long long)m->faults.values[i - 1] : 0);
	majors = (long long)m->major.values[i] - (from ? (long long)m->major.values[i - 1] : 0);

	snprintf(time, sizeof(time), "%.3f", (double)from / 1e6);
	text_count(n, sizeof(n), faults);
	text_count(rate, sizeof(rate),
		   to > from ? (long long)((double)faults * 1e9 / (double)(to - from)) : 0);
	text_count(major, sizeof(major), majors);
	if (m->has_rss) {
		bytes(resident, sizeof(resident), after * (double)m->page_size);
		bytes(growth, sizeof(growth), (after - before) * (double)m->page_size);
		bytes(tables, sizeof(tables), m->tables.values[i]);
	}
	grid_row(grid,
		 (const char *const[]){ time, n, rate, major, resident, growth, tables, phases });
}

static int print_table(const struct memory *m, FILE *out, const struct report_style *style)
{
	struct grid *grid = grid_new(columns, NR_COLUMNS);
	sqlite3_stmt *stmt = NULL;
	char phases[400];
	int err = grid ? report_prepare(
				 m->db, &stmt,
				 "SELECT name FROM phase WHERE start_ns >= ?1 AND start_ns < ?2"
				 " AND name <> '' ORDER BY start_ns") :
			 -ENOMEM;

	for (size_t i = MOMENTS + 2; !err && i < m->nr_times; i++) {
		name_phases(stmt, m->times[i - 1], m->times[i], phases, sizeof(phases),
			    style->utf8);
		add_row(m, grid, i, phases);
	}
	if (!err)
		err = grid_print(grid, out, style);
	sqlite3_finalize(stmt);
	grid_free(grid);
	return err;
}

static void print_axis(const struct memory *m, FILE *out, const struct report_style *style,
		       int width)
{
	char end[32];

	text_duration(end, sizeof(end), m->duration_ns);
	fprintf(out, "%*s %s0%*s\n", LABEL_COLUMNS, "", style->utf8 ? "\u2514" : "+", width - 1,
		end);
}

static void print_curves(const struct memory *m, FILE *out, const struct report_style *style)
{
	int width = (style->width ? style->width : 100) - LABEL_COLUMNS - 2;
	double most = m->most, rates[MOMENTS];
	char top[48];

	if (m->has_rss) {
		for (size_t i = 0; i <= MOMENTS; i++)
			if (m->resident.values[i] > most)
				most = m->resident.values[i];
		bytes(top, sizeof(top), most * (double)m->page_size);
		fprintf(out, "\n%sresident memory of all processes%s\n",
			report_ink(style, REPORT_BOLD), report_ink(style, REPORT_PLAIN));
		curve_print(out, style, m->resident.values + 1, MOMENTS, width, LABEL_COLUMNS, top,
			    "0");
		print_axis(m, out, style, width);
	}
	most = 0;
	for (size_t i = 0; i < MOMENTS; i++) {
		rates[i] = m->faults.values[i + 1] - (i ? m->faults.values[i] : 0);
		if (rates[i] > most)
			most = rates[i];
	}
	text_duration(top, sizeof(top), m->duration_ns / MOMENTS);
	fprintf(out, "\n%sfaults in each %s%s\n", report_ink(style, REPORT_BOLD), top,
		report_ink(style, REPORT_PLAIN));
	text_count(top, sizeof(top), (long long)(most + 0.5));
	curve_print(out, style, rates, MOMENTS, width, LABEL_COLUMNS, top, "0");
	print_axis(m, out, style, width);
}

int report_memory(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct memory *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->db = db;
	if (!report_run_number(db, "page_size", &m->page_size) || m->page_size <= 0)
		m->page_size = 4096;
	if (!report_run_number(db, "duration_ns", &m->duration_ns) || m->duration_ns <= 0)
		m->duration_ns = 1;
	m->tick_ns = nice_tick(m->duration_ns);
	set_times(m);
	err = read_rss(m);
	if (!err)
		err = read_faults(m);
	if (!err && !m->has_rss)
		report_wrap(
			out, style,
			"resident memory was not recorded: no claim of the experiment reads table rss",
			0, 2);
	if (!err)
		err = print_table(m, out, style);
	if (!err) {
		print_curves(m, out, style);
		err = report_flush(out);
	}
	free(m);
	return err;
}

int report_shown(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char what[32];

	report_run_text(db, style, "show", what, sizeof(what), "");
	return strcmp(what, "memory") ? 0 : report_memory(db, out, style);
}
