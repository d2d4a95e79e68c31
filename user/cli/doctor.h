/* SPDX-License-Identifier: GPL-2.0 */
/* What this kernel and this user can do, and the remedy for what they cannot. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stddef.h>

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_INFO,    /* good to know: no remedy needed */
	DOCTOR_WARN,    /* something is less exact or is missing */
	DOCTOR_MISSING, /* tracing is impossible without it */
};

struct doctor_check {
	const char *name;
	enum doctor_level level;
	char found[512];
	char remedy[240]; /* empty where there is nothing to do */
};

/* Look at everything; the caller frees *CHECKS.  0 or -ENOMEM. */
int doctor_examine(struct doctor_check **checks, size_t *n);

/*
 * Only what must be there for tracing, and cheap to look at: 0, or -EPERM or
 * -ENOENT with "why; what to do" in WHY.
 */
int doctor_ready(char *why, size_t why_size);

#endif
