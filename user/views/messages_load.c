// SPDX-License-Identifier: GPL-2.0
/* Streams, what went through them, and who waited at their ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/messages_view.h"
#include "base/array.h"
#include "base/text.h"

#define MOST_LOOK_BACK 1024
#define NO_LIMIT (1 << 20)
#define NR_CHANNELS 8 /* more than there are */

static void copy_text(const struct timeline *t, char *to, size_t size, sqlite3_stmt *stmt, int i)
{
	const char *from = (const char *)sqlite3_column_text(stmt, i);

	text_escape_for(to, size, from ? from : "?", (int)size - 1, t->style.utf8);
}

static int compare_streams(const struct stream *stream, const char *channel, const char *object)
{
	int order = strcmp(stream->channel, channel);

	return order ? order : strcmp(stream->object, object);
}

static int by_object(const void *a, const void *b, void *arg)
{
	const struct stream *streams = arg;
	const struct stream *other = &streams[*(const int *)b];

	return compare_streams(&streams[*(const int *)a], other->channel, other->object);
}

static int find_stream(const struct messages_view *m, const char *channel, const char *object)
{
	size_t low = 0, high = m->nr_streams;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_streams(&m->streams[m->by_object[middle]], channel, object);

		if (!order)
			return m->by_object[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return TL_NONE;
}

static void number_streams(struct messages_view *m)
{
	size_t latest[NR_CHANNELS], nr = 0;

	for (size_t i = 0; i < m->nr_streams; i++) {
		struct stream *stream = &m->streams[i];
		size_t c = 0;

		while (c < nr && strcmp(m->streams[latest[c]].channel, stream->channel) != 0)
			c++;
		stream->number = c < nr ? m->streams[latest[c]].number + 1 : 1;
		stream->alone = c == nr;
		if (c < nr && stream->number == 2)
			m->streams[latest[c]].alone = false;
		if (c < NR_CHANNELS)
			latest[c] = i;
		if (c == nr && nr < NR_CHANNELS)
			nr++;
	}
}

static void load_streams(struct messages_view *m)
{
	struct timeline *t = m->t;
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT coalesce(channel, '?'), coalesce(object, '?'), count(*),"
		   "	coalesce(sum(bytes) FILTER (WHERE from_task IS NOT NULL), 0)"
		   "		+ coalesce(sum(cut_bytes), 0),"
		   "	coalesce(sum(bytes) FILTER (WHERE to_task IS NOT NULL), 0),"
		   "	coalesce(sum(bytes) FILTER (WHERE from_task IS NOT NULL"
		   "		AND to_task IS NOT NULL), 0),"
		   "	min(from_task), count(DISTINCT from_task),"
		   "	min(to_task), count(DISTINCT to_task),"
		   "	min(coalesce(sent_ns, received_ns)) AS first,"
		   "	coalesce(sum(cut_bytes), 0) "
		   "FROM message GROUP BY 1, 2 ORDER BY first, 1, 2");

	while (timeline_step(t, stmt)) {
		const char *object = (const char *)sqlite3_column_text(stmt, 1);
		struct stream *stream;

		t->error = array_grow(&m->streams, m->nr_streams, sizeof(*m->streams));
		if (t->error)
			continue;
		stream = &m->streams[m->nr_streams++];
		*stream = (struct stream){
			.object = strdup(object ? object : "?"),
			.n = sqlite3_column_int64(stmt, 2),
			.sent = sqlite3_column_int64(stmt, 3),
			.read = sqlite3_column_int64(stmt, 4),
			.both = sqlite3_column_int64(stmt, 5),
			.from = timeline_task_at(t, stmt, 6),
			.nr_from = sqlite3_column_int64(stmt, 7),
			.to = timeline_task_at(t, stmt, 8),
			.nr_to = sqlite3_column_int64(stmt, 9),
			.cut = sqlite3_column_int64(stmt, 11),
		};
		copy_text(t, stream->channel, sizeof(stream->channel), stmt, 0);
		if (!stream->object)
			t->error = -ENOMEM;
		m->n = timeline_sum(m->n, stream->n);
	}
	m->by_object = calloc(m->nr_streams + 1, sizeof(*m->by_object));
	if (!m->by_object)
		t->error = -ENOMEM;
	if (t->error)
		return;
	for (size_t i = 0; i < m->nr_streams; i++)
		m->by_object[i] = (int)i;
	qsort_r(m->by_object, m->nr_streams, sizeof(*m->by_object), by_object, m->streams);
	number_streams(m);
}

/* The path by which a FIFO was opened. */
static void load_paths(struct messages_view *m)
{
	struct timeline *t = m->t;
	sqlite3_stmt *stmt = timeline_prepare(
		t,
		"SELECT printf('fifo:[%lld]', file), CAST(data AS TEXT) FROM syscall "
		"WHERE file_kind = 'fifo' AND name GLOB 'open*' AND ret >= 0 AND data IS NOT NULL"
		" ORDER BY start_ns");

	while (timeline_step(t, stmt)) {
		const char *object = (const char *)sqlite3_column_text(stmt, 0);
		int i = find_stream(m, "fifo", object ? object : "");

		if (i != TL_NONE && !m->streams[i].path)
			m->streams[i].path =
				timeline_name(t, (const char *)sqlite3_column_text(stmt, 1), 40);
	}
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* Both in the order of tasks and times, so that one pass over each is enough. */
static void load_waits(struct messages_view *m)
{
	struct timeline *t = m->t;
	sqlite3_stmt *calls, *waits;
	bool waiting;

	waits = timeline_prepare(t, "SELECT task, start_ns, end_ns FROM state "
				    "WHERE state = 'waiting' AND end_ns > start_ns "
				    "ORDER BY task, start_ns");
	calls = timeline_prepare(
		t, "SELECT task, start_ns, end_ns, name, file_kind,"
		   "	printf('%s:[%lld]', file_kind, file) FROM syscall "
		   "WHERE file_kind IN ('pipe', 'fifo', 'unix', 'tcp', 'udp') AND end_ns > start_ns"
		   "	AND (name GLOB 'read*' OR name GLOB 'recv*' OR name = 'splice'"
		   "	OR name GLOB 'write*' OR name GLOB 'send*' OR name = 'vmsplice') "
		   "ORDER BY task, start_ns");
	waiting = timeline_step(t, waits);
	m->has_states = waiting;
	while (timeline_step(t, calls)) {
		long long task = sqlite3_column_int64(calls, 0),
			  start_ns = timeline_time_at(calls, 1),
			  end_ns = timeline_time_at(calls, 2);
		const char *name = (const char *)sqlite3_column_text(calls, 3);
		const char *kind = (const char *)sqlite3_column_text(calls, 4);
		const char *object = (const char *)sqlite3_column_text(calls, 5);
		int i = find_stream(m, kind ? kind : "", object ? object : "");
		long long *sum;

		if (i == TL_NONE || !name)
			continue;
		sum = starts(name, "re") || starts(name, "splice") ? &m->streams[i].read_wait_ns :
								     &m->streams[i].write_wait_ns;
		while (waiting && (sqlite3_column_int64(waits, 0) < task ||
				   (sqlite3_column_int64(waits, 0) == task &&
				    timeline_time_at(waits, 1) < start_ns)))
			waiting = timeline_step(t, waits);
		while (waiting && sqlite3_column_int64(waits, 0) == task &&
		       timeline_time_at(waits, 1) < end_ns) {
			*sum = timeline_sum(*sum, timeline_time_at(waits, 2) -
							  timeline_time_at(waits, 1));
			waiting = timeline_step(t, waits);
		}
	}
	if (waiting)
		sqlite3_finalize(waits);
}

static bool alike(const struct arrow *a, const struct arrow *b)
{
	return a->from == b->from && a->to == b->to && a->stream == b->stream &&
	       !strcmp(a->channel, b->channel);
}

/* False where there would be more than LIMIT arrows. */
static bool fold_one(struct messages_view *m, const struct arrow *one, size_t look_back,
		     size_t limit)
{
	for (size_t back = 1; back <= look_back && back <= m->nr_arrows; back++) {
		struct arrow *arrow = &m->arrows[m->nr_arrows - back];

		if (!alike(arrow, one))
			continue;
		arrow->n++;
		arrow->bytes = timeline_sum(arrow->bytes, one->bytes);
		if (one->end_ns > arrow->end_ns)
			arrow->end_ns = one->end_ns;
		return true;
	}
	if (m->nr_arrows >= limit)
		return false;
	if (array_grow(&m->arrows, m->nr_arrows, sizeof(*m->arrows))) {
		m->t->error = -ENOMEM;
		return false;
	}
	m->arrows[m->nr_arrows++] = *one;
	return true;
}

/*
 * One pass over all messages.  Those alike are one arrow if at most LOOK_BACK - 1
 * other arrows stand in between.  LAST says that there is no other way: streams
 * of one channel are one, and what does not fit is only counted.
 */
static bool fold(struct messages_view *m, size_t look_back, size_t limit, bool last)
{
	struct timeline *t = m->t;
	bool fits = true;
	sqlite3_stmt *stmt = timeline_prepare(
		t,
		"SELECT coalesce(channel, '?'), coalesce(object, '?'), from_task, to_task, bytes,"
		"	coalesce(sent_ns, received_ns) AS at, coalesce(received_ns, sent_ns) "
		"FROM message ORDER BY at, rowid");

	m->nr_arrows = 0;
	m->hidden = 0;
	while (timeline_step(t, stmt)) {
		const char *object = (const char *)sqlite3_column_text(stmt, 1);
		struct arrow one = {
			.from = timeline_task_at(t, stmt, 2),
			.to = timeline_task_at(t, stmt, 3),
			.n = 1,
			.bytes = sqlite3_column_int64(stmt, 4),
			.start_ns = timeline_time_at(stmt, 5),
			.end_ns = timeline_time_at(stmt, 6),
		};

		copy_text(t, one.channel, sizeof(one.channel), stmt, 0);
		one.stream = find_stream(m, one.channel, object ? object : "?");
		if (one.to == END_OUTSIDE && one.stream != TL_NONE && m->streams[one.stream].nr_to)
			one.to = END_UNREAD;
		if (last)
			one.stream = TL_NONE;
		if (fold_one(m, &one, look_back, limit) || t->error)
			continue;
		if (!last) {
			fits = false;
			sqlite3_finalize(stmt);
			break;
		}
		m->hidden++;
	}
	return fits;
}

static int by_start(const void *a, const void *b)
{
	const struct arrow *x = a, *y = b;

	return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

void messages_load(struct messages_view *m)
{
	size_t limit = m->t->style.rows > 0 ? (size_t)m->t->style.rows : NO_LIMIT;

	load_streams(m);
	if (m->t->error)
		return;
	load_paths(m);
	load_waits(m);
	for (size_t look_back = 1; !m->t->error; look_back *= 2) {
		bool last = look_back > MOST_LOOK_BACK;

		if (fold(m, look_back, limit, last) || last)
			break;
	}
	if (m->nr_arrows)
		qsort(m->arrows, m->nr_arrows, sizeof(*m->arrows), by_start);
}

void messages_release(struct messages_view *m)
{
	for (size_t i = 0; i < m->nr_streams; i++) {
		free(m->streams[i].object);
		free(m->streams[i].path);
	}
	free(m->streams);
	free(m->by_object);
	free(m->arrows);
}

char *messages_stream(const struct messages_view *m, int i, const char *channel, char *buf,
		      size_t size)
{
	if (i == TL_NONE)
		snprintf(buf, size, "%s", channel);
	else if (m->streams[i].alone)
		snprintf(buf, size, "%s", m->streams[i].channel);
	else
		snprintf(buf, size, "%s %d", m->streams[i].channel, m->streams[i].number);
	return buf;
}
