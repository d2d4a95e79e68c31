// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiment/catalogue.h"
#include "cli/doctor.h"
#include "base/identity.h"
#include "launch/launch.h"
#include "base/message.h"
#include "recording/recording.h"
#include "report/report.h"
#include "collect/session.h"

enum { OPT_JSON = 0x100, OPT_EVERY_FAULT, OPT_EVERY_END, OPT_RING_SIZE, OPT_AS_ROOT };

static const struct argp_option record_options[] = {
	{ "output", 'o', "FILE", 0, "keep the recording in FILE", 0 },
	{ "json", OPT_JSON, NULL, 0,
	  "one JSON document instead of text; what the command writes to stdout goes to stderr",
	  0 },
	{ "every-fault", OPT_EVERY_FAULT, NULL, 0,
	  "record the time of each fault, not of runs of them", 0 },
	{ "every-end", OPT_EVERY_END, NULL, 0,
	  "as --every-fault, and how long each took, not a sample of them", 0 },
	{ "ring-size", OPT_RING_SIZE, "SIZE[K|M]", 0,
	  "of the buffer between kernel and recording: a power of two", 0 },
	{ "as-root", OPT_AS_ROOT, NULL, 0, "run as root and not as the user who called sudo", 0 },
	{ 0 },
};

int cli_size(const char *text, size_t *bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);
	unsigned long long n, unit = 1;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end == 'K' || *end == 'k')
		unit = 1ULL << 10;
	else if (*end == 'M' || *end == 'm')
		unit = 1ULL << 20;
	if (unit > 1)
		end++;
	/* The kernel's limit, too: the size of a ring buffer is a 32-bit number (bpf_attr). */
	if (errno || *end || n > (1ULL << 31) / unit)
		return -EINVAL;
	n *= unit;
	if (n < page || n & (n - 1))
		return -EINVAL;
	*bytes = n;
	return 0;
}

static error_t parse_record(int key, char *arg, struct argp_state *state)
{
	struct cli_record *record = state->input;

	switch (key) {
	case 'o':
		record->output = arg;
		return 0;
	case OPT_JSON:
		record->json = true;
		return 0;
	case OPT_EVERY_FAULT:
		record->every_fault = true;
		return 0;
	case OPT_EVERY_END:
		record->every_fault = true;
		record->every_end = true;
		return 0;
	case OPT_AS_ROOT:
		record->as_root = true;
		return 0;
	case OPT_RING_SIZE:
		if (cli_size(arg, &record->ring_bytes))
			argp_error(
				state,
				"--ring-size %s: not a size; give a power of two of at least a page, "
				"as 64K or 16M",
				arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_record_argp = { .options = record_options, .parser = parse_record };

int cli_close_stdout(int status)
{
	static bool said;

	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (!said)
		message("cannot write to stdout: %s; what you see of the result is not all of it",
			strerror(errno));
	said = true;
	return status ? status : CLI_INCOMPLETE;
}

int cli_cannot(const char *what, const char *why)
{
	if (ferror(stdout))
		return CLI_INCOMPLETE;
	message("cannot %s: %s", what, why);
	return CLI_USAGE;
}

int cli_choose_identity(struct identity **id, const char *user, bool as_root)
{
	struct identity_caller caller = identity_caller();
	struct identity *invoker;
	char why[256];
	int err = identity_choose(id, &caller, user, as_root, why, sizeof(why));

	if (err) {
		message("%s", why);
		return err == -EPERM ? CLI_CANNOT : CLI_USAGE;
	}
	/* Told whom to run as, we need not know who called sudo: the recording is then root's. */
	if (identity_invoker(&invoker, &caller, why, sizeof(why))) {
		unsetenv("SUDO_UID");
		unsetenv("SUDO_GID");
		unsetenv("SUDO_USER");
	}
	identity_free(invoker);
	return CLI_OK;
}

int cli_open_catalogue(struct catalogue **catalogue, char *const *only)
{
	struct identity_caller caller = identity_caller();
	struct identity *invoker;
	char why[256];
	int err;

	*catalogue = NULL;
	/* Where it is not known who called, cli_choose_identity() says so before anything runs. */
	if (identity_invoker(&invoker, &caller, why, sizeof(why)))
		invoker = NULL;
	err = identity_assume(invoker);
	if (!err) {
		err = catalogue_open(catalogue, only);
		if (identity_resume(invoker))
			err = -EPERM;
	}
	if (err)
		message("cannot look for experiments: %s", strerror(-err));
	identity_free(invoker);
	return err ? CLI_CANNOT : CLI_OK;
}

int cli_drop_privileges(void)
{
	struct identity_caller caller = identity_caller();
	struct identity *id;
	char why[256];
	int err;

	if (identity_invoker(&id, &caller, why, sizeof(why))) {
		message("cannot tell who called sudo: SUDO_UID, SUDO_GID and SUDO_USER do not fit the "
			"password database; start this command without sudo");
		return CLI_CANNOT;
	}
	if (!id)
		return CLI_OK;
	err = identity_drop(id, false);
	if (err)
		message("cannot become user %s: %s; start faultline without sudo", id->name,
			strerror(-err));
	identity_free(id);
	return err ? CLI_CANNOT : CLI_OK;
}

int cli_open_recording(struct recording **rec, const char *path)
{
	int status = cli_drop_privileges(), err;

	*rec = NULL;
	if (status)
		return status;
	err = recording_open(rec, path);
	if (!err)
		return CLI_OK;
	if (*rec)
		message("%s", recording_error(*rec));
	else
		message("cannot open %s: %s", path, strerror(-err));
	recording_close(*rec);
	*rec = NULL;
	return CLI_USAGE;
}

int cli_prepare(struct session_options *options, const struct cli_record *record)
{
	char why[512];

	if (doctor_ready(why, sizeof(why))) {
		message("cannot trace: %s", why);
		return CLI_CANNOT;
	}
	options->every_fault = record->every_fault;
	options->every_end = record->every_end;
	options->ring_bytes = record->ring_bytes;
	options->output = record->output;
	return CLI_OK;
}

int cli_session(const struct session_options *options, bool json, struct recording **rec,
		struct session_result *result)
{
	int saved = json ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1, err;
	char why[512] = "";

	if (saved >= 0)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	launch_hold_signals();
	err = session_run(options, rec, result, why, sizeof(why));
	launch_restore_signals();
	if (saved >= 0) {
		dup2(saved, STDOUT_FILENO);
		close(saved);
	}
	if (err && why[0])
		message("%s", why);
	else if (err)
		message("the run failed: %s; \"faultline doctor\" shows what this system can do",
			strerror(-err));
	/* A command that outlives its recording is still waited for, as without faultline. */
	if (err && !result->reaped)
		result->reaped = wait4(-1, &result->status, 0, &result->rusage) > 0;
	return err;
}

bool cli_is_complete(struct recording *rec)
{
	sqlite3_stmt *stmt;
	bool complete = false;

	if (sqlite3_prepare_v2(recording_db(rec),
			       "SELECT 1 FROM run WHERE key = 'status' AND value = 'complete'", -1,
			       &stmt, NULL) == SQLITE_OK)
		complete = sqlite3_step(stmt) == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return complete;
}

int cli_report(struct recording *rec, const struct cli_record *record)
{
	struct report_style style = report_style_for(stdout);
	int err;

	style.file = record->output;
	if (record->whole)
		style.rows = 0;
	if (record->json)
		err = report_json(recording_db(rec), stdout);
	else
		err = report_text(recording_db(rec), stdout, &style);
	return err ? cli_cannot("show the recording", strerror(-err)) : CLI_OK;
}

int cli_close_recording(struct recording *rec, bool failed, int status)
{
	int err = recording_close(rec);

	if (!err || failed)
		return status;
	message("cannot finish the recording: %s; make room where it is written", strerror(-err));
	return status ? status : CLI_INCOMPLETE;
}

static error_t parse_json_only(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	switch (key) {
	case OPT_JSON:
		*json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "takes no argument");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

bool cli_asks_for_json(int argc, char **argv, const char *doc)
{
	static const struct argp_option options[] = {
		{ "json", OPT_JSON, NULL, 0, "one JSON document instead of text", 0 },
		{ 0 },
	};
	const struct argp argp = { .options = options, .parser = parse_json_only, .doc = doc };
	bool json = false;

	argp_parse(&argp, argc, argv, 0, NULL, &json);
	return json;
}
