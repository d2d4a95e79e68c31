// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "experiment/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiment/catalogue.h"
#include "cli/cli.h"
#include "experiment/experiment.h"
#include "launch/launch.h"
#include "base/message.h"
#include "experiment/noise.h"
#include "report/report.h"

#define MOST_RUNS 8

static void write_text(FILE *out, const char *text)
{
	fputs(text ? text : "", out);
	putc('\0', out);
}

void compare_write(FILE *out, const struct claims *claims)
{
	for (size_t i = 0; i < claims->nr_claims; i++) {
		putc('0' + (int)claims->claims[i].verdict, out);
		write_text(out, claims->claims[i].observed);
		write_text(out, claims->claims[i].reason);
	}
	fflush(out);
}

static char *read_text(FILE *in)
{
	char *text = NULL;
	size_t room = 0;

	if (getdelim(&text, &room, '\0', in) > 0)
		return text;
	free(text);
	return NULL;
}

int compare_read(FILE *in, const struct claims *claims, struct compare_column *column)
{
	column->verdicts = calloc(claims->nr_claims + 1, sizeof(*column->verdicts));
	if (!column->verdicts)
		return -ENOMEM;
	for (size_t i = 0; i < claims->nr_claims; i++) {
		struct compare_verdict *v = &column->verdicts[i];
		int verdict = getc(in) - '0';

		if (verdict < VERDICT_PENDING || verdict > VERDICT_INCONCLUSIVE)
			return -EPIPE;
		v->verdict = (enum verdict)verdict;
		v->observed = read_text(in);
		v->reason = read_text(in);
		if (!v->observed || !v->reason)
			return -EPIPE;
	}
	return 0;
}

static void forget(const struct claims *claims, struct compare_column *column)
{
	for (size_t i = 0; column->verdicts && i < claims->nr_claims; i++) {
		free(column->verdicts[i].observed);
		free(column->verdicts[i].reason);
	}
	free(column->verdicts);
	column->verdicts = NULL;
}

void compare_free(const struct claims *claims, struct compare_column *columns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		forget(claims, &columns[i]);
		free(columns[i].cannot);
	}
}

/*
 * faultline gives up its rights once it traces, so each run has a process of its
 * own, which sends its verdicts through a pipe.
 */
static int run_one(const struct experiment *e, const struct cli_record *record,
		   const struct experiment_how *how, struct compare_column *column)
{
	struct experiment_how in_child = *how;
	int ends[2], status = 0, err;
	FILE *file;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(ends[0]);
		in_child.verdicts = fdopen(ends[1], "w");
		_exit(in_child.verdicts ? experiment_run(e, record, &in_child) : CLI_CANNOT);
	}
	err = pid < 0 ? -errno : 0;
	close(ends[1]);
	file = fdopen(ends[0], "r");
	if (!file)
		close(ends[0]);
	if (!err && file)
		err = compare_read(file, e->claims, column);
	if (file)
		fclose(file);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err)
		forget(e->claims, column);
	if (err && err != -EPIPE)
		return err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_INCOMPLETE;
}

static bool interrupted(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

static int run_column(const struct experiment *e, const struct cli_record *record,
		      unsigned int noise, struct compare_column *column)
{
	struct experiment_how how = { .profile = noise_profile(column->source, noise) };
	char why[256] = "", program[PATH_MAX];
	int status;

	if (!noise_possible(column->source, e->program, program, sizeof(program), why,
			    sizeof(why))) {
		column->cannot = strdup(why);
		return CLI_INCOMPLETE;
	}
	how.program = program;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "running %s: %s\n", e->id, noise_name(column->source));
	status = run_one(e, record, &how, column);
	if (!column->verdicts)
		column->cannot = strdup(status < 0 ? strerror(-status) :
						     "the run failed; what it said stands above");
	return status < 0 ? CLI_CANNOT : status;
}

int compare_run(const struct experiment *e, const struct cli_record *record, unsigned int noise)
{
	struct compare_column columns[MOST_RUNS] = { 0 };
	int status = CLI_OK, clean = CLI_OK;
	unsigned int source = 0;
	size_t n = 0;

	launch_hold_signals();
	do {
		columns[n].source = source;
		status = run_column(e, record, noise, &columns[n]);
		if (!n)
			clean = status;
		else if (columns[n].cannot && !clean)
			clean = CLI_INCOMPLETE;
		n++;
		source = noise_next(noise, source);
	} while (source && n < MOST_RUNS && columns[0].verdicts && !interrupted());
	/* Without its verdicts no claim has failed: there is nothing to compare with. */
	if ((interrupted() && !clean) || (!columns[0].verdicts && clean == CLI_CLAIM_FAILED))
		clean = CLI_INCOMPLETE;
	if (columns[0].verdicts) {
		struct report_style style = report_style_for(stdout);

		experiment_introduce(e, stdout);
		putchar('\n');
		compare_show(stdout, e->claims, columns, n, style.width);
	}
	compare_free(e->claims, columns, n);
	launch_restore_signals();
	return cli_close_stdout(clean);
}
