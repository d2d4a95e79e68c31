// SPDX-License-Identifier: GPL-2.0
#include "views/traced.h"

#include <string.h>

#include "report/report_part.h"
#include "base/text.h"

#define MOST_COMMAND 200 /* columns of the command */

bool traced(sqlite3 *db, const char *subject)
{
	static const struct report_style style = { .utf8 = true };
	char subjects[256], *word, *rest = subjects;

	report_run_text(db, &style, "subjects", subjects, sizeof(subjects), "?");
	if (!strcmp(subjects, "?"))
		return true;
	while ((word = strsep(&rest, ", ")))
		if (!strcmp(word, subject))
			return true;
	return false;
}

void traced_explain(sqlite3 *db, const char *subject, FILE *out, const struct report_style *style)
{
	char command[1024], cut[1024], text[1400];

	report_run_text(db, style, "command", command, sizeof(command), "COMMAND");
	text_escape_for(cut, sizeof(cut), command, MOST_COMMAND, style->utf8);
	snprintf(text, sizeof(text),
		 "The recording has no %s: what was asked for did not need them. "
		 "\"faultline trace -o FILE %s\" records them.",
		 subject, cut);
	fputs(report_ink(style, REPORT_DIM), out);
	report_wrap(out, style, text, 0, 2);
	fputs(report_ink(style, REPORT_PLAIN), out);
}

bool traced_not(sqlite3 *db, const char *subject, FILE *out, const struct report_style *style)
{
	if (traced(db, subject))
		return false;
	traced_explain(db, subject, out, style);
	return true;
}
