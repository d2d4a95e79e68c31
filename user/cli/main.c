// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <argp.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "launch/launch.h"
#include "base/message.h"

static const struct command {
	const char *name;
	const char *arguments;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "list", "", "experiments by chapter", cmd_list },
	{ "run", "ID...", "run experiments and check their claims", cmd_run },
	{ "trace", "-- COMMAND", "trace any command and keep its exit status", cmd_trace },
	{ "show", "FILE", "the timeline of a recording again", cmd_show },
	{ "query", "FILE SQL", "ask the tables of a recording", cmd_query },
	{ "mark", "NAME", "begin a phase in the shell script that calls it", cmd_mark },
	{ "doctor", "", "what this kernel and this user can do", cmd_doctor },
};

enum { NR_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

const char *argp_program_version = "faultline " FAULTLINE_VERSION;

static void usage(FILE *out)
{
	fputs("Usage: faultline COMMAND [OPTION...]\n"
	      "Account for every page fault of a command, or of an experiment.\n\n",
	      out);
	for (int i = 0; i < NR_COMMANDS; i++) {
		char synopsis[32];

		snprintf(synopsis, sizeof(synopsis), "%s %s", commands[i].name,
			 commands[i].arguments);
		fprintf(out, "  faultline %-18s %s\n", synopsis, commands[i].summary);
	}
	fputs("\nExamples:\n"
	      "  sudo faultline run cow\n"
	      "  sudo faultline trace -o ls.fl -- ls -l\n"
	      "  faultline query ls.fl 'SELECT * FROM reconcile'\n\n"
	      "\"faultline COMMAND --help\" has the options of each.\n"
	      "Exit status: 0 all claims hold, 1 a claim failed, 2 wrong usage, 3 incomplete or\n"
	      "inconclusive, 4 cannot trace here; trace gives the command's own.\n",
	      out);
}

static int unknown(const char *name)
{
	const char *names[NR_COMMANDS + 1] = { NULL }, *nearest;

	for (int i = 0; i < NR_COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = message_nearest(name, names);
	if (nearest)
		message("no command \"%s\": there is none of that name; did you mean \"faultline %s\"?",
			name, nearest);
	else
		message("no command \"%s\": there is none of that name; \"faultline --help\" lists them",
			name);
	return CLI_USAGE;
}

static int run(int argc, char **argv)
{
	static const char *const help[] = { "--help", "-h", "-?", "help" };
	static const char *const version[] = { "--version", "-V", "version" };
	char name[64];

	if (argc < 2) {
		usage(stderr);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++) {
		if (!strcmp(argv[1], help[i])) {
			usage(stdout);
			return CLI_OK;
		}
	}
	for (size_t i = 0; i < sizeof(version) / sizeof(version[0]); i++) {
		if (!strcmp(argv[1], version[i])) {
			puts(argp_program_version);
			return CLI_OK;
		}
	}
	for (int i = 0; i < NR_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		/* argp begins its sentences with this. */
		snprintf(name, sizeof(name), "faultline %s", commands[i].name);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	return unknown(argv[1]);
}

/*
 * A file that is opened later must not become stdout.  What stands in for a closed
 * descriptor refuses to be written, and is closed again in the traced command.
 */
static void occupy_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY | O_CLOEXEC) != fd)
			_exit(CLI_CANNOT);
}

int main(int argc, char **argv)
{
	occupy_standard_descriptors();
	launch_remember();
	/* Only for what is printable: numbers are written and read as in C. */
	setlocale(LC_CTYPE, "");
	argp_err_exit_status = CLI_USAGE;
	return cli_close_stdout(run(argc, argv));
}
