// SPDX-License-Identifier: GPL-2.0
/* What is told of a task in the tree: how it came, what befell it, how it went. */
#include <stdarg.h>

#include "text.h"
#include "tree_view.h"

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
	char name[160], by[200] = "";

	/* only where it is not the one above it in the tree */
	if (task->creator != TL_NONE && task->creator != node->parent)
		snprintf(by, sizeof(by), " by %s",
			 lives_name(&t->l, task->creator, name, sizeof(name), TREE_NAME_COLUMNS));
	if (node->members > 1)
		add(to, "%s%s at %.3f to %.3f", task->made_by ? task->made_by : "?", by,
		    ms(task->start_ns), ms(t->l.t.tasks[node->last_member].start_ns));
	else
		add(to, "%s%s at %.3f", task->made_by ? task->made_by : "?", by,
		    ms(task->start_ns));
	if (task->exe && task->exec_ns != TL_NEVER && node->members > 1)
		add(to, "each exec %s", task->exe);
	else if (task->exe && task->exec_ns != TL_NEVER)
		add(to, "exec %s at %.3f", task->exe, ms(task->exec_ns));
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

static void tell_orphan(const struct tree *t, int i, FILE *to)
{
	const struct tree_node *node = &t->nodes[i];
	int reaper = reaper_of(t, i);
	char name[160];

	if (node->orphan_ns == TL_NEVER)
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
