// SPDX-License-Identifier: GPL-2.0
/*
 * Which tables of a file are used.  As they are, if they are filled and all are
 * word for word those that this faultline makes.  Else they are made anew of the
 * raw records, in a temporary database: where recording was cut off, and where
 * another version of faultline has filled them, since tables and columns are added
 * now and then.  Then `raw` and `run` alone are read, which are the same in all
 * versions, and what no records tell: `claim` and `note`, in the columns that we
 * know.
 *
 * Such a file has ordinary tables, and views, of which none is asked for: no
 * trigger, index or virtual table of a stranger that SQLite would evaluate.  That
 * the text of a definition is of the type and name beside it is for SQLite to see
 * to (sqlite3CheckObjectName() in its build.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "correlate/correlate.h"
#include "recording/recording_private.h"
#include "schema.h"

#define DEFINITIONS                                                                                \
	"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema "                       \
	"WHERE name NOT LIKE 'sqlite_autoindex_%' "

static const char all_definitions[] = DEFINITIONS "ORDER BY type, name";
static const char read_definitions[] = DEFINITIONS "AND name IN ('raw', 'run') ORDER BY name";
static const char foreign_definitions[] =
	"SELECT 1 FROM sqlite_schema WHERE CASE type "
	"WHEN 'table' THEN coalesce(sql, '') NOT LIKE 'CREATE TABLE %' "
	"WHEN 'view' THEN name COLLATE NOCASE IN ('claim', 'note') "
	"WHEN 'index' THEN sql IS NOT NULL ELSE true END";

static bool same_row(sqlite3_stmt *a, sqlite3_stmt *b)
{
	int i;

	for (i = 0; i < sqlite3_column_count(a); i++) {
		const char *x = (const char *)sqlite3_column_text(a, i);
		const char *y = (const char *)sqlite3_column_text(b, i);

		if (!x || !y || strcmp(x, y))
			return false;
	}
	return true;
}

/* 1: DEFINITIONS gives the same rows as in a new recording; 0: it does not; or -errno. */
static int same_as_ours(struct recording *rec, const char *definitions)
{
	sqlite3_stmt *ours = NULL, *theirs = NULL;
	sqlite3 *fresh = NULL;
	int a, b, ret;

	if (sqlite3_open_v2(":memory:", &fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) ||
	    sqlite3_exec(fresh, schema_sql, NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(fresh, definitions, -1, &ours, NULL)) {
		ret = recording_no_memory(rec);
		goto out;
	}
	if (sqlite3_prepare_v2(rec->db, definitions, -1, &theirs, NULL)) {
		ret = recording_sqlite_fail(rec, "read");
		goto out;
	}
	do {
		a = sqlite3_step(ours);
		b = sqlite3_step(theirs);
		if (b != SQLITE_ROW && b != SQLITE_DONE) {
			ret = recording_sqlite_fail(rec, "read");
			goto out;
		}
		ret = a == b && (a != SQLITE_ROW || same_row(ours, theirs));
	} while (ret && a == SQLITE_ROW);
out:
	sqlite3_finalize(ours);
	sqlite3_finalize(theirs);
	sqlite3_close(fresh);
	return ret;
}

/* 1: SQL gives a row, its first column in TEXT; 0: none; or -errno. */
static int first_row(struct recording *rec, const char *sql, char *text, size_t size)
{
	sqlite3_stmt *stmt;
	const char *value;
	int ret;

	text[0] = '\0';
	if (sqlite3_prepare_v2(rec->db, sql, -1, &stmt, NULL))
		return recording_sqlite_fail(rec, "read");
	ret = sqlite3_step(stmt);
	value = ret == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	snprintf(text, size, "%s", value ? value : "");
	if (ret != SQLITE_ROW && ret != SQLITE_DONE)
		ret = recording_sqlite_fail(rec, "read");
	else
		ret = ret == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return ret;
}

static int check_pages(struct recording *rec, const char *table)
{
	char sql[256], text[8];
	int ret;

	snprintf(sql, sizeof(sql), "PRAGMA quick_check(\"%s\")", table);
	ret = first_row(rec, sql, text, sizeof(text));
	if (ret < 0)
		return ret;
	return ret && !strcmp(text, "ok") ?
		       0 :
		       recording_fail(rec, -EINVAL,
				      "cannot read %s: it is damaged; take another copy of it, or "
				      "record again",
				      rec->path);
}

/* Raw records are read only to make tables of them, and checked only then. */
static int check_tables(struct recording *rec)
{
	sqlite3_stmt *stmt;
	int err = 0;

	if (sqlite3_prepare_v2(
		    rec->db,
		    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'raw'", -1,
		    &stmt, NULL))
		return recording_sqlite_fail(rec, "read");
	while (!err && sqlite3_step(stmt) == SQLITE_ROW)
		err = check_pages(rec, (const char *)sqlite3_column_text(stmt, 0));
	if (sqlite3_finalize(stmt) && !err)
		err = recording_sqlite_fail(rec, "read");
	return err;
}

/* Into a table that is made anew, from the one of the file, in the columns that both have. */
static int keep(struct recording *rec, const char *table)
{
	char columns[512];
	char *sql = sqlite3_mprintf("SELECT group_concat(ours.name) "
				    "FROM pragma_table_xinfo(%Q, 'main') AS ours "
				    "JOIN pragma_table_xinfo(%Q, 'file') AS theirs "
				    "ON theirs.name = ours.name AND theirs.hidden = 0",
				    table, table);
	int err;

	if (!sql)
		return recording_no_memory(rec);
	err = first_row(rec, sql, columns, sizeof(columns));
	sqlite3_free(sql);
	if (err < 0 || !columns[0])
		return err < 0 ? err : 0;
	sql = sqlite3_mprintf("INSERT INTO main.%s (%s) SELECT %s FROM file.%s", table, columns,
			      columns, table);
	if (!sql)
		return recording_no_memory(rec);
	err = recording_execute(rec, "read", sql);
	sqlite3_free(sql);
	return err;
}

/* SQLite keeps the database in memory as far as its cache goes. */
static int make_anew(struct recording *rec, const char *uri)
{
	char *sql;
	int err;

	err = check_pages(rec, "raw");
	if (!err)
		err = check_pages(rec, "run");
	if (err)
		return err;
	sqlite3_close(rec->db);
	rec->db = NULL;
	if (sqlite3_open_v2("", &rec->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, NULL))
		return recording_sqlite_fail(rec, "read");
	err = recording_execute(rec, "read", schema_sql);
	if (!err)
		err = recording_distrust(rec);
	if (err)
		return err;
	sql = sqlite3_mprintf("ATTACH %Q AS file;"
			      "DROP TABLE main.raw;" /* so that it is found in the file */
			      "INSERT INTO main.run SELECT key, value FROM file.run",
			      uri);
	if (!sql)
		return recording_no_memory(rec);
	err = recording_execute(rec, "read", sql);
	sqlite3_free(sql);
	if (err)
		return err;
	sqlite3_limit(rec->db, SQLITE_LIMIT_ATTACHED, 0);
	err = correlate(rec->db, rec->error, sizeof(rec->error));
	if (err == -ENOSPC)
		return recording_fail(
			rec, err,
			"cannot read %s: there is no room for its tables; free some "
			"space for temporary files, or name a folder that has more in "
			"TMPDIR",
			rec->path);
	if (!err)
		err = keep(rec, "claim");
	return err ? err : keep(rec, "note");
}

static int check_format(struct recording *rec)
{
	char format[16], version[32];
	int ret = first_row(rec, "PRAGMA user_version", format, sizeof(format));

	if (ret < 0 || !strcmp(format, RECORDING_FORMAT_TEXT))
		return ret < 0 ? ret : 0;
	ret = first_row(rec, "SELECT value FROM run WHERE key = 'faultline'", version,
			sizeof(version));
	if (ret < 0)
		return ret;
	return recording_fail(rec, -EINVAL,
			      "cannot read %s: its records are of format %s, and this faultline "
			      "reads " RECORDING_FORMAT_TEXT "; use %s%s%s",
			      rec->path, format, ret ? "faultline " : "the faultline that wrote it",
			      version, ret ? ", which wrote it" : "");
}

int recording_tables(struct recording *rec, const char *uri)
{
	char text[8];
	int ret = same_as_ours(rec, all_definitions), same = ret;

	if (!ret) {
		ret = first_row(rec, foreign_definitions, text, sizeof(text));
		if (ret >= 0)
			ret = ret ? 0 : same_as_ours(rec, read_definitions);
	}
	if (ret < 0)
		return ret;
	if (!ret)
		return recording_fail(
			rec, -EINVAL,
			"cannot read %s: its tables are not those that faultline makes: it was "
			"changed or is damaged; take another copy of it, or record again",
			rec->path);
	ret = check_format(rec);
	if (ret)
		return ret;
	if (same)
		ret = first_row(rec, "SELECT 1 FROM run WHERE key = 'duration_ns'", text,
				sizeof(text));
	if (ret < 0)
		return ret;
	return ret ? check_tables(rec) : make_anew(rec, uri);
}
