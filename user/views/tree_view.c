// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "base/text.h"
#include "report/timeline_draw.h"
#include "views/tree_view.h"

#define MOST_LEVELS 10 /* drawn; above them a mark */
#define LEAST_LABEL 16
#define LEAST_BAR 10
#define MOST_BAR 60
#define LEAST_FACTS 28
#define FOLD_LINES 40 /* as many tasks are drawn one by one */
#define FOLD_LEAST 4  /* siblings alike that become one line */

static void hang(struct tree *t, int i, int below)
{
	struct tree_node *node = &t->nodes[i], *parent;

	node->parent = below;
	if (below == TL_NONE) {
		t->roots[t->nr_roots++] = i;
		return;
	}
	parent = &t->nodes[below];
	if (parent->last_child == TL_NONE)
		parent->first_child = i;
	else
		t->nodes[parent->last_child].next = t->nodes[parent->last_child].sibling = i;
	parent->last_child = i;
}

/* A process stands below the process of its parent, a thread below its own. */
static int build(struct tree *t)
{
	size_t count = t->l.t.nr_tasks;
	const struct tl_task *tasks = t->l.t.tasks;

	t->nodes = calloc(count + 1, sizeof(*t->nodes));
	t->roots = calloc(count + 1, sizeof(*t->roots));
	if (!t->nodes || !t->roots)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		t->nodes[i] = (struct tree_node){
			.parent = TL_NONE,
			.first_child = TL_NONE,
			.last_child = TL_NONE,
			.sibling = TL_NONE,
			.next = TL_NONE,
			.members = 1,
			.last_member = (int)i,
			.ended_ns = tasks[i].exit_ns,
			.orphan_ns = TL_NEVER,
			.least_ns = t->l.lives[i].end_ns - t->l.lives[i].start_ns,
			.most_ns = t->l.lives[i].end_ns - t->l.lives[i].start_ns,
		};
	for (int threads = 1; threads >= 0; threads--)
		for (size_t i = 0; i < count; i++)
			if (tree_is_thread(t, (int)i) == threads)
				hang(t, (int)i,
				     threads                    ? tasks[i].process :
				     tasks[i].parent == TL_NONE ? TL_NONE :
								  tasks[tasks[i].parent].process);
	for (size_t i = 0; i < count; i++) {
		long long *ended = &t->nodes[tasks[i].process].ended_ns;

		if (*ended != TL_NEVER &&
		    (tasks[i].exit_ns == TL_NEVER || tasks[i].exit_ns > *ended))
			*ended = tasks[i].exit_ns;
	}
	for (size_t i = 0; i < count; i++) {
		struct tree_node *node = &t->nodes[i];
		long long ended = node->parent == TL_NONE ? TL_NEVER :
							    t->nodes[node->parent].ended_ns;

		if (tree_is_thread(t, (int)i) || ended == TL_NEVER)
			continue;
		if (node->ended_ns == TL_NEVER || ended < node->ended_ns)
			node->orphan_ns = ended;
	}
	return 0;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool alike(const struct tree *t, int a, int b)
{
	const struct tl_task *one = &t->l.t.tasks[a], *two = &t->l.t.tasks[b];

	return t->nodes[a].first_child == TL_NONE && t->nodes[b].first_child == TL_NONE &&
	       tree_is_thread(t, a) == tree_is_thread(t, b) && same(one->name, two->name) &&
	       same(one->made_by, two->made_by) && same(one->exe, two->exe) &&
	       one->creator == two->creator && one->exit_code == two->exit_code &&
	       one->exit_signal == two->exit_signal && one->reaper == two->reaper &&
	       (one->exit_ns == TL_NEVER) == (two->exit_ns == TL_NEVER) &&
	       (one->reaped_ns == TL_NEVER) == (two->reaped_ns == TL_NEVER) &&
	       (t->nodes[a].orphan_ns == TL_NEVER) == (t->nodes[b].orphan_ns == TL_NEVER);
}

/* Siblings one after the other that are alike become one line, if they are many. */
static void fold(struct tree *t, int first)
{
	for (int i = first; i != TL_NONE;) {
		struct tree_node *node = &t->nodes[i];
		int next = node->next, members = 1;

		while (next != TL_NONE && alike(t, i, next)) {
			members++;
			next = t->nodes[next].next;
		}
		if (members < FOLD_LEAST) {
			i = node->next;
			continue;
		}
		for (int other = node->next; other != next; other = t->nodes[other].next) {
			const struct tree_node *that = &t->nodes[other];

			t->nodes[other].apart = true;
			node->last_member = other;
			if (that->least_ns < node->least_ns)
				node->least_ns = that->least_ns;
			if (that->most_ns > node->most_ns)
				node->most_ns = that->most_ns;
		}
		node->members = members;
		node->next = next;
		i = next;
	}
}

/* "| |- " for the levels above, LAST for the one of the task itself. */
static void print_branches(const struct tree *t, int i, bool below)
{
	const char *const *marks;
	static const char *const utf8[] = { "│ ", "  ", "├ ", "└ ", "…" };
	static const char *const ascii[] = { "| ", "  ", "|-", "`-", "~" };
	int path[MOST_LEVELS], levels = 0;

	marks = t->style->utf8 ? utf8 : ascii;
	for (int up = i; t->nodes[up].parent != TL_NONE; up = t->nodes[up].parent) {
		if (levels == MOST_LEVELS) {
			fputs(below ? " " : marks[4], t->out);
			break;
		}
		path[levels++] = up;
	}
	while (levels-- > 0) {
		bool more = t->nodes[path[levels]].next != TL_NONE;

		if (levels > 0 || below)
			fputs(marks[more ? 0 : 1], t->out);
		else
			fputs(marks[more ? 2 : 3], t->out);
	}
}

static int branch_columns(const struct tree *t, int i)
{
	int levels = 0;

	for (int up = i; t->nodes[up].parent != TL_NONE; up = t->nodes[up].parent)
		if (levels++ == MOST_LEVELS)
			return 2 * MOST_LEVELS + 1;
	return 2 * levels;
}

static char *label(const struct tree *t, int i, char *buf, size_t size)
{
	const struct tree_node *node = &t->nodes[i];
	char name[160];

	if (node->members > 1)
		snprintf(buf, size, "%s%d x %s", tree_is_thread(t, i) ? "+" : "", node->members,
			 timeline_task(&t->l.t, i, TREE_NAME_COLUMNS, name, sizeof(name)));
	else
		snprintf(buf, size, "%s%s", tree_is_thread(t, i) ? "+" : "",
			 lives_name(&t->l, i, name, sizeof(name), TREE_NAME_COLUMNS));
	return buf;
}

static void fill(const struct tree *t, const char **cells, long long start_ns, long long end_ns,
		 const char *with)
{
	const struct states_slices *s = &t->slices;

	for (int x = 0; x < s->columns; x++)
		if (states_edge(s, x) < end_ns && states_edge(s, x + 1) > start_ns)
			cells[x] = with;
}

/* A life from left to right: with its parent, without it, as a zombie; where it called exec. */
static void print_bar(struct tree *t, int i)
{
	static const char *const utf8[] = { "━", "╍", "─" };
	static const char *const ascii[] = { "=", "~", "-" };
	const char *const *marks = t->style->utf8 ? utf8 : ascii;
	const char *cells[MOST_BAR];

	for (int x = 0; x < t->slices.columns; x++)
		cells[x] = " ";
	for (int n = i;; n = t->nodes[n].sibling) {
		const struct tl_task *task = &t->l.t.tasks[n];
		const struct life *life = &t->l.lives[n];
		long long orphan = t->nodes[n].orphan_ns;
		const char *mark = marks[tree_is_thread(t, n) ? 2 : 0];

		if (task->reaped_ns != TL_NEVER && task->reaped_ns > life->end_ns)
			fill(t, cells, life->end_ns, task->reaped_ns, "z");
		fill(t, cells, life->start_ns, life->end_ns, mark);
		if (orphan != TL_NEVER)
			fill(t, cells, orphan, life->end_ns, marks[1]);
		if (task->exec_ns != TL_NEVER && task->exe && t->nodes[i].members == 1)
			fill(t, cells, task->exec_ns, task->exec_ns + 1, "e");
		if (n == t->nodes[i].last_member)
			break;
	}
	for (int x = 0; x < t->slices.columns; x++) {
		fputs(cells[x], t->out);
		t->seen_zombie |= *cells[x] == 'z';
		t->seen_exec |= *cells[x] == 'e';
		t->seen_orphan |= cells[x] == marks[1];
		t->seen_thread |= cells[x] == marks[2];
	}
}

static int print_node(struct tree *t, int i)
{
	int left = t->label_columns - branch_columns(t, i);
	char text[200], *facts = NULL;
	const char *next, *rest;
	size_t size, bytes;
	FILE *memory = open_memstream(&facts, &size);

	if (!memory)
		return -ENOMEM;
	tree_facts(t, i, memory);
	if (fclose(memory)) {
		free(facts);
		return -ENOMEM;
	}
	rest = facts;
	print_branches(t, i, false);
	fputs(report_ink(t->style, tree_is_thread(t, i) ? REPORT_PLAIN : REPORT_BOLD), t->out);
	text_escape_for(text, sizeof(text), label(t, i, (char[200]){ 0 }, 200), left > 0 ? left : 1,
			t->style->utf8);
	text_pad(t->out, text, left);
	fprintf(t->out, "%s ", report_ink(t->style, REPORT_PLAIN));
	print_bar(t, i);
	putc(' ', t->out);
	bytes = timeline_line(rest, t->facts_columns, &next);
	fprintf(t->out, "%.*s\n", (int)bytes, rest);
	for (rest = next; *rest; rest = next) {
		int first = t->nodes[i].first_child;

		bytes = timeline_line(rest, t->facts_columns, &next);
		if (!bytes)
			break;
		print_branches(t, i, true);
		/* the line to the children, if there are any */
		text_pad(t->out, first == TL_NONE ? "" : t->style->utf8 ? "│" : "|", left);
		fprintf(t->out, "%*s%.*s\n", t->slices.columns + 2, "", (int)bytes, rest);
	}
	free(facts);
	return 0;
}

/* The task after I from top to bottom, TL_NONE after the last of its root. */
static int following(const struct tree *t, int i)
{
	if (t->nodes[i].first_child != TL_NONE)
		return t->nodes[i].first_child;
	while (i != TL_NONE && t->nodes[i].next == TL_NONE)
		i = t->nodes[i].parent;
	return i == TL_NONE ? TL_NONE : t->nodes[i].next;
}

/* Columns for label, bar and facts. */
static void lay_out(struct tree *t)
{
	int width = t->style->width ? t->style->width : 160, most;
	char text[200];

	t->label_columns = LEAST_LABEL;
	for (size_t i = 0; i < t->l.t.nr_tasks; i++) {
		int columns = branch_columns(t, (int)i) +
			      text_width(label(t, (int)i, text, sizeof(text)));

		if (!t->nodes[i].apart && columns > t->label_columns)
			t->label_columns = columns;
	}
	most = width - LEAST_BAR - LEAST_FACTS - 2;
	if (t->label_columns > most)
		t->label_columns = most;
	t->slices.begin_ns = t->l.begin_ns;
	t->slices.span_ns = t->l.end_ns > t->l.begin_ns ? t->l.end_ns - t->l.begin_ns : 1;
	t->slices.columns = (width - t->label_columns) / 3;
	if (t->slices.columns > MOST_BAR)
		t->slices.columns = MOST_BAR;
	if (t->slices.columns < LEAST_BAR)
		t->slices.columns = LEAST_BAR;
	t->facts_columns = t->style->width ? width - t->label_columns - t->slices.columns - 2 :
					     1000;
}

static void print_legend(const struct tree *t)
{
	char text[300];

	snprintf(text, sizeof(text), "%s alive%s%s%s%s", t->style->utf8 ? "━" : "=",
		 t->seen_thread ? t->style->utf8 ? "   ─ + thread" : "   - + thread" : "",
		 t->seen_exec ? "   e exec" : "",
		 t->seen_orphan ?
			 t->style->utf8 ? "   ╍ without its parent" : "   ~ without its parent" :
			 "",
		 t->seen_zombie ? "   z zombie" : "");
	fprintf(t->out, "\n%s", report_ink(t->style, REPORT_DIM));
	report_wrap(t->out, t->style, text, 0, 2);
	fputs(report_ink(t->style, REPORT_PLAIN), t->out);
}

static int print_tree(struct tree *t)
{
	states_print_axis(&t->slices, t->out, t->style, t->label_columns + 1);
	for (size_t n = 0; n < t->nr_roots; n++)
		for (int i = t->roots[n]; i != TL_NONE; i = following(t, i)) {
			int err = print_node(t, i);

			if (err)
				return err;
		}
	print_legend(t);
	return 0;
}

int report_tree(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct tree t = { .out = out, .style = style };
	int err = lives_load(&t.l, db, style);

	errno = 0;
	if (!err)
		err = build(&t);
	if (!err)
		err = tree_load_adoptions(&t);
	if (!err && t.l.t.nr_tasks > FOLD_LINES)
		for (size_t i = 0; i < t.l.t.nr_tasks; i++)
			fold(&t, t.nodes[i].first_child);
	if (!err && t.l.t.nr_tasks) {
		lay_out(&t);
		err = print_tree(&t);
	}
	free(t.adoptions);
	free(t.nodes);
	free(t.roots);
	lives_free(&t.l);
	return err ? err : report_flush(out);
}
