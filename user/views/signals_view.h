/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals as a person sees them: who sent which to whom and why, how long it
 * waited, what became of it.  signals_why.c finds the reasons, signals_view.c
 * writes.
 */
#ifndef SIGNALS_VIEW_H
#define SIGNALS_VIEW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/report.h"
#include "report/timeline.h"

/* A row of table signal. */
struct sig {
	long long signo, code;
	int from, to; /* indexes of tasks */
	long long generated_ns, delivered_ns;
	char result[16], action[16];
};

/* A moment of a task that may explain a signal; see signals_why.c. */
struct sig_near;

struct sig_context {
	struct timeline *t;
	struct sig_near *near; /* by task, then time */
	size_t nr_near;
};

/* Read what happened around signals.  Errors are in t->error. */
void signals_context(struct sig_context *c, struct timeline *t);
void signals_context_release(struct sig_context *c);

/*
 * Why SIG was sent, into BUF: "kill()", "child 4712 exited with 0".  Returns the
 * same without what is particular to this one, and says whether the kernel sent it.
 */
const char *signals_cause(const struct sig_context *c, const struct sig *sig, bool *kernel,
			  char *buf, size_t size);

/* Whether its receiver had it blocked: it went on for more calls and took it later or never. */
bool signals_blocked(const struct sig_context *c, const struct sig *sig);

/* What it did: "handler runs", "killed it". */
const char *signals_outcome(const struct sig_context *c, const struct sig *sig);

int report_signals(sqlite3 *db, FILE *out, const struct report_style *style);

#endif
