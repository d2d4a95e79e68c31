// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "claims/claims_impl.h"

struct observation {
	char *text; /* for table claim; NULL: none */
	bool is_null, is_number, is_real;
	long long integer;
	double real;
	const char *odd; /* why there is nothing to compare */
	bool stopped;    /* the query took more time or memory than it may: nothing is known */
	char error[256]; /* the query failed */
};

/* A value as text; a NUL in it, which no C string can hold, as \x00. */
static char *column_text(sqlite3_stmt *stmt)
{
	const char *data = sqlite3_column_blob(stmt, 0);
	size_t size = sqlite3_column_bytes(stmt, 0), i;
	char *text = malloc(4 * size + 1), *at = text;

	for (i = 0; text && i < size; i++) {
		if (data[i])
			*at++ = data[i];
		else
			at = stpcpy(at, "\\x00");
	}
	if (text)
		*at = '\0';
	return text;
}

/*
 * Many values are kept as text, such as those of table run, or as bytes, such as
 * what a file held: a text that is a number and nothing else counts as one.
 */
static void read_text_number(struct observation *seen)
{
	char *end;

	errno = 0;
	seen->integer = strtoll(seen->text, &end, 10);
	if (end == seen->text)
		return;
	if (errno || strchr(".eE", *end)) {
		seen->real = strtod(seen->text, &end);
		seen->integer = 0;
		seen->is_real = true;
	}
	seen->is_number = !end[strspn(end, " \t\r\n")];
	if (!seen->is_number) {
		seen->is_real = false;
		seen->integer = 0;
	}
}

static void read_number(struct observation *seen, sqlite3_stmt *stmt)
{
	switch (sqlite3_column_type(stmt, 0)) {
	case SQLITE_INTEGER:
		seen->is_number = true;
		break;
	case SQLITE_FLOAT:
		seen->is_number = true;
		seen->is_real = true;
		seen->real = sqlite3_column_double(stmt, 0);
		break;
	default:
		read_text_number(seen);
		return;
	}
	seen->integer = sqlite3_column_int64(stmt, 0);
}

static int observe(struct sandbox *box, const struct claim *claim, struct observation *seen)
{
	sqlite3_stmt *stmt;
	int rc, err = 0;

	*seen = (struct observation){ 0 };
	sandbox_restart(box);
	if (sandbox_prepare(box, claim->sql, &stmt, seen->error, sizeof(seen->error)))
		return 0;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE) {
		seen->odd = "the query gave no row; sum() and count() always give one";
	} else if (rc == SQLITE_ROW && sqlite3_column_count(stmt) != 1) {
		seen->odd = "the query gave more than one column";
	} else if (rc == SQLITE_ROW) {
		seen->is_null = sqlite3_column_type(stmt, 0) == SQLITE_NULL;
		if (!seen->is_null) {
			seen->text = column_text(stmt);
			if (seen->text)
				read_number(seen, stmt);
			else
				err = -ENOMEM;
		}
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW)
			seen->odd = "the query gave more than one row";
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		sandbox_error(box, rc, seen->error, sizeof(seen->error));
		seen->stopped = box->timed_out || (rc & 0xff) == SQLITE_NOMEM;
	}
	sqlite3_finalize(stmt);
	return err;
}

/* Does what was seen agree?  Where it cannot be compared at all, seen->odd says why. */
static bool compare(const struct expect *expect, struct observation *seen)
{
	if (seen->odd || *seen->error)
		return false;
	if (expect->form == EXPECT_WORD) {
		if (seen->is_null)
			seen->odd = "the query gave NULL where a text was expected";
		return !seen->is_null && strcmp(seen->text, expect->word) == 0;
	}
	if (seen->is_null) {
		/* sum() over no rows is NULL, and means that there was none. */
		seen->is_number = true;
		seen->integer = 0;
	}
	if (!seen->is_number) {
		seen->odd = "the query gave a text where a number was expected";
		return false;
	}
	return seen->is_real ? expect_holds_real(expect, seen->real) :
			       expect_holds_integer(expect, seen->integer);
}

static int print_observed(struct claim *claim, const struct observation *seen)
{
	char number[32];

	free(claim->observed);
	claim->observed = NULL;
	if (*seen->error || (seen->odd && seen->is_null) || (!seen->text && !seen->is_null))
		return 0;
	if (seen->is_real)
		snprintf(number, sizeof(number), "%.15g", seen->real);
	else
		snprintf(number, sizeof(number), "%lld", seen->integer);
	return claims_replace(&claim->observed, seen->is_number ? number : seen->text);
}

static int give(struct claim *claim, enum verdict verdict, const char *reason)
{
	claim->verdict = verdict;
	free(claim->reason);
	claim->reason = NULL;
	return reason && *reason ? claims_replace(&claim->reason, reason) : 0;
}

/* told('name'): what the workload counted, added up over its tasks. */
static int told(const char *name, long long *number, void *arg)
{
	struct sandbox *box = arg;
	char *sql = sqlite3_mprintf("SELECT sum(value) FROM value WHERE name = %Q", name);
	sqlite3_stmt *stmt;
	int rc;

	if (!sql)
		return -ENOMEM;
	rc = sqlite3_prepare_v2(box->db, sql, -1, &stmt, NULL);
	sqlite3_free(sql);
	if (rc != SQLITE_OK)
		return -EIO;
	rc = sqlite3_step(stmt);
	*number = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : -EIO;
}

static int judge(const struct claims *claims, struct claim *claim, const struct claims_trust *trust,
		 struct sandbox *box, struct claims_reads *reads)
{
	struct claims_facts facts = { .told = told, .arg = box };
	struct observation seen;
	const char *missing;
	char problem[320];
	bool holds;
	int err;

	*reads = (struct claims_reads){ 0 };
	claims_note_names(claim->sql, reads);
	err = observe(box, claim, &seen);
	holds = compare(&claim->expect_value, &seen);
	if (!err)
		err = print_observed(claim, &seen);
	free(seen.text);
	if (err)
		return err;
	if (seen.stopped) {
		snprintf(problem, sizeof(problem),
			 "%s; run it with smaller parameters, or where less else is going on",
			 seen.error);
		return give(claim, VERDICT_INCONCLUSIVE, problem);
	}
	/* Any other error in the query is the claim's own fault, whatever was lost. */
	if (*seen.error)
		return give(claim, VERDICT_FAIL, seen.error);
	missing = reads->frames && *trust->no_frames           ? trust->no_frames :
		  reads->entry_kinds && *trust->no_entry_kinds ? trust->no_entry_kinds :
								 NULL;
	if (missing) {
		free(claim->observed);
		claim->observed = NULL;
		return give(claim, VERDICT_SKIP, missing);
	}
	if (!claims_untouched(trust, reads))
		return give(claim, VERDICT_INCONCLUSIVE, trust->reason);
	facts.observed = seen.integer;
	err = give(claim, holds ? VERDICT_PASS : VERDICT_FAIL, seen.odd);
	if (err)
		return err;
	reads->touched = 0;
	err = claims_judge_provisos(claims, claim, &facts, problem, sizeof(problem));
	if (err == -EINVAL)
		return give(claim, VERDICT_FAIL, problem);
	if (!err && !claims_untouched(trust, reads))
		return give(claim, VERDICT_INCONCLUSIVE, trust->reason);
	return err;
}

static const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS:
		return "pass";
	case VERDICT_FAIL:
		return "fail";
	case VERDICT_SKIP:
		return "skip";
	case VERDICT_PENDING:
	case VERDICT_INCONCLUSIVE:
		break;
	}
	return "inconclusive";
}

static int cannot_check(const struct claims *claims, sqlite3 *db, char *why, size_t why_size)
{
	snprintf(why, why_size, "the claims of %s cannot be checked: the recording says: %s",
		 claims->id, sqlite3_errmsg(db));
	return -EIO;
}

/*
 * The phase that a claim is about, into BUF: the one that it names, else the one
 * that its query asks for, if it is one.  NULL: none.
 */
static const char *phase_of(const struct claim *claim, char *buf, size_t size)
{
	static const char asks[] = "phase = '";
	const char *at = claim->sql;

	buf[0] = '\0';
	if (claim->phase)
		return claim->phase;
	while ((at = strstr(at, asks))) {
		size_t length = strcspn(at += sizeof(asks) - 1, "'");

		if (length >= size ||
		    (*buf && (strlen(buf) != length || strncmp(buf, at, length) != 0)))
			return NULL;
		memcpy(buf, at, length);
		buf[length] = '\0';
	}
	return *buf ? buf : NULL;
}

static int store_claim(sqlite3_stmt *insert, const struct claims *claims, const struct claim *claim)
{
	char class[2] = { claim->class, '\0' }, phase[64];
	int rc;

	sqlite3_bind_text(insert, 1, claims->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 2, claim->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 3, class, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(insert, 4, claim->text, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 5, claim->expected, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 6, claim->observed, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 7, verdict_name(claim->verdict), -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 8, claim->reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 9, phase_of(claim, phase, sizeof(phase)), -1, SQLITE_STATIC);
	rc = sqlite3_step(insert);
	sqlite3_reset(insert);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

static int store(const struct claims *claims, sqlite3 *db, char *why, size_t why_size)
{
	static const char insert_sql[] =
		"INSERT INTO claim (experiment, id, class, text, expected, observed, verdict, reason,"
		" phase) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
	sqlite3_stmt *drop = NULL, *insert = NULL;
	int err = -EIO;
	size_t i;

	if (sqlite3_exec(db, "SAVEPOINT claims", NULL, NULL, NULL) != SQLITE_OK)
		return cannot_check(claims, db, why, why_size);
	if (sqlite3_prepare_v2(db, "DELETE FROM claim WHERE experiment = ?1", -1, &drop, NULL) ||
	    sqlite3_prepare_v2(db, insert_sql, -1, &insert, NULL))
		goto out;
	sqlite3_bind_text(drop, 1, claims->id, -1, SQLITE_STATIC);
	if (sqlite3_step(drop) != SQLITE_DONE)
		goto out;
	err = 0;
	for (i = 0; i < claims->nr_claims && !err; i++)
		if (claims->claims[i].applies)
			err = store_claim(insert, claims, &claims->claims[i]);
	if (!err)
		err = claims_store_notes(claims, db);
out:
	sqlite3_finalize(drop);
	sqlite3_finalize(insert);
	if (!err && sqlite3_exec(db, "RELEASE claims", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	err = cannot_check(claims, db, why, why_size);
	sqlite3_exec(db, "ROLLBACK TO claims; RELEASE claims", NULL, NULL, NULL);
	return err;
}

int claims_check(struct claims *claims, sqlite3 *db, char *why, size_t why_size)
{
	struct sandbox box;
	struct claims_trust trust;
	struct claims_reads reads;
	size_t i;
	int err;

	if (claims_read_trust(db, &trust) || sandbox_enter(&box, db, claims->query_ms))
		return cannot_check(claims, db, why, why_size);
	box.on_read = claims_note_read;
	box.on_read_arg = &reads;
	for (i = 0, err = 0; i < claims->nr_claims && !err; i++) {
		struct claim *claim = &claims->claims[i];

		if (claim->applies && claim->verdict != VERDICT_SKIP)
			err = judge(claims, claim, &trust, &box, &reads);
	}
	box.on_read = NULL;
	if (!err)
		err = claims_measure_notes(claims, &box);
	sandbox_leave(&box);
	if (err) {
		snprintf(why, why_size, "the claims of %s cannot be checked: no memory",
			 claims->id);
		return err;
	}
	return store(claims, db, why, why_size);
}
