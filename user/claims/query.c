// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <libsmartcols.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claims/query.h"
#include "claims/sandbox.h"
#include "base/text.h"

/* An aligned table stays in memory until its last row has shown how wide it is. */
#define MAX_TABLE_ROWS 100000

struct printer {
	FILE *out;
	int columns;
	struct libscols_table *table;
	char **names; /* of an object's members, each once */
	long long rows;
};

/* A value as a C string: a NUL, which cannot stand in one, becomes \x00.  NULL: no memory. */
static char *value_text(sqlite3_stmt *stmt, int column)
{
	const char *data = sqlite3_column_type(stmt, column) == SQLITE_BLOB ?
				   sqlite3_column_blob(stmt, column) :
				   (const char *)sqlite3_column_text(stmt, column);
	size_t size = sqlite3_column_bytes(stmt, column), i;
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

/* The same, safe for a terminal and for a line with tabs between. */
static char *cell_text(const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *safe = malloc(size);

	return safe ? text_escape(safe, size, text, 0) : NULL;
}

static char *cell_of(sqlite3_stmt *stmt, int column)
{
	char *text = value_text(stmt, column), *safe = text ? cell_text(text) : NULL;

	free(text);
	return safe;
}

static int tsv_begin(struct printer *p, sqlite3_stmt *stmt)
{
	int i;

	for (i = 0; i < p->columns; i++) {
		char *name = cell_text(sqlite3_column_name(stmt, i));

		if (!name)
			return -ENOMEM;
		fprintf(p->out, "%s%s", i ? "\t" : "", name);
		free(name);
	}
	fputc('\n', p->out);
	return 0;
}

static int tsv_row(struct printer *p, sqlite3_stmt *stmt)
{
	int i;

	for (i = 0; i < p->columns; i++) {
		char *cell = cell_of(stmt, i);

		if (!cell)
			return -ENOMEM;
		fprintf(p->out, "%s%s", i ? "\t" : "", cell);
		free(cell);
	}
	fputc('\n', p->out);
	return 0;
}

static int json_value(FILE *out, sqlite3_stmt *stmt, int column)
{
	char *text;

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_NULL:
		fputs("null", out);
		return 0;
	case SQLITE_INTEGER:
		fprintf(out, "%lld", sqlite3_column_int64(stmt, column));
		return 0;
	case SQLITE_FLOAT:
		/* JSON has no infinity. */
		if (isfinite(sqlite3_column_double(stmt, column)))
			fprintf(out, "%.17g", sqlite3_column_double(stmt, column));
		else
			fputs("null", out);
		return 0;
	}
	text = value_text(stmt, column);
	if (!text)
		return -ENOMEM;
	text_json(out, text);
	free(text);
	return 0;
}

/* Is NAME that of another column, or of a member before COLUMN? */
static bool is_taken(const struct printer *p, sqlite3_stmt *stmt, int column, const char *name)
{
	for (int i = 0; i < p->columns; i++)
		if (!strcmp(name, sqlite3_column_name(stmt, i)) ||
		    (i < column && !strcmp(name, p->names[i])))
			return true;
	return false;
}

/* Most readers of JSON keep only one of two members of one name: the second "n" becomes "n_2". */
static char *member_name(const struct printer *p, sqlite3_stmt *stmt, int column)
{
	const char *plain = sqlite3_column_name(stmt, column);
	char *name;
	int n = 1;

	for (int i = 0; i < column; i++)
		n += !strcmp(plain, sqlite3_column_name(stmt, i));
	if (n == 1)
		return strdup(plain);
	while (asprintf(&name, "%s_%d", plain, n++) >= 0) {
		if (!is_taken(p, stmt, column, name))
			return name;
		free(name);
	}
	return NULL;
}

static int json_begin(struct printer *p, sqlite3_stmt *stmt)
{
	p->names = calloc(p->columns, sizeof(*p->names));
	if (!p->names)
		return -ENOMEM;
	for (int i = 0; i < p->columns; i++) {
		p->names[i] = member_name(p, stmt, i);
		if (!p->names[i])
			return -ENOMEM;
	}
	fputc('[', p->out);
	return 0;
}

static int json_row(struct printer *p, sqlite3_stmt *stmt)
{
	int i, err = 0;

	fputs(p->rows ? ",\n{" : "\n{", p->out);
	for (i = 0; i < p->columns && !err; i++) {
		fputs(i ? ", " : "", p->out);
		text_json(p->out, p->names[i]);
		fputs(": ", p->out);
		err = json_value(p->out, stmt, i);
	}
	fputc('}', p->out);
	return err;
}

static int json_end(struct printer *p)
{
	fputs(p->rows ? "\n]\n" : "]\n", p->out);
	return 0;
}

static int table_begin(struct printer *p, sqlite3_stmt *stmt)
{
	int i;

	scols_init_debug(0);
	p->table = scols_new_table();
	if (!p->table)
		return -ENOMEM;
	scols_table_set_stream(p->table, p->out);
	for (i = 0; i < p->columns; i++) {
		char *name = cell_text(sqlite3_column_name(stmt, i));
		struct libscols_column *column =
			name ? scols_table_new_column(p->table, name, 0, 0) : NULL;

		free(name);
		if (!column)
			return -ENOMEM;
	}
	return 0;
}

static int table_row(struct printer *p, sqlite3_stmt *stmt)
{
	struct libscols_line *line;
	int i;

	if (p->rows == MAX_TABLE_ROWS)
		return -E2BIG;
	line = scols_table_new_line(p->table, NULL);
	if (!line)
		return -ENOMEM;
	for (i = 0; i < p->columns; i++) {
		int type = sqlite3_column_type(stmt, i);
		char *cell = cell_of(stmt, i);

		if (!cell || scols_line_refer_data(line, i, cell)) {
			free(cell);
			return -ENOMEM;
		}
		/* One number is enough: a column of numbers may have a NULL on top. */
		if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
			scols_column_set_flags(scols_table_get_column(p->table, i), SCOLS_FL_RIGHT);
	}
	return 0;
}

static int table_end(struct printer *p)
{
	return scols_print_table(p->table) ? -EIO : 0;
}

static const struct style {
	int (*begin)(struct printer *p, sqlite3_stmt *stmt);
	int (*row)(struct printer *p, sqlite3_stmt *stmt);
	int (*end)(struct printer *p);
} styles[] = {
	[QUERY_TABLE] = { table_begin, table_row, table_end },
	[QUERY_TSV] = { tsv_begin, tsv_row, NULL },
	[QUERY_JSON] = { json_begin, json_row, json_end },
};

static const struct style nothing = { 0 };

static int print_rows(struct sandbox *box, sqlite3_stmt *stmt, FILE *out, const struct style *style,
		      char *why, size_t why_size)
{
	struct printer p = { .out = out, .columns = sqlite3_column_count(stmt) };
	int err = 0, end, rc = sqlite3_step(stmt);

	/* A query that fails at once leaves nothing behind, not even its names. */
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		err = style->begin(&p, stmt);
	else
		style = &nothing;
	while (!err && rc == SQLITE_ROW) {
		err = style->row(&p, stmt);
		if (!err)
			p.rows++;
		/* Whoever read the other end may have gone. */
		if (!err && ferror(out))
			err = -EIO;
		if (!err)
			rc = sqlite3_step(stmt);
	}
	end = style->end && err != -ENOMEM ? style->end(&p) : 0;
	if (p.table)
		scols_unref_table(p.table);
	for (int i = 0; p.names && i < p.columns; i++)
		free(p.names[i]);
	free(p.names);
	if (!err && rc != SQLITE_DONE) {
		sandbox_error(box, rc, why, why_size);
		return box->timed_out ? -ETIME : -EIO;
	}
	if (err == -E2BIG)
		snprintf(why, why_size,
			 "more than %d rows: add LIMIT, or write them to a file or pipe",
			 MAX_TABLE_ROWS);
	else if (err == -ENOMEM)
		snprintf(why, why_size, "no memory");
	else if (err || end || fflush(out) || ferror(out)) {
		snprintf(why, why_size, "the output cannot be written");
		err = -EIO;
	}
	return err;
}

int query_print(sqlite3 *db, const char *sql, FILE *out, enum query_format format, int deadline_ms,
		char *why, size_t why_size)
{
	struct sandbox box;
	sqlite3_stmt *stmt;
	int err = sandbox_enter(&box, db, deadline_ms);

	if (err) {
		snprintf(why, why_size, "the recording is in use: %s", sqlite3_errmsg(db));
		return err;
	}
	if (format == QUERY_AUTO)
		format = isatty(fileno(out)) ? QUERY_TABLE : QUERY_TSV;
	err = sandbox_prepare(&box, sql, &stmt, why, why_size);
	if (!err)
		err = print_rows(&box, stmt, out, &styles[format], why, why_size);
	sqlite3_finalize(stmt);
	sandbox_leave(&box);
	return err;
}
