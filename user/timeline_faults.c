// SPDX-License-Identifier: GPL-2.0
/* Page faults, summed up per stretch of a task's life, kind and place. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "timeline.h"

#define WORTH_A_LINE 100	/* faults of one kind outside any named region */
#define KINDS_NAMED 4		/* in the line for the others */

struct sum {
	char kind[20], region[40], syscall[24];
	char via;
	bool major, counted, in_region;
	long long n, start_ns, end_ns, wall_ns, busy_ns, busy_n;
};

/* What happened in one stretch of one task. */
struct stretch {
	struct timeline *t;
	int task;		/* TL_NONE: nothing yet */
	size_t number;
	struct sum *sums;
	size_t nr, room;
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

/* Damaged recordings hold any number; sums of them must not overflow. */
static long long plus(long long a, long long b)
{
	long long sum;

	return __builtin_add_overflow(a, b, &sum) ? LLONG_MAX : sum;
}

static void add_to(struct stretch *s, const struct sum *one)
{
	for (size_t i = 0; i < s->nr; i++) {
		struct sum *sum = &s->sums[i];

		if (!same(sum, one))
			continue;
		sum->n = plus(sum->n, one->n);
		sum->wall_ns = plus(sum->wall_ns, one->wall_ns);
		sum->busy_ns = plus(sum->busy_ns, one->busy_ns);
		sum->busy_n = plus(sum->busy_n, one->busy_n);
		if (one->end_ns > sum->end_ns)
			sum->end_ns = one->end_ns;
		return;
	}
	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct sum *sums = reallocarray(s->sums, room, sizeof(*sums));

		if (!sums) {
			s->t->error = -ENOMEM;
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
static bool no_copies(const struct stretch *s, const struct sum *sum)
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

static const char *label(const struct timeline *t, int i, long long t_ns)
{
	const struct tl_task *task = &t->tasks[i];

	if (task->first_phase_ns == TL_NEVER)
		return "";
	if (t_ns >= task->first_phase_ns)
		return "elsewhere: ";
	return task->exec_ns != TL_NEVER || strcmp(task->made_by, "fork") ? "start-up: "
									  : "after fork: ";
}

static int by_number(const void *a, const void *b)
{
	const struct sum *one = a, *two = b;

	if (one->n != two->n)
		return one->n > two->n ? -1 : 1;
	return strcmp(one->kind, two->kind);
}

/* All that has no line of its own: "start-up: 37 faults (21 file, 9 zero-fill)" */
static void add_others(struct stretch *s)
{
	struct timeline *t = s->t;
	long long n = 0, other = 0, start_ns = LLONG_MAX, end_ns = LLONG_MIN;
	char kinds[512] = "", number[32];
	size_t used = 0, nr = 0;
	struct tl_event *event;

	for (size_t i = 0; i < s->nr; i++) {
		struct sum *sum = &s->sums[i];

		if (has_a_line(sum))
			continue;
		n = plus(n, sum->n);
		if (sum->start_ns < start_ns)
			start_ns = sum->start_ns;
		if (sum->end_ns > end_ns)
			end_ns = sum->end_ns;
		s->sums[nr++] = *sum;
	}
	if (!nr)
		return;
	qsort(s->sums, nr, sizeof(*s->sums), by_number);
	for (size_t i = 0; i < nr; i++) {
		const struct sum *sum = &s->sums[i];

		if (nr > KINDS_NAMED + 1 && i >= KINDS_NAMED) {
			other = plus(other, sum->n);
			continue;
		}
		used += (size_t)snprintf(kinds + used, sizeof(kinds) - used, "%s%s %s%s",
					 i ? ", " : "", text_count(number, sizeof(number), sum->n),
					 sum->major ? "major " : "", sum->kind);
	}
	if (other)
		snprintf(kinds + used, sizeof(kinds) - used, ", %s other",
			 text_count(number, sizeof(number), other));
	text_count(number, sizeof(number), n);
	event = timeline_add(t, s->task, start_ns, nr == 1 && !other && !s->sums[0].major ?
			     timeline_text(t, "%s%s %s fault%s", label(t, s->task, start_ns), number,
					   s->sums[0].kind, n == 1 ? "" : "s") :
			     timeline_text(t, "%s%s fault%s%c(%s)", label(t, s->task, start_ns),
					   number, n == 1 ? "" : "s", TL_OPTIONAL, kinds));
	event->end_ns = end_ns;
	event->indent = 2;
}

static void close_stretch(struct stretch *s)
{
	struct timeline *t = s->t;
	int number_width = 0, kind_width = 0;

	for (size_t i = 0; i < s->nr; i++) {
		const struct sum *sum = &s->sums[i];
		char number[32];
		int width;

		if (!has_a_line(sum))
			continue;
		width = text_width(text_count(number, sizeof(number), sum->n));
		if (width > number_width)
			number_width = width;
		width = text_width(sum->kind) + (sum->major ? 6 : 0);
		if (width > kind_width)
			kind_width = width;
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct sum *sum = &s->sums[i];
		char number[32], kind[40], spent[96], where[128];
		struct tl_event *event;

		if (!has_a_line(sum))
			continue;
		snprintf(kind, sizeof(kind), "%s%s", sum->major ? "major " : "", sum->kind);
		cost(spent, sizeof(spent), sum);
		place(where, sizeof(where), t, sum);
		event = timeline_add(t, s->task, sum->start_ns,
				     timeline_text(t, "%*s x %-*s%s%s%s", number_width,
						   text_count(number, sizeof(number), sum->n),
						   *spent || *where ? kind_width : 0, kind, spent,
						   where, no_copies(s, sum) ? "  0 copies" : ""));
		event->end_ns = sum->end_ns;
		event->indent = 2;
	}
	if (s->task != TL_NONE)
		add_others(s);
	s->nr = 0;
}

void timeline_faults(struct timeline *t)
{
	struct stretch s = { .t = t, .task = TL_NONE };
	sqlite3_stmt *stmt = timeline_prepare(t,
		"SELECT task, region, kind, via, major, syscall, start_ns, end_ns, n, busy_ns, busy_n "
		"FROM fault ORDER BY task, start_ns");

	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		struct sum one;
		size_t number;

		if (!timeline_drawn(t, i))
			continue;
		read_sum(t, stmt, &one);
		number = timeline_stretch(t, i, one.start_ns);
		if (i != s.task || number != s.number) {
			close_stretch(&s);
			s.task = i;
			s.number = number;
		}
		add_to(&s, &one);
	}
	if (!t->error)
		close_stretch(&s);
	free(s.sums);
}
