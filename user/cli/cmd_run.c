// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiment/catalogue.h"
#include "claims/claims.h"
#include "cli/cli.h"
#include "experiment/compare.h"
#include "experiment/experiment.h"
#include "launch/launch.h"
#include "base/message.h"
#include "experiment/noise.h"
#include "launch/profile.h"

enum { OPT_ALL = 0x100, OPT_SET, OPT_PREDICT, OPT_CHAPTER, OPT_NOISE, OPT_QUIZ };

static const struct argp_option options[] = {
	{ "all", OPT_ALL, NULL, 0, "run every experiment that can be found", 0 },
	{ "chapter", OPT_CHAPTER, "LETTER", 0,
	  "run every experiment of a chapter, or of several, as in AB", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0, "change a parameter; may be repeated", 0 },
	{ "predict", OPT_PREDICT, NULL, 0, "show what is expected and run nothing", 0 },
	{ "quiz", OPT_QUIZ, NULL, 0,
	  "ask for your prediction first; at a terminal only, and Enter alone leaves it", 0 },
	{ "noise", OPT_NOISE, "SOURCE[,SOURCE...]", 0,
	  "run clean, then with each source of noise put back, and show which claims break: "
	  "thp, migrate, dynamic, rseq, no-pin, aslr",
	  0 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &cli_record_argp, 0, NULL, 0 },
	{ 0 },
};

static const char doc[] =
	"Run experiments and check what they claim against what the kernel did."
	"\vUnder sudo an experiment runs as the user who called sudo; one that asks for root gets it if "
	"nobody but root can change its files, or with --as-root.\n"
	"Exit status: 0 all claims hold, 1 a claim failed, 2 wrong usage, 3 incomplete or inconclusive, "
	"4 cannot trace here.\n\n"
	"Examples:\n"
	"  sudo faultline run cow\n"
	"  sudo faultline run cow --set pages=1024 -o cow.fl\n"
	"  sudo faultline run --chapter A\n"
	"  sudo faultline run cow --noise thp,migrate\n"
	"  faultline run --predict cow";

struct run {
	struct cli_record record;
	bool all, predict, quiz;
	const char *chapters; /* letters, or NULL */
	unsigned int noise;   /* NOISE_* */
	char **ids;
	size_t nr_ids;
	const char **sets;
	size_t nr_sets;
	struct experiment **chosen;
	size_t nr_chosen;
};

static bool are_chapters(const char *letters)
{
	return *letters && !letters[strspn(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

static void refuse_together(const struct run *run, struct argp_state *state)
{
	bool several = run->all || run->chapters || run->nr_ids > 1;

	if (!!run->all + !!run->nr_ids + !!run->chapters != 1)
		argp_error(
			state,
			"give experiments, or --chapter, or --all; \"faultline list\" shows them");
	if (run->record.output && several)
		argp_error(state, "-o keeps one recording; run one experiment with it");
	if (run->noise && (run->record.output || run->record.json || run->quiz || run->predict))
		argp_error(state,
			   "--noise is a comparison of several runs: it has none of -o, --json, "
			   "--quiz and --predict");
	if (run->quiz && (run->record.json || run->predict))
		argp_error(state, "--quiz asks a person: it has neither --json nor --predict");
	if (run->predict && (run->record.json || run->record.output))
		argp_error(state, "--predict runs nothing: it has neither --json nor -o");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;
	const char **sets;
	char why[512];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->record;
		return 0;
	case OPT_ALL:
		run->all = true;
		return 0;
	case OPT_PREDICT:
		run->predict = true;
		return 0;
	case OPT_QUIZ:
		run->quiz = true;
		return 0;
	case OPT_CHAPTER:
		run->chapters = arg;
		if (!are_chapters(arg))
			argp_error(state, "--chapter %s: a chapter is a letter from A to Z", arg);
		return 0;
	case OPT_NOISE:
		if (noise_parse(arg, &run->noise, why, sizeof(why)))
			argp_error(state, "%s", why);
		return 0;
	case OPT_SET:
		sets = realloc(run->sets, (run->nr_sets + 1) * sizeof(*sets));
		if (!sets)
			return ENOMEM;
		run->sets = sets;
		sets[run->nr_sets++] = arg;
		return 0;
	case ARGP_KEY_ARGS:
		run->ids = state->argv + state->next;
		run->nr_ids = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		refuse_together(run, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void say_unknown(const struct catalogue *catalogue, const char *id)
{
	const char *nearest = catalogue_nearest(catalogue, id);

	if (nearest)
		message("no experiment \"%s\": there is none of that name; did you mean "
			"\"faultline run %s\"?",
			id, nearest);
	else
		message("no experiment \"%s\": there is none of that name; \"faultline list\" shows "
			"those that are there",
			id);
}

/* Of all the experiments, is it one that was asked for?  What is broken has no chapter that is known. */
static bool is_meant(const struct run *run, const struct experiment *e)
{
	return run->all || (!e->wrong && strchr(run->chapters, e->claims->chapter));
}

/* Like an experiment's name, each letter must be one that is there. */
static int find_chapters(const struct run *run)
{
	int status = CLI_OK;

	for (const char *letter = run->chapters; *letter; letter++) {
		bool found = false;

		for (size_t i = 0; i < run->nr_chosen && !found; i++)
			found = run->chosen[i]->claims->chapter == *letter;
		if (found)
			continue;
		message("no experiments in chapter %c: \"faultline list\" shows the chapters",
			*letter);
		status = CLI_USAGE;
	}
	return status;
}

static int choose(struct run *run, const struct catalogue *catalogue)
{
	bool listed = run->nr_ids > 0;
	size_t n = listed ? run->nr_ids : catalogue->n;
	int status = CLI_OK;

	run->nr_chosen = 0;
	run->chosen = calloc(n + 1, sizeof(*run->chosen));
	if (!run->chosen)
		return CLI_CANNOT;
	for (size_t i = 0; i < n; i++) {
		struct experiment *e = listed ? catalogue_find(catalogue, run->ids[i]) :
						&catalogue->experiments[i];

		if (e && !listed && !is_meant(run, e))
			continue;
		if (e && !e->wrong) {
			run->chosen[run->nr_chosen++] = e;
			continue;
		}
		status = CLI_USAGE;
		if (e)
			message("%s", e->wrong);
		else
			say_unknown(catalogue, run->ids[i]);
	}
	if (n)
		return run->chapters ? find_chapters(run) : status;
	message("no experiments: none beside this program nor in FAULTLINE_PATH; build them with "
		"make, or set FAULTLINE_PATH to their folder");
	return CLI_USAGE;
}

/* Each setting must fit one of the experiments, and no experiment may refuse its value. */
static int set_parameters(struct run *run)
{
	char why[512] = "";

	for (size_t i = 0; i < run->nr_sets; i++) {
		bool known = false;

		for (size_t j = 0; j < run->nr_chosen; j++) {
			int err =
				claims_set(run->chosen[j]->claims, run->sets[i], why, sizeof(why));

			if (err && err != -ENOENT) {
				message("cannot run %s: %s", run->chosen[j]->id, why);
				return CLI_USAGE;
			}
			known |= !err;
		}
		if (!known) {
			message("--set %s: %s", run->sets[i],
				run->nr_chosen > 1 ?
					"none of these experiments has this parameter" :
					why);
			return CLI_USAGE;
		}
	}
	for (size_t j = 0; j < run->nr_chosen; j++) {
		if (claims_predict(run->chosen[j]->claims, why, sizeof(why))) {
			message("%s", why);
			return CLI_USAGE;
		}
	}
	return CLI_OK;
}

/* What is shown of several: a claim that failed says most, an experiment not found least. */
static int worse(int a, int b)
{
	static const int order[] = { CLI_CLAIM_FAILED, CLI_CANNOT, CLI_USAGE, CLI_INCOMPLETE };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return CLI_OK;
}

static bool interrupted(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

static int run_one(const struct run *run, const struct experiment *e)
{
	const struct experiment_how how = {
		.profile = PROFILE_CLEAN,
		.quiz = run->quiz && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
	};

	if (run->noise)
		return compare_run(e, &run->record, run->noise);
	return experiment_run(e, &run->record, &how);
}

/* faultline gives up its rights once it traces, so each of several has a process of its own. */
static int run_in_child(const struct run *run, const struct experiment *e)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		message("cannot run %s: no new process: %s", e->id, strerror(errno));
		return CLI_CANNOT;
	}
	if (!pid) {
		/* A question can be left by Ctrl-C; the run holds the signals again. */
		if (run->quiz)
			launch_restore_signals();
		_exit(cli_close_stdout(run_one(run, e)));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_INCOMPLETE;
}

static int run_all(const struct run *run)
{
	bool json = run->record.json, several = !run->nr_ids || run->nr_chosen > 1;
	int status = CLI_OK, one;

	if (!several)
		return run_one(run, run->chosen[0]);
	launch_hold_signals();
	if (json)
		puts("[");
	for (size_t i = 0; i < run->nr_chosen && !interrupted(); i++) {
		if (i)
			puts(json ? "," : "");
		one = run_in_child(run, run->chosen[i]);
		status = worse(status, one);
		if (one == CLI_CANNOT)
			break;
	}
	if (interrupted())
		status = worse(status, CLI_INCOMPLETE);
	if (json)
		puts("]");
	launch_restore_signals();
	return status;
}

static int run_chosen(struct run *run, const struct catalogue *catalogue)
{
	int status = choose(run, catalogue), set;

	/* One name misspelt: nothing runs.  One of all is broken: the others do. */
	if ((status && !run->all) || !run->nr_chosen)
		return status;
	set = set_parameters(run);
	if (set)
		return set;
	if (!run->predict)
		return worse(run_all(run), status);
	for (size_t i = 0; i < run->nr_chosen; i++) {
		if (i)
			puts("");
		experiment_predict(run->chosen[i]);
	}
	return status;
}

int cmd_run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "ID...\n--chapter LETTER\n--all",
		.doc = doc,
		.children = children,
	};
	struct catalogue *catalogue;
	struct run run = { 0 };
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &run);
	status = cli_open_catalogue(&catalogue, run.nr_ids ? run.ids : NULL);
	if (!status)
		status = run_chosen(&run, catalogue);
	catalogue_free(catalogue);
	free(run.chosen);
	free(run.sets);
	return status;
}
