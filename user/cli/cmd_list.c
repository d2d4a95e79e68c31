// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "experiment/catalogue.h"
#include "claims/claims.h"
#include "cli/cli.h"
#include "base/message.h"
#include "base/text.h"

static const char doc[] =
	"List the experiments that can be found, by chapter."
	"\vExperiments are looked for beside this program and in each folder of FAULTLINE_PATH. "
	"One is a claims file ID.sql and an executable file ID (or ID.sh, ID.py, ...).\n\n"
	"Examples:\n"
	"  faultline list\n"
	"  FAULTLINE_PATH=~/my-course faultline list";

static const struct {
	char letter;
	const char *title;
} chapters[] = {
	{ 'A', "fork and copy-on-write" },
	{ 'B', "demand paging and the address space" },
	{ 'C', "life cycle" },
	{ 'D', "states and scheduling" },
	{ 'E', "communication" },
	{ 'F', "exclusive control" },
	{ 'G', "threads and kernel threads" },
};

static const char *chapter_title(char letter)
{
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++)
		if (chapters[i].letter == letter)
			return chapters[i].title;
	return "more";
}

static void list_text(const struct catalogue *catalogue)
{
	int width = 0;
	char before = 0, safe[512];

	for (size_t i = 0; i < catalogue->n; i++)
		if (!catalogue->experiments[i].wrong &&
		    text_width(catalogue->experiments[i].id) > width)
			width = text_width(catalogue->experiments[i].id);
	for (size_t i = 0; i < catalogue->n; i++) {
		const struct experiment *e = &catalogue->experiments[i];

		if (e->wrong)
			continue;
		if (e->claims->chapter != before)
			printf("%s%c  %s\n", before ? "\n" : "", e->claims->chapter,
			       chapter_title(e->claims->chapter));
		before = e->claims->chapter;
		fputs("   ", stdout);
		text_pad(stdout, text_escape(safe, sizeof(safe), e->id, 0), width);
		printf("  %s%s\n", text_escape(safe, sizeof(safe), e->claims->title, 0),
		       e->claims->root ? "  (needs root)" : "");
	}
}

static void list_json(const struct catalogue *catalogue)
{
	const char *between = "";
	char chapter[2] = "";

	fputs("[", stdout);
	for (size_t i = 0; i < catalogue->n; i++) {
		const struct experiment *e = &catalogue->experiments[i];

		printf("%s\n{\"id\":", between);
		between = ",";
		text_json(stdout, e->id);
		fputs(",\"file\":", stdout);
		text_json(stdout, e->sql);
		if (e->wrong) {
			fputs(",\"wrong\":", stdout);
			text_json(stdout, e->wrong);
		} else {
			chapter[0] = e->claims->chapter;
			fputs(",\"chapter\":", stdout);
			text_json(stdout, chapter);
			fputs(",\"title\":", stdout);
			text_json(stdout, e->claims->title);
			fputs(",\"program\":", stdout);
			text_json(stdout, e->program);
			printf(",\"claims\":%zu,\"root\":%s", e->claims->nr_claims,
			       e->claims->root ? "true" : "false");
		}
		fputs("}", stdout);
	}
	fputs("\n]\n", stdout);
}

int cmd_list(int argc, char **argv)
{
	struct catalogue *catalogue;
	bool json = cli_asks_for_json(argc, argv, doc);
	int status;

	status = cli_drop_privileges();
	if (!status)
		status = cli_open_catalogue(&catalogue, NULL);
	if (status)
		return status;
	if (json)
		list_json(catalogue);
	else
		list_text(catalogue);
	fflush(stdout);
	for (size_t i = 0; i < catalogue->n; i++) {
		if (catalogue->experiments[i].wrong) {
			message("%s", catalogue->experiments[i].wrong);
			status = CLI_USAGE;
		}
	}
	if (!catalogue->n)
		message("no experiments: none beside this program nor in FAULTLINE_PATH; build them with "
			"make, or set FAULTLINE_PATH to their folder");
	catalogue_free(catalogue);
	return status;
}
