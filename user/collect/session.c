// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "collect/session.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collect/collect.h"
#include "correlate/correlate.h"
#include "base/identity.h"
#include "launch/launch.h"
#include "launch/mover.h"
#include "launch/profile.h"
#include "recording/recording.h"
#include "collect/refusal.h"
#include "record/subjects.h"

/* The command as one line, arguments with blanks in quotes. */
static void describe_command(char *buf, size_t size, char *const *argv)
{
	size_t used = 0;

	buf[0] = '\0';
	for (; *argv && used < size; argv++) {
		bool quote = !**argv || strpbrk(*argv, " \t\n'\"\\$&;|<>()*?");

		used += snprintf(buf + used, size - used, quote ? "%s'%s'" : "%s%s",
				 used ? " " : "", *argv);
	}
}

static int record_facts(struct recording *rec, const struct session_options *o)
{
	struct utsname system;
	char command[4096], subjects[128];
	int err;

	uname(&system);
	describe_command(command, sizeof(command), o->argv);
	err = recording_set(rec, "kernel", system.release);
	if (!err)
		err = recording_set(rec, "arch", system.machine);
	if (!err)
		err = recording_set_int(rec, "page_size", sysconf(_SC_PAGESIZE));
	if (!err)
		err = recording_set_int(rec, "cpus", get_nprocs());
	if (!err)
		err = recording_set(rec, "command", command);
	if (!err)
		err = recording_set(rec, "subjects",
				    subjects_words(subjects, sizeof(subjects), o->subjects));
	if (!err && o->experiment)
		err = recording_set(rec, "experiment", o->experiment);
	for (size_t i = 0; i < o->nr_params && !err; i++) {
		char key[128];

		snprintf(key, sizeof(key), "param.%s", o->params[i][0]);
		err = recording_set(rec, key, o->params[i][1]);
	}
	return err;
}

/* The file belongs to the user who called sudo, so it is made with that user's rights. */
static int create_recording(const struct session_options *o, const struct identity *owner,
			    struct recording **rec, char *why, size_t why_size)
{
	int err = identity_assume(owner);

	if (err) {
		snprintf(why, why_size, "cannot take the rights of user %s: %s", owner->name,
			 strerror(-err));
		return err;
	}
	err = recording_create(rec, o->output);
	if (!err)
		err = record_facts(*rec, o);
	if (identity_resume(owner) && !err)
		err = -EPERM;
	if (err)
		snprintf(why, why_size, "%s", *rec ? recording_error(*rec) : strerror(-err));
	return err;
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set); /* else anywhere: slower, not wrong */
}

/* What the kernel refused, as a sentence; returns its error. */
static int refused(const struct refusal *refusal, char *why, size_t why_size)
{
	struct refusal_place place = { 0 };

	refusal_look(&place, collect_compiler());
	refusal_sentence(why, why_size, refusal, &place);
	return refusal->err;
}

/* From a command that waits behind the gate to the end of its tree. */
static int trace(struct collect *c, struct launch *launch, const struct identity *owner,
		 struct session_result *result, char *why, size_t why_size)
{
	int err = collect_follow(c, launch->pid);

	if (err)
		return refused(&(struct refusal){ .step = REFUSAL_FOLLOW, .err = err }, why,
			       why_size);
	collect_hurry(c);
	err = identity_drop(owner, collect_reads_frames(c));
	if (err) {
		snprintf(why, why_size, "cannot give up the rights that are not needed: %s",
			 strerror(-err));
		return err;
	}
	result->exec_errno = -launch_release(launch, &result->failed_step);
	err = collect_run(c, launch->pid, launch->pidfd);
	if (identity_frames(IDENTITY_FRAMES_NEVER) && !err)
		err = -EPERM;
	result->reaped = collect_wait_status(c, &result->status, &result->rusage);
	if (!err)
		err = collect_finish(c);
	return err;
}

/* The records are in the file already: without its tables it is opened as one that was cut off. */
static int fill_tables(const struct session_options *o, struct recording *rec, char *why,
		       size_t why_size)
{
	int err = correlate(recording_db(rec), why, why_size);
	size_t used = strlen(why);

	if (err == -ENOSPC && o->output)
		snprintf(
			why + used, why_size - used,
			"; all records are kept: \"faultline show %s\" makes the tables again, in a "
			"temporary file",
			o->output);
	else if (err == -ENOSPC)
		snprintf(why + used, why_size - used,
			 "; free some space for temporary files, or record elsewhere with -o");
	return err;
}

int session_run(const struct session_options *o, struct recording **rec,
		struct session_result *result, char *why, size_t why_size)
{
	struct collect_options collecting = {
		.subjects = o->subjects,
		.every_fault = o->every_fault,
		.every_end = o->every_end,
		.ring_bytes = o->ring_bytes,
		.cpu = -1,
	};
	struct launch_options launching = {
		.argv = o->argv, .identity = o->identity, .profile = o->profile, .cpu = -1
	};
	struct launch launch = { .gate = -1, .error = -1, .pidfd = -1 };
	const struct identity_caller caller = identity_caller();
	struct refusal refusal = { 0 };
	struct identity *owner = NULL;
	struct collect *c = NULL;
	pid_t mover = 0;
	int err;

	*rec = NULL;
	if (o->profile)
		profile_cpus(&launching.cpu, &collecting.cpu);
	if (!(o->profile & PROFILE_PIN))
		launching.cpu = -1;
	err = identity_invoker(&owner, &caller, why, why_size);
	if (!err)
		err = create_recording(o, owner, rec, why, why_size);
	if (err)
		goto out;
	result->cannot_trace = true;
	err = collect_open(&c, &collecting, *rec);
	if (err)
		goto out;
	launching.barrier = collect_barrier(c);
	/* first, while there is little to copy: it gets ready meanwhile */
	err = launch_fork(&launch, &launching);
	if (!err)
		err = collect_arm(c, &refusal);
	if (refusal.step)
		refused(&refusal, why, why_size);
	if (!err)
		err = launch_ready(&launch);
	if (err) {
		if (!why[0])
			snprintf(why, why_size, "cannot start the command: %s", strerror(-err));
		goto out;
	}
	if (o->profile & PROFILE_MOVE) {
		mover = mover_start(launch.pid, launch.pidfd);
		if (mover < 0)
			launch.profile_missing |= PROFILE_MOVE;
	}
	stay_on(collecting.cpu);
	result->cannot_trace = false;
	if (o->profile) {
		char profile[256];

		err = recording_set(*rec, "profile",
				    profile_describe(profile, sizeof(profile), o->profile,
						     launching.cpu, launch.profile_missing));
	}
	if (!err)
		err = trace(c, &launch, owner, result, why, why_size);
	if (err && !why[0])
		snprintf(why, why_size, "%s", recording_error(*rec));
	collect_close(c);
	c = NULL;
	if (!err)
		err = fill_tables(o, *rec, why, why_size);
out:
	mover_stop(mover);
	collect_close(c);
	launch_abort(&launch);
	identity_free(owner);
	return err;
}
