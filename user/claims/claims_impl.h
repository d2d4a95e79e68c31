/* SPDX-License-Identifier: GPL-2.0 */
/* What the claims*.c share; nobody else includes it. */
#ifndef CLAIMS_IMPL_H
#define CLAIMS_IMPL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "claims/claims.h"
#include "claims/expr.h"
#include "claims/sandbox.h"

#define CLAIMS_MAX_FILE (1 << 20)
#define CLAIMS_MAX_LINE 4096
#define CLAIMS_MAX_PARAMS 32
#define CLAIMS_MAX_CLAIMS 256

/* "PATH:LINE: what" into WHY; gives -EINVAL. */
int claims_wrong(const struct claims *claims, int line, char *why, size_t why_size,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Fill CLAIMS from TEXT, a file's content that ends with a NUL.  SQL and expressions stay unread. */
int claims_parse(struct claims *claims, char *text, size_t size, char *why, size_t why_size);

/* Is there what no text file has?  Asked by claims_parse() before it looks at anything. */
int claims_check_bytes(const struct claims *claims, const char *text, size_t size, char *why,
		       size_t why_size);

/*
 * claims_note.c.  "SAID | PRINTED | MEASURED" as a note of CLAIM, or of the whole
 * file (NULL).  0, or -EINVAL with a sentence in WHY, or -ENOMEM.
 */
int claims_add_note(struct claims *claims, const struct claim *claim, const char *text, int line,
		    char *why, size_t why_size);

/*
 * Call FN for each SELECT in the notes of CLAIMS: not 0 ends it, and is
 * returned.  Before, what names a claim that is not there is -EINVAL.
 */
int claims_each_note_query(const struct claims *claims,
			   int (*fn)(const struct note *note, const char *sql, void *arg),
			   void *arg, char *why, size_t why_size);

/* What was measured, into each note's `measured`; BOX has been entered.  0 or -ENOMEM. */
int claims_measure_notes(struct claims *claims, struct sandbox *box);

/* Notes as rows of table note, in place of those that were there.  0 or -EIO. */
int claims_store_notes(const struct claims *claims, sqlite3 *db);

void claims_free_notes(struct claims *claims);

/* "pages = 25600   1..4194304   pages in the region" into *PARAM, freed by the caller also on error. */
int claims_parse_param(struct param *param, const char *text, char *why, size_t why_size);

/* Word of a parameter VALUE, checked against its range or choices, as claims_set() says. */
int claims_set_param(struct param *param, const char *value, char *why, size_t why_size);

/* May a parameter have this name? */
bool claims_name_is_reserved(const char *name);

/* What the conditions of a claim know beyond the parameters, after the run. */
struct claims_facts {
	int (*told)(const char *name, long long *number, void *arg);
	void *arg;
	bool asked;         /* told() or observed was looked at */
	long long observed; /* without its fraction; 0 for a text */
};

/*
 * Go through the provisos of CLAIM and of the whole file; the first that
 * strikes gives the verdict and reason of CLAIM.  FACTS NULL: before the run;
 * what asks for facts then waits.
 */
int claims_judge_provisos(const struct claims *claims, struct claim *claim,
			  struct claims_facts *facts, char *why, size_t why_size);

/* claims_trust.c.  What a claim's query read: sorts of records, as bits. */
struct claims_reads {
	unsigned int touched;
	bool frames;      /* table frame, which takes rights that not every machine gives */
	bool entry_kinds; /* asked for by name: kinds that are told apart by the page table */
};

/* How far the tables of a recording can be trusted. */
struct claims_trust {
	bool complete;
	bool ledger;              /* what the kernel counted in maps is all there */
	unsigned int lost;        /* sorts of records of which some are missing */
	char reason[256];         /* why not complete */
	char no_frames[256];      /* why table frame has not what was asked for; "": it has */
	char no_entry_kinds[256]; /* why no fault is of those kinds; "": they can be told */
};

/* 0 or -EIO. */
int claims_read_trust(sqlite3 *db, struct claims_trust *trust);

/* sandbox.on_read: a statement reads COLUMN of TABLE; ARG is a struct claims_reads. */
void claims_note_read(const char *table, const char *column, void *arg);

/* Note what the query SQL asks for by name. */
void claims_note_names(const char *sql, struct claims_reads *reads);

/* Is all that was read as it would be if nothing had been lost? */
bool claims_untouched(const struct claims_trust *trust, const struct claims_reads *reads);

/* An empty database with the tables of a recording.  0 or a negative errno. */
int claims_schema_open(sqlite3 **db);

/* Is each statement one SELECT of one column over the tables of a recording? */
int claims_check_sql(const struct claims *claims, char *why, size_t why_size);

/* Replace *FIELD by a copy of TEXT.  0 or -ENOMEM. */
int claims_replace(char **field, const char *text);

#endif
