/* SPDX-License-Identifier: GPL-2.0 */
/* One experiment from its prediction to its verdicts, as the command `run` shows it. */
#ifndef EXPERIMENT_H
#define EXPERIMENT_H

#include <stdbool.h>
#include <stdio.h>

struct cli_record;
struct claims;
struct experiment;

struct experiment_how {
	unsigned int profile; /* PROFILE_* of profile.h */
	const char *program;  /* in place of its own; NULL */
	bool quiz;            /* ask before, compare after (quiz.h) */
	FILE *verdicts; /* where they go in place of the report, as compare.h reads them; NULL */
};

/* Question, parameters and expected values, to stdout. */
void experiment_predict(const struct experiment *e);

/* The same without what is expected, to OUT. */
void experiment_introduce(const struct experiment *e, FILE *out);

/* Predict, run, check, show.  The exit status, after messages about what went wrong. */
int experiment_run(const struct experiment *e, const struct cli_record *record,
		   const struct experiment_how *how);

#endif
