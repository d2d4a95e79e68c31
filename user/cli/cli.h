/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands have in common. */
#ifndef CLI_H
#define CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

struct catalogue;
struct identity;
struct recording;
struct session_options;
struct session_result;

/* Exit statuses; `trace` gives the command's own where it has one. */
enum {
	CLI_OK = 0,
	CLI_CLAIM_FAILED = 1,
	CLI_USAGE = 2,
	CLI_INCOMPLETE = 3, /* or inconclusive */
	CLI_CANNOT = 4,     /* trace here */
	CLI_NOT_EXECUTABLE = 126,
	CLI_NOT_FOUND = 127,
	CLI_SIGNALLED = 128, /* plus the signal */
};

/* Each takes its own name as argv[0] and returns the exit status. */
int cmd_list(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_query(int argc, char **argv);
int cmd_mark(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/* The options of everything that records; ARGP->children entry with this as input. */
struct cli_record {
	const char *output; /* FILE.fl; NULL: it is not kept */
	size_t ring_bytes;
	bool json, every_fault, every_end, as_root;
	bool whole; /* every row of the timeline */
};
extern const struct argp cli_record_argp;

/* "64K", "16M" or a number of bytes, as a power of two of at least one page.  0 or -EINVAL. */
int cli_size(const char *text, size_t *bytes);

/* Flush stdout; STATUS, or where that failed a message and CLI_INCOMPLETE instead of 0. */
int cli_close_stdout(int status);

/*
 * WHAT cannot be done, for the reason WHY: CLI_USAGE after a message.  Where it is that
 * stdout takes no more, CLI_INCOMPLETE; cli_close_stdout() says so.
 */
int cli_cannot(const char *what, const char *why);

/*
 * Whom a command runs as; USER (-u) may be NULL.  *ID is NULL for "as we are".
 * CLI_OK, or another status after a message.  The caller frees *ID.
 */
int cli_choose_identity(struct identity **id, const char *user, bool as_root);

/*
 * The experiments, read with the rights of the user who called sudo; ONLY as for
 * catalogue_open().  CLI_OK, or another status after a message.  The caller frees with catalogue_free().
 */
int cli_open_catalogue(struct catalogue **catalogue, char *const *only);

/*
 * Root looks at a file with the rights of the user who called sudo, and for good.
 * CLI_OK, or another status after a message.
 */
int cli_drop_privileges(void);

/* Open a recording for reading, after cli_drop_privileges().  Status as above; the caller closes. */
int cli_open_recording(struct recording **rec, const char *path);

/*
 * Set `options`->ring_bytes and so on from RECORD, and say why where tracing is
 * impossible from the start.  CLI_OK or CLI_CANNOT.
 */
int cli_prepare(struct session_options *options, const struct cli_record *record);

/*
 * session_run() with the keyboard's signals held, and with a message where it
 * fails; the command is then waited for all the same.  With JSON the command's stdout goes to stderr, so that the document on
 * stdout stays one.
 */
int cli_session(const struct session_options *options, bool json, struct recording **rec,
		struct session_result *result);

/* True if the recording REC says run.status = 'complete'. */
bool cli_is_complete(struct recording *rec);

/* The timeline and tables of a recording to stdout, as RECORD wants them.  As cli_cannot(). */
int cli_report(struct recording *rec, const struct cli_record *record);

/*
 * Close a recording that was written.  STATUS, or after a message CLI_INCOMPLETE
 * instead of 0.  FAILED: there was a message already.
 */
int cli_close_recording(struct recording *rec, bool failed, int status);

/*
 * For a command with no option but --json, and no argument: true if it was given.
 * DOC is the text of --help, as argp has it; ends the program for that and for wrong usage.
 */
bool cli_asks_for_json(int argc, char **argv, const char *doc);

#endif
