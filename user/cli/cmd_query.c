// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "base/message.h"
#include "claims/query.h"
#include "recording/recording.h"
#include "claims/sandbox.h"

#define MAX_SECONDS 86400

enum { OPT_JSON = 0x100, OPT_SECONDS };

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "an array with an object a row instead of text", 0 },
	{ "seconds", OPT_SECONDS, "N", 0, "end the query after N seconds (default: 10)", 0 },
	{ 0 },
};

static const char doc[] =
	"Ask the tables of a recording: SQL is one SELECT."
	"\vA table on a terminal, tabs between columns elsewhere. The tables are described in "
	"faultline(1); SELECT name, sql FROM sqlite_schema lists them. Nothing in the file is changed.\n\n"
	"Examples:\n"
	"  faultline query cow.fl 'SELECT * FROM reconcile'\n"
	"  faultline query cow.fl 'SELECT phase, kind, sum(n) FROM fault_count GROUP BY 1, 2'";

struct query {
	const char *file, *sql;
	bool json;
	int deadline_ms;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct query *query = state->input;
	long seconds;
	char *end;

	switch (key) {
	case OPT_JSON:
		query->json = true;
		return 0;
	case OPT_SECONDS:
		seconds = strtol(arg, &end, 10);
		if (end == arg || *end || seconds < 1 || seconds > MAX_SECONDS)
			argp_error(state, "--seconds=%s: a number from 1 to %d is needed", arg,
				   MAX_SECONDS);
		query->deadline_ms = (int)seconds * 1000;
		return 0;
	case ARGP_KEY_ARG:
		if (query->sql)
			argp_error(state, "takes FILE and one SQL; put quotes around the SQL");
		if (query->file)
			query->sql = arg;
		else
			query->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!query->sql)
			argp_error(state, "takes FILE and SQL");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_query(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "FILE SQL", .doc = doc
	};
	struct query query = { .deadline_ms = SANDBOX_DEADLINE_MS };
	struct recording *rec;
	char why[512] = "", whole[640];
	const char *remedy = "";
	int status, err;

	argp_parse(&argp, argc, argv, 0, NULL, &query);
	status = cli_open_recording(&rec, query.file);
	if (status)
		return status;
	err = query_print(recording_db(rec), query.sql, stdout,
			  query.json ? QUERY_JSON : QUERY_AUTO, query.deadline_ms, why,
			  sizeof(why));
	if (err) {
		if (err == -EINVAL)
			remedy = "; SELECT sql FROM sqlite_schema shows the tables";
		else if (err == -ETIME)
			remedy = "; --seconds=N gives it more time";
		snprintf(whole, sizeof(whole), "%s%s", why, remedy);
		status = cli_cannot("answer the query", whole);
	}
	recording_close(rec);
	return status;
}
