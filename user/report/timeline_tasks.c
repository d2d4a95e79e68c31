// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "report/timeline.h"

static const char *column_text(sqlite3_stmt *stmt, int i)
{
	return (const char *)sqlite3_column_text(stmt, i);
}

static char *copy(struct timeline *t, const char *s)
{
	return timeline_text(t, "%s", s ? s : "");
}

static void load_task(struct timeline *t, sqlite3_stmt *stmt)
{
	struct tl_task *task = &t->tasks[t->nr_tasks];
	int self = (int)t->nr_tasks;
	const char *role = column_text(stmt, 8), *comm = column_text(stmt, 6);

	*task = (struct tl_task){
		.id = sqlite3_column_int64(stmt, 0),
		.tid = sqlite3_column_int64(stmt, 1),
		.pid = sqlite3_column_int64(stmt, 2),
		.parent = timeline_task_at(t, stmt, 3),
		.process = timeline_task_at(t, stmt, 4),
		.creator = timeline_task_at(t, stmt, 5),
		.has_role = role && *role,
		.group = TL_NONE,
		.reaper = TL_NONE,
		.waited_ns = TL_NEVER,
		.start_ns = timeline_time_at(stmt, 10),
		.exec_ns = timeline_time_at(stmt, 11),
		.exit_ns = timeline_time_at(stmt, 12),
		.reaped_ns = timeline_time_at(stmt, 13),
		.exit_code = sqlite3_column_int64(stmt, 14),
		.exit_signal = sqlite3_column_int64(stmt, 15),
		.first_phase_ns = timeline_time_at(stmt, 16),
	};
	t->nr_tasks++;
	/* Ids grow in the order of creation, so whoever comes later is no parent: no circles. */
	if (task->parent >= self)
		task->parent = TL_NONE;
	if (task->creator >= self)
		task->creator = TL_NONE;
	if (task->process == TL_NONE || task->process > self)
		task->process = self;
	if (task->process != self)
		task->parent = task->process;
	task->depth = task->parent == TL_NONE ? 0 : t->tasks[task->parent].depth + 1;
	task->name = copy(t, task->has_role ? role : comm ? comm : "?");
	task->made_by = copy(t, column_text(stmt, 7));
	if (column_text(stmt, 9))
		task->exe = copy(t, column_text(stmt, 9));
	if (task->start_ns == TL_NEVER)
		task->start_ns = 0;
}

static void load_tasks(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(t, "SELECT count(*) FROM task");
	size_t count = 0;

	while (timeline_step(t, stmt))
		count = (size_t)sqlite3_column_int64(stmt, 0);
	if (t->error)
		return;
	t->tasks = calloc(count ? count : 1, sizeof(*t->tasks));
	if (!t->tasks) {
		t->error = -ENOMEM;
		return;
	}
	stmt = timeline_prepare(
		t,
		"SELECT task, tid, pid, parent_task, process, creator_task, comm, created_by,"
		"	role, exe, start_ns, exec_ns, exit_ns, reaped_ns, exit_code, exit_signal,"
		"	first_phase_ns "
		"FROM task LEFT JOIN ("
		"	SELECT task, min(start_ns) AS first_phase_ns FROM phase"
		"	WHERE name <> '' GROUP BY task"
		") USING (task) "
		"ORDER BY task LIMIT ?");
	if (stmt)
		sqlite3_bind_int64(stmt, 1, (sqlite3_int64)count);
	while (timeline_step(t, stmt))
		load_task(t, stmt);

	stmt = timeline_prepare(t, "SELECT count(DISTINCT name) > 1 FROM region");
	while (timeline_step(t, stmt))
		t->many_regions = sqlite3_column_int(stmt, 0);

	stmt = timeline_prepare(t, "SELECT task, observed FROM reconcile");
	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);

		if (i != TL_NONE)
			t->tasks[i].faults = t->tasks[i].all_faults = sqlite3_column_int64(stmt, 1);
	}
	for (size_t i = t->nr_tasks; i-- > 0;) {
		long long *sum = NULL;

		if (t->tasks[i].parent != TL_NONE)
			sum = &t->tasks[t->tasks[i].parent].all_faults;
		if (sum && __builtin_add_overflow(*sum, t->tasks[i].all_faults, sum))
			*sum = LLONG_MAX;
	}
}

static void load_times(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT value FROM run WHERE key = 'duration_ns' AND typeof(value) <> 'null'");

	while (timeline_step(t, stmt))
		t->duration_ns = timeline_time_at(stmt, 0);
	for (size_t i = 0; i < t->nr_tasks; i++) {
		struct tl_task *task = &t->tasks[i];

		task->end_ns = task->reaped_ns > task->exit_ns ? task->reaped_ns : task->exit_ns;
		if (task->end_ns > t->duration_ns)
			t->duration_ns = task->end_ns;
	}
	for (size_t i = 0; i < t->nr_tasks; i++)
		if (t->tasks[i].exit_ns == TL_NEVER)
			t->tasks[i].end_ns = t->duration_ns;
}

/*
 * Table page_alloc has no times, so what one fork allocated is known only where
 * it was the only one in its phase; else the first of them tells the sum.
 */
static void load_page_tables(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT min(child), count(*), tables, pages FROM ("
		   "	SELECT task.task AS child, creator_task AS creator, phase.name AS name"
		   "	FROM task LEFT JOIN phase ON phase.task = creator_task"
		   "		AND phase.start_ns <= task.start_ns"
		   "		AND coalesce(phase.end_ns > task.start_ns, 1)"
		   "	WHERE created_by IN ('fork', 'clone')"
		   ") JOIN ("
		   "	SELECT task, nullif(phase, '') AS phase,"
		   "		coalesce(sum(n) FILTER (WHERE use = 'page_table'), 0) AS tables,"
		   "		coalesce(sum(n) FILTER (WHERE use = 'user'), 0) AS pages"
		   "	FROM page_alloc WHERE syscall IN ('clone', 'clone3', 'fork')"
		   "	GROUP BY 1, 2"
		   ") AS alloc ON alloc.task = creator AND alloc.phase IS nullif(name, '') "
		   "GROUP BY creator, name");

	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);

		if (i == TL_NONE)
			continue;
		t->tasks[i].forks = sqlite3_column_int64(stmt, 1);
		t->tasks[i].page_tables = sqlite3_column_int64(stmt, 2);
		t->tasks[i].pages = sqlite3_column_int64(stmt, 3);
	}
}

static void load_reapers(struct timeline *t)
{
	sqlite3_stmt *stmt =
		timeline_prepare(t, "SELECT task.task, syscall.task, reaped_ns - syscall.start_ns "
				    "FROM task JOIN syscall ON syscall.end_ns = reaped_ns "
				    "WHERE syscall.name IN ('wait4', 'waitid')");

	for (size_t i = 0; i < t->nr_tasks; i++)
		if (t->tasks[i].reaped_ns != TL_NEVER)
			t->tasks[i].reaper = t->tasks[i].parent;
	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		int reaper = timeline_task_at(t, stmt, 1);

		if (i == TL_NONE || reaper == TL_NONE || i == reaper)
			continue;
		t->tasks[i].reaper = reaper;
		t->tasks[i].waited_ns = timeline_time_at(stmt, 2);
	}
}

void timeline_load(struct timeline *t)
{
	load_tasks(t);
	load_times(t);
	load_page_tables(t);
	load_reapers(t);
}
