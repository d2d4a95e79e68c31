// SPDX-License-Identifier: GPL-2.0
/* What divides a life: start, exec, phase, exit, and waiting for others. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/timeline.h"

static char *count(char buf[32], long long n)
{
	return text_count(buf, 32, n);
}

static char *duration(char buf[32], long long ns)
{
	return text_duration(buf, 32, ns);
}

/* "52 page tables, 0 pages" */
static void allocated(char *buf, size_t size, const struct tl_task *task)
{
	char one[32], two[32];

	snprintf(buf, size, "%s page table%s, %s page%s", count(one, task->page_tables),
		 task->page_tables == 1 ? "" : "s", count(two, task->pages),
		 task->pages == 1 ? "" : "s");
}

/* What the forks of one task in one phase allocated, where there were several. */
static void add_allocated(struct timeline *t, int i)
{
	const struct tl_task *task = &t->tasks[i];
	struct tl_event *event;
	char pages[96], number[32];

	if (task->forks < 2 || !timeline_drawn(t, task->creator))
		return;
	allocated(pages, sizeof(pages), task);
	event = timeline_add(t, task->creator, task->start_ns,
			     timeline_text(t, "in %s forks: %s", count(number, task->forks),
					   pages));
	event->order = ORDER_EXEC;
	event->indent = 2;
}

static void add_start(struct timeline *t, int i)
{
	const struct tl_task *task = &t->tasks[i];
	int from = timeline_drawn(t, task->creator) ? task->creator : task->parent;
	struct tl_event *event;
	char pages[96] = "", name[128], by[128];

	timeline_task(t, i, 0, name, sizeof(name));
	timeline_maker(t, i, by, sizeof(by));
	if (timeline_drawn(t, from)) {
		if (task->forks == 1)
			allocated(pages, sizeof(pages), task);
		event = timeline_add(t, from, task->start_ns,
				     timeline_text(t, "%s -> %lld%s%s", by, task->tid,
						   *pages ? "  " : "", pages));
		event->to = i;
		event->to_text = timeline_text(t, "%s %lld", name, task->tid);
	} else if (task->exec_ns == TL_NEVER || task->parent != TL_NONE) {
		event = timeline_add(t, i, task->start_ns,
				     timeline_text(t, "%s %lld  by %s", name, task->tid, by));
	} else {
		return;
	}
	event->order = ORDER_START;
	event->ink = INK_BOLD;
	t->tasks[i].start_event = event->serial + 1;
}

static void add_exec(struct timeline *t, int i, long long t_ns, const char *path)
{
	const char *last = strrchr(path, '/');
	char *name = timeline_name(t, last && last[1] ? last + 1 : path, 0);
	struct tl_event *event;

	event = timeline_add(t, i, t_ns,
			     timeline_text(t, "exec%s%s", name && *name ? " " : "",
					   name ? name : ""));
	free(name);
	event->order = ORDER_EXEC;
	event->chapter = i;
}

/* Those before the last one, which is in table task. */
static void add_earlier_execs(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT task.task, end_ns, data FROM syscall JOIN task USING (task) "
		   "WHERE name IN ('execve', 'execveat') AND ret = 0 AND end_ns < exec_ns");

	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		const char *path = (const char *)sqlite3_column_text(stmt, 2);

		if (timeline_drawn(t, i))
			add_exec(t, i, timeline_time_at(stmt, 1), path ? path : "");
	}
}

/* The row where task I starts, NULL: there is none. */
static struct tl_event *start_of(struct timeline *t, int i)
{
	size_t event = t->tasks[i].start_event;

	return event ? &t->events[event - 1] : NULL;
}

/* TEXT becomes another field of *TO. */
static void append(struct timeline *t, char **to, char *text)
{
	char *all = timeline_text(t, "%s  %s", *to ? *to : "", text ? text : "");

	free(*to);
	free(text);
	*to = all;
}

/* A phase that was inherited stands beside the name of the task that starts with it. */
static void add_phases(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT phase.task, name, start_ns, coalesce(total, 0) "
		   "FROM phase LEFT JOIN ("
		   "	SELECT task, phase, sum(n) AS total FROM fault_count"
		   "	WHERE kind NOT IN ('segv', 'bus', 'nofault', 'spurious') GROUP BY 1, 2"
		   ") AS ledger ON ledger.task = phase.task AND ledger.phase = name "
		   "WHERE name <> '' AND start_ns IS NOT NULL");

	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		struct tl_event *event;
		char *name, *text;

		if (!timeline_drawn(t, i))
			continue;
		name = timeline_name(t, (const char *)sqlite3_column_text(stmt, 1), 32);
		text = timeline_text(t, "phase %s%s", name ? name : "",
				     sqlite3_column_int64(stmt, 3) ? "" : "  0 faults");
		free(name);
		event = timeline_time_at(stmt, 2) == t->tasks[i].start_ns ? start_of(t, i) : NULL;
		if (event) {
			append(t, event->to == i ? &event->to_text : &event->text, text);
		} else {
			event = timeline_add(t, i, timeline_time_at(stmt, 2), text);
			event->ink = INK_BOLD;
			event->order = ORDER_PHASE;
		}
		event->chapter = i;
	}
}

static void add_exit(struct timeline *t, int i)
{
	const struct tl_task *task = &t->tasks[i];
	struct tl_event *event;
	char name[32], *text;

	if (task->exit_ns == TL_NEVER)
		text = timeline_text(t, "still running");
	else if (task->exit_signal)
		text = timeline_text(t, "killed by %s",
				     timeline_signal(name, sizeof(name), task->exit_signal));
	else if (task->process != i)
		text = timeline_text(t, "thread ends");
	else
		text = timeline_text(t, "exit %lld", task->exit_code);
	event = timeline_add(t, i, task->exit_ns == TL_NEVER ? task->end_ns : task->exit_ns, text);
	event->order = ORDER_EXIT;
	event->ink = task->exit_signal ? INK_BAD : INK_PLAIN;
}

static void add_wait(struct timeline *t, int i)
{
	const struct tl_task *task = &t->tasks[i];
	char waited[64] = "", buf[32], *zombie = NULL;
	struct tl_event *event;

	if (task->reaped_ns == TL_NEVER || task->process != i)
		return;
	if (task->exit_ns != TL_NEVER)
		zombie = timeline_text(t, "zombie %s",
				       duration(buf, task->reaped_ns - task->exit_ns));
	if (!timeline_drawn(t, task->reaper)) {
		event = timeline_add(t, i, task->reaped_ns, zombie);
		event->order = ORDER_WAIT;
		return;
	}
	if (task->waited_ns != TL_NEVER)
		snprintf(waited, sizeof(waited), " %cwaited %s", TL_OPTIONAL,
			 duration(buf, task->waited_ns));
	event = timeline_add(t, i, task->reaped_ns, zombie);
	event->to = task->reaper;
	event->to_text = timeline_text(t, "wait <- %lld%s", task->tid, waited);
	event->order = ORDER_WAIT;
}

/* "0.91 .. 2.10 ms" needs one unit only, but two figures of different size keep theirs. */
static char *span(struct timeline *t, long long least_ns, long long most_ns)
{
	char one[32], two[32], *unit;

	duration(one, least_ns);
	duration(two, most_ns);
	if (!strcmp(one, two))
		return timeline_text(t, "%s", one);
	unit = strrchr(one, ' ');
	if (unit && !strcmp(unit, strrchr(two, ' ')))
		*unit = '\0';
	return timeline_text(t, "%s .. %s", one, two);
}

/* How the members of a group ended, where that was not exit(0) for all. */
static void ends(char *buf, size_t size, const struct tl_group *group)
{
	char one[32], name[32] = "a signal";
	int used = 0;

	buf[0] = '\0';
	if (group->failed)
		used = snprintf(buf, size, "  %s%sfailed",
				group->members > 1 ? count(one, group->failed) : "",
				group->members > 1 ? " " : "");
	if (group->killed) {
		if (group->signal)
			timeline_signal(name, sizeof(name), group->signal);
		used += snprintf(buf + used, size - (size_t)used, "  %s%skilled by %s",
				 group->members > 1 ? count(one, group->killed) : "",
				 group->members > 1 ? " " : "", name);
	}
	if (group->running)
		snprintf(buf + used, size - (size_t)used, "  %s%sstill running",
			 group->members > 1 ? count(one, group->running) : "",
			 group->members > 1 ? " " : "");
}

static void add_group(struct timeline *t, const struct tl_group *group)
{
	const struct tl_task *task = &t->tasks[group->first];
	char name[128], by[128], one[32], two[32], who[192], below[64] = "", end[160], faults[96];
	char *lives = span(t, group->least_ns, group->most_ns);
	struct tl_event *event;

	timeline_task(t, group->first, 0, name, sizeof(name));
	if (group->members == 1)
		snprintf(who, sizeof(who), "%s %lld", name, task->tid);
	else
		snprintf(who, sizeof(who), "%s x %s", count(one, group->members), name);
	if (group->below)
		snprintf(below, sizeof(below), "  with %s task%s below", count(one, group->below),
			 group->below == 1 ? "" : "s");
	snprintf(faults, sizeof(faults), "%s%s%s%s fault%s", group->members == 1 ? "" : "each ",
		 count(one, group->least_faults),
		 group->least_faults == group->most_faults ? "" : " .. ",
		 group->least_faults == group->most_faults ? "" : count(two, group->most_faults),
		 group->most_faults == 1 ? "" : "s");
	ends(end, sizeof(end), group);
	event = timeline_add(t, timeline_drawn(t, group->parent) ? group->parent : TL_NONE,
			     group->start_ns,
			     timeline_text(t, "%s %s  %s  %s%s%s",
					   timeline_maker(t, group->first, by, sizeof(by)), who,
					   lives ? lives : "", faults, below, end));
	event->end_ns = group->end_ns;
	event->order = ORDER_START;
	free(lives);
}

void timeline_life(struct timeline *t)
{
	for (size_t i = 0; i < t->nr_tasks && !t->error; i++) {
		const struct tl_task *task = &t->tasks[i];

		if (!timeline_drawn(t, (int)i))
			continue;
		add_start(t, (int)i);
		if (task->exec_ns != TL_NEVER)
			add_exec(t, (int)i, task->exec_ns,
				 task->exe  ? task->exe :
				 task->name ? task->name :
					      "");
		add_exit(t, (int)i);
		add_wait(t, (int)i);
	}
	for (size_t i = 0; i < t->nr_groups && !t->error; i++)
		if (t->groups[i].members)
			add_group(t, &t->groups[i]);
	for (size_t i = 0; i < t->nr_tasks && !t->error; i++)
		add_allocated(t, (int)i);
	add_earlier_execs(t);
	add_phases(t);
	timeline_index_hard(t);
}
