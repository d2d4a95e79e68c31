// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "views/locks_view.h"
#include "views/messages_view.h"
#include "views/path_view.h"
#include "views/progress_view.h"
#include "report_db.h"
#include "views/signals_view.h"
#include "views/states_view.h"
#include "views/traced.h"
#include "record/subjects.h"

static const struct report_style plain = { .width = 0 };

static int path(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char why[200];

	return report_path(db, "task:1", out, style, why, sizeof(why));
}

/* What each view says where there is nothing, and it was looked for. */
static const struct {
	report_part *part;
	const char *subject, *none;
} views[] = {
	{ report_signals, "signals", "no signals\n" },
	{ report_messages, "messages",
	  "no messages: no bytes went through a pipe, FIFO or socket\n" },
	{ report_locks, "locks", "no locks: no file was locked, and nobody waited at a futex\n" },
	{ report_progress, "states", "No task ran while states were recorded.\n" },
	{ path, "states", NULL },
};

static sqlite3 *with_subjects(const char *subjects)
{
	sqlite3 *db = report_db(report_db_cow);
	char *sql = sqlite3_mprintf("INSERT INTO run VALUES ('subjects', %Q)", subjects);

	report_db_add(db, sql);
	sqlite3_free(sql);
	return db;
}

static void test_what_was_not_traced_is_not_told_as_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		sqlite3 *db = with_subjects("pages, cards");
		char expected[300];

		snprintf(expected, sizeof(expected),
			 "The recording has no %s: what was asked for did not need them. "
			 "\"faultline trace -o FILE build/workloads/cow\" records them.\n",
			 views[i].subject);
		report_db_expect(db, views[i].part, &plain, expected);
		sqlite3_close(db);
	}
}

static void test_what_was_traced_and_is_not_there_is_none(void **state)
{
	static const char *const subjects[] = { "states, signals, locks, messages", NULL };

	(void)state;
	for (size_t n = 0; n < 2; n++) {
		for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
			sqlite3 *db = subjects[n] ? with_subjects(subjects[n]) :
						    report_db(report_db_cow);
			char *text = report_db_render(db, views[i].part, &plain);

			if (views[i].none)
				assert_string_equal(text, views[i].none);
			assert_null(strstr(text, "did not need"));
			free(text);
			sqlite3_close(db);
		}
	}
}

/* It comes from the file, which may be a stranger's. */
static void test_words_are_whole(void **state)
{
	static const struct {
		const char *subjects;
		bool traced;
	} cases[] = {
		{ "states", true },
		{ "pages, states, cards", true },
		{ "pages, states", true },
		{ "", false },
		{ "pages", false },
		{ "statesmen, upstates", false },
		{ "\x1b[31m,,  ,\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sqlite3 *db = with_subjects(cases[i].subjects);

		assert_int_equal(traced(db, "states"), cases[i].traced);
		sqlite3_close(db);
	}
}

static void test_every_subject_has_a_word(void **state)
{
	char text[128];

	(void)state;
	assert_string_equal(subjects_words(text, sizeof(text), 0), "");
	assert_string_equal(subjects_words(text, sizeof(text), SUBJECT_CARDS | SUBJECT_RSS),
			    "rss, cards");
	assert_string_equal(subjects_words(text, sizeof(text), ~0u),
			    "pages, rss, states, signals, locks, messages, calls, data, frames, "
			    "cards, kthreads");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_not_traced_is_not_told_as_none),
		cmocka_unit_test(test_what_was_traced_and_is_not_there_is_none),
		cmocka_unit_test(test_words_are_whole),
		cmocka_unit_test(test_every_subject_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
