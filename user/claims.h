/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A claims file (workloads/ID.sql): what an experiment shows, its parameters,
 * and its claims with their expected values.
 */
#ifndef CLAIMS_H
#define CLAIMS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct param {
	char *name;
	char *text;		/* what it means */
	bool is_word;		/* a word out of choices rather than a number */
	long long value, def, min, max;
	char *word, *def_word;
	char **choices;
	size_t nr_choices;
};

enum verdict { VERDICT_PENDING, VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_INCONCLUSIVE };

struct claim {
	char class;		/* 'E', 'B', 'S' */
	char *id, *text;
	char *phase;		/* or NULL */
	char *expect;		/* the expression's source */
	char *when;		/* condition over the parameters, or NULL */
	char *sql;
	int line;
	/* after claims_predict() */
	char *expected;		/* "25600", "<= 51200", "100..104" */
	/* after claims_check() */
	char *observed;
	enum verdict verdict;
	char *reason;
};

struct claims {
	char *id;		/* file name without ".sql" */
	char *path;
	char *title, *question, *lesson;
	char chapter;
	bool root;		/* needs root ... */
	char *root_why;		/* ... because */
	struct param *params;
	size_t nr_params;
	struct claim *claims;
	size_t nr_claims;
};

/*
 * Read PATH.  0, or -EINVAL with "FILE:LINE: what is wrong" in WHY, or another
 * negative errno.  The caller frees with claims_free(), also after an error.
 */
int claims_load(struct claims **claims, const char *path, char *why, size_t why_size);
void claims_free(struct claims *claims);

/* "pages=1024".  -ENOENT: no such parameter; -ERANGE; -EINVAL; sentence in WHY. */
int claims_set(struct claims *claims, const char *assignment, char *why, size_t why_size);

/* Compute each claim's expected value from the parameters, before the run. */
int claims_predict(struct claims *claims, char *why, size_t why_size);

/*
 * Run each claim's query on DB (read-only, bounded; see sandbox.h), compare,
 * and store the rows of table `claim`.  An incomplete recording (run.status)
 * never gives PASS for a claim of class E.
 */
int claims_check(struct claims *claims, sqlite3 *db, char *why, size_t why_size);

/*
 * Which tables and columns the claims read: calls FN("fault_count", "n", arg)
 * for each, from SQLite's own authorizer on an empty schema.  The tracer loads
 * the BPF programs that fill them.
 */
int claims_reads(const struct claims *claims,
		 void (*fn)(const char *table, const char *column, void *arg), void *arg);

#endif
