// SPDX-License-Identifier: GPL-2.0
/*
 * Reading what somebody else has written.  SQLite is told to trust nothing.
 * What of the tables is used is for recording_tables.c to say.
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

#include "recording/recording.h"
#include "recording/recording_private.h"

/* The file format's fixed places: a 4-byte number, big end first, at each. */
#define HEAD_APPLICATION 68
#define HEAD_WRITE_FORMAT 18
#define HEAD_READ_FORMAT 19
#define FORMAT_ROLLBACK 1 /* and not a write-ahead log, which we never use */

/* Bytes of the file that SQLite locks: SHARED_FIRST and SHARED_SIZE of its os.h. */
#define LOCK_FIRST 0x40000002
#define LOCK_SIZE 510

static const char which_file[] = "name a file that faultline wrote with -o";
static const char another_copy[] = "take another copy of it, or record again";

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
		return recording_fail(rec, -EINVAL, "%s is no recording: it is no regular file; %s",
				      rec->path, which_file);
	if (recording_lock(rec->fd, F_RDLCK))
		return recording_fail(
			rec, -EBUSY,
			"cannot read %s: it is being written; wait for that faultline "
			"to end",
			rec->path);
	n = pread(rec->fd, head, sizeof(head), 0);
	if (n < 0)
		return recording_fail(rec, -errno, "cannot read %s: %s; %s", rec->path,
				      strerror(errno), another_copy);
	if (!n)
		return recording_fail(rec, -EINVAL, "%s is no recording: it is empty; %s",
				      rec->path, which_file);
	if (n < (ssize_t)sizeof(head) || !recording_is_ours(head))
		return recording_fail(rec, -EINVAL,
				      "%s is no recording: faultline did not write it; %s",
				      rec->path, which_file);
	if (head[HEAD_WRITE_FORMAT] != FORMAT_ROLLBACK || head[HEAD_READ_FORMAT] != FORMAT_ROLLBACK)
		return recording_fail(rec, -EINVAL,
				      "cannot read %s: its journal mode was changed; run \"PRAGMA "
				      "journal_mode = DELETE\" on it with sqlite3",
				      rec->path);
	return 0;
}

int recording_distrust(struct recording *rec)
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
				 RECORDING_CACHE
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

static int open_file(struct recording *rec, const char *path)
{
	char *uri = immutable_uri(path);
	int err;

	if (!uri)
		return recording_no_memory(rec);
	if (sqlite3_open_v2(uri, &rec->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL))
		err = recording_sqlite_fail(rec, "read");
	else
		err = recording_distrust(rec);
	if (!err)
		err = recording_tables(rec, uri);
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
	err = recording_distrust(rec);
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
			"%s is no recording: it was cut off before anything was recorded; "
			"record again",
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
		return recording_no_memory(rec);
	*fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	free(name);
	if (*fd < 0)
		return errno == ENOENT || errno == ELOOP ?
			       0 :
			       recording_fail(rec, -errno,
					      "cannot read %s: it was cut off, and the file "
					      "%s-journal that belongs to it cannot be read: %s; "
					      "make both readable for this user",
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
		return recording_fail(rec, -errno, "cannot read %s: %s; %s", path, strerror(errno),
				      errno == EACCES || errno == EPERM ?
					      "make it and its folder readable for this user" :
					      which_file);
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
