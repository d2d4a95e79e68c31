// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims/claims_impl.h"
#include "base/text.h"

struct known {
	const struct claims *claims;
	struct claims_facts *facts;
	char names[512];
};

bool claims_name_is_reserved(const char *name)
{
	static const char *const reserved[] = { "page_size", "cpus", "observed", "told",
						"min",       "max",  "ceil_div" };
	size_t i;

	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	return false;
}

static bool lookup(const char *name, struct expr_value *value, void *arg)
{
	struct known *known = arg;
	const struct claims *claims = known->claims;
	size_t i;

	if (strcmp(name, "page_size") == 0) {
		value->number = claims->page_size;
		return true;
	}
	if (strcmp(name, "cpus") == 0) {
		value->number = claims->cpus;
		return true;
	}
	if (strcmp(name, "observed") == 0 && known->facts) {
		known->facts->asked = true;
		value->number = known->facts->observed;
		return true;
	}
	for (i = 0; i < claims->nr_params; i++) {
		const struct param *param = &claims->params[i];

		if (strcmp(name, param->name) != 0)
			continue;
		value->number = param->value;
		value->is_word = param->is_word;
		if (param->is_word) {
			snprintf(value->word, sizeof(value->word), "%s", param->word);
			value->choices = param->choices;
			value->nr_choices = param->nr_choices;
		}
		return true;
	}
	return false;
}

static int ask(const char *name, long long *number, void *arg)
{
	struct known *known = arg;

	known->facts->asked = true;
	*number = 0;
	return known->facts->told ? known->facts->told(name, number, known->facts->arg) : 0;
}

static struct expr_scope scope_of(struct known *known)
{
	const struct claims *claims = known->claims;
	size_t used = 0, i;

	for (i = 0; i < claims->nr_params && used < sizeof(known->names); i++)
		used += snprintf(known->names + used, sizeof(known->names) - used, "%s, ",
				 claims->params[i].name);
	if (used < sizeof(known->names))
		snprintf(known->names + used, sizeof(known->names) - used, "page_size, cpus%s",
			 known->facts ? ", observed" : "");
	return (struct expr_scope){ .lookup = lookup,
				    .told = known->facts ? ask : NULL,
				    .arg = known,
				    .names = known->names };
}

/* Does it strike?  1 or 0; or -EINVAL; -EAGAIN where the run must be over first. */
static int judge_proviso(const struct claims *claims, const struct proviso *proviso,
			 struct claims_facts *facts, char *why, size_t why_size)
{
	struct claims_facts none = { 0 };
	struct known known = { .claims = claims, .facts = facts ? facts : &none };
	struct expr_scope scope = scope_of(&known);
	char problem[256];
	long long holds;
	int err;

	/* Before the run only the form of what asks for facts can be judged, not its result. */
	scope.names_only = !facts;
	known.facts->asked = false;
	err = expr_eval_number(proviso->condition, &scope, &holds, problem, sizeof(problem));
	if (!err && !facts && none.asked)
		return -EAGAIN;
	if (!err && !facts) {
		scope.names_only = false;
		err = expr_eval_number(proviso->condition, &scope, &holds, problem,
				       sizeof(problem));
	}
	if (err)
		return claims_wrong(claims, proviso->line, why, why_size, "%s: %s",
				    proviso->verdict == VERDICT_SKIP ? "needs" : "inconclusive",
				    problem);
	return proviso->verdict == VERDICT_SKIP ? !holds : !!holds;
}

static int judge_list(const struct claims *claims, const struct proviso *provisos, size_t n,
		      struct claim *claim, struct claims_facts *facts, char *why, size_t why_size)
{
	size_t i;

	for (i = 0; i < n; i++) {
		int strikes = judge_proviso(claims, &provisos[i], facts, why, why_size);

		if (strikes == -EAGAIN || strikes == 0)
			continue;
		if (strikes < 0)
			return strikes;
		/* A later one is still read before the run, for what may be wrong in it. */
		if (claim->verdict == VERDICT_SKIP && !facts)
			continue;
		claim->verdict = provisos[i].verdict;
		if (claims_replace(&claim->reason, provisos[i].reason))
			return -ENOMEM;
		if (facts)
			return 1;
	}
	return 0;
}

int claims_judge_provisos(const struct claims *claims, struct claim *claim,
			  struct claims_facts *facts, char *why, size_t why_size)
{
	int done = judge_list(claims, claims->provisos, claims->nr_provisos, claim, facts, why,
			      why_size);

	if (!done)
		done = judge_list(claims, claim->provisos, claim->nr_provisos, claim, facts, why,
				  why_size);
	return done < 0 ? done : 0;
}

static int predict(const struct claims *claims, struct claim *claim, char *why, size_t why_size)
{
	struct known known = { .claims = claims };
	struct expr_scope scope = scope_of(&known);
	char problem[256], printed[160];
	long long applies = 1;
	int err;

	if (claim->when) {
		err = expr_eval_number(claim->when, &scope, &applies, problem, sizeof(problem));
		if (err)
			return claims_wrong(claims, claim->when_line, why, why_size, "when: %s",
					    problem);
	}
	claim->applies = applies;
	scope.names_only = !applies;
	err = expect_eval(claim->expect, &scope, &claim->expect_value, problem, sizeof(problem));
	if (err)
		return claims_wrong(claims, claim->expect_line, why, why_size, "expect: %s",
				    problem);
	expect_print(&claim->expect_value, printed, sizeof(printed));
	if (claims_replace(&claim->expected, applies ? printed : ""))
		return -ENOMEM;
	claim->verdict = VERDICT_PENDING;
	free(claim->reason);
	claim->reason = NULL;
	return claims_judge_provisos(claims, claim, NULL, why, why_size);
}

int claims_evaluate(const struct claims *claims, const char *source, struct expect *value,
		    char *why, size_t why_size)
{
	struct known known = { .claims = claims };
	struct expr_scope scope = scope_of(&known);

	return expect_eval(source, &scope, value, why, why_size);
}

/* The bytes that a run needs, from its parameters. */
static int needed(const struct claims *claims, long long *bytes, char *why, size_t why_size)
{
	struct known known = { .claims = claims };
	struct expr_scope scope = scope_of(&known);
	char problem[256];
	int err = expr_eval_number(claims->memory, &scope, bytes, problem, sizeof(problem));

	return err ? claims_wrong(claims, claims->memory_line, why, why_size, "memory: %s",
				  problem) :
		     0;
}

/*
 * The largest value of PARAM, below the one that it has, with which a run fits;
 * more pages never need less memory.  False: none does.
 */
static bool largest_fit(const struct claims *claims, struct param *param, long long available)
{
	long long was = param->value, low = param->min, high = was, bytes;
	char why[256];
	bool fits = false;

	while (low <= high) {
		param->value = low + (high - low) / 2;
		if (!needed(claims, &bytes, why, sizeof(why)) && bytes <= available) {
			fits = param->value < was;
			low = param->value + 1;
		} else {
			high = param->value - 1;
		}
	}
	param->value = high;
	return fits && high >= param->min;
}

int claims_fit(const struct claims *claims, long long available, char *why, size_t why_size)
{
	char need[32], have[32];
	long long bytes;
	int err;

	if (!claims->memory)
		return 0;
	err = needed(claims, &bytes, why, why_size);
	if (err || bytes <= available)
		return err;
	text_size(need, sizeof(need), bytes);
	text_size(have, sizeof(have), available);
	for (size_t i = 0; i < claims->nr_params; i++) {
		struct param *param = &claims->params[i];
		long long was = param->value;
		bool fits = !param->is_word && largest_fit(claims, param, available);
		long long fit = param->value;

		param->value = was;
		if (!fits)
			continue;
		snprintf(why, why_size,
			 "it needs %s of memory, and %s are available; --set %s=%lld fits", need,
			 have, param->name, fit);
		return -ENOMEM;
	}
	snprintf(why, why_size, "it needs %s of memory, and %s are available", need, have);
	return -ENOMEM;
}

int claims_predict(struct claims *claims, char *why, size_t why_size)
{
	long long bytes;
	size_t i;
	int err = 0;

	if (claims->memory) {
		err = needed(claims, &bytes, why, why_size);
		if (err)
			return err;
	}

	for (i = 0; i < claims->nr_claims && !err; i++)
		err = predict(claims, &claims->claims[i], why, why_size);
	if (err == -ENOMEM)
		snprintf(why, why_size, "%s: no memory", claims->path);
	return err;
}
