// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "views/card.h"
#include "cli/cli.h"
#include "views/locks_view.h"
#include "base/message.h"
#include "views/messages_view.h"
#include "views/path_view.h"
#include "views/progress_view.h"
#include "claims/query.h"
#include "recording/recording.h"
#include "report/report.h"
#include "views/signals_view.h"
#include "views/states_view.h"
#include "views/tree_view.h"

enum { OPT_JSON = 0x100, OPT_ALL, OPT_PHASE, OPT_SECTION };

/* Parts of a recording: one option each, and how it is shown. */
static const struct section {
	const char *name, *summary;
	const char *sql; /* a list */
	int (*report)(sqlite3 *db, FILE *out, const struct report_style *style);
	/* of the task that the option names; -ENOENT with a sentence in WHY */
	int (*of_task)(sqlite3 *db, const char *who, FILE *out, const struct report_style *style,
		       char *why, size_t why_size);
	/* the same, at a phase of it; NULL: at its last moment */
	int (*of_phase)(sqlite3 *db, const char *who, const char *phase, FILE *out,
			const struct report_style *style, char *why, size_t why_size);
} sections[] = {
	{ .name = "tree",
	  .summary = "processes and threads over time: who created, waited for and reaped whom",
	  .report = report_tree },
	{ .name = "faults",
	  .summary =
		  "faults by phase, region, kind and via, what they cost, and each outside of regions",
	  .report = report_costs },
	{ .name = "states",
	  .summary = "what each task did when, as a chart, and what it sums up to",
	  .report = report_states },
	{ .name = "progress",
	  .summary = "how much of its CPU time each task has had at each moment, as a plot",
	  .report = report_progress },
	{ .name = "path",
	  .summary = "why it took so long: back from its end, over who woke it, to its start",
	  .of_task = report_path },
	{ .name = "card",
	  .summary = "what the kernel's task_struct had at a phase, or in the end",
	  .of_phase = report_card },
	{ .name = "locks",
	  .summary = "locks: who held and who waited, as a chart, who blocked whom, deadlocks",
	  .report = report_locks },
	{ .name = "signals",
	  .summary = "signals: who sent which to whom, why, and what it did",
	  .report = report_signals },
	{ .name = "messages",
	  .summary = "who sent bytes to whom, as a sequence diagram, and what each stream carried",
	  .report = report_messages },
	{ .name = "frames",
	  .summary = "the page frames behind named regions at barriers",
	  .report = report_frames },
	{ .name = "memory",
	  .summary = "resident memory and faults over time: a table and curves",
	  .report = report_memory },
};

enum { NR_SECTIONS = sizeof(sections) / sizeof(sections[0]) };

static const char doc[] =
	"Show a recording: the timeline, the counts and the claims, or one list of it."
	"\vExit status: 3 if the recording is incomplete.\n\n"
	"Examples:\n"
	"  faultline show cow.fl\n"
	"  faultline show --all cow.fl | less\n"
	"  faultline show --tree --signals make.fl";

struct show {
	struct cli_record record;
	bool wanted[NR_SECTIONS];
	const char *task[NR_SECTIONS];
	const char *phase;
	bool any, at_phase;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct show *show = state->input;

	switch (key) {
	case OPT_JSON:
		show->record.json = true;
		return 0;
	case OPT_ALL:
		show->record.whole = true;
		return 0;
	case OPT_PHASE:
		show->phase = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (show->record.output)
			argp_error(state, "shows one FILE");
		show->record.output = arg;
		return 0;
	case ARGP_KEY_END:
		if (!show->record.output)
			argp_error(state, "which FILE? \"faultline trace -o FILE\" makes one");
		if (show->any && (show->record.json || show->record.whole))
			argp_error(
				state,
				"a single list has neither --json nor --all; see faultline query");
		if (show->phase && !show->at_phase)
			argp_error(state, "--phase belongs to --card TASK");
		return 0;
	default:
		if (key < OPT_SECTION || key >= OPT_SECTION + NR_SECTIONS)
			return ARGP_ERR_UNKNOWN;
		show->wanted[key - OPT_SECTION] = show->any = true;
		show->task[key - OPT_SECTION] = arg;
		show->at_phase |= sections[key - OPT_SECTION].of_phase != NULL;
		return 0;
	}
}

static int show_part(const struct section *section, const char *task, const char *phase,
		     struct recording *rec)
{
	struct report_style style = report_style_for(stdout);
	sqlite3 *db = recording_db(rec);
	char why[512] = "", what[64];
	int err;

	if (section->of_task || section->of_phase) {
		err = section->of_task ?
			      section->of_task(db, task, stdout, &style, why, sizeof(why)) :
			      section->of_phase(db, task, phase, stdout, &style, why, sizeof(why));
		if (err && err != -ENOENT)
			snprintf(why, sizeof(why), "%s", strerror(-err));
	} else if (section->report) {
		err = section->report(db, stdout, &style);
		snprintf(why, sizeof(why), "%s", strerror(-err));
	} else {
		/* Ours is no SQL of a stranger: it may take the time that a large file takes. */
		err = query_print(db, section->sql, stdout, QUERY_AUTO, 0, why, sizeof(why));
	}
	snprintf(what, sizeof(what), "show %s", section->name);
	return err ? cli_cannot(what, why) : CLI_OK;
}

static int show_lists(const struct show *show, struct recording *rec)
{
	struct report_style style = report_style_for(stdout);
	bool first = true;
	int status;

	if (report_incomplete(recording_db(rec), stdout, &style) > 0)
		putchar('\n');
	for (int i = 0; i < NR_SECTIONS; i++) {
		if (!show->wanted[i])
			continue;
		if (!first)
			putchar('\n');
		first = false;
		status = show_part(&sections[i], show->task[i], show->phase, rec);
		if (status)
			return status;
	}
	return CLI_OK;
}

int cmd_show(int argc, char **argv)
{
	struct argp_option options[NR_SECTIONS + 4] = {
		{ "json", OPT_JSON, NULL, 0, "one JSON document instead of text", 0 },
		{ "all", OPT_ALL, NULL, 0, "every row of the timeline", 0 },
		{ "phase", OPT_PHASE, "PHASE", 0, "of --card: at which moment", 0 },
	};
	const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "FILE", .doc = doc
	};
	struct show show = { 0 };
	struct recording *rec;
	int status;

	for (int i = 0; i < NR_SECTIONS; i++)
		options[i + 3] = (struct argp_option){ sections[i].name,
						       OPT_SECTION + i,
						       sections[i].of_task || sections[i].of_phase ?
							       "TASK" :
							       NULL,
						       0,
						       sections[i].summary,
						       0 };
	argp_parse(&argp, argc, argv, 0, NULL, &show);
	status = cli_open_recording(&rec, show.record.output);
	if (status)
		return status;
	if (show.any)
		status = show_lists(&show, rec);
	else
		status = cli_report(rec, &show.record);
	if (!status && !cli_is_complete(rec))
		status = CLI_INCOMPLETE;
	recording_close(rec);
	return status;
}
