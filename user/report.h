/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a person sees.  Everything here reads the tables of a recording and
 * writes text; nothing here knows how they were filled.  Every name from a
 * traced program passes through text_escape().
 */
#ifndef REPORT_H
#define REPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

struct report_style {
	int width;		/* columns; 0: no limit */
	bool colour;
	bool utf8;
};

/* Width, colour and UTF-8 for stream OUT: a terminal, or a plain pipe (100 columns, none). */
struct report_style report_style_for(FILE *out);

/* The parts, each 0 or a negative errno. */
int report_header(sqlite3 *db, FILE *out, const struct report_style *style);
int report_timeline(sqlite3 *db, FILE *out, const struct report_style *style);
int report_faults(sqlite3 *db, FILE *out, const struct report_style *style);	/* reconciliation */
int report_claims(sqlite3 *db, FILE *out, const struct report_style *style);
int report_loss(sqlite3 *db, FILE *out, const struct report_style *style);

/* All of the above in order. */
int report_text(sqlite3 *db, FILE *out, const struct report_style *style);

/* The same content as one JSON document. */
int report_json(sqlite3 *db, FILE *out);

#endif
