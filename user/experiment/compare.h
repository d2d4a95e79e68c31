/* SPDX-License-Identifier: GPL-2.0 */
/* The claims of one experiment, run once clean and once with each source of noise, side by side. */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdio.h>

#include "claims/claims.h"

struct cli_record;
struct experiment;

struct compare_verdict {
	enum verdict verdict;
	char *observed, *reason; /* "" for none */
};

/* One run of it. */
struct compare_column {
	unsigned int source;              /* NOISE_* of noise.h; 0: clean */
	char *cannot;                     /* why there was no run, or NULL */
	struct compare_verdict *verdicts; /* by index into claims->claims; NULL: none came */
};

/* What claims_check() found, to OUT; read again by compare_read(). */
void compare_write(FILE *out, const struct claims *claims);

/* 0, -EPIPE where IN ends too early, or -ENOMEM.  The caller frees with compare_free(). */
int compare_read(FILE *in, const struct claims *claims, struct compare_column *column);
void compare_free(const struct claims *claims, struct compare_column *columns, size_t n);

/* Both tables: what each claim came to, then what broke and why. */
void compare_show(FILE *out, const struct claims *claims, const struct compare_column *columns,
		  size_t n, int width);

/*
 * Run E clean and with each of NOISE, NOISE_*, and show it.  The status of the
 * clean run; CLI_INCOMPLETE where that is good and a source could not be had.
 */
int compare_run(const struct experiment *e, const struct cli_record *record, unsigned int noise);

#endif
