// SPDX-License-Identifier: GPL-2.0
/* What is told of a task in the tree: how it came, what befell it, how it went. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "report/report_part.h"
#include "base/text.h"
#include "views/tree_view.h"

static void add(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(FILE *to, const char *format, ...)
{
	va_list args;

	if (ftell(to) > 0)
		fputs(", ", to);
	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
}

static double ms(long long ns)
{
	return (double)ns / 1e6;
}

static void tell_birth(const struct tree *t, int i, FILE *to)
{
	const struct tl_task *task = &t->l.t.tasks[i];
	const struct tree_node *node = &t->nodes[i];
	char name[160], by[200] = "", made_by[128], exe[512] = "";

	/* only where it is not the one above it in the tree */
	if (task->creator != TL_NONE && task->creator != node->parent)
		snprintf(by, sizeof(by), " by %s",
			 lives_name(&t->l, task->creator, name, sizeof(name), TREE_NAME_COLUMNS));
	timeline_maker(&t->l.t, i, made_by, sizeof(made_by));
	if (node->members > 1)
		add(to, "%s%s at %.3f to %.3f", made_by, by, ms(task->start_ns),
		    ms(t->l.t.tasks[node->last_member].start_ns));
	else
		add(to, "%s%s at %.3f", made_by, by, ms(task->start_ns));
	if (task->exe && task->exec_ns != TL_NEVER)
		text_escape_for(exe, sizeof(exe), task->exe, 0, t->style->utf8);
	if (*exe && node->members > 1)
		add(to, "each exec %s", exe);
	else if (*exe)
		add(to, "exec %s at %.3f", exe, ms(task->exec_ns));
}

/* The one who took its status: seen in its wait, or the only one who could have. */
static int reaper_of(const struct tree *t, int i)
{
	const struct tl_task *task = &t->l.t.tasks[i];
	int reaper = task->reaper;

	if (task->reaped_ns == TL_NEVER || reaper == TL_NONE)
		return TL_NONE;
	if (task->waited_ns == TL_NEVER && t->nodes[i].orphan_ns != TL_NEVER)
		return TL_NONE;
	return reaper;
}

static int by_task_and_time(const void *a, const void *b)
{
	const struct tree_adoption *one = a, *two = b;

	if (one->task != two->task)
		return one->task < two->task ? -1 : 1;
	return (one->t_ns > two->t_ns) - (one->t_ns < two->t_ns);
}

int tree_load_adoptions(struct tree *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		&t->l.t, "SELECT task, t_ns, new_parent_task, new_tid, new_comm FROM reparent"
			 " WHERE typeof(t_ns) = 'integer' ORDER BY seen_ns");

	while (timeline_step(&t->l.t, stmt)) {
		struct tree_adoption *a = t->adoptions;
		int task = timeline_task_at(&t->l.t, stmt, 0);

		if (task == TL_NONE)
			continue;
		if (t->nr_adoptions == t->room_adoptions) {
			t->room_adoptions = t->room_adoptions ? 2 * t->room_adoptions : 16;
			a = reallocarray(a, t->room_adoptions, sizeof(*a));
			if (!a) {
				t->l.t.error = -ENOMEM;
				continue;
			}
			t->adoptions = a;
		}
		a = &t->adoptions[t->nr_adoptions++];
		a->task = task;
		a->t_ns = sqlite3_column_int64(stmt, 1);
		a->by = timeline_task_at(&t->l.t, stmt, 2);
		a->tid = sqlite3_column_int64(stmt, 3);
		text_escape_for(a->comm, sizeof(a->comm), report_column(stmt, 4), TREE_NAME_COLUMNS,
				t->style->utf8);
	}
	if (t->nr_adoptions)
		qsort(t->adoptions, t->nr_adoptions, sizeof(*t->adoptions), by_task_and_time);
	return t->l.t.error;
}

/* Who its parents were after the first, as the kernel's own field says; false: that is not known. */
static bool tell_adoptions(const struct tree *t, int i, FILE *to)
{
	size_t low = 0, high = t->nr_adoptions;
	char name[160];

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->adoptions[middle].task < i)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < t->nr_adoptions && t->adoptions[high].task == i; high++) {
		const struct tree_adoption *a = &t->adoptions[high];

		add(to, "loses its parent at %.3f", ms(a->t_ns));
		if (a->by != TL_NONE)
			add(to, "adopted by %s",
			    lives_name(&t->l, a->by, name, sizeof(name), TREE_NAME_COLUMNS));
		else
			add(to, "adopted by %s %lld, outside the recording", a->comm, a->tid);
	}
	return high > low;
}

static void tell_orphan(const struct tree *t, int i, FILE *to)
{
	const struct tree_node *node = &t->nodes[i];
	int reaper = reaper_of(t, i);
	char name[160];

	if (tell_adoptions(t, i, to) || node->orphan_ns == TL_NEVER)
		return;
	add(to, "loses its parent at %.3f", ms(node->orphan_ns));
	if (reaper != TL_NONE)
		add(to, "adopted by %s",
		    lives_name(&t->l, reaper, name, sizeof(name), TREE_NAME_COLUMNS));
	else
		add(to, "adopted outside the recording or not reaped in it");
}

static void tell_end(const struct tree *t, int i, FILE *to)
{
	const struct tl_task *task = &t->l.t.tasks[i];
	const struct tree_node *node = &t->nodes[i];
	const char *each = node->members > 1 ? "each " : "";
	int reaper = reaper_of(t, i);
	char name[160], time[40], other[40];

	if (node->members > 1)
		add(to, "lived %s to %s", text_duration(time, sizeof(time), node->least_ns),
		    text_duration(other, sizeof(other), node->most_ns));
	if (task->exit_ns == TL_NEVER)
		add(to, "%salive at the end of the recording", each);
	else if (task->exit_signal)
		add(to, "%skilled by %s", each,
		    timeline_signal(name, sizeof(name), task->exit_signal));
	else if (tree_is_thread(t, i))
		add(to, "%sends", each);
	else
		add(to, "%sexit %lld", each, task->exit_code);
	if (task->exit_ns != TL_NEVER && node->members == 1)
		fprintf(to, " at %.3f", ms(task->exit_ns));
	if (tree_is_thread(t, i) || task->exit_ns == TL_NEVER)
		return;
	if (task->reaped_ns == TL_NEVER) {
		if (node->parent != TL_NONE && node->orphan_ns == TL_NEVER)
			add(to, "not reaped");
		return;
	}
	if (node->members == 1 && task->reaped_ns >= t->l.lives[i].end_ns)
		add(to, "zombie for %s",
		    text_duration(time, sizeof(time), task->reaped_ns - t->l.lives[i].end_ns));
	if (reaper == TL_NONE)
		add(to, "reaped");
	else
		add(to, "%sreaped by %s", each,
		    lives_name(&t->l, reaper, name, sizeof(name), TREE_NAME_COLUMNS));
}

void tree_facts(const struct tree *t, int i, FILE *to)
{
	tell_birth(t, i, to);
	tell_orphan(t, i, to);
	tell_end(t, i, to);
}
