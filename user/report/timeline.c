// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "base/array.h"
#include "base/text.h"
#include "report/timeline.h"

#define NAME_COLUMNS 20

char *timeline_text(struct timeline *t, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len >= 0)
		return text;
	if (!t->error)
		t->error = -ENOMEM;
	return NULL;
}

char *timeline_name(struct timeline *t, const char *s, int max)
{
	char safe[512];

	return timeline_text(t, "%s",
			     text_escape_for(safe, sizeof(safe), s ? s : "", max, t->style.utf8));
}

static char *task_word(const struct timeline *t, const char *word, int max, char *buf, size_t size)
{
	if (max <= 0 || max > NAME_COLUMNS)
		max = NAME_COLUMNS;
	return text_escape_for(buf, size, word ? word : "?", max, t->style.utf8);
}

char *timeline_task(const struct timeline *t, int i, int max, char *buf, size_t size)
{
	return task_word(t, t->tasks[i].name, max, buf, size);
}

char *timeline_maker(const struct timeline *t, int i, char *buf, size_t size)
{
	return task_word(t, t->tasks[i].made_by, 0, buf, size);
}

sqlite3_stmt *timeline_prepare(struct timeline *t, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (t->error)
		return NULL;
	if (sqlite3_prepare_v2(t->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		t->error = sqlite3_errcode(t->db) == SQLITE_NOMEM ? -ENOMEM : -EIO;
	return stmt;
}

bool timeline_step(struct timeline *t, sqlite3_stmt *stmt)
{
	int rc;

	if (!stmt)
		return false;
	rc = t->error ? SQLITE_DONE : sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		t->error = rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
	sqlite3_finalize(stmt);
	return false;
}

int timeline_find(const struct timeline *t, long long id)
{
	size_t low = 0, high = t->nr_tasks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->tasks[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->nr_tasks && t->tasks[low].id == id ? (int)low : TL_NONE;
}

int timeline_task_at(const struct timeline *t, sqlite3_stmt *stmt, int i)
{
	if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
		return TL_NONE;
	return timeline_find(t, sqlite3_column_int64(stmt, i));
}

long long timeline_time_at(sqlite3_stmt *stmt, int i)
{
	const long long limit = LLONG_MAX / 4; /* two may be subtracted, and a few added */
	long long ns;

	if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
		return TL_NEVER;
	ns = sqlite3_column_int64(stmt, i);
	return ns > limit ? limit : ns < -limit ? -limit : ns;
}

bool timeline_drawn(const struct timeline *t, int i)
{
	return i != TL_NONE && t->tasks[i].group == TL_NONE;
}

int timeline_by_start(const void *a, const void *b, void *arg)
{
	const struct tl_task *tasks = arg;
	const struct tl_task *one = &tasks[*(const int *)a], *two = &tasks[*(const int *)b];

	if (one->start_ns != two->start_ns)
		return one->start_ns < two->start_ns ? -1 : 1;
	return (one->id > two->id) - (one->id < two->id);
}

struct tl_event *timeline_add(struct timeline *t, int task, long long t_ns, char *text)
{
	static struct tl_event nowhere;
	struct tl_event *event;

	if (!t->error)
		t->error = array_grow(&t->events, t->nr_events, sizeof(*t->events));
	if (t->error) {
		free(text);
		nowhere = (struct tl_event){ .task = TL_NONE, .to = TL_NONE, .chapter = TL_NONE };
		return &nowhere;
	}
	event = &t->events[t->nr_events];
	*event = (struct tl_event){
		.t_ns = t_ns,
		.end_ns = t_ns,
		.order = ORDER_DONE,
		.serial = t->nr_events++,
		.task = task,
		.to = TL_NONE,
		.chapter = TL_NONE,
		.text = text,
	};
	return event;
}

bool timeline_counted(const char *kind)
{
	return strcmp(kind, "segv") && strcmp(kind, "bus") && strcmp(kind, "nofault") &&
	       strcmp(kind, "spurious");
}

char *timeline_kind(char *buf, size_t size, const char *kind, bool utf8)
{
	text_escape_for(buf, size, kind ? kind : "unknown", 16, utf8);
	for (char *c = buf; *c; c++)
		if (*c == '_')
			*c = '-';
	return buf;
}

char *timeline_signal(char *buf, size_t size, long long signo)
{
	const char *name = signo > 0 && signo < NSIG ? sigabbrev_np((int)signo) : NULL;

	if (name)
		snprintf(buf, size, "SIG%s", name);
	else if (signo == SIGRTMIN)
		snprintf(buf, size, "SIGRTMIN");
	else if (signo > SIGRTMIN && signo <= SIGRTMAX)
		snprintf(buf, size, "SIGRTMIN+%lld", signo - SIGRTMIN);
	else
		snprintf(buf, size, "signal %lld", signo);
	return buf;
}

void timeline_release(struct timeline *t)
{
	for (size_t i = 0; i < t->nr_tasks; i++) {
		free(t->tasks[i].made_by);
		free(t->tasks[i].name);
		free(t->tasks[i].exe);
		free(t->tasks[i].hard.ns);
		free(t->tasks[i].any.ns);
		free(t->tasks[i].ready.ns);
	}
	for (size_t i = 0; i < t->nr_events; i++) {
		free(t->events[i].text);
		free(t->events[i].to_text);
	}
	free(t->tasks);
	free(t->groups);
	free(t->events);
	free(t->brks);
}

int report_timeline(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct timeline t = { .db = db, .style = *style };

	timeline_load(&t);
	timeline_fold(&t);
	timeline_life(&t);
	timeline_talk(&t);
	timeline_kthreads(&t);
	timeline_frames(&t);
	timeline_faults(&t);
	timeline_rows(&t);
	timeline_draw(&t, out);
	timeline_release(&t);
	return t.error ? t.error : report_flush(out);
}
