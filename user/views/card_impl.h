/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of card.h alone. */
#ifndef CARD_IMPL_H
#define CARD_IMPL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "views/card.h"
#include "views/lives.h"

struct card {
	struct lives l;
	int task;
	long long row;  /* of table card: the moment that is shown; 0: none */
	long long t_ns; /* of it */
	bool barrier;   /* somebody waited at one then: mappings and files are known */
	sqlite3 *db;
	FILE *out;
	const struct report_style *style;
	const struct btf *btf;
	int value_columns;
};

enum card_form {
	CARD_TEXT,
	CARD_COUNT,
	CARD_MOMENT,   /* ns since the run's start */
	CARD_DURATION, /* ns */
	CARD_TASK,     /* an id of table task */
	CARD_PARENT,   /* the same, a tid, and the id at the start */
	CARD_STATE,    /* __state */
	CARD_ADDRESSES,
	CARD_FLAGS,   /* of task_struct */
	CARD_SIGNALS, /* a set */
	CARD_CPUS,    /* a set */
};

/*
 * A field of task_struct, or of what it points to ("mm->brk"), what it is for, and
 * its value: one or more expressions over row t of table task and row k of table
 * card, which are NULL where there is no card.  One without a name heads a section.
 */
struct card_field {
	const char *name, *what;
	enum card_form form;
	const char *sql;
};

extern const struct card_field card_fields[];
extern const size_t card_nr_fields;

/* Choose the moment: the last of PHASE, or of all if that is NULL.  As card_render(). */
int card_choose(struct card *c, const char *phase, char *why, size_t why_size);

/* "at the start of phase write, 3.025 ms". */
char *card_moment(const struct card *c, char *buf, size_t size);

/* What FIELD had; *KNOWN false: the recording does not say.  0 or a negative errno. */
int card_value(const struct card *c, const struct card_field *field, char *buf, size_t size,
	       bool *known);

/* card_map.c: the address space, and the open files where they are known.  0 or a negative errno. */
int card_map(const struct card *c);

#endif
