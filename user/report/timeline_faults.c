// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults: a row for those alike that come together.  A row ends where another
 * event of the task comes between, a pause, or another mapping.  What would be many
 * rows alike is one, which says until when it goes on; what is too little for a row
 * is told in sum, beside the phase or the program that it belongs to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "report/timeline_faults.h"

#define WORTH_A_LINE 100 /* faults of one kind outside any named region */
#define WORTH_A_ROW 20   /* ... that does not come first; and all that are left of a chapter */
#define MOST_ALIKE 4     /* rows */
#define MOST_OPEN 64     /* sums that may still grow */

/* Rows alike: those to be shown, if they are not too many, and all of them together. */
struct row {
	struct tl_sum all, each[MOST_ALIKE];
	size_t nr;
	bool spread; /* too many in any case */
};

/*
 * From one exec or phase of a task to the next, which are the rows that tell of
 * the faults that have no line of their own.
 */
struct chapter {
	int task;
	long long t_ns;
	size_t event;
};

struct faults {
	struct timeline *t;
	int task;         /* TL_NONE: nothing yet */
	size_t stretch;   /* between two hard events */
	size_t piece;     /* between two events of any sort, or pauses */
	long long end_ns; /* of the last fault */
	size_t pauses;
	size_t chapter; /* index, or nr_chapters: before the first of the task */
	bool in_phase;

	struct tl_sums open; /* of this piece: may still grow */
	struct tl_sums tiny; /* ... and ended before they were worth a line */
	struct row *rows;    /* of this stretch */
	size_t nr_rows;
	struct tl_sums few; /* of this stretch, or chapter: not worth a row where they were */

	/* of this chapter */
	size_t first_piece;
	bool has_lines; /* so that the others are others */
	struct tl_sums heading;
	struct chapter *chapters; /* by task and time */
	size_t nr_chapters;
	struct tl_heap heap;
};

static void copy_name(struct timeline *t, char *to, size_t size, const char *from, int max)
{
	text_escape_for(to, size, from ? from : "", max, t->style.utf8);
}

static void read_place(struct faults *f, sqlite3_stmt *stmt, int i, struct tl_sum *sum)
{
	struct tl_mapping m = {
		.t_ns = sum->start_ns,
		.known = sqlite3_column_type(stmt, 12) != SQLITE_NULL,
		.address = (unsigned long long)sqlite3_column_int64(stmt, 12),
		.end = (unsigned long long)sqlite3_column_int64(stmt, 14),
		.flags = (unsigned long long)sqlite3_column_int64(stmt, 15),
		.object = (const char *)sqlite3_column_text(stmt, 16),
	};

	timeline_place(f->t, &f->heap, i, &m, sum->place, sizeof(sum->place));
	sum->vma_start = (unsigned long long)sqlite3_column_int64(stmt, 13);
	sum->vma_end = m.end;
}

static void read_sum(struct faults *f, sqlite3_stmt *stmt, int i, struct tl_sum *sum)
{
	struct timeline *t = f->t;
	const char *region = (const char *)sqlite3_column_text(stmt, 1);
	const char *kind = (const char *)sqlite3_column_text(stmt, 2);
	const char *via = (const char *)sqlite3_column_text(stmt, 3);

	memset(sum, 0, sizeof(*sum));
	timeline_kind(sum->kind, sizeof(sum->kind), kind, t->style.utf8);
	sum->counted = timeline_counted(kind ? kind : "");
	sum->via = via && !strcmp(via, "gup") ? 'g' : via && !strcmp(via, "kernel") ? 'k' : 'u';
	sum->major = sqlite3_column_int(stmt, 4);
	sum->in_region = region && *region;
	if (sum->in_region) {
		copy_name(t, sum->region, sizeof(sum->region), region, 24);
		if (sum->via != 'u')
			copy_name(t, sum->syscall, sizeof(sum->syscall),
				  (const char *)sqlite3_column_text(stmt, 5), 20);
	}
	sum->start_ns = timeline_time_at(stmt, 6);
	sum->end_ns = timeline_time_at(stmt, 7);
	sum->n = sqlite3_column_int64(stmt, 8);
	sum->busy_ns = sqlite3_column_int64(stmt, 9);
	sum->busy_n = sqlite3_column_int64(stmt, 10);
	if (sum->start_ns == TL_NEVER)
		sum->start_ns = 0;
	if (sum->end_ns < sum->start_ns)
		sum->end_ns = sum->start_ns;
	sum->wall_ns = sum->end_ns - sum->start_ns;
	/* Outside regions nobody asks whether the kernel or the program touched the page. */
	if (!sum->in_region) {
		sum->via = 'u';
		read_place(f, stmt, i, sum);
	}
}

/* They differ in nothing but the mapping. */
static bool alike(const struct tl_sum *a, const struct tl_sum *b)
{
	return a->via == b->via && a->major == b->major && a->in_region == b->in_region &&
	       !strcmp(a->kind, b->kind) && !strcmp(a->region, b->region) &&
	       !strcmp(a->syscall, b->syscall);
}

/* A stack grows at its start, a heap at its end; what is not in any has 0 for both. */
static bool same_mapping(const struct tl_sum *a, const struct tl_sum *b)
{
	return a->vma_start == b->vma_start || a->vma_end == b->vma_end;
}

/* A phase is one thing, whose faults are told where it begins; so is what is before the first. */
static bool told_at_once(const struct faults *f)
{
	return f->in_phase || f->t->tasks[f->task].first_phase_ns != TL_NEVER;
}

/* How many faults outside of regions are worth a line: fewer behind the first row of a chapter. */
static long long worth(const struct faults *f)
{
	long long share = f->t->tasks[f->task].faults / 64;

	if (f->piece == f->first_piece || told_at_once(f) || share > WORTH_A_LINE)
		return WORTH_A_LINE;
	return share > WORTH_A_ROW ? share : WORTH_A_ROW;
}

static bool has_a_line(const struct faults *f, const struct tl_sum *sum)
{
	return sum->in_region || !sum->counted || sum->n >= worth(f);
}

/* Whether other mappings came between: for what is not much yet, as much as it is. */
static bool is_over(const struct tl_sum *sum)
{
	return sum->elsewhere >= WORTH_A_LINE || (!sum->in_region && sum->elsewhere >= sum->n);
}

/* Into the sum of its kind in that mapping, or whatever the mapping. */
static void add_few(struct faults *f, struct tl_sums *sums, const struct tl_sum *one, bool anywhere)
{
	for (size_t i = 0; i < sums->nr; i++) {
		struct tl_sum *sum = &sums->sums[i];
		bool here = !strcmp(sum->place, one->place);

		if (!alike(sum, one) || !(here || anywhere))
			continue;
		if (!here)
			sum->place[0] = '\0'; /* several */
		timeline_sum_add(sum, one);
		return;
	}
	timeline_sum_new(f->t, sums, one);
}

static struct row *row_of(struct faults *f, const struct tl_sum *sum)
{
	for (size_t i = 0; i < f->nr_rows; i++)
		if (alike(&f->rows[i].all, sum) && !strcmp(f->rows[i].all.place, sum->place))
			return &f->rows[i];
	return NULL;
}

static struct row *add_row(struct faults *f, const struct tl_sum *sum)
{
	static struct row nowhere;
	struct row *row = row_of(f, sum);

	if (row) {
		timeline_sum_add(&row->all, sum);
	} else {
		if (array_grow(&f->rows, f->nr_rows, sizeof(*f->rows))) {
			f->t->error = -ENOMEM;
			return &nowhere;
		}
		row = &f->rows[f->nr_rows++];
		*row = (struct row){ .all = *sum };
	}
	if (row->nr < MOST_ALIKE)
		row->each[row->nr] = *sum;
	row->nr++;
	return row;
}

/* SUM has come to its end in this piece. */
static void close_sum(struct faults *f, const struct tl_sum *sum)
{
	if (has_a_line(f, sum))
		add_row(f, sum);
	else
		add_few(f, &f->tiny, sum, false);
}

/* Add to what is open in this piece; a sum that more came between ends there. */
static void add_open(struct faults *f, const struct tl_sum *one)
{
	struct tl_sums *open = &f->open;
	struct tl_sum *same = NULL;

	for (size_t i = 0; i < open->nr; i++) {
		struct tl_sum *sum = &open->sums[i];

		if (!same_mapping(sum, one))
			sum->elsewhere = timeline_sum(sum->elsewhere, one->n);
		else if (alike(sum, one) && !strcmp(sum->place, one->place))
			same = sum;
	}
	if (same && !is_over(same)) {
		timeline_sum_add(same, one);
		return;
	}
	if (!same && open->nr < MOST_OPEN) {
		timeline_sum_new(f->t, open, one);
		return;
	}
	if (!same)
		same = &open->sums[0];
	close_sum(f, same);
	memmove(same, same + 1, (size_t)(open->sums + open->nr - (same + 1)) * sizeof(*same));
	open->sums[open->nr - 1] = *one;
}

/* Of a row for faults outside of any chapter, or outside of the phases. */
static const char *label(const struct faults *f)
{
	const struct tl_task *task = &f->t->tasks[f->task];

	if (f->chapter < f->nr_chapters)
		return "outside phases: ";
	if (task->exec_ns != TL_NEVER)
		return "before exec: ";
	return strcmp(task->made_by, "fork") ? "" : "after fork: ";
}

/* The row that opens this chapter; NULL: there is none, or its phase has ended. */
static struct tl_event *opening(const struct faults *f)
{
	struct tl_event *event;

	if (f->chapter == f->nr_chapters)
		return NULL;
	event = &f->t->events[f->chapters[f->chapter].event];
	return event->order == ORDER_EXEC || f->in_phase ? event : NULL;
}

static long long number_of(const struct tl_sums *sums)
{
	long long n = 0;

	for (size_t i = 0; i < sums->nr; i++)
		n = timeline_sum(n, sums->sums[i].n);
	return n;
}

static void move(struct faults *f, struct tl_sums *from, struct tl_sums *to)
{
	for (size_t i = 0; i < from->nr; i++)
		add_few(f, to, &from->sums[i], true);
	from->nr = 0;
}

static void close_piece(struct faults *f)
{
	struct tl_sums *to = f->piece == f->first_piece ? &f->heading : &f->few;
	struct tl_sums few = {};

	for (size_t i = 0; i < f->open.nr; i++)
		close_sum(f, &f->open.sums[i]);
	f->open.nr = 0;
	/* those of one mapping together, and then those of one kind */
	for (size_t i = 0; i < f->tiny.nr; i++)
		if (has_a_line(f, &f->tiny.sums[i]))
			add_row(f, &f->tiny.sums[i]);
		else
			add_few(f, &few, &f->tiny.sums[i], true);
	f->tiny.nr = 0;
	for (size_t i = 0; i < few.nr; i++)
		if (has_a_line(f, &few.sums[i]))
			add_row(f, &few.sums[i]);
		else
			add_few(f, to, &few.sums[i], true);
	free(few.sums);
}

/* Too many rows to show each. */
static bool is_folded(const struct row *row)
{
	return row->spread || row->nr > MOST_ALIKE;
}

/* Of those that are few in each piece some are many in all, or go with others: one row. */
static void close_few(struct faults *f)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->few.nr; i++) {
		const struct tl_sum *sum = &f->few.sums[i];
		const struct row *row = row_of(f, sum);

		if (sum->n >= WORTH_A_LINE || (row && is_folded(row)))
			add_row(f, sum)->spread = true;
		else
			f->few.sums[nr++] = *sum;
	}
	f->few.nr = nr;
}

static void show_rows(struct faults *f)
{
	struct tl_sums shown = {}, all = {};

	for (size_t i = 0; i < f->nr_rows; i++) {
		const struct row *row = &f->rows[i];

		timeline_sum_new(f->t, &all, &row->all);
		if (is_folded(row))
			timeline_sum_new(f->t, &shown, &row->all);
		for (size_t k = 0; k < row->nr && !is_folded(row); k++)
			timeline_sum_new(f->t, &shown, &row->each[k]);
	}
	if (!f->t->error)
		timeline_sum_rows(f->t, f->task, &shown, &all);
	f->has_lines |= f->nr_rows > 0;
	f->nr_rows = 0;
	free(shown.sums);
	free(all.sums);
}

static void close_stretch(struct faults *f)
{
	close_piece(f);
	close_few(f);
	if (f->task != TL_NONE && told_at_once(f))
		move(f, &f->few, &f->heading);
	show_rows(f);
}

/* "start-up: 37 faults (21 file, 9 zero-fill)" beside the row that opens the chapter */
static void show_heading(struct faults *f)
{
	struct timeline *t = f->t;
	struct tl_event *event = opening(f);
	long long start_ns, end_ns;
	const char *before = "";
	char **to, *text, *all;

	if (!f->heading.nr)
		return;
	text = timeline_sum_text(t, &f->heading, f->has_lines && event, &start_ns, &end_ns);
	if (!event)
		before = label(f);
	else if (event->order == ORDER_EXEC && t->tasks[f->task].first_phase_ns != TL_NEVER)
		before = "start-up: ";
	if (event) {
		to = event->to == f->task ? &event->to_text : &event->text;
		all = timeline_text(t, "%s  %s%s", *to ? *to : "", before, text ? text : "");
		free(*to);
		*to = all;
	} else {
		event = timeline_add(t, f->task, start_ns,
				     timeline_text(t, "%s%s", before, text ? text : ""));
		event->indent = 2;
	}
	free(text);
	if (end_ns > event->end_ns)
		event->end_ns = end_ns;
	f->heading.nr = 0;
}

static void show_few(struct faults *f)
{
	struct timeline *t = f->t;
	long long start_ns, end_ns;
	struct tl_event *event;
	char *text, until[64];

	if (!f->few.nr)
		return;
	text = timeline_sum_text(t, &f->few, f->has_lines, &start_ns, &end_ns);
	timeline_until(t, f->task, start_ns, end_ns, until, sizeof(until));
	event = timeline_add(t, f->task, start_ns,
			     timeline_text(t, "%s%s", text ? text : "", until));
	event->indent = 2;
	event->end_ns = end_ns;
	free(text);
	f->few.nr = 0;
}

/* All that has no line of its own: where it was, unless that would be too many rows. */
static void close_chapter(struct faults *f)
{
	if (f->task == TL_NONE)
		return;
	close_few(f);
	show_rows(f);
	if (number_of(&f->few) < WORTH_A_ROW)
		move(f, &f->few, &f->heading);
	show_heading(f);
	show_few(f);
	f->has_lines = false;
}

static int by_task_and_time(const void *a, const void *b)
{
	const struct chapter *one = a, *two = b;

	if (one->task != two->task)
		return one->task < two->task ? -1 : 1;
	if (one->t_ns != two->t_ns)
		return one->t_ns < two->t_ns ? -1 : 1;
	return (one->event > two->event) - (one->event < two->event);
}

static void find_chapters(struct faults *f)
{
	struct timeline *t = f->t;

	if (t->error)
		return;
	f->chapters = calloc(t->nr_events + 1, sizeof(*f->chapters));
	if (!f->chapters) {
		t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < t->nr_events; i++)
		if (t->events[i].chapter != TL_NONE)
			f->chapters[f->nr_chapters++] = (struct chapter){
				t->events[i].chapter,
				t->events[i].t_ns,
				i,
			};
	if (f->nr_chapters)
		qsort(f->chapters, f->nr_chapters, sizeof(*f->chapters), by_task_and_time);
}

/* The chapter of task I that T_NS falls into, nr_chapters: none. */
static size_t chapter_at(const struct faults *f, int i, long long t_ns)
{
	size_t low = 0, high = f->nr_chapters;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct chapter *chapter = &f->chapters[middle];

		if (chapter->task < i || (chapter->task == i && chapter->t_ns <= t_ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low && f->chapters[low - 1].task == i ? low - 1 : f->nr_chapters;
}

/* Close what a fault of task I that begins at T_NS does not belong to any more. */
static void go_to(struct faults *f, int i, long long t_ns, bool in_phase)
{
	struct timeline *t = f->t;
	size_t stretch = timeline_times_until(&t->tasks[i].hard, t_ns);
	size_t chapter = chapter_at(f, i, t_ns), piece;
	bool new_chapter = i != f->task || chapter != f->chapter || in_phase != f->in_phase;

	if (i == f->task && timeline_paused(t, i, f->end_ns, t_ns))
		f->pauses++;
	piece = timeline_times_until(&t->tasks[i].any, t_ns) + f->pauses;
	if (new_chapter || stretch != f->stretch)
		close_stretch(f);
	else if (piece != f->piece)
		close_piece(f);
	if (new_chapter) {
		close_chapter(f);
		f->first_piece = piece;
	}
	f->task = i;
	f->stretch = stretch;
	f->piece = piece;
	f->chapter = chapter;
	f->in_phase = in_phase;
}

static void release(struct faults *f)
{
	free(f->open.sums);
	free(f->tiny.sums);
	free(f->rows);
	free(f->few.sums);
	free(f->heading.sums);
	free(f->chapters);
}

void timeline_faults(struct timeline *t)
{
	struct faults f = { .t = t, .task = TL_NONE, .heap.process = TL_NONE };
	sqlite3_stmt *stmt;

	timeline_heaps(t);
	timeline_index_all(t);
	find_chapters(&f);
	stmt = timeline_prepare(
		t, "SELECT task, region, kind, via, major, syscall, start_ns, end_ns, n, busy_ns,"
		   "	busy_n, coalesce(phase, '') <> '', address, vma_start, vma_end, vma_flags,"
		   "	object "
		   "FROM fault_run ORDER BY task, start_ns");
	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		struct tl_sum one;

		if (!timeline_drawn(t, i))
			continue;
		read_sum(&f, stmt, i, &one);
		go_to(&f, i, one.start_ns, sqlite3_column_int(stmt, 11));
		if (f.end_ns < one.end_ns || f.open.nr == 0)
			f.end_ns = one.end_ns;
		add_open(&f, &one);
	}
	if (!t->error) {
		close_stretch(&f);
		close_chapter(&f);
	}
	release(&f);
}
