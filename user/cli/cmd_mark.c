// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cli/cli.h"
#include "faultline.h"

enum { OPT_ROLE = 0x100, OPT_END, NAME_MOST = 31 };

static const struct argp_option options[] = {
	{ "role", OPT_ROLE, NULL, 0, "what the caller is called, not what it does", 0 },
	{ "end", OPT_END, NULL, 0, "no phase from now on; takes no NAME", 0 },
	{ 0 },
};

static const char doc[] =
	"Begin the phase NAME in the process that calls this, a shell script for example."
	"\vIt lasts until the next mark. Without a tracer nothing happens.\n\n"
	"Examples:\n"
	"  faultline mark sort\n"
	"  faultline mark --role worker\n"
	"  faultline mark --end";

struct mark {
	const char *name;
	bool role, end;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct mark *mark = state->input;

	switch (key) {
	case OPT_ROLE:
		mark->role = true;
		return 0;
	case OPT_END:
		mark->end = true;
		return 0;
	case ARGP_KEY_ARG:
		if (mark->name)
			argp_error(state, "takes one NAME; quote a name that has blanks");
		if (strlen(arg) > NAME_MOST)
			argp_error(state, "NAME is too long: %zu bytes; the most is %d",
				   strlen(arg), NAME_MOST);
		mark->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (mark->end ? mark->name || mark->role : !mark->name)
			argp_error(state, "takes either a NAME or --end");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_mark(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "NAME\n--end", .doc = doc
	};
	struct mark mark = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &mark);
	if (mark.role)
		fl_mark_name_(FL_OP_ROLE_ | FL_OP_OF_PARENT_, mark.name);
	else
		fl_phase_of_parent(mark.end ? "" : mark.name);
	return CLI_OK;
}
