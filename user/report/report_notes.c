// SPDX-License-Identifier: GPL-2.0
/* What course notes say, and what was measured here: two columns.  And the lesson of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "base/text.h"

#define BETWEEN 3
#define INDENT 2

/* TEXT in lines of WIDTH columns, which the caller frees; NULL: no memory. */
static char *wrapped(const char *text, int width)
{
	struct report_style narrow = { .width = width };
	char *lines = NULL;
	size_t size;
	FILE *memory = open_memstream(&lines, &size);

	if (!memory)
		return NULL;
	report_wrap(memory, &narrow, text, 0, INDENT);
	fclose(memory);
	return lines;
}

static int print_pair(FILE *out, const char *left, const char *right, int width)
{
	char *a = wrapped(left, width), *b = wrapped(right, width), *one = a, *two = b;

	while (a && b && (*one || *two)) {
		char *end_one = strchrnul(one, '\n'), *end_two = strchrnul(two, '\n');
		char *next_one = end_one + (*end_one != '\0');
		char *next_two = end_two + (*end_two != '\0');

		*end_one = *end_two = '\0';
		if (*two) {
			text_pad(out, one, width + BETWEEN);
			fprintf(out, "%s\n", two);
		} else {
			fprintf(out, "%s\n", one);
		}
		one = next_one;
		two = next_two;
	}
	free(a);
	free(b);
	return a && b ? 0 : -ENOMEM;
}

/* "what they say: 2106, 26718" */
static int left_cell(char **text, const struct report_style *style, const char *said,
		     const char *printed)
{
	char safe[1024], figures[512], counts[640];

	text_escape_for(safe, sizeof(safe), said, 0, style->utf8);
	text_escape_for(figures, sizeof(figures), printed, 0, style->utf8);
	if (asprintf(text, "%s%s%s%s", safe, *figures ? " (printed: " : "",
		     text_counts_in(counts, sizeof(counts), figures), *figures ? ")" : "") < 0)
		return -ENOMEM;
	return 0;
}

static int print_note(FILE *out, const struct report_style *style, sqlite3_stmt *stmt, int width)
{
	char safe[1024], counts[1200], *left;
	int err = left_cell(&left, style, report_column(stmt, 0), report_column(stmt, 1));

	if (err)
		return err;
	text_escape_for(safe, sizeof(safe), report_column(stmt, 2), 0, style->utf8);
	err = print_pair(out, left, text_counts_in(counts, sizeof(counts), safe), width);
	free(left);
	return err;
}

int report_lesson(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char lesson[2048];

	report_run_text(db, style, "lesson", lesson, sizeof(lesson), "");
	if (!*lesson)
		return 0;
	fprintf(out, "%swhat to remember%s\n  ", report_ink(style, REPORT_BOLD),
		report_ink(style, REPORT_PLAIN));
	report_wrap(out, style, lesson, INDENT, INDENT);
	return report_flush(out);
}

int report_notes(sqlite3 *db, FILE *out, const struct report_style *style)
{
	int width = ((style->width ? style->width : 100) - BETWEEN) / 2, rc, err;
	sqlite3_stmt *stmt;
	bool first = true;

	err = report_prepare(db, &stmt, "SELECT said, printed, measured FROM note ORDER BY rowid");
	if (err)
		return err;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && !err) {
		if (first) {
			fputs(report_ink(style, REPORT_BOLD), out);
			text_pad(out, "the notes say", width + BETWEEN);
			fprintf(out, "measured here%s\n", report_ink(style, REPORT_PLAIN));
		}
		first = false;
		err = print_note(out, style, stmt, width);
	}
	if (err) {
		sqlite3_finalize(stmt);
		return err;
	}
	return report_end(stmt, rc, out);
}
