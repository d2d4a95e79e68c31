// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "experiment/experiment.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/available.h"
#include "experiment/catalogue.h"
#include "claims/claims.h"
#include "cli/cli.h"
#include "experiment/compare.h"
#include "base/identity.h"
#include "base/message.h"
#include "experiment/quiz.h"
#include "recording/recording.h"
#include "report/report.h"
#include "report/report_part.h"
#include "collect/session.h"
#include "base/text.h"
#include "record/subjects.h"

/* BEFORE and TEXT, on a terminal in lines of its width, each but the first INDENT further in. */
static void line(FILE *out, const char *before, const char *text, int indent)
{
	struct report_style style = report_style_for(out);
	char safe[1024];

	if (!isatty(fileno(out)))
		style.width = 0;
	fputs(before, out);
	report_wrap(out, &style, text_escape(safe, sizeof(safe), text, 0), text_width(before),
		    indent);
}

static char *param_value(const struct param *p, char *buf, size_t size)
{
	if (p->is_word)
		return text_escape(buf, size, p->word, 0);
	return text_count(buf, size, p->value);
}

/* What a claim expects, for people. */
static char *expected_value(char *buf, size_t size, const struct claim *c)
{
	char safe[1024];

	return text_counts_in(buf, size, text_escape(safe, sizeof(safe), c->expected, 0));
}

static void predict_claims(const struct claims *claims)
{
	int id_width = 0, width = 0;
	char id[256], expected[1400], *before;

	for (size_t i = 0; i < claims->nr_claims; i++) {
		const struct claim *c = &claims->claims[i];

		if (!c->applies)
			continue;
		expected_value(expected, sizeof(expected), c);
		if (text_width(c->id) > id_width)
			id_width = text_width(c->id);
		if (text_width(expected) > width)
			width = text_width(expected);
	}
	for (size_t i = 0; i < claims->nr_claims; i++) {
		const struct claim *c = &claims->claims[i];

		if (!c->applies)
			continue;
		text_escape(id, sizeof(id), c->id, 0);
		expected_value(expected, sizeof(expected), c);
		if (asprintf(&before, "   %s%*s  %*s%s  ", id, id_width - text_width(id), "",
			     width - text_width(expected), "", expected) < 0)
			return;
		line(stdout, before, c->text, text_width(before));
		free(before);
		if (c->verdict == VERDICT_SKIP && c->reason)
			line(stdout, "      cannot be checked here: ", c->reason, 8);
	}
}

void experiment_introduce(const struct experiment *e, FILE *out)
{
	const struct claims *claims = e->claims;
	char safe[1024], value[64], *before;

	if (asprintf(&before, "%s: ", text_escape(safe, sizeof(safe), e->id, 0)) < 0)
		return;
	line(out, before, claims->title, 3);
	free(before);
	if (claims->question)
		line(out, "   ", claims->question, 3);
	for (size_t i = 0; i < claims->nr_params; i++) {
		const struct param *p = &claims->params[i];

		if (asprintf(&before, "   %s = %s   ", text_escape(safe, sizeof(safe), p->name, 0),
			     param_value(p, value, sizeof(value))) < 0)
			return;
		line(out, before, p->text ? p->text : "", 6);
		free(before);
	}
}

void experiment_predict(const struct experiment *e)
{
	experiment_introduce(e, stdout);
	puts("expected:");
	predict_claims(e->claims);
}

/* What the claims read decides which programs watch the kernel. */
static void add_subject(const char *table, const char *column, void *arg)
{
	unsigned int *wanted = arg;

	*wanted |= subjects_of_column(table, column);
}

/*
 * Root, where the file asks for it and may have it.  Whoever is root without
 * sudo runs all commands as root, so there is nothing to give.  CLI_OK, or a
 * status after a message.
 */
static int grant_root(const struct experiment *e, const char *program)
{
	const struct identity_caller caller = identity_caller();
	const char *paths[] = { e->sql, program };
	const char *why = e->claims->root_why ? e->claims->root_why : "its file gives no reason";
	char real[PATH_MAX], found[PATH_MAX];

	if (geteuid() != 0) {
		message("cannot run %s: it needs root: %s; start it with sudo", e->id, why);
		return CLI_CANNOT;
	}
	if (!caller.sudo_uid)
		return CLI_OK;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!realpath(paths[i], real) || strcmp(real, paths[i]))
			snprintf(found, sizeof(found), "%s", paths[i]);
		else if (identity_only_root_writes(real, found, sizeof(found)))
			continue;
		message("cannot run %s as root: it asks for that (%s), but others than root can change "
			"%s; install it with \"sudo make install\", or read it and give --as-root",
			e->id, why, found);
		return CLI_CANNOT;
	}
	return CLI_OK;
}

/* The command line and the parameters as text, which the recording keeps as well. */
struct arguments {
	char **argv; /* program, NAME=VALUE..., NULL */
	const char *(*params)[2];
};

static void free_arguments(struct arguments *a)
{
	for (size_t i = 1; a->argv && a->argv[i]; i++)
		free(a->argv[i]);
	free(a->argv);
	free(a->params);
}

static int make_arguments(struct arguments *a, const struct experiment *e, const char *program)
{
	const struct claims *claims = e->claims;

	a->argv = calloc(claims->nr_params + 2, sizeof(*a->argv));
	a->params = calloc(claims->nr_params + 1, sizeof(*a->params));
	if (!a->argv || !a->params)
		return -ENOMEM;
	a->argv[0] = (char *)program;
	for (size_t i = 0; i < claims->nr_params; i++) {
		const struct param *p = &claims->params[i];
		int n = p->is_word ? asprintf(&a->argv[i + 1], "%s=%s", p->name, p->word) :
				     asprintf(&a->argv[i + 1], "%s=%lld", p->name, p->value);

		if (n < 0) {
			a->argv[i + 1] = NULL;
			return -ENOMEM;
		}
		a->params[i][0] = p->name;
		a->params[i][1] = a->argv[i + 1] + strlen(p->name) + 1;
	}
	return 0;
}

/* A workload that did not do its work proves nothing, whatever its claims say. */
static int check_workload(const struct experiment *e, const struct session_result *result)
{
	if (result->exec_errno) {
		message("cannot run %s: %s: %s; try it without faultline", e->program,
			result->failed_step, strerror(result->exec_errno));
		return CLI_CANNOT;
	}
	if (!result->reaped)
		message("%s was still running when tracing stopped", e->id);
	else if (WIFSIGNALED(result->status))
		message("%s was killed: signal %d (%s)", e->id, WTERMSIG(result->status),
			strsignal(WTERMSIG(result->status)));
	else if (WEXITSTATUS(result->status))
		message("%s failed: it ended with status %d; what it said stands above", e->id,
			WEXITSTATUS(result->status));
	else
		return CLI_OK;
	return CLI_INCOMPLETE;
}

static bool has_difference(struct recording *rec)
{
	sqlite3_stmt *stmt;
	bool differs = true;

	if (sqlite3_prepare_v2(recording_db(rec),
			       "SELECT count(*) FROM reconcile WHERE difference IS NOT 0", -1,
			       &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		differs = sqlite3_column_int64(stmt, 0) != 0;
	sqlite3_finalize(stmt);
	return differs;
}

static int verdict(const struct claims *claims, struct recording *rec)
{
	int status = cli_is_complete(rec) && !has_difference(rec) ? CLI_OK : CLI_INCOMPLETE;

	for (size_t i = 0; i < claims->nr_claims; i++) {
		const struct claim *c = &claims->claims[i];

		if (!c->applies || c->verdict == VERDICT_PASS || c->verdict == VERDICT_SKIP)
			continue;
		if (c->verdict == VERDICT_FAIL)
			return CLI_CLAIM_FAILED;
		status = CLI_INCOMPLETE;
	}
	return status;
}

/* CLI_OK, or a status after a message: a run that ends in the OOM killer is none. */
static int check_memory(const struct experiment *e, const struct cli_record *record)
{
	/* What faultline takes itself: maps, the kernel's types; 58 MiB were seen. */
	const long long own = (64LL << 20) + (long long)record->ring_bytes;
	long long available = available_memory();
	char why[512];

	if (available < 0)
		return CLI_OK;
	available = available > own ? available - own : 0;
	if (!claims_fit(e->claims, available, why, sizeof(why)))
		return CLI_OK;
	message("cannot run %s: %s", e->id, why);
	return CLI_USAGE;
}

static int keep_words(struct recording *rec, const struct claims *claims)
{
	int err = recording_set(rec, "title", claims->title);

	if (!err && claims->question)
		err = recording_set(rec, "question", claims->question);
	if (!err && claims->lesson)
		err = recording_set(rec, "lesson", claims->lesson);
	if (!err && claims->show)
		err = recording_set(rec, "show", claims->show);
	return err;
}

static int check_and_show(const struct experiment *e, struct recording *rec,
			  const struct cli_record *record, const struct experiment_how *how,
			  const struct quiz *quiz, int status)
{
	bool worked = status == CLI_OK;
	char why[512] = "";

	if (keep_words(rec, e->claims)) {
		message("cannot keep the result: %s", recording_error(rec));
		return CLI_INCOMPLETE;
	}
	if (claims_check(e->claims, recording_db(rec), why, sizeof(why))) {
		message("cannot check the claims: %s", why);
		status = CLI_INCOMPLETE;
	} else if (status == CLI_OK || verdict(e->claims, rec) == CLI_CLAIM_FAILED) {
		status = verdict(e->claims, rec);
	}
	if (how->verdicts) {
		if (worked)
			compare_write(how->verdicts, e->claims);
		return status;
	}
	if (cli_report(rec, record) && !status)
		status = CLI_INCOMPLETE;
	if (quiz_was_asked(quiz))
		quiz_show(quiz, e->claims, stdout);
	return status;
}

/* What is to be seen before the run; the guesses that it gets as an answer into *QUIZ. */
static int introduce(const struct experiment *e, const struct cli_record *record,
		     const struct experiment_how *how, struct quiz *quiz)
{
	if (how->quiz) {
		experiment_introduce(e, stdout);
		if (quiz_ask(quiz, e->claims, stdin, stdout)) {
			message("cannot keep the answers: out of memory");
			return CLI_CANNOT;
		}
		puts("");
	} else if (!record->json && !how->verdicts) {
		experiment_predict(e);
		puts("");
	}
	return cli_close_stdout(CLI_OK);
}

static int run_as(const struct experiment *e, const struct identity *id,
		  const struct arguments *arguments, const struct cli_record *record,
		  const struct experiment_how *how)
{
	struct session_options options = {
		.argv = arguments->argv,
		.identity = id,
		.profile = how->profile,
		.experiment = e->id,
		.params = (const char *const(*)[2])arguments->params,
		.nr_params = e->claims->nr_params,
	};
	struct session_result result = { 0 };
	struct recording *rec = NULL;
	struct quiz quiz = { 0 };
	int status, err;

	status = cli_prepare(&options, record);
	if (status)
		return status;
	claims_reads(e->claims, add_subject, &options.subjects);
	if (e->claims->show)
		add_subject("rss", "", &options.subjects);
	/* what is kept may be asked for cards later */
	if (record->output)
		add_subject("card", "", &options.subjects);
	status = introduce(e, record, how, &quiz);
	if (status)
		goto out;
	err = cli_session(&options, record->json || how->verdicts, &rec, &result);
	if (err) {
		status = result.cannot_trace ? CLI_CANNOT :
			 result.reaped       ? CLI_INCOMPLETE :
					       CLI_USAGE;
	} else {
		status = check_workload(e, &result);
		if (status != CLI_CANNOT)
			status = check_and_show(e, rec, record, how, &quiz, status);
	}
	status = cli_close_recording(rec, err, status);
out:
	quiz_free(&quiz);
	return status;
}

int experiment_run(const struct experiment *e, const struct cli_record *record,
		   const struct experiment_how *how)
{
	struct arguments arguments = { 0 };
	const char *program = how->program ? how->program : e->program;
	struct identity *id = NULL;
	int status;

	status = check_memory(e, record);
	if (status)
		return status;
	if (e->claims->root && !record->as_root)
		status = grant_root(e, program);
	else
		status = cli_choose_identity(&id, NULL, record->as_root);
	if (status)
		return status;
	if (make_arguments(&arguments, e, program)) {
		message("cannot run %s: out of memory", e->id);
		status = CLI_CANNOT;
	} else {
		status = run_as(e, id, &arguments, record, how);
	}
	free_arguments(&arguments);
	identity_free(id);
	return status;
}
