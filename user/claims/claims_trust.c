// SPDX-License-Identifier: GPL-2.0
/* Which tables of an incomplete run are whole all the same. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "claims/claims_impl.h"
#include "event.h"
#include "record/records.h"
#include "recording/recording.h"

#define TASKS 1u  /* who there was, and what markers told */
#define EVENTS 2u /* all that belongs together: calls, switches, signals, locks */
#define OWN 4u    /* and higher bits: records that each are a row, see records.h */
#define ALL ~0u

/*
 * Filled while a task waits at a barrier, of the processes and regions that faultline has
 * heard of by then.  What had no room in the ring is saved in a map and heard of at the
 * end: too late for these, and not lost.  So any loss makes them uncertain; and so what
 * tells of losses, and of everything.
 */
static const char *const uncertain[] = { "card", "vma", "open_file", "frame", "raw", "loss" };

static const char *const whole[] = {
	/* counted in maps */
	"fault_count",
	"page_alloc",
	"run",
	/* views, whose tables are told as well, and what is the same in all recordings */
	"reconcile",
	"fault",
	"fault_in_run",
};

static bool is_among(const char *table, const char *const *tables, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(table, tables[i]))
			return true;
	return false;
}
#define IS_AMONG(table, tables) is_among(table, tables, sizeof(tables) / sizeof((tables)[0]))

/* The bit of the records that TABLE is made of, or that WORD names; 0: of none that stands for itself. */
static unsigned int own(const char *table, const char *word)
{
	unsigned int bit = OWN;

	for (unsigned int type = 0; type <= FL_LAST_TYPE; type++) {
		const struct record_type *t = records_type(type);

		if (!t || !t->table)
			continue;
		if (table ? !strcmp(table, t->table) : !strcmp(word, t->word))
			return bit;
		bit <<= 1;
	}
	return 0;
}

void claims_note_read(const char *table, const char *column, void *arg)
{
	static const char *const told[] = { "task", "value", "phase", "region" };
	struct claims_reads *reads = arg;

	reads->frames |= !strcmp(table, "frame");
	if (IS_AMONG(table, whole))
		return;
	if (IS_AMONG(table, uncertain)) {
		reads->touched |= ALL;
		return;
	}
	if (own(table, NULL)) {
		reads->touched |= own(table, NULL);
		return;
	}
	/* When a task was reaped is known from the system call of the one that waited. */
	reads->touched |= IS_AMONG(table, told) && strcmp(column, "reaped_ns") ? TASKS : EVENTS;
}

void claims_note_names(const char *sql, struct claims_reads *reads)
{
	static const char *const kinds[] = { "'stale'", "'huge_reuse'", "'huge_zero_page'",
					     "'hugetlb_copy'", "'hugetlb_reuse'" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		reads->entry_kinds |= strstr(sql, kinds[i]) != NULL;
}

/* What a lost record of KIND can have told. */
static unsigned int touched_by(const char *kind)
{
	if (own(NULL, kind))
		return own(NULL, kind);
	/* A start, an end or a marker says to whom, and to what phase, all else belongs. */
	if (!strncmp(kind, "task_", 5) || !strcmp(kind, "mark") || !*kind ||
	    !strcmp(kind, "unknown"))
		return ALL;
	return EVENTS;
}

static int query_text(sqlite3 *db, const char *sql, char *buf, size_t size)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	buf[0] = '\0';
	if (rc != SQLITE_OK)
		return -EIO;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_text(stmt, 0))
		snprintf(buf, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
}

/*
 * A workload that did not come to its end proves nothing: what a claim would count
 * may not have happened.  Why, into BUF; "" where it ended well, or nobody knows.
 */
static int read_end(sqlite3 *db, char *buf, size_t size)
{
	char text[32];
	int err = query_text(db, "SELECT value FROM run WHERE key = 'wait_status'", text,
			     sizeof(text));
	int status = (int)strtol(text, NULL, 10);

	buf[0] = '\0';
	if (!err && WIFSIGNALED(status))
		snprintf(buf, size, "the workload was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (!err && status)
		snprintf(buf, size, "the workload failed: it ended with status %d",
			 WEXITSTATUS(status));
	return err;
}

static int read_lost(sqlite3 *db, unsigned int *lost)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, "SELECT DISTINCT coalesce(kind, '') FROM loss", -1, &stmt,
				    NULL);

	if (rc != SQLITE_OK)
		return -EIO;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *kind = (const char *)sqlite3_column_text(stmt, 0);

		*lost |= kind ? touched_by(kind) : ALL;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

int claims_read_trust(sqlite3 *db, struct claims_trust *trust)
{
	char text[64];
	int err;

	*trust = (struct claims_trust){ 0 };
	err = query_text(db,
			 "SELECT 'page frames are ' || value FROM run WHERE key = 'frames'"
			 " AND value <> 'available'",
			 trust->no_frames, sizeof(trust->no_frames));
	if (!err)
		err = query_text(db,
				 "SELECT 'page tables are ' || value FROM run"
				 " WHERE key = 'page_tables' AND value <> 'available'",
				 trust->no_entry_kinds, sizeof(trust->no_entry_kinds));
	if (!err)
		err = read_end(db, trust->reason, sizeof(trust->reason));
	if (err || *trust->reason)
		return err;
	err = query_text(db, "SELECT value FROM run WHERE key = 'status'", text, sizeof(text));
	if (!err && strcmp(text, "complete") == 0) {
		trust->complete = true;
		return 0;
	}
	if (!err)
		err = query_text(db, "SELECT value FROM run WHERE key = 'reason'", trust->reason,
				 sizeof(trust->reason));
	if (!*trust->reason)
		snprintf(trust->reason, sizeof(trust->reason), "the run is incomplete");
	if (!err)
		err = query_text(db, "SELECT " RECORDING_COUNTS_EXACT, text, sizeof(text));
	trust->ledger = strcmp(text, "1") == 0;
	return err ? err : read_lost(db, &trust->lost);
}

bool claims_untouched(const struct claims_trust *trust, const struct claims_reads *reads)
{
	return trust->complete || (trust->ledger && !(trust->lost & reads->touched));
}
