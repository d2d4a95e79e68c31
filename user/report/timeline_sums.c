// SPDX-License-Identifier: GPL-2.0
/* How faults that were summed up are said. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "report/timeline_faults.h"

#define KINDS_NAMED 4 /* in the line for the others */

void timeline_sum_new(struct timeline *t, struct tl_sums *sums, const struct tl_sum *one)
{
	if (array_grow(&sums->sums, sums->nr, sizeof(*sums->sums))) {
		t->error = -ENOMEM;
		return;
	}
	sums->sums[sums->nr++] = *one;
}

void timeline_sum_add(struct tl_sum *to, const struct tl_sum *one)
{
	to->n = timeline_sum(to->n, one->n);
	to->wall_ns = timeline_sum(to->wall_ns, one->wall_ns);
	to->busy_ns = timeline_sum(to->busy_ns, one->busy_ns);
	to->busy_n = timeline_sum(to->busy_n, one->busy_n);
	if (one->start_ns < to->start_ns)
		to->start_ns = one->start_ns;
	if (one->end_ns > to->end_ns)
		to->end_ns = one->end_ns;
	to->vma_start = one->vma_start;
	to->vma_end = one->vma_end;
	to->elsewhere = 0;
}

/* "36.1 ms  1.41 us each", or what is known without the end of each fault. */
static void cost(char *buf, size_t size, const struct tl_sum *sum)
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

static void where(char *buf, size_t size, const struct timeline *t, const struct tl_sum *sum)
{
	const char *name = !sum->in_region ? sum->place : t->many_regions ? sum->region : "";
	char call[40] = "";

	if (*sum->syscall && !strcmp(sum->syscall, "exit"))
		snprintf(call, sizeof(call), "  in exit");
	else if (*sum->syscall)
		snprintf(call, sizeof(call), "  in %s()", sum->syscall);
	else if (sum->via == 'k')
		snprintf(call, sizeof(call), "  in kernel mode");
	snprintf(buf, size, "%s%s%s%s%s", *name ? "  " : "", name, call,
		 sum->via == 'g' ? "  no exception" : "", sum->counted ? "" : "  not counted");
}

/* Where pages are reused, that none was copied is the news. */
static bool no_copies(const struct tl_sums *all, const struct tl_sum *sum)
{
	if (strcmp(sum->kind, "reuse") || !sum->in_region)
		return false;
	for (size_t i = 0; i < all->nr; i++)
		if (!strcmp(all->sums[i].kind, "copy") && !strcmp(all->sums[i].region, sum->region))
			return false;
	return true;
}

char *timeline_until(const struct timeline *t, int i, long long start_ns, long long end_ns,
		     char *buf, size_t size)
{
	const struct tl_times *any = &t->tasks[i].any;
	char until[40];

	*buf = '\0';
	if (timeline_times_until(any, start_ns) != timeline_times_until(any, end_ns))
		snprintf(buf, size, "  until %s ms", timeline_ms(t, until, sizeof(until), end_ns));
	return buf;
}

void timeline_sum_rows(struct timeline *t, int i, const struct tl_sums *sums,
		       const struct tl_sums *all)
{
	int number_width = 0, kind_width = 0;

	for (size_t s = 0; s < sums->nr; s++) {
		const struct tl_sum *sum = &sums->sums[s];
		char number[32];
		int width = text_width(text_count(number, sizeof(number), sum->n));

		if (width > number_width)
			number_width = width;
		width = text_width(sum->kind) + (sum->major ? (int)strlen("major ") : 0);
		if (width > kind_width)
			kind_width = width;
	}
	for (size_t s = 0; s < sums->nr; s++) {
		const struct tl_sum *sum = &sums->sums[s];
		char number[32], kind[40], spent[96], at[128], until[64];
		struct tl_event *event;

		snprintf(kind, sizeof(kind), "%s%s", sum->major ? "major " : "", sum->kind);
		cost(spent, sizeof(spent), sum);
		where(at, sizeof(at), t, sum);
		timeline_until(t, i, sum->start_ns, sum->end_ns, until, sizeof(until));
		event = timeline_add(t, i, sum->start_ns,
				     timeline_text(t, "%*s x %-*s%s%s%s%s", number_width,
						   text_count(number, sizeof(number), sum->n),
						   *spent || *at ? kind_width : 0, kind, spent, at,
						   no_copies(all, sum) ? "  0 copies" : "", until));
		event->end_ns = sum->end_ns;
		event->indent = 2;
	}
}

static int by_number(const void *a, const void *b)
{
	const struct tl_sum *one = a, *two = b;

	if (one->n != two->n)
		return one->n > two->n ? -1 : 1;
	return strcmp(one->kind, two->kind);
}

/* "21 file, 9 zero-fill, 3 of other kinds"; one kind alone needs no number */
static void name_kinds(char *buf, size_t size, const struct tl_sums *sums)
{
	long long other = 0;
	size_t used = 0;
	char number[32];

	for (size_t i = 0; i < sums->nr; i++) {
		const struct tl_sum *sum = &sums->sums[i];

		if (sums->nr > KINDS_NAMED + 1 && i >= KINDS_NAMED) {
			other = timeline_sum(other, sum->n);
			continue;
		}
		used += (size_t)snprintf(
			buf + used, size - used, "%s%s%s%s%s", i ? ", " : "",
			sums->nr > 1 ? text_count(number, sizeof(number), sum->n) : "",
			sums->nr > 1 ? " " : "", sum->major ? "major " : "", sum->kind);
	}
	if (other)
		snprintf(buf + used, size - used, ", %s of other kinds",
			 text_count(number, sizeof(number), other));
}

char *timeline_sum_text(struct timeline *t, struct tl_sums *sums, bool others, long long *start_ns,
			long long *end_ns)
{
	char kinds[512], number[32];
	long long n = 0;

	*start_ns = LLONG_MAX;
	*end_ns = LLONG_MIN;
	for (size_t i = 0; i < sums->nr; i++) {
		n = timeline_sum(n, sums->sums[i].n);
		if (sums->sums[i].start_ns < *start_ns)
			*start_ns = sums->sums[i].start_ns;
		if (sums->sums[i].end_ns > *end_ns)
			*end_ns = sums->sums[i].end_ns;
	}
	if (sums->nr)
		qsort(sums->sums, sums->nr, sizeof(*sums->sums), by_number);
	name_kinds(kinds, sizeof(kinds), sums);
	return timeline_text(t, "%s %sfault%s%c(%s)", text_count(number, sizeof(number), n),
			     others ? "other " : "", n == 1 ? "" : "s", TL_OPTIONAL, kinds);
}
