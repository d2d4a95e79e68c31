// SPDX-License-Identifier: GPL-2.0
/* Requests and what they are for. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/locks_view.h"
#include "base/text.h"

#define MOST_NAME 32

static bool grow(struct timeline *t, void *array, size_t n, size_t *room, size_t size)
{
	void **at = array, *more;

	if (n < *room)
		return true;
	more = reallocarray(*at, *room ? 2 * *room : 64, size);
	if (!more) {
		t->error = -ENOMEM;
		return false;
	}
	*at = more;
	*room = *room ? 2 * *room : 64;
	return true;
}

/* Large numbers are mostly round ones in hexadecimal. */
static char *byte_number(char *buf, size_t size, long long n)
{
	snprintf(buf, size, n < 1 << 20 ? "%lld" : "0x%llx", n);
	return buf;
}

/* "counter.lock", "d.db [3..7]" with the bytes: of a path the last part. */
static char *object_name(struct timeline *t, const char *name, sqlite3_stmt *stmt)
{
	long long first = sqlite3_column_int64(stmt, 11), last = sqlite3_column_int64(stmt, 12);
	bool ranged = sqlite3_column_type(stmt, 11) != SQLITE_NULL;
	bool open = sqlite3_column_type(stmt, 12) == SQLITE_NULL;
	const char *slash = strrchr(name, '/');
	char safe[160], from[32], to[32];

	text_escape_for(safe, sizeof(safe), slash && slash[1] ? slash + 1 : name, MOST_NAME,
			t->style.utf8);
	byte_number(from, sizeof(from), first);
	byte_number(to, sizeof(to), last);
	if (!ranged || (!first && open))
		return timeline_text(t, "%s", safe);
	if (open)
		return timeline_text(t, "%s [%s..]", safe, from);
	if (first == last)
		return timeline_text(t, "%s [%s]", safe, from);
	return timeline_text(t, "%s [%s..%s]", safe, from, to);
}

static void add_object(struct locks_view *v, sqlite3_stmt *stmt)
{
	const char *kind = (const char *)sqlite3_column_text(stmt, 1);
	const char *name = (const char *)sqlite3_column_text(stmt, 2);
	struct lock_object *object;

	if (!grow(v->t, &v->objects, v->nr_objects, &v->room_objects, sizeof(*v->objects)))
		return;
	object = &v->objects[v->nr_objects++];
	*object = (struct lock_object){
		.file = (int)sqlite3_column_int64(stmt, 13),
		.name = object_name(v->t, name ? name : "?", stmt),
		.t_most_ns = TL_NEVER,
	};
	text_escape_for(object->kind, sizeof(object->kind), kind ? kind : "?", 10, false);
}

static bool sleeps(const struct lock_row *row, sqlite3_stmt *stmt)
{
	if (row->op == LOCK_FUTEX)
		return row->ret != -EAGAIN && row->waited_ns > row->request_ns;
	if (sqlite3_column_type(stmt, 7) == SQLITE_NULL)
		return false;
	/* F_SETLK and LOCK_NB do not wait */
	return !row->answered || (row->ret != -EAGAIN && row->ret != -EACCES);
}

static void add_row(struct locks_view *v, sqlite3_stmt *stmt)
{
	const char *op = (const char *)sqlite3_column_text(stmt, 3);
	struct lock_row *row;

	if (!grow(v->t, &v->rows, v->nr_rows, &v->room_rows, sizeof(*v->rows)))
		return;
	row = &v->rows[v->nr_rows];
	*row = (struct lock_row){
		.task = timeline_task_at(v->t, stmt, 0),
		.object = (int)v->nr_objects - 1,
		.blocked_by = timeline_task_at(v->t, stmt, 7),
		.op = !strcmp(v->objects[v->nr_objects - 1].kind, "futex") ? LOCK_FUTEX :
		      op && !strcmp(op, "read")                            ? LOCK_READ :
									     LOCK_WRITE,
		.first = sqlite3_column_int64(stmt, 11),
		.last = sqlite3_column_type(stmt, 12) == SQLITE_NULL ?
				LLONG_MAX :
				sqlite3_column_int64(stmt, 12),
		.request_ns = timeline_time_at(stmt, 4),
		.granted_ns = timeline_time_at(stmt, 5),
		.released_ns = timeline_time_at(stmt, 6),
		.ret = sqlite3_column_int64(stmt, 8),
		.answered = sqlite3_column_type(stmt, 8) != SQLITE_NULL,
		.owner = sqlite3_column_int64(stmt, 9),
		.waited_ns = timeline_time_at(stmt, 10), /* the end of the call */
	};
	if (row->task == TL_NONE)
		return;
	if (row->granted_ns != TL_NEVER)
		row->waited_ns = row->granted_ns;
	else if (row->waited_ns == TL_NEVER)
		row->waited_ns = v->t->tasks[row->task].end_ns;
	if (row->waited_ns < row->request_ns)
		row->waited_ns = row->request_ns;
	row->slept = sleeps(row, stmt);
	if (row->op == LOCK_FUTEX) {
		row->granted_ns = TL_NEVER; /* the call's end; who holds it nobody tells */
		row->first = (long long)strtoull(v->objects[row->object].name + strlen("futex:"),
						 NULL, 16);
	}
	v->nr_rows++;
}

static int by_request(const void *a, const void *b)
{
	const struct lock_row *x = a, *y = b;

	return (x->request_ns > y->request_ns) - (x->request_ns < y->request_ns);
}

static void load_rows(struct locks_view *v)
{
	/*
	 * Futexes: those that wait or want to.  A request that was never granted ends
	 * with its call.
	 */
	sqlite3_stmt *stmt = timeline_prepare(
		v->t,
		"SELECT lock.task, kind, coalesce(object, '?'), op, request_ns, granted_ns, released_ns,"
		"	blocked_by, lock.ret, owner,"
		"	iif(granted_ns IS NULL, (SELECT end_ns FROM syscall"
		"		WHERE syscall.task = lock.task AND start_ns = request_ns"
		"		AND name IN ('flock', 'fcntl', 'fcntl64', 'futex')), NULL),"
		"	first_byte, last_byte,"
		"	dense_rank() OVER (ORDER BY iif(kind = 'ofd', 'posix', kind), object) AS file,"
		"	dense_rank() OVER (ORDER BY kind, object, first_byte, last_byte) AS place "
		"FROM lock WHERE request_ns IS NOT NULL AND (kind = 'futex'"
		"	AND (op GLOB 'wait*' OR op GLOB 'lock*') OR kind <> 'futex' AND op <> 'unlock') "
		"ORDER BY place, request_ns, lock.rowid");
	long long place = -1;

	while (timeline_step(v->t, stmt)) {
		if (sqlite3_column_int64(stmt, 14) != place) {
			place = sqlite3_column_int64(stmt, 14);
			add_object(v, stmt);
		}
		if (!v->t->error)
			add_row(v, stmt);
	}
}

struct edge {
	long long t_ns;
	int change;
};

/* What ends at a moment goes before what begins then. */
static int by_time(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	return x->change - y->change;
}

/* ROWS, which are all of OBJECT. */
static void most_inside(struct locks_view *v, struct lock_object *object,
			const struct lock_row *rows, size_t n)
{
	struct edge *edges = calloc(2 * n + 1, sizeof(*edges));
	size_t used = 0;
	int inside = 0;

	if (!edges) {
		v->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (rows[i].granted_ns == TL_NEVER)
			continue;
		edges[used++] = (struct edge){ rows[i].granted_ns, 1 };
		if (rows[i].released_ns != TL_NEVER)
			edges[used++] = (struct edge){ rows[i].released_ns, -1 };
	}
	qsort(edges, used, sizeof(*edges), by_time);
	for (size_t i = 0; i < used; i++) {
		inside += edges[i].change;
		if (inside > object->most_inside) {
			object->most_inside = inside;
			object->t_most_ns = edges[i].t_ns;
		}
	}
	free(edges);
}

static void sum_up(struct locks_view *v)
{
	long long end = v->t->duration_ns;

	v->start_ns = LLONG_MAX;
	for (size_t i = 0; i < v->nr_rows; i++) {
		const struct lock_row *row = &v->rows[i];
		struct lock_object *object = &v->objects[row->object];
		long long until = row->released_ns != TL_NEVER ? row->released_ns :
				  row->granted_ns != TL_NEVER  ? end :
								 row->waited_ns;

		object->n++;
		object->refused += row->op != LOCK_FUTEX && row->answered && row->ret < 0 &&
				   !row->slept;
		if (row->slept) {
			long long ns = row->waited_ns - row->request_ns;

			object->waits++;
			object->wait_ns = timeline_sum(object->wait_ns, ns);
			if (ns > object->longest_ns)
				object->longest_ns = ns;
		}
		if (row->granted_ns != TL_NEVER && until > row->granted_ns)
			object->hold_ns = timeline_sum(object->hold_ns, until - row->granted_ns);
		if (row->request_ns < v->start_ns)
			v->start_ns = row->request_ns;
		if (until > v->end_ns)
			v->end_ns = until;
	}
}

void locks_load(struct locks_view *v)
{
	size_t from, to;

	load_rows(v);
	for (from = 0; from < v->nr_rows && !v->t->error; from = to) {
		for (to = from; to < v->nr_rows && v->rows[to].object == v->rows[from].object;)
			to++;
		most_inside(v, &v->objects[v->rows[from].object], &v->rows[from], to - from);
	}
	if (v->t->error)
		return;
	if (v->nr_rows)
		qsort(v->rows, v->nr_rows, sizeof(*v->rows), by_request);
	sum_up(v);
}

void locks_release(struct locks_view *v)
{
	for (size_t i = 0; i < v->nr_objects; i++)
		free(v->objects[i].name);
	free(v->objects);
	free(v->rows);
}

char *locks_task(const struct locks_view *v, int i, char *buf, size_t size)
{
	char name[128];

	if (i == TL_NONE)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%s %lld", timeline_task(v->t, i, 0, name, sizeof(name)),
			 v->t->tasks[i].tid);
	return buf;
}
