// SPDX-License-Identifier: GPL-2.0
/* Page faults, summed up per stretch of a task's life, kind and place. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "timeline.h"

#define WORTH_A_LINE 100 /* faults of one kind outside any named region */
#define KINDS_NAMED 4    /* in the line for the others */

struct sum {
	char kind[20], region[40], syscall[24];
	char via;
	bool major, counted, in_region;
	long long n, start_ns, end_ns, wall_ns, busy_ns, busy_n;
};

struct sums {
	struct sum *sums;
	size_t nr, room;
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
	int task;       /* TL_NONE: nothing yet */
	size_t stretch; /* between two hard events: sums of faults with a line each */
	struct sums lines;
	size_t chapter; /* index, or nr_chapters: before the first of the task */
	bool in_phase;
	bool has_lines; /* in this chapter, so that the others are others */
	struct sums others;
	struct chapter *chapters; /* by task and time */
	size_t nr_chapters;
};

static void copy_name(struct timeline *t, char *to, size_t size, const char *from, int max)
{
	text_escape_for(to, size, from ? from : "", max, t->style.utf8);
}

static void read_sum(struct timeline *t, sqlite3_stmt *stmt, struct sum *sum)
{
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
	if (!sum->in_region)
		sum->via = 'u';
}

static bool same(const struct sum *a, const struct sum *b)
{
	return a->via == b->via && a->major == b->major && a->in_region == b->in_region &&
	       !strcmp(a->kind, b->kind) && !strcmp(a->region, b->region) &&
	       !strcmp(a->syscall, b->syscall);
}

static void add_to(struct faults *f, struct sums *s, const struct sum *one)
{
	for (size_t i = 0; i < s->nr; i++) {
		struct sum *sum = &s->sums[i];

		if (!same(sum, one))
			continue;
		sum->n = timeline_sum(sum->n, one->n);
		sum->wall_ns = timeline_sum(sum->wall_ns, one->wall_ns);
		sum->busy_ns = timeline_sum(sum->busy_ns, one->busy_ns);
		sum->busy_n = timeline_sum(sum->busy_n, one->busy_n);
		if (one->end_ns > sum->end_ns)
			sum->end_ns = one->end_ns;
		return;
	}
	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct sum *sums = reallocarray(s->sums, room, sizeof(*sums));

		if (!sums) {
			f->t->error = -ENOMEM;
			return;
		}
		s->sums = sums;
		s->room = room;
	}
	s->sums[s->nr++] = *one;
}

/* "36.1 ms  1.41 us each", or what is known without the end of each fault. */
static void cost(char *buf, size_t size, const struct sum *sum)
{
	char all[32], each[32];
	double n = (double)sum->n;
	/* the end of some faults was not seen; they are taken to cost the same */
	double busy = sum->busy_n > 0 ? (double)sum->busy_ns / (double)sum->busy_n * n : 0;

	if (sum->n <= 0 || busy >= (double)LLONG_MAX / 2) {
		buf[0] = '\0';
	} else if (sum->busy_n > 0) {
		text_duration(all, sizeof(all), (long long)(busy + 0.5));
		text_duration(each, sizeof(each), (long long)(busy / n + 0.5));
		if (sum->n == 1)
			snprintf(buf, size, "  %s", all);
		else
			snprintf(buf, size, "  %s  %s each", all, each);
	} else if (sum->n > 1 && sum->wall_ns > 0) {
		text_duration(all, sizeof(all), sum->wall_ns);
		snprintf(buf, size, "  within %s", all);
	} else {
		buf[0] = '\0';
	}
}

static void place(char *buf, size_t size, const struct timeline *t, const struct sum *sum)
{
	char call[40] = "";

	if (*sum->syscall && !strcmp(sum->syscall, "exit"))
		snprintf(call, sizeof(call), "  in exit");
	else if (*sum->syscall)
		snprintf(call, sizeof(call), "  in %s()", sum->syscall);
	else if (sum->via == 'k')
		snprintf(call, sizeof(call), "  in kernel mode");
	snprintf(buf, size, "%s%s%s%s%s", sum->in_region && t->many_regions ? "  " : "",
		 sum->in_region && t->many_regions ? sum->region : "", call,
		 sum->via == 'g' ? "  no exception" : "", sum->counted ? "" : "  not counted");
}

/* Where pages are reused, that none was copied is the news. */
static bool no_copies(const struct sums *s, const struct sum *sum)
{
	if (strcmp(sum->kind, "reuse") || !sum->in_region)
		return false;
	for (size_t i = 0; i < s->nr; i++)
		if (!strcmp(s->sums[i].kind, "copy") && !strcmp(s->sums[i].region, sum->region))
			return false;
	return true;
}

static bool has_a_line(const struct sum *sum)
{
	return sum->in_region || !sum->counted || sum->n >= WORTH_A_LINE;
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

static int by_number(const void *a, const void *b)
{
	const struct sum *one = a, *two = b;

	if (one->n != two->n)
		return one->n > two->n ? -1 : 1;
	return strcmp(one->kind, two->kind);
}

/* "21 file, 9 zero-fill, 3 of other kinds"; one kind alone needs no number */
static void name_kinds(char *buf, size_t size, const struct sums *s)
{
	long long other = 0;
	size_t used = 0;
	char number[32];

	for (size_t i = 0; i < s->nr; i++) {
		const struct sum *sum = &s->sums[i];

		if (s->nr > KINDS_NAMED + 1 && i >= KINDS_NAMED) {
			other = timeline_sum(other, sum->n);
			continue;
		}
		used += (size_t)snprintf(
			buf + used, size - used, "%s%s%s%s%s", i ? ", " : "",
			s->nr > 1 ? text_count(number, sizeof(number), sum->n) : "",
			s->nr > 1 ? " " : "", sum->major ? "major " : "", sum->kind);
	}
	if (other)
		snprintf(buf + used, size - used, ", %s of other kinds",
			 text_count(number, sizeof(number), other));
}

/* All that has no line of its own: "start-up: 37 faults (21 file, 9 zero-fill)" */
static void close_chapter(struct faults *f)
{
	struct timeline *t = f->t;
	struct sums *s = &f->others;
	long long n = 0, start_ns = LLONG_MAX, end_ns = LLONG_MIN;
	struct tl_event *event = NULL;
	const char *before;
	char kinds[512], number[32], *text;

	if (!s->nr)
		return;
	for (size_t i = 0; i < s->nr; i++) {
		n = timeline_sum(n, s->sums[i].n);
		if (s->sums[i].start_ns < start_ns)
			start_ns = s->sums[i].start_ns;
		if (s->sums[i].end_ns > end_ns)
			end_ns = s->sums[i].end_ns;
	}
	qsort(s->sums, s->nr, sizeof(*s->sums), by_number);
	name_kinds(kinds, sizeof(kinds), s);
	s->nr = 0;

	if (f->chapter < f->nr_chapters)
		event = &t->events[f->chapters[f->chapter].event];
	if (event && event->order != ORDER_EXEC && !f->in_phase)
		event = NULL; /* after the end of the phase */
	if (!event)
		before = label(f);
	else if (event->order == ORDER_EXEC && t->tasks[f->task].first_phase_ns != TL_NEVER)
		before = "start-up: ";
	else
		before = "";
	text = timeline_text(t, "%s%s %sfault%s%c(%s)", before,
			     text_count(number, sizeof(number), n),
			     f->has_lines && event ? "other " : "", n == 1 ? "" : "s", TL_OPTIONAL,
			     kinds);
	if (event) {
		char **to = event->to == f->task ? &event->to_text : &event->text;
		char *all = timeline_text(t, "%s  %s", *to ? *to : "", text ? text : "");

		free(*to);
		free(text);
		*to = all;
	} else {
		event = timeline_add(t, f->task, start_ns, text);
		event->indent = 2;
	}
	if (end_ns > event->end_ns)
		event->end_ns = end_ns;
}

static void close_stretch(struct faults *f)
{
	struct timeline *t = f->t;
	struct sums *s = &f->lines;
	int number_width = 0, kind_width = 0;
	size_t nr = 0;

	/* First find the lines, since they are aligned; the others stay in this chapter. */
	for (size_t i = 0; i < s->nr; i++) {
		const struct sum *sum = &s->sums[i];
		char number[32];
		int width;

		if (!has_a_line(sum)) {
			add_to(f, &f->others, sum);
			continue;
		}
		width = text_width(text_count(number, sizeof(number), sum->n));
		if (width > number_width)
			number_width = width;
		width = text_width(sum->kind) + (sum->major ? (int)strlen("major ") : 0);
		if (width > kind_width)
			kind_width = width;
		s->sums[nr++] = *sum;
	}
	s->nr = nr;
	f->has_lines |= nr > 0;
	for (size_t i = 0; i < s->nr; i++) {
		const struct sum *sum = &s->sums[i];
		char number[32], kind[40], spent[96], where[128];
		struct tl_event *event;

		snprintf(kind, sizeof(kind), "%s%s", sum->major ? "major " : "", sum->kind);
		cost(spent, sizeof(spent), sum);
		place(where, sizeof(where), t, sum);
		event = timeline_add(t, f->task, sum->start_ns,
				     timeline_text(t, "%*s x %-*s%s%s%s", number_width,
						   text_count(number, sizeof(number), sum->n),
						   *spent || *where ? kind_width : 0, kind, spent,
						   where, no_copies(s, sum) ? "  0 copies" : ""));
		event->end_ns = sum->end_ns;
		event->indent = 2;
	}
	s->nr = 0;
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

void timeline_faults(struct timeline *t)
{
	struct faults f = { .t = t, .task = TL_NONE };
	sqlite3_stmt *stmt;

	find_chapters(&f);
	stmt = timeline_prepare(
		t,
		"SELECT task, region, kind, via, major, syscall, start_ns, end_ns, n, busy_ns, busy_n,"
		"	coalesce(phase, '') <> '' "
		"FROM fault_run ORDER BY task, start_ns");
	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		struct sum one;
		size_t stretch, chapter;
		bool in_phase = sqlite3_column_int(stmt, 11);

		if (!timeline_drawn(t, i))
			continue;
		read_sum(t, stmt, &one);
		stretch = timeline_stretch(t, i, one.start_ns);
		chapter = chapter_at(&f, i, one.start_ns);
		if (i != f.task || stretch != f.stretch || in_phase != f.in_phase)
			close_stretch(&f);
		if (i != f.task || chapter != f.chapter || in_phase != f.in_phase) {
			close_chapter(&f);
			f.has_lines = false;
		}
		f.task = i;
		f.stretch = stretch;
		f.chapter = chapter;
		f.in_phase = in_phase;
		add_to(&f, &f.lines, &one);
	}
	if (!t->error) {
		close_stretch(&f);
		close_chapter(&f);
	}
	free(f.lines.sums);
	free(f.others.sums);
	free(f.chapters);
}
