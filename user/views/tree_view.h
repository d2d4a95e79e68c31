/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tree of processes over time: who created, exec'd, waited for and reaped
 * whom, who lost its parent, and the threads apart.
 */
#ifndef TREE_VIEW_H
#define TREE_VIEW_H

#include <sqlite3.h>
#include <stdio.h>

#include "views/lives.h"
#include "report/report.h"
#include "views/states_view.h"

/* 0 or a negative errno, as the parts in report.h. */
int report_tree(sqlite3 *db, FILE *out, const struct report_style *style);

#define TREE_NAME_COLUMNS 16

struct tree_node {
	int parent, first_child, last_child; /* indexes of tasks; TL_NONE */
	int sibling;                         /* the next below the same parent */
	int next;                            /* ... that is drawn in a line of its own */
	int members;                         /* of the siblings drawn in this line */
	int last_member;
	long long ended_ns;          /* its process, with all threads; TL_NEVER: it did not */
	long long orphan_ns;         /* its parent's process ended; TL_NEVER: it did not */
	long long least_ns, most_ns; /* lives of the members */
	bool apart;                  /* a member of another's line */
};

/* A new parent, of whom the kernel told. */
struct tree_adoption {
	int task;
	int by;              /* index of a task; TL_NONE: outside the recording */
	long long t_ns, tid; /* when the old one ended; of the new one */
	char comm[4 * TREE_NAME_COLUMNS + 1];
};

struct tree {
	struct lives l;
	struct tree_adoption *adoptions; /* by task, then in the order of time */
	size_t nr_adoptions, room_adoptions;
	struct tree_node *nodes;
	int *roots; /* in the order of creation */
	size_t nr_roots;
	FILE *out;
	const struct report_style *style;
	struct states_slices slices;
	int label_columns, facts_columns;
	bool seen_thread, seen_orphan, seen_zombie, seen_exec;
};

static inline bool tree_is_thread(const struct tree *t, int i)
{
	return t->l.t.tasks[i].process != i;
}

/* tree_facts.c: what table reparent has.  0, -ENOMEM or -EIO. */
int tree_load_adoptions(struct tree *t);

/* "fork at 3.025, exit 0 at 98.345, ..." of task I, with a comma between, to TO. */
void tree_facts(const struct tree *t, int i, FILE *to);

#endif
