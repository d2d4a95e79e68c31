/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One run from the gate to the tables: recording, launch, tracing, draining,
 * correlation.  What is shown afterwards is the caller's.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

struct identity;
struct recording;

struct session_options {
	char *const *argv;               /* the command */
	const struct identity *identity; /* whom to run it as; NULL: as we are */
	unsigned int profile;            /* PROFILE_* of profile.h, for experiments; 0: none */
	unsigned int subjects;           /* SUBJECT_* of collect.h */
	bool every_fault;
	bool every_end;
	size_t ring_bytes;              /* 0: default */
	const char *output;             /* FILE.fl, or NULL for a temporary recording */
	const char *experiment;         /* id for run.experiment, or NULL */
	const char *const (*params)[2]; /* name, value; for run.param.NAME */
	size_t nr_params;
};

struct session_result {
	int exec_errno;          /* the command could not be executed: errno; 0 */
	const char *failed_step; /* of launch_release(), where exec_errno is not 0 */
	int status;              /* of the command as wait4 gave it */
	bool reaped;             /* status and rusage are valid */
	struct rusage rusage;
	bool cannot_trace; /* nothing was run: this kernel or user cannot trace */
};

/*
 * Run the command to the end of its tree and fill the recording's tables.
 * Returns 0, also when the command itself failed or events were lost (the
 * recording says so), or -errno with a sentence and its remedy in WHY.  *REC is
 * the caller's to close whenever it is not NULL.
 */
int session_run(const struct session_options *options, struct recording **rec,
		struct session_result *result, char *why, size_t why_size);

#endif
