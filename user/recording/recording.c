// SPDX-License-Identifier: GPL-2.0
/*
 * Writing.  The file is locked for as long as it is written, so two faultlines
 * cannot share one.  Each block is a transaction with a rollback journal beside
 * the file; nothing is forced to the disk, which a killed process does not
 * need, only a machine that loses its power.
 */
#define _GNU_SOURCE
#include "recording/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording/block.h"
#include "correlate/correlate.h"
#include "event.h"
#include "recording/recording_private.h"
#include "schema.h"
#include "recording/writer.h"

struct record_header {
	__u32 size;
	__u32 reserved;
};

int recording_fail(struct recording *rec, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(rec->error, sizeof(rec->error), format, args);
	va_end(args);
	return err;
}

/* Of the last failure, as far as SQLite still knows it. */
static int system_error(struct recording *rec)
{
	int err = sqlite3_system_errno(rec->db);

	if (err <= 0 && rec->db)
		sqlite3_file_control(rec->db, "main", SQLITE_FCNTL_LAST_ERRNO, &err);
	return err;
}

static bool disk_full(int code, int system)
{
	return (code & 0xff) == SQLITE_FULL ||
	       ((code & 0xff) == SQLITE_IOERR &&
		(system == ENOSPC || system == EDQUOT || system == EFBIG));
}

int recording_sqlite_fail(struct recording *rec, const char *what)
{
	int code = sqlite3_extended_errcode(rec->db);
	int system = system_error(rec);
	const char *remedy = strcmp(what, "read") ? "record elsewhere with -o" :
						    "take another copy of it, or record again";

	if (disk_full(code, system))
		return recording_fail(rec, -ENOSPC,
				      "cannot %s %s: no space left; what was written before stays "
				      "readable, free some space or record elsewhere with -o",
				      what, rec->path);
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return recording_fail(
			rec, -EBUSY,
			"cannot %s %s: another program has it open; wait for it to end "
			"or take another name",
			what, rec->path);
	case SQLITE_NOMEM:
		return recording_fail(rec, -ENOMEM, "cannot %s %s: out of memory", what, rec->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return recording_fail(rec, -EINVAL, "cannot %s %s: it is damaged: %s; %s", what,
				      rec->path, sqlite3_errmsg(rec->db), remedy);
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return recording_fail(rec, -EACCES,
				      "cannot %s %s: %s; look at the rights of the file and its "
				      "directory",
				      what, rec->path,
				      system ? strerror(system) : sqlite3_errmsg(rec->db));
	}
	return recording_fail(rec, system > 0 ? -system : -EIO, "cannot %s %s: %s; %s", what,
			      rec->path, system > 0 ? strerror(system) : sqlite3_errmsg(rec->db),
			      remedy);
}

int recording_no_memory(struct recording *rec)
{
	return recording_fail(rec, -ENOMEM,
			      "cannot read %s: out of memory; read it where there is more",
			      rec->path);
}

int recording_execute(struct recording *rec, const char *what, const char *sql)
{
	return sqlite3_exec(rec->db, sql, NULL, NULL, NULL) ? recording_sqlite_fail(rec, what) : 0;
}

/* SQLite would roll back a journal that a killed faultline, or somebody else, has left. */
static int remove_journal(struct recording *rec, const char *path)
{
	char *journal;

	if (asprintf(&journal, "%s-journal", path) < 0)
		return recording_fail(rec, -ENOMEM, "cannot write %s: out of memory", path);
	unlink(journal);
	free(journal);
	return 0;
}

/* Make PATH an empty file, if what is there may be replaced and nobody uses it. */
static int empty(struct recording *rec, const char *path)
{
	unsigned char head[RECORDING_HEAD];
	struct stat st;
	ssize_t n;
	int fd, err = 0;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (fd < 0)
		return recording_fail(rec, -errno,
				      "cannot write %s: %s; name a file that you can write with -o",
				      path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		err = recording_fail(rec, -EEXIST,
				     "cannot write %s: it is no regular file; name another with -o",
				     path);
		goto out;
	}
	n = pread(fd, head, sizeof(head), 0);
	if (n && (n < (ssize_t)sizeof(head) || !recording_is_ours(head))) {
		err = recording_fail(rec, -EEXIST,
				     "cannot write %s: it is there already and is no recording; "
				     "remove it or name another with -o",
				     path);
		goto out;
	}
	if (recording_lock(fd, F_WRLCK)) {
		err = recording_fail(
			rec, -EBUSY,
			"cannot write %s: another faultline uses it; wait for it to end "
			"or name another file with -o",
			path);
		goto out;
	}
	err = remove_journal(rec, path);
	if (!err && ftruncate(fd, 0))
		err = recording_fail(rec, -errno, "cannot write %s: %s", path, strerror(errno));
out:
	close(fd);
	return err;
}

static int create_tables(struct recording *rec)
{
	char sql[128];
	int err = recording_execute(rec, "write", "BEGIN IMMEDIATE");

	snprintf(sql, sizeof(sql),
		 "PRAGMA application_id = %d; PRAGMA user_version = " RECORDING_FORMAT_TEXT,
		 RECORDING_APPLICATION_ID);
	if (!err)
		err = recording_execute(rec, "write", sql);
	if (!err)
		err = recording_execute(rec, "write", schema_sql);
	if (!err)
		err = recording_set(rec, "faultline", FAULTLINE_VERSION);
	if (!err)
		err = recording_set(rec, "status", "incomplete");
	if (!err)
		err = recording_set(rec, "reason",
				    "the recording was cut off: faultline did not reach its end");
	return err ? err : recording_execute(rec, "write", "COMMIT");
}

struct recording *recording_new(const char *path)
{
	struct recording *rec = calloc(1, sizeof(*rec));

	if (!rec)
		return NULL;
	rec->fd = -1;
	rec->path = strdup(path ? path : "a temporary file");
	rec->block = malloc(BLOCK_SIZE);
	rec->codec = block_codec_new();
	if (!rec->path || !rec->block || !rec->codec) {
		recording_close(rec);
		return NULL;
	}
	return rec;
}

static const char insert_raw[] = "INSERT INTO raw (data) VALUES (?)";
static const char insert_run[] = "INSERT OR REPLACE INTO run (key, value) VALUES (?,?)";

int recording_create(struct recording **recp, const char *path)
{
	struct recording *rec = recording_new(path);
	int err = 0;

	*recp = rec;
	if (!rec)
		return -ENOMEM;
	if (path)
		err = empty(rec, path);
	if (err)
		return err;
	/* An empty name is a database of SQLite's own that nobody else sees. */
	if (sqlite3_open_v2(path ? path : "", &rec->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL))
		return recording_sqlite_fail(rec, "write");
	sqlite3_db_config(rec->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	err = recording_execute(
		rec, "write",
		"PRAGMA page_size = 4096; PRAGMA locking_mode = EXCLUSIVE;" RECORDING_CACHE
		"PRAGMA synchronous = OFF; PRAGMA mmap_size = 0;"
		"PRAGMA journal_size_limit = 65536");
	if (!err)
		err = create_tables(rec);
	if (!err && sqlite3_prepare_v3(rec->db, insert_raw, -1, SQLITE_PREPARE_PERSISTENT,
				       &rec->insert, NULL))
		err = recording_sqlite_fail(rec, "write");
	return err;
}

int recording_append(struct recording *rec, const void *record, size_t size)
{
	size_t padded = (size + 7) & ~7UL;
	struct record_header header = { .size = (__u32)size };
	int err;

	if (rec->failed)
		return rec->failed;
	if (size < sizeof(struct fl_event) || sizeof(header) + padded > BLOCK_SIZE)
		return recording_fail(rec, -EINVAL, "a record of %zu bytes cannot be written",
				      size);
	if (BLOCK_SIZE - rec->used < sizeof(header) + padded) {
		err = recording_flush(rec);
		if (err)
			return err;
	}
	memcpy(rec->block + rec->used, &header, sizeof(header));
	memcpy(rec->block + rec->used + sizeof(header), record, size);
	memset(rec->block + rec->used + sizeof(header) + size, 0, padded - size);
	rec->used += sizeof(header) + padded;
	return 0;
}

/* In the thread of the writer, where there is one. */
static int write_block(void *arg, const char *block, size_t used)
{
	struct recording *rec = arg;
	const void *packed;
	size_t size;

	if (block_pack(rec->codec, block, used, &packed, &size))
		return recording_fail(rec, -ENOMEM, "no memory to compress a block");
	sqlite3_bind_blob(rec->insert, 1, packed, (int)size, SQLITE_STATIC);
	sqlite3_step(rec->insert);
	return sqlite3_reset(rec->insert) ? recording_sqlite_fail(rec, "write") : 0;
}

int recording_flush(struct recording *rec)
{
	if (rec->failed || !rec->used)
		return rec->failed;
	rec->failed = rec->writer ? writer_put(rec->writer, &rec->block, rec->used) :
				    write_block(rec, rec->block, rec->used);
	rec->used = 0;
	return rec->failed;
}

void recording_write_behind(struct recording *rec, size_t bytes, void (*begin)(void))
{
	const struct writer_options options = { .write = write_block,
						.arg = rec,
						.begin = begin,
						.block_bytes = BLOCK_SIZE,
						.waiting_bytes = bytes };

	rec->writer = writer_start(&options);
}

int recording_settle(struct recording *rec)
{
	int err = writer_stop(rec->writer);

	rec->writer = NULL;
	if (!rec->failed)
		rec->failed = err;
	return rec->failed;
}

static int set(struct recording *rec, const char *key, const char *text, long long value)
{
	sqlite3_stmt *stmt;
	int err = 0;

	if (sqlite3_prepare_v2(rec->db, insert_run, -1, &stmt, NULL))
		return recording_sqlite_fail(rec, "write");
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	if (text)
		sqlite3_bind_text(stmt, 2, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(stmt, 2, value);
	sqlite3_step(stmt);
	if (sqlite3_finalize(stmt))
		err = recording_sqlite_fail(rec, "write");
	return err;
}

int recording_set(struct recording *rec, const char *key, const char *value)
{
	return set(rec, key, value, 0);
}

int recording_set_int(struct recording *rec, const char *key, long long value)
{
	return set(rec, key, NULL, value);
}

sqlite3 *recording_db(struct recording *rec)
{
	return rec->db;
}

const char *recording_error(const struct recording *rec)
{
	return rec ? rec->error : "out of memory";
}

int recording_close(struct recording *rec)
{
	int err = 0;

	if (!rec)
		return 0;
	if (rec->insert) {
		recording_settle(rec);
		err = recording_flush(rec);
	}
	sqlite3_finalize(rec->insert);
	sqlite3_close_v2(rec->db);
	if (rec->fd >= 0)
		close(rec->fd);
	block_codec_free(rec->codec);
	free(rec->block);
	free(rec->path);
	free(rec);
	return err;
}

/* Blocks of somebody else may hold anything: a size that leads outside ends the block. */
static int each_in(const char *block, size_t used,
		   int (*fn)(const void *record, size_t size, void *arg), void *arg)
{
	struct record_header header;
	size_t at = 0, padded;
	int ret;

	while (at < used) {
		if (used - at < sizeof(header))
			return fn(NULL, used - at, arg);
		memcpy(&header, block + at, sizeof(header));
		padded = ((size_t)header.size + 7) & ~7UL;
		if (!header.size || padded > used - at - sizeof(header))
			return fn(NULL, used - at, arg);
		ret = fn(block + at + sizeof(header), header.size, arg);
		if (ret)
			return ret;
		at += sizeof(header) + padded;
	}
	return 0;
}

int recording_each(sqlite3 *db, int (*fn)(const void *record, size_t size, void *arg), void *arg)
{
	struct block_codec *codec = block_codec_new();
	sqlite3_stmt *stmt;
	const void *data;
	size_t size;
	int ret = 0, code = SQLITE_DONE;

	if (!codec)
		return -ENOMEM;
	if (sqlite3_prepare_v2(db, "SELECT data FROM raw ORDER BY block", -1, &stmt, NULL)) {
		block_codec_free(codec);
		return -EIO;
	}
	while (!ret && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		data = sqlite3_column_blob(stmt, 0);
		size = (size_t)sqlite3_column_bytes(stmt, 0);
		if (!data || !size)
			continue;
		ret = block_unpack(codec, data, size, &data, &size);
		if (ret == -EINVAL)
			ret = fn(NULL, size, arg);
		else if (!ret)
			ret = each_in(data, size, fn, arg);
	}
	if (!ret && code != SQLITE_DONE)
		ret = code == SQLITE_NOMEM ? -ENOMEM : -EIO;
	sqlite3_finalize(stmt);
	block_codec_free(codec);
	return ret;
}
