// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "base/identity.h"
#include "base/message.h"
#include "recording/recording.h"
#include "collect/session.h"
#include "record/subjects.h"

static const struct argp_option options[] = {
	{ "user", 'u', "USER", 0, "run the command as USER", 0 },
	{ "quiet", 'q', NULL, 0, "only record: no timeline (with -o)", 0 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &cli_record_argp, 0, NULL, 0 },
	{ 0 },
};

static const char doc[] =
	"Trace COMMAND and all that it starts, and account for every page fault."
	"\vUnder sudo the command runs as the user who called sudo, with the PATH that sudo gives; "
	"for your own use: sudo env PATH=\"$PATH\" faultline trace ...\n"
	"The exit status is the command's own: 127 if it is not found, 126 if it cannot be "
	"executed, 128 + N if signal N killed it; 3 if it was 0 and the recording is incomplete.\n\n"
	"Examples:\n"
	"  sudo faultline trace -- ls -l\n"
	"  sudo faultline trace -o sort.fl -q -- sort big.txt > sorted.txt";

struct trace {
	struct cli_record record;
	const char *user;
	bool quiet;
	char **command;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace *trace = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &trace->record;
		return 0;
	case 'u':
		trace->user = arg;
		return 0;
	case 'q':
		trace->quiet = true;
		return 0;
	case ARGP_KEY_ARGS:
		trace->command = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (!trace->command)
			argp_error(state,
				   "no command to trace; give one as in: faultline trace -- ls -l");
		if (trace->user && trace->record.as_root)
			argp_error(state,
				   "-u and --as-root contradict each other; give one of them");
		if (trace->quiet && (trace->record.json || !trace->record.output))
			argp_error(state,
				   "--quiet only records; give it with -o FILE and without --json");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Says why the command could not be executed, and gives the status of a shell. */
static int not_executed(const char *command, const struct identity *id,
			const struct session_result *result)
{
	int error = result->exec_errno;
	const char *step = result->failed_step ? result->failed_step : "";

	if (!strcmp(step, "search") && error == ENOENT && strchr(command, '/')) {
		message("cannot run %s: there is no such file; check the path", command);
		return CLI_NOT_FOUND;
	}
	if (!strcmp(step, "search") && error == ENOENT) {
		message("cannot run %s: it is in no folder of PATH; give its path", command);
		return CLI_NOT_FOUND;
	}
	if (!strcmp(step, "search") && id) {
		message("cannot run %s: it is not a file that user %s may execute; make it one with "
			"chmod, or choose a user with -u",
			command, id->name);
		return CLI_NOT_EXECUTABLE;
	}
	if (!strcmp(step, "search")) {
		message("cannot run %s: it is not a file that you may execute; make it one with chmod",
			command);
		return CLI_NOT_EXECUTABLE;
	}
	if (!strcmp(step, "execve") && error == ENOENT) {
		message("cannot run %s: the interpreter that it names is not there; install it, or "
			"correct the first line of the script",
			command);
		return CLI_NOT_FOUND;
	}
	if (!strcmp(step, "execve")) {
		message("cannot run %s: %s; try it without faultline", command, strerror(error));
		return CLI_NOT_EXECUTABLE;
	}
	if (id)
		message("cannot run %s as user %s: %s: %s; choose a user with -u", command,
			id->name, step, strerror(error));
	else
		message("cannot run %s: %s: %s", command, step, strerror(error));
	return CLI_CANNOT;
}

/* As a shell gives it; where that would be "all is well", what faultline has to say. */
static int final_status(const struct session_result *result, struct recording *rec)
{
	if (result->reaped && WIFSIGNALED(result->status))
		return CLI_SIGNALLED + WTERMSIG(result->status);
	if (result->reaped && WEXITSTATUS(result->status))
		return WEXITSTATUS(result->status);
	return result->reaped && rec && cli_is_complete(rec) ? CLI_OK : CLI_INCOMPLETE;
}

static int trace_command(const struct trace *trace, const struct identity *id)
{
	struct session_options options = {
		.argv = trace->command,
		.identity = id,
		.subjects = SUBJECT_DEFAULT,
	};
	struct session_result result = { 0 };
	struct recording *rec = NULL;
	int status, err;

	status = cli_prepare(&options, &trace->record);
	if (status)
		return status;
	err = cli_session(&options, trace->record.json, &rec, &result);
	if (result.exec_errno)
		status = not_executed(trace->command[0], id, &result);
	else if (err && !result.reaped)
		status = result.cannot_trace ? CLI_CANNOT : CLI_USAGE;
	else
		status = final_status(&result, err ? NULL : rec);
	if (!err && !result.exec_errno && !trace->quiet && cli_report(rec, &trace->record) &&
	    !status)
		status = CLI_INCOMPLETE;
	return cli_close_recording(rec, err, status);
}

int cmd_trace(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[--] COMMAND [ARGUMENT...]",
		.doc = doc,
		.children = children,
	};
	struct trace trace = { 0 };
	struct identity *id;
	int status;

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &trace);
	status = cli_choose_identity(&id, trace.user, trace.record.as_root);
	if (status)
		return status;
	status = trace_command(&trace, id);
	identity_free(id);
	return status;
}
