// SPDX-License-Identifier: GPL-2.0
/*
 * Reading what somebody else has written.  SQLite is told to trust nothing, and
 * a file whose tables are not word for word ours is refused, so no view,
 * trigger or virtual table of a stranger is ever evaluated.
 *
 * SQLite never sees a journal that lies beside the file: it may name a further
 * file, which SQLite would delete when it has rolled the journal back.  Where a
 * killed faultline has left one, file and journal are copied to a private
 * directory, and the name in the copy is made void.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "correlate.h"
#include "recording.h"
#include "recording_private.h"
#include "schema.h"

/* The file format's fixed places: a 4-byte number, big end first, at each. */
#define HEAD_VERSION 60
#define HEAD_APPLICATION 68
#define HEAD_WRITE_FORMAT 18
#define HEAD_READ_FORMAT 19
#define FORMAT_ROLLBACK 1 /* and not a write-ahead log, which we never use */

/* Bytes of the file that SQLite locks: SHARED_FIRST and SHARED_SIZE of its os.h. */
#define LOCK_FIRST 0x40000002
#define LOCK_SIZE 510

static const unsigned char journal_magic[] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };

static unsigned int number_at(const unsigned char *head, size_t at)
{
	return (unsigned int)head[at] << 24 | (unsigned int)head[at + 1] << 16 |
	       (unsigned int)head[at + 2] << 8 | head[at + 3];
}

bool recording_is_ours(const unsigned char *head)
{
	return !memcmp(head, "SQLite format 3", 16) &&
	       number_at(head, HEAD_APPLICATION) == RECORDING_APPLICATION_ID;
}

int recording_lock(int fd, short type)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = LOCK_FIRST,
		.l_len = LOCK_SIZE,
	};

	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : 0;
}

static int check_file(struct recording *rec)
{
	unsigned char head[RECORDING_HEAD];
	struct stat st;
	ssize_t n;

	if (fstat(rec->fd, &st) || !S_ISREG(st.st_mode))
		return recording_fail(rec, -EINVAL, "%s is no recording: it is no regular file",
				      rec->path);
	if (recording_lock(rec->fd, F_RDLCK))
		return recording_fail(
			rec, -EBUSY,
			"cannot read %s: it is being written; wait for that faultline "
			"to end",
			rec->path);
	n = pread(rec->fd, head, sizeof(head), 0);
	if (n < 0)
		return recording_fail(rec, -errno, "cannot read %s: %s", rec->path,
				      strerror(errno));
	if (!n)
		return recording_fail(rec, -EINVAL, "%s is no recording: it is empty", rec->path);
	if (n < (ssize_t)sizeof(head) || !recording_is_ours(head))
		return recording_fail(rec, -EINVAL,
				      "%s is no recording: faultline did not write it", rec->path);
	if (number_at(head, HEAD_VERSION) != RECORDING_VERSION)
		return recording_fail(
			rec, -EINVAL,
			"cannot read %s: another version of faultline wrote it (tables "
			"%u, this one reads %u); use that version",
			rec->path, number_at(head, HEAD_VERSION), RECORDING_VERSION);
	if (head[HEAD_WRITE_FORMAT] != FORMAT_ROLLBACK || head[HEAD_READ_FORMAT] != FORMAT_ROLLBACK)
		return recording_fail(rec, -EINVAL,
				      "cannot read %s: its journal mode was changed; run \"PRAGMA "
				      "journal_mode = DELETE\" on it with sqlite3",
				      rec->path);
	return 0;
}

/*
 * What SQLite's own advice for files from strangers comes to.  What it cannot sort in
 * its cache it puts into a temporary file: the memory that a report takes does not
 * grow with the recording.
 */
static int distrust(struct recording *rec)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (sqlite3_db_config(rec->db, options[i].option, options[i].value, NULL))
			return recording_sqlite_fail(rec, "read");
	sqlite3_limit(rec->db, SQLITE_LIMIT_LENGTH, 64 << 20);
	return recording_execute(rec, "read",
				 "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
				 "PRAGMA temp_store = FILE");
}

/* PATH as a URI that tells SQLite to touch nothing but this file, and not to write it. */
static char *immutable_uri(const char *path)
{
	static const char head[] = "file:", tail[] = "?immutable=1&mode=ro";
	char *uri = malloc(sizeof(head) + 3 * strlen(path) + sizeof(tail)), *to;

	if (!uri)
		return NULL;
	to = stpcpy(uri, head);
	for (; *path; path++)
		to += sprintf(to, "%%%02x", (unsigned char)*path);
	stpcpy(to, tail);
	return uri;
}

static const char schema_query[] =
	"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema "
	"WHERE name NOT LIKE 'sqlite_autoindex_%' ORDER BY type, name";

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

/* 1: the tables of FILE are those of a new recording; 0: they are not; or -errno. */
static int same_schema(sqlite3 *file)
{
	sqlite3_stmt *ours = NULL, *theirs = NULL;
	sqlite3 *fresh = NULL;
	int a, b, ret = -ENOMEM;

	if (sqlite3_open_v2(":memory:", &fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) ||
	    sqlite3_exec(fresh, schema_sql, NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(fresh, schema_query, -1, &ours, NULL))
		goto out;
	ret = -EIO;
	if (sqlite3_prepare_v2(file, schema_query, -1, &theirs, NULL))
		goto out;
	do {
		a = sqlite3_step(ours);
		b = sqlite3_step(theirs);
		if (b != SQLITE_ROW && b != SQLITE_DONE)
			goto out;
		ret = a == b && (a != SQLITE_ROW || same_row(ours, theirs));
	} while (ret && a == SQLITE_ROW);
out:
	sqlite3_finalize(ours);
	sqlite3_finalize(theirs);
	sqlite3_close(fresh);
	return ret;
}

static int check_schema(struct recording *rec)
{
	int same = same_schema(rec->db);

	if (same == -ENOMEM)
		return recording_fail(rec, same, "cannot read %s: out of memory", rec->path);
	if (same < 0)
		return recording_sqlite_fail(rec, "read");
	if (!same)
		return recording_fail(
			rec, -EINVAL,
			"cannot read %s: its tables are not those that faultline makes; "
			"it was changed or is damaged",
			rec->path);
	return 0;
}

/* One row, "ok": or what is wrong. */
static int check_pages(struct recording *rec, const char *sql)
{
	sqlite3_stmt *stmt;
	const char *text;
	int code, err = 0;

	if (sqlite3_prepare_v2(rec->db, sql, -1, &stmt, NULL))
		return recording_sqlite_fail(rec, "read");
	code = sqlite3_step(stmt);
	text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (code != SQLITE_ROW)
		err = recording_sqlite_fail(rec, "read");
	else if (!text || strcmp(text, "ok"))
		err = recording_fail(rec, -EINVAL, "cannot read %s: it is damaged", rec->path);
	sqlite3_finalize(stmt);
	return err;
}

/* The raw records are read only to make tables of them, so they are checked only then. */
static int check_tables(struct recording *rec)
{
	sqlite3_stmt *stmt;
	char sql[256];
	int err = 0;

	if (sqlite3_prepare_v2(
		    rec->db,
		    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'raw'", -1,
		    &stmt, NULL))
		return recording_sqlite_fail(rec, "read");
	while (!err && sqlite3_step(stmt) == SQLITE_ROW) {
		snprintf(sql, sizeof(sql), "PRAGMA quick_check(\"%s\")",
			 (const char *)sqlite3_column_text(stmt, 0));
		err = check_pages(rec, sql);
	}
	if (sqlite3_finalize(stmt) && !err)
		err = recording_sqlite_fail(rec, "read");
	return err;
}

/* 1: the correlator has filled the tables; 0: not yet; or -errno. */
static int is_filled(struct recording *rec)
{
	sqlite3_stmt *stmt;
	int code;

	if (sqlite3_prepare_v2(rec->db, "SELECT 1 FROM run WHERE key = 'duration_ns'", -1, &stmt,
			       NULL))
		return recording_sqlite_fail(rec, "read");
	code = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return recording_sqlite_fail(rec, "read");
	return code == SQLITE_ROW;
}

/*
 * Fill tables from the raw records of the file at URI: in a temporary database, which
 * SQLite keeps in memory as far as its cache goes.
 */
static int fill_private(struct recording *rec, const char *uri)
{
	char *sql = NULL;
	int err;

	sqlite3_close(rec->db);
	rec->db = NULL;
	if (sqlite3_open_v2("", &rec->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, NULL))
		return recording_sqlite_fail(rec, "read");
	err = recording_execute(rec, "read", schema_sql);
	if (!err)
		err = distrust(rec);
	if (err)
		return err;
	sql = sqlite3_mprintf("ATTACH %Q AS file;"
			      "DROP TABLE main.raw;" /* so that it is found in the file */
			      "INSERT INTO main.run SELECT key, value FROM file.run",
			      uri);
	if (!sql)
		return recording_fail(rec, -ENOMEM, "cannot read %s: out of memory", rec->path);
	err = recording_execute(rec, "read", sql);
	sqlite3_free(sql);
	if (err)
		return err;
	sqlite3_limit(rec->db, SQLITE_LIMIT_ATTACHED, 0);
	return correlate(rec->db, rec->error, sizeof(rec->error));
}

static int open_file(struct recording *rec, const char *path)
{
	char *uri = immutable_uri(path);
	int err, filled;

	if (!uri)
		return recording_fail(rec, -ENOMEM, "cannot read %s: out of memory", rec->path);
	if (sqlite3_open_v2(uri, &rec->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL)) {
		err = recording_sqlite_fail(rec, "read");
		goto out;
	}
	err = distrust(rec);
	if (!err)
		err = check_schema(rec);
	if (err)
		goto out;
	filled = is_filled(rec);
	if (filled < 0)
		err = filled;
	else if (filled)
		err = check_tables(rec);
	else
		err = check_pages(rec, "PRAGMA quick_check(1)");
	if (!err && !filled)
		err = fill_private(rec, uri);
out:
	free(uri);
	return err;
}

static int copy(int from, int to)
{
	char buf[1 << 16];
	ssize_t n, done, part;
	off_t at = 0;

	while ((n = pread(from, buf, sizeof(buf), at)) > 0) {
		for (done = 0; done < n; done += part) {
			part = write(to, buf + done, (size_t)(n - done));
			if (part < 0)
				return -errno;
		}
		at += n;
	}
	return n < 0 ? -errno : 0;
}

static int copy_to(int from, const char *path, size_t zeros)
{
	static const char zero[16];
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int err;

	if (to < 0)
		return -errno;
	err = copy(from, to);
	if (!err && zeros && write(to, zero, zeros) != (ssize_t)zeros)
		err = -ENOSPC;
	if (close(to) && !err)
		err = -errno;
	return err;
}

/* Let SQLite roll the journal back, in our own copy. */
static int roll_back(struct recording *rec, const char *path)
{
	int err;

	if (sqlite3_open_v2(path, &rec->db, SQLITE_OPEN_READWRITE, NULL))
		return recording_sqlite_fail(rec, "read");
	err = distrust(rec);
	if (!err)
		err = recording_execute(rec, "read", "SELECT 1 FROM sqlite_schema");
	sqlite3_close(rec->db);
	rec->db = NULL;
	return err;
}

static int open_copy(struct recording *rec, int journal)
{
	const char *parent = getenv("TMPDIR");
	char directory[PATH_MAX - 32], file[PATH_MAX], beside[PATH_MAX];
	unsigned char head[RECORDING_HEAD];
	int fd, err;

	snprintf(directory, sizeof(directory), "%s/faultline.XXXXXX",
		 parent && parent[0] ? parent : "/var/tmp");
	if (!mkdtemp(directory))
		return recording_fail(rec, -errno,
				      "cannot read %s: it was cut off, and there is no place for a "
				      "copy: %s: %s; set TMPDIR",
				      rec->path, directory, strerror(errno));
	snprintf(file, sizeof(file), "%s/copy.fl", directory);
	snprintf(beside, sizeof(beside), "%s/copy.fl-journal", directory);
	err = copy_to(rec->fd, file, 0);
	/* the last 16 bytes may give the name of the further file: these give none */
	if (!err)
		err = copy_to(journal, beside, 16);
	if (err) {
		recording_fail(
			rec, err,
			"cannot read %s: it was cut off, and cannot be copied to %s: %s; set "
			"TMPDIR",
			rec->path, directory, strerror(-err));
		goto out;
	}
	err = roll_back(rec, file);
	if (err)
		goto out;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, head, sizeof(head), 0) != sizeof(head))
		err = recording_fail(
			rec, -EINVAL,
			"%s is no recording: it was cut off before anything was recorded",
			rec->path);
	if (fd >= 0)
		close(fd);
	if (!err)
		err = open_file(rec, file);
out:
	/* what SQLite has open stays until it closes it */
	unlink(file);
	unlink(beside);
	rmdir(directory);
	return err;
}

/*
 * A journal that is to be rolled back begins with its magic; one that is done
 * with, with zeros.  FD becomes -1 where there is none.
 */
static int open_journal(struct recording *rec, int *fd)
{
	unsigned char head[sizeof(journal_magic)];
	char *name;

	if (asprintf(&name, "%s-journal", rec->path) < 0)
		return recording_fail(rec, -ENOMEM, "cannot read %s: out of memory", rec->path);
	*fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	free(name);
	if (*fd < 0)
		return errno == ENOENT || errno == ELOOP ?
			       0 :
			       recording_fail(rec, -errno,
					      "cannot read %s: it was cut off, and the file "
					      "%s-journal that belongs to it cannot be read: %s",
					      rec->path, rec->path, strerror(errno));
	if (pread(*fd, head, sizeof(head), 0) == sizeof(head) &&
	    !memcmp(head, journal_magic, sizeof(head)))
		return 0;
	close(*fd);
	*fd = -1;
	return 0;
}

int recording_open(struct recording **recp, const char *path)
{
	struct recording *rec = recording_new(path);
	int journal = -1, err;

	*recp = rec;
	if (!rec)
		return -ENOMEM;
	rec->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (rec->fd < 0)
		return recording_fail(rec, -errno, "cannot read %s: %s", path, strerror(errno));
	err = check_file(rec);
	if (!err)
		err = open_journal(rec, &journal);
	if (err)
		return err;
	if (journal < 0)
		return open_file(rec, path);
	err = open_copy(rec, journal);
	close(journal);
	return err;
}
