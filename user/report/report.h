/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a person sees.  Everything here reads the tables of a recording and
 * writes text; nothing here knows how they were filled.  Every name from a
 * traced program passes through text_escape_for().
 */
#ifndef REPORT_H
#define REPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

struct report_style {
	int width; /* columns; 0: no limit */
	bool colour;
	bool utf8;
	int rows;         /* of the timeline, about; 0: no limit */
	const char *file; /* the recording's name for hints; NULL: it is not kept */
};

/*
 * Width, colour and UTF-8 for stream OUT: a terminal, or a plain pipe (100
 * columns, none).  The timeline is short; rows = 0 afterwards asks for all of it.
 */
struct report_style report_style_for(FILE *out);

/*
 * The parts.  Each is 0 or a negative errno: -EPIPE and others of writing,
 * -EIO where the database cannot be read.  SIGPIPE is the caller's to ignore.
 */
int report_header(sqlite3 *db, FILE *out, const struct report_style *style);
int report_timeline(sqlite3 *db, FILE *out, const struct report_style *style);
int report_faults(sqlite3 *db, FILE *out, const struct report_style *style); /* reconciliation */
int report_claims(sqlite3 *db, FILE *out, const struct report_style *style);
int report_notes(sqlite3 *db, FILE *out,
		 const struct report_style *style); /* beside the measured */
int report_lesson(sqlite3 *db, FILE *out, const struct report_style *style);
int report_loss(sqlite3 *db, FILE *out, const struct report_style *style);

/* The first line of report_loss(), "INCOMPLETE: why": 1, or 0 and nothing where the recording is whole. */
int report_incomplete(sqlite3 *db, FILE *out, const struct report_style *style);

/* Of claims that failed: by how much, and which faults of their phase lie outside of regions. */
int report_surplus(sqlite3 *db, FILE *out, const struct report_style *style);

/* Not part of the whole: faults by phase, region, kind and via with their cost, and each outside of regions. */
int report_costs(sqlite3 *db, FILE *out, const struct report_style *style);

/* Not part of the whole: resident memory and faults over time; but run.show = 'memory' makes it one. */
int report_memory(sqlite3 *db, FILE *out, const struct report_style *style);
int report_shown(sqlite3 *db, FILE *out, const struct report_style *style);

/* Not part of the whole: page frames at barriers, one line a region. */
int report_frames(sqlite3 *db, FILE *out, const struct report_style *style);

/* All of the above but the frames, in order. */
int report_text(sqlite3 *db, FILE *out, const struct report_style *style);

/* The same content as one JSON document; docs/json.md describes it. */
int report_json(sqlite3 *db, FILE *out);

#endif
