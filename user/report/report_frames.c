// SPDX-License-Identifier: GPL-2.0
/* Every region of every process at every barrier, a line each. */
#define _GNU_SOURCE
#include <string.h>

#include "views/frame_view.h"
#include "report/report_part.h"
#include "base/text.h"

#define TIME_COLUMNS 10
#define MOST_REGION 16
#define MOST_PHASE 20
#define LEAST_STRIP 4
#define MOST_STRIP 64

struct frames_report {
	sqlite3 *db;
	FILE *out;
	const struct report_style *style;
	int task_columns, region_columns, phase_columns, pages_columns, counts_columns;
	size_t lines;
	bool seen[NR_FRAME_CLASSES];
};

static void name_task(const struct frames_report *r, long long task, char *buf, size_t size)
{
	char name[64] = "?";
	sqlite3_stmt *stmt;

	snprintf(buf, size, "task %lld", task);
	if (report_prepare(r->db, &stmt,
			   "SELECT coalesce(nullif(role, ''), comm, '?'), pid FROM task"
			   " WHERE task = ?1"))
		return;
	sqlite3_bind_int64(stmt, 1, task);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		text_escape_for(name, sizeof(name), report_column(stmt, 0), 10, r->style->utf8);
		snprintf(buf, size, "%s %lld", name, (long long)sqlite3_column_int64(stmt, 1));
	}
	sqlite3_finalize(stmt);
}

static const char *name_or_dash(const struct frames_report *r, const char *name, int max, char *buf,
				size_t size)
{
	return text_escape_for(buf, size, name ? name : "-", max, r->style->utf8);
}

static void widen_one(int *columns, const char *text)
{
	int width = text_width(text);

	if (width > *columns)
		*columns = width;
}

static int widen(const struct frame_view *view, void *arg)
{
	struct frames_report *r = arg;
	char text[400];

	name_task(r, view->task, text, sizeof(text));
	widen_one(&r->task_columns, text);
	widen_one(&r->region_columns,
		  name_or_dash(r, view->region, MOST_REGION, text, sizeof(text)));
	widen_one(&r->phase_columns, name_or_dash(r, view->phase, MOST_PHASE, text, sizeof(text)));
	widen_one(&r->pages_columns, text_count(text, sizeof(text), (long long)view->nr_pages));
	widen_one(&r->counts_columns, frame_view_counts(text, sizeof(text), view));
	return 0;
}

static void cell(const struct frames_report *r, const char *text, int width)
{
	text_pad(r->out, text, width);
	fputs("  ", r->out);
}

static int print(const struct frame_view *view, void *arg)
{
	struct frames_report *r = arg;
	int taken = TIME_COLUMNS + r->task_columns + r->phase_columns + r->region_columns +
		    r->pages_columns + r->counts_columns + 6 * 2 + 2;
	int width = r->style->width ? r->style->width - taken : MOST_STRIP;
	char strip[4 * MOST_STRIP + 8], safe[160], counts[400], time[48];

	width = width < LEAST_STRIP ? LEAST_STRIP : width > MOST_STRIP ? MOST_STRIP : width;
	snprintf(time, sizeof(time), "%.3f", (double)view->t_ns / 1e6);
	cell(r, time, -TIME_COLUMNS);
	name_task(r, view->task, safe, sizeof(safe));
	cell(r, safe, r->task_columns);
	cell(r, name_or_dash(r, view->phase, MOST_PHASE, safe, sizeof(safe)), r->phase_columns);
	cell(r, name_or_dash(r, view->region, MOST_REGION, safe, sizeof(safe)), r->region_columns);
	cell(r, text_count(safe, sizeof(safe), (long long)view->nr_pages), -r->pages_columns);
	fprintf(r->out, "%s  %s\n",
		frame_view_strip(strip, sizeof(strip), view, width, r->style->utf8),
		frame_view_counts(counts, sizeof(counts), view));
	for (int i = 0; i < NR_FRAME_CLASSES; i++)
		r->seen[i] |= view->counts[i] > 0;
	r->lines++;
	return ferror(r->out) ? report_flush(r->out) : 0;
}

static void print_heading(const struct frames_report *r)
{
	fputs(report_ink(r->style, REPORT_BOLD), r->out);
	cell(r, "time ms", -TIME_COLUMNS);
	cell(r, "process", r->task_columns);
	cell(r, "phase", r->phase_columns);
	cell(r, "region", r->region_columns);
	cell(r, "pages", -r->pages_columns);
	fprintf(r->out, "frames%s\n", report_ink(r->style, REPORT_PLAIN));
}

static void print_legend(const struct frames_report *r)
{
	fputs(report_ink(r->style, REPORT_DIM), r->out);
	for (int i = 0, n = 0; i < NR_FRAME_CLASSES; i++)
		if (r->seen[i])
			fprintf(r->out, "%s%s %s", n++ ? "   " : "",
				frame_view_mark(i, r->style->utf8), frame_view_name(i));
	fprintf(r->out, "   each character: what most of its pages are%s\n",
		report_ink(r->style, REPORT_PLAIN));
}

int report_frames(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct frames_report r = {
		.db = db,
		.out = out,
		.style = style,
		.task_columns = (int)strlen("process"),
		.region_columns = (int)strlen("region"),
		.phase_columns = (int)strlen("phase"),
		.pages_columns = (int)strlen("pages"),
	};
	char why[400];
	int err = frame_view_each(db, widen, &r);

	if (err)
		return err;
	report_run_text(db, style, "frames", why, sizeof(why), "not asked for");
	print_heading(&r);
	err = frame_view_each(db, print, &r);
	if (!err && r.lines)
		print_legend(&r);
	if (!err && strcmp(why, "available") != 0)
		fprintf(out, "page frames: %s\n", why);
	return err ? err : report_flush(out);
}
