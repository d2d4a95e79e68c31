// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/doctor.h"
#include "base/message.h"
#include "report/report.h"
#include "base/text.h"

static const char doc[] =
	"Say what this kernel and this user can do, and the remedy for what they cannot."
	"\vExit status: 0 tracing is possible, 4 it is not.\n\n"
	"Examples:\n"
	"  faultline doctor\n"
	"  sudo faultline doctor --json";

static const struct {
	const char *word, *colour;
} levels[] = {
	[DOCTOR_OK] = { "ok", "\033[32m" },
	[DOCTOR_INFO] = { "-", "" },
	[DOCTOR_WARN] = { "note", "\033[33m" },
	[DOCTOR_MISSING] = { "missing", "\033[31m" },
};

static void print_text(const struct doctor_check *checks, size_t n)
{
	struct report_style style = report_style_for(stdout);

	for (size_t i = 0; i < n; i++) {
		const char *colour = style.colour ? levels[checks[i].level].colour : "";
		char safe[512];

		printf("%s%-8s%s", colour, levels[checks[i].level].word, *colour ? "\033[0m" : "");
		printf("%-16s %s\n", checks[i].name,
		       text_escape(safe, sizeof(safe), checks[i].found, 0));
		if (checks[i].remedy[0] && checks[i].level != DOCTOR_OK)
			printf("%24s -> %s\n", "",
			       text_escape(safe, sizeof(safe), checks[i].remedy, 0));
	}
}

static void print_json(const struct doctor_check *checks, size_t n, bool able)
{
	static const char *const words[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_INFO] = "info",
		[DOCTOR_WARN] = "note",
		[DOCTOR_MISSING] = "missing",
	};

	printf("{\"can_trace\":%s,\"checks\":[", able ? "true" : "false");
	for (size_t i = 0; i < n; i++) {
		printf("%s\n{\"name\":\"%s\",\"level\":\"%s\",\"found\":", i ? "," : "",
		       checks[i].name, words[checks[i].level]);
		text_json(stdout, checks[i].found);
		fputs(",\"remedy\":", stdout);
		text_json(stdout, checks[i].remedy);
		fputs("}", stdout);
	}
	fputs("\n]}\n", stdout);
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_check *checks;
	bool json = cli_asks_for_json(argc, argv, doc), able = true;
	size_t n;

	if (doctor_examine(&checks, &n)) {
		free(checks);
		message("cannot look at this system: out of memory");
		return CLI_CANNOT;
	}
	for (size_t i = 0; i < n; i++)
		if (checks[i].level == DOCTOR_MISSING)
			able = false;
	if (json)
		print_json(checks, n, able);
	else
		print_text(checks, n);
	free(checks);
	return able ? CLI_OK : CLI_CANNOT;
}
