/* SPDX-License-Identifier: GPL-2.0 */
/* What writing and opening a recording share. */
#ifndef RECORDING_PRIVATE_H
#define RECORDING_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * In the header of the file: "FLTR", and the number of the format of its records.
 * Tables and columns that are added do not change it, nor do new records, nor
 * those that grow at their end: only what would be misread does.
 */
#define RECORDING_APPLICATION_ID 0x464c5452
#define RECORDING_FORMAT_TEXT "1"

#define RECORDING_HEAD 100 /* bytes of an SQLite file that say what it is */

/* Memory that SQLite may take for pages, KiB, negative: rows are appended, more is no faster. */
#define RECORDING_CACHE "PRAGMA cache_size = -2000;"

struct recording {
	sqlite3 *db;
	sqlite3_stmt *insert;
	char *path;
	int fd; /* holds a reader's lock; -1: none */
	struct block_codec *codec;
	char *block; /* that is being filled */
	size_t used;
	struct writer *writer; /* writes what is full; NULL: we ourselves */
	int failed;            /* a block could not be written: nothing more is */
	char error[512];
};

struct recording *recording_new(const char *path);
int recording_fail(struct recording *rec, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* From the database's last error; WHAT is the verb: "read" or "write". */
int recording_sqlite_fail(struct recording *rec, const char *what);
int recording_no_memory(struct recording *rec);
int recording_execute(struct recording *rec, const char *what, const char *sql);

/*
 * What SQLite's own advice for files from strangers comes to.  What it cannot sort in
 * its cache it puts into a temporary file: the memory that a report takes does not
 * grow with the recording.
 */
int recording_distrust(struct recording *rec);

/*
 * With the file at URI open: refuse it, or make sure that its tables can be used.
 * They may then be in a temporary database, made anew of the raw records.
 */
int recording_tables(struct recording *rec, const char *uri);

/* HEAD is the start of a recording, whatever its version. */
bool recording_is_ours(const unsigned char *head);

/*
 * Take the lock by which SQLite keeps a reader (F_RDLCK) or a writer (F_WRLCK)
 * from the others, for as long as FD is open.  -EBUSY; 0 also on file systems
 * without locks.
 */
int recording_lock(int fd, short type);

#endif
