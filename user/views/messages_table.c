// SPDX-License-Identifier: GPL-2.0
/* What each stream carried, and whether all that went in came out. */
#include <errno.h>
#include <string.h>

#include "views/grid.h"
#include "views/messages_view.h"
#include "report/report_part.h"
#include "base/text.h"

#define MOST_STREAMS 20 /* lines, where rows are limited */

static void name_end(const struct messages_view *m, int task, long long n, bool unread, char *buf,
		     size_t size)
{
	char number[32], name[128];

	if (n > 1)
		snprintf(buf, size, "%s tasks", text_count(number, sizeof(number), n));
	else if (!n || task < 0)
		snprintf(buf, size, unread ? "nobody here" : "outside");
	else
		snprintf(buf, size, "%s %lld", timeline_task(m->t, task, 0, name, sizeof(name)),
			 m->t->tasks[task].tid);
}

static void table_row(const struct messages_view *m, struct grid *grid, const char *stream,
		      const char *from, const char *to, const struct stream *s)
{
	char n[32], sent[32], got[32], write_wait[32] = "", read_wait[32] = "", object[96] = "";

	if (m->has_states && s->nr_from)
		text_duration(write_wait, sizeof(write_wait), s->write_wait_ns);
	if (m->has_states && s->nr_to)
		text_duration(read_wait, sizeof(read_wait), s->read_wait_ns);
	if (s->path)
		snprintf(object, sizeof(object), "%s", s->path);
	else if (s->object)
		text_escape_for(object, sizeof(object), s->object, 32, m->t->style.utf8);
	grid_row(grid, (const char *const[]){
			       stream,
			       from,
			       to,
			       text_count(n, sizeof(n), s->n),
			       text_count(sent, sizeof(sent), s->sent),
			       text_count(got, sizeof(got), s->read),
			       write_wait,
			       read_wait,
			       object,
		       });
}

static void add(struct stream *sum, const struct stream *s)
{
	sum->n = timeline_sum(sum->n, s->n);
	sum->sent = timeline_sum(sum->sent, s->sent);
	sum->read = timeline_sum(sum->read, s->read);
	sum->both = timeline_sum(sum->both, s->both);
	sum->cut = timeline_sum(sum->cut, s->cut);
	sum->nr_from |= s->nr_from;
	sum->nr_to |= s->nr_to;
	sum->write_wait_ns = timeline_sum(sum->write_wait_ns, s->write_wait_ns);
	sum->read_wait_ns = timeline_sum(sum->read_wait_ns, s->read_wait_ns);
}

/* A line for each channel with more than one stream, where there are several, and one for all. */
static void sums(const struct messages_view *m, struct grid *grid, const struct stream *total)
{
	size_t channels = 0;

	for (size_t i = 0; i < m->nr_streams; i++)
		channels += m->streams[i].number == 1;
	for (size_t i = 0; i < m->nr_streams && channels > 1; i++) {
		struct stream sum = { 0 };
		char name[48];

		if (m->streams[i].number != 1 || m->streams[i].alone)
			continue;
		for (size_t j = i; j < m->nr_streams; j++)
			if (!strcmp(m->streams[j].channel, m->streams[i].channel))
				add(&sum, &m->streams[j]);
		snprintf(name, sizeof(name), "all %s", m->streams[i].channel);
		table_row(m, grid, name, "", "", &sum);
	}
	if (m->nr_streams > 1)
		table_row(m, grid, "total", "", "", total);
}

/* A damaged recording holds any number. */
static long long without(long long all, long long part)
{
	long long rest;

	return __builtin_sub_overflow(all, part, &rest) ? LLONG_MAX : rest;
}

/* Where both are the same there is nothing else to say. */
static void balance(const struct messages_view *m, const struct stream *total, FILE *out,
		    const struct report_style *style)
{
	long long unread = 0, away = 0;
	char a[32], b[32], c[32], d[32], e[32], line[320];
	int used;

	for (size_t i = 0; i < m->nr_streams; i++) {
		const struct stream *s = &m->streams[i];

		long long rest = without(without(s->sent, s->both), s->cut);

		if (s->nr_to)
			unread = timeline_sum(unread, rest);
		else
			away = timeline_sum(away, rest);
	}
	if (total->sent == total->read && !unread && !away && !total->cut) {
		fprintf(out, "bytes in = bytes out: %s\n", text_count(a, sizeof(a), total->sent));
		return;
	}
	used = snprintf(line, sizeof(line), "written: %s = %s read here",
			text_count(a, sizeof(a), total->sent),
			text_count(b, sizeof(b), total->both));
	if (total->cut)
		used += snprintf(line + used, sizeof(line) - (size_t)used,
				 " + %s cut off by buffers that were too small",
				 text_count(e, sizeof(e), total->cut));
	if (unread)
		used += snprintf(line + used, sizeof(line) - (size_t)used, " + %s never read",
				 text_count(c, sizeof(c), unread));
	if (away)
		snprintf(line + used, sizeof(line) - (size_t)used,
			 " + %s that no traced task reads", text_count(d, sizeof(d), away));
	report_wrap(out, style, line, 0, 4);
	used = snprintf(line, sizeof(line), "read: %s = %s written here",
			text_count(a, sizeof(a), total->read),
			text_count(b, sizeof(b), total->both));
	if (total->read != total->both)
		snprintf(line + used, sizeof(line) - (size_t)used, " + %s from outside",
			 text_count(c, sizeof(c), without(total->read, total->both)));
	report_wrap(out, style, line, 0, 4);
}

void messages_table(const struct messages_view *m, FILE *out, const struct report_style *style)
{
	static const struct grid_column columns[] = {
		{ .name = "stream" },
		{ .name = "from", .least = 8, .keep_last = true },
		{ .name = "to", .least = 8, .keep_last = true },
		{ .name = "n", .right = true },
		{ .name = "written", .right = true },
		{ .name = "read", .right = true },
		{ .name = "write wait", .right = true },
		{ .name = "read wait", .right = true },
		{ .name = "object", .optional = true },
	};
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t most = style->rows > 0 ? MOST_STREAMS : m->nr_streams;
	struct stream total = { 0 }, rest = { 0 };

	if (!grid) {
		m->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < m->nr_streams; i++) {
		const struct stream *s = &m->streams[i];
		char name[48], from[128], to[128];

		add(&total, s);
		if (i >= most) {
			add(&rest, s);
			continue;
		}
		name_end(m, s->from, s->nr_from, false, from, sizeof(from));
		name_end(m, s->to, s->nr_to, false, to, sizeof(to));
		table_row(m, grid, messages_stream(m, (int)i, "", name, sizeof(name)), from, to, s);
	}
	if (m->nr_streams > most) {
		char name[48], number[32];

		snprintf(name, sizeof(name), "%s more",
			 text_count(number, sizeof(number), (long long)(m->nr_streams - most)));
		table_row(m, grid, name, "", "", &rest);
	}
	sums(m, grid, &total);
	m->t->error = grid_print(grid, out, style);
	grid_free(grid);
	balance(m, &total, out, style);
}
