// SPDX-License-Identifier: GPL-2.0
/* What course notes say, beside what was measured. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "claims/claims.h"
#include "claims/claims_impl.h"

#define NOT_MEASURED "(not measured here)"

/* A piece of a note's source: text, or what stands within braces. */
struct piece {
	const char *text;
	size_t length;
	bool is_value;
};

/* The piece at *AT, which moves behind it.  False: there is none. */
static bool next_piece(const char **at, struct piece *piece)
{
	const char *end;

	if (!**at)
		return false;
	piece->is_value = **at == '{';
	piece->text = *at + piece->is_value;
	end = strchr(piece->text, piece->is_value ? '}' : '{');
	piece->length = end ? (size_t)(end - piece->text) : strlen(piece->text);
	*at = piece->text + piece->length + (piece->is_value && end);
	return true;
}

static bool is_query(const struct piece *piece)
{
	return piece->length > 6 && !strncasecmp(piece->text, "SELECT", 6) &&
	       strchr(" \t(", piece->text[6]);
}

static const struct claim *find_claim(const struct claims *claims, const struct piece *piece)
{
	for (size_t i = 0; i < claims->nr_claims; i++)
		if (strlen(claims->claims[i].id) == piece->length &&
		    !strncmp(claims->claims[i].id, piece->text, piece->length))
			return &claims->claims[i];
	return NULL;
}

/* The part up to '|' or the end, without blanks around it, in memory of its own; NULL for none. */
static int take_part(char **part, const char **at)
{
	size_t length;

	*part = NULL;
	if (!**at)
		return 0;
	*at += strspn(*at, " \t");
	length = strcspn(*at, "|");
	*part = strndup(*at, length);
	*at += length + ((*at)[length] == '|');
	if (!*part)
		return -ENOMEM;
	for (length = strlen(*part); length && strchr(" \t", (*part)[length - 1]); length--)
		(*part)[length - 1] = '\0';
	if (!**part) {
		free(*part);
		*part = NULL;
	}
	return 0;
}

int claims_add_note(struct claims *claims, const struct claim *claim, const char *text, int line,
		    char *why, size_t why_size)
{
	struct note *grown = reallocarray(claims->notes, claims->nr_notes + 1, sizeof(*grown)), *n;

	if (!grown)
		return -ENOMEM;
	claims->notes = grown;
	n = &grown[claims->nr_notes++];
	*n = (struct note){ .line = line, .claim = NO_CLAIM };
	if (claim)
		n->claim = claim - claims->claims;
	/* A SELECT may have '|' in it, so that the last part goes on to the end. */
	if (take_part(&n->said, &text) || take_part(&n->printed, &text))
		return -ENOMEM;
	text += strspn(text, " \t");
	if (*text)
		n->source = strdup(text);
	else if (claim && asprintf(&n->source, "{%s}: %s", claim->id, claim->text) < 0)
		n->source = NULL;
	else if (!claim)
		return claims_wrong(claims, line, why, why_size,
				    "expected \"notes: WHAT THEY SAY | WHAT THEY PRINTED | WHAT IS "
				    "MEASURED\"; only the notes of a claim may leave the last out");
	if (!n->source)
		return -ENOMEM;
	if (strchr(n->source, '{') &&
	    (!strrchr(n->source, '}') || strrchr(n->source, '{') > strrchr(n->source, '}')))
		return claims_wrong(claims, line, why, why_size,
				    "notes: a { stands there without its }");
	if (!n->said)
		return claims_wrong(claims, line, why, why_size,
				    "notes: nothing stands before the first |");
	return 0;
}

int claims_each_note_query(const struct claims *claims,
			   int (*fn)(const struct note *note, const char *sql, void *arg),
			   void *arg, char *why, size_t why_size)
{
	struct piece piece;
	int err = 0;

	for (size_t i = 0; i < claims->nr_notes; i++) {
		const struct note *note = &claims->notes[i];
		const char *at = note->source;

		while (!err && next_piece(&at, &piece)) {
			char *sql;

			if (!piece.is_value)
				continue;
			if (!is_query(&piece)) {
				if (!find_claim(claims, &piece))
					err = claims_wrong(
						claims, note->line, why, why_size,
						"notes: {%.*s} is neither a claim of this file nor a "
						"SELECT",
						(int)(piece.length < 40 ? piece.length : 40),
						piece.text);
				continue;
			}
			sql = strndup(piece.text, piece.length);
			err = sql ? fn(note, sql, arg) : -ENOMEM;
			free(sql);
		}
	}
	return err;
}

static void print_query(FILE *out, struct sandbox *box, const struct piece *piece)
{
	char *sql = strndup(piece->text, piece->length), why[128];
	const char *text = NULL;
	sqlite3_stmt *stmt = NULL;

	sandbox_restart(box);
	if (sql && !sandbox_prepare(box, sql, &stmt, why, sizeof(why)) &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(stmt, 0);
	fputs(text ? text : NOT_MEASURED, out);
	sqlite3_finalize(stmt);
	free(sql);
}

static void print_claim(FILE *out, const struct claim *claim)
{
	bool seen = claim->applies && claim->observed && claim->verdict != VERDICT_SKIP;

	fputs(seen ? claim->observed : NOT_MEASURED, out);
}

static int measure(const struct claims *claims, struct note *note, struct sandbox *box)
{
	const char *at = note->source;
	struct piece piece;
	size_t size;
	FILE *out;

	free(note->measured);
	note->measured = NULL;
	if (note->claim != NO_CLAIM && !claims->claims[note->claim].applies)
		return 0;
	out = open_memstream(&note->measured, &size);
	if (!out)
		return -ENOMEM;
	while (next_piece(&at, &piece)) {
		if (!piece.is_value)
			fprintf(out, "%.*s", (int)piece.length, piece.text);
		else if (is_query(&piece))
			print_query(out, box, &piece);
		else
			print_claim(out, find_claim(claims, &piece));
	}
	return fclose(out) || !note->measured ? -ENOMEM : 0;
}

int claims_measure_notes(struct claims *claims, struct sandbox *box)
{
	int err = 0;

	for (size_t i = 0; i < claims->nr_notes && !err; i++)
		err = measure(claims, &claims->notes[i], box);
	return err;
}

int claims_store_notes(const struct claims *claims, sqlite3 *db)
{
	sqlite3_stmt *drop = NULL, *insert = NULL;
	int rc = SQLITE_ERROR;

	if (!sqlite3_prepare_v2(db, "DELETE FROM note WHERE experiment = ?1", -1, &drop, NULL) &&
	    !sqlite3_prepare_v2(db,
				"INSERT INTO note (experiment, said, printed, measured)"
				" VALUES (?1, ?2, ?3, ?4)",
				-1, &insert, NULL)) {
		sqlite3_bind_text(drop, 1, claims->id, -1, SQLITE_STATIC);
		rc = sqlite3_step(drop);
	}
	for (size_t i = 0; i < claims->nr_notes && rc == SQLITE_DONE; i++) {
		const struct note *note = &claims->notes[i];

		if (!note->measured)
			continue;
		sqlite3_bind_text(insert, 1, claims->id, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 2, note->said, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 3, note->printed, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 4, note->measured, -1, SQLITE_STATIC);
		rc = sqlite3_step(insert);
		sqlite3_reset(insert);
	}
	sqlite3_finalize(drop);
	sqlite3_finalize(insert);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

void claims_free_notes(struct claims *claims)
{
	for (size_t i = 0; i < claims->nr_notes; i++) {
		free(claims->notes[i].said);
		free(claims->notes[i].printed);
		free(claims->notes[i].source);
		free(claims->notes[i].measured);
	}
	free(claims->notes);
}
