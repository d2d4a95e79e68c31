// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "cli.h"
#include "message.h"
#include "query.h"
#include "recording.h"
#include "sandbox.h"

enum { OPT_JSON = 0x100 };

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "an array with an object a row instead of text", 0 },
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
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct query *query = state->input;

	switch (key) {
	case OPT_JSON:
		query->json = true;
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
	struct query query = { 0 };
	struct recording *rec;
	char why[512] = "";
	int status, err;

	argp_parse(&argp, argc, argv, 0, NULL, &query);
	status = cli_open_recording(&rec, query.file);
	if (status)
		return status;
	err = query_print(recording_db(rec), query.sql, stdout,
			  query.json ? QUERY_JSON : QUERY_AUTO, SANDBOX_DEADLINE_MS, why,
			  sizeof(why));
	if (err) {
		message("cannot answer the query: %s%s", why,
			err == -EINVAL ? "; SELECT sql FROM sqlite_schema shows the tables" : "");
		status = CLI_USAGE;
	}
	recording_close(rec);
	return status;
}
