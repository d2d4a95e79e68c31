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

#include "claims/expr.h"

struct param {
	char *name;
	char *text;   /* what it means */
	bool is_word; /* a word out of choices rather than a number */
	long long value, def, min, max;
	char *word, *def_word;
	char **choices;
	size_t nr_choices;
};

enum verdict { VERDICT_PENDING, VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_INCONCLUSIVE };

/* "needs: CONDITION  REASON" and "inconclusive: CONDITION  REASON". */
struct proviso {
	enum verdict verdict; /* what it leads to: VERDICT_SKIP or VERDICT_INCONCLUSIVE */
	char *condition, *reason;
	int line;
};

struct claim {
	char class; /* 'E', 'B', 'S' */
	char *id, *text;
	char *phase;  /* or NULL */
	char *expect; /* the expression's source */
	char *when;   /* condition over the parameters, or NULL */
	char *sql;
	struct proviso *provisos;
	size_t nr_provisos;
	int line, expect_line, when_line, sql_line;
	/* after claims_predict() */
	bool applies; /* `when` holds; otherwise leave the claim out */
	struct expect expect_value;
	char *expected; /* "25600", "<= 51200", "100..104" */
	/* after claims_check() */
	char *observed;
	enum verdict verdict;
	char *reason;
};

/* What course notes say, beside what was measured. */
struct note {
	char *said, *printed; /* printed: their figures, or NULL */
	char *source;         /* of `measured`: {CLAIM-ID} and {SELECT ...} stand for values */
	size_t claim;         /* index of the claim that it belongs to, or NO_CLAIM */
	int line;
	char *measured; /* after claims_check(); NULL: the note is not about this run */
};
#define NO_CLAIM ((size_t)-1)

struct claims {
	char *id; /* file name without ".sql" */
	char *path;
	char *title, *question, *lesson;
	char chapter;
	bool root;      /* needs root ... */
	char *root_why; /* ... because */
	char *show;     /* what the report has besides: "memory", or NULL */
	int query_ms;   /* most that the query of a claim may take */
	char *memory;   /* expression: bytes that it needs; NULL: little */
	int memory_line;
	struct param *params;
	size_t nr_params;
	struct proviso *provisos; /* of every claim */
	size_t nr_provisos;
	struct claim *claims;
	size_t nr_claims;
	struct note *notes;
	size_t nr_notes;
	/* what cpus and page_size mean in expressions: this machine's, from claims_load() on */
	long long cpus, page_size;
};

/*
 * Read PATH.  0, or -EINVAL with "FILE:LINE: what is wrong" in WHY, or another
 * negative errno.  The caller frees with claims_free(), also after an error.
 */
int claims_load(struct claims **out, const char *path, char *why, size_t why_size);
void claims_free(struct claims *claims);

/* "pages=1024".  -ENOENT: no such parameter; -ERANGE; -EINVAL; sentence in WHY. */
int claims_set(struct claims *claims, const char *assignment, char *why, size_t why_size);

/*
 * Compute each claim's expected value from the parameters, before the run, and
 * which claims apply.  The verdict is then VERDICT_SKIP, with its reason, where
 * it is known already that something needed is missing; else VERDICT_PENDING.
 * claims_load() does it for the defaults; call it again after claims_set().
 */
int claims_predict(struct claims *claims, char *why, size_t why_size);

/*
 * Is there memory for a run with these parameters, of which AVAILABLE bytes can be
 * had?  0, or -ENOMEM with a sentence in WHY that names a parameter and the
 * largest value that fits, where there is one.
 */
int claims_fit(const struct claims *claims, long long available, char *why, size_t why_size);

/*
 * What SOURCE, written as behind "-- expect:", is with these parameters.  0, or
 * -EINVAL with half a sentence in WHY.
 */
int claims_evaluate(const struct claims *claims, const char *source, struct expect *value,
		    char *why, size_t why_size);

/*
 * Run each claim's query on DB (read-only, bounded; see sandbox.h), compare,
 * and store the rows of tables `claim` and `note`, in place of those that were there.  An
 * incomplete recording (run.status) gives neither PASS nor FAIL to a claim that
 * the loss could have touched, and one of a workload that was killed or failed
 * (run.wait_status) to none, nor does a query that took too long.  One that reads table frame is skipped where
 * run.frames says that frames could not be read, and one that names a kind that is told by the page table
 * where run.page_tables says that it could not.
 */
int claims_check(struct claims *claims, sqlite3 *db, char *why, size_t why_size);

/*
 * Which tables and columns the claims read: calls FN("fault_count", "n", arg)
 * for each, from SQLite's own authorizer on an empty schema.  The tracer loads
 * the BPF programs that fill them.  Claims that do not apply are left out; a
 * column may come more than once; "" stands for a table of which no column is
 * read, as in count(*).  0 or a negative errno.
 */
int claims_reads(const struct claims *claims,
		 void (*fn)(const char *table, const char *column, void *arg), void *arg);

#endif
