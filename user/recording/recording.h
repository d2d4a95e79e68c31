/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording: an SQLite database FILE.fl.  While recording, raw records are
 * appended in blocks, each block a transaction of its own, so that a recording
 * survives whatever happens to the process that writes it.
 *
 * Table `raw` (block INTEGER PRIMARY KEY, data BLOB) holds whole records of
 * bpf/event.h one after the other, each padded to 8 bytes and preceded by
 * struct { __u32 size; __u32 reserved; }.
 *
 * Functions return 0 or a negative errno; recording_error() has the sentence.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * In SQL, of a row of table `loss`: single events are gone, not counts, which maps of the
 * kernel keep apart from the stream of events.
 */
#define RECORDING_COUNTS_SPARED                                                                    \
	"(what IN ('ring', 'late', 'unseen') AND coalesce(kind, '') NOT IN ('ledger', 'pages'))"

/*
 * In SQL, of an incomplete run: all that it lacks is such events, so its counts are exact.
 * After a stop in the middle they are not, and table `loss` may then be empty, or a task
 * has no end.
 */
#define RECORDING_COUNTS_EXACT                                                                     \
	"((SELECT count(*) > 0 AND total(NOT " RECORDING_COUNTS_SPARED ") = 0 FROM loss)"          \
	" AND NOT EXISTS (SELECT 1 FROM task WHERE exit_ns IS NULL))"

struct recording;

/*
 * Create PATH anew (NULL: a private temporary file, removed on close).  An
 * existing file is replaced only if it is a recording or empty: -EEXIST
 * otherwise.  The caller closes it also after an error.
 */
int recording_create(struct recording **rec, const char *path);

/* Append one record; it reaches the disk with its block, or on recording_flush(). */
int recording_append(struct recording *rec, const void *record, size_t size);
int recording_flush(struct recording *rec);

/*
 * From here on blocks are written by a thread, which calls BEGIN first; up to BYTES wait for
 * it in memory.  Until recording_settle() has written them all and ended it, nothing but
 * recording_append() and recording_flush() may be called, which then waits for no disk.
 * Where there can be no thread, all stays as it was.
 */
void recording_write_behind(struct recording *rec, size_t bytes, void (*begin)(void));
int recording_settle(struct recording *rec);

/* Set a key of table `run`; the text form.  Values are copied. */
int recording_set(struct recording *rec, const char *key, const char *value);
int recording_set_int(struct recording *rec, const char *key, long long value);

/*
 * Open an existing recording for reading, safely whoever wrote it: no
 * extension, no trusted schema, integrity of what we read checked.  Where the
 * recording was cut off before its tables were filled, they are filled here in
 * a private copy, and run.status is 'incomplete'.  -EINVAL: not a recording.
 */
int recording_open(struct recording **rec, const char *path);

/* The database; owned by the recording. */
sqlite3 *recording_db(struct recording *rec);

/* Why the last call failed, as a sentence without "faultline: ". */
const char *recording_error(const struct recording *rec);

/* Flush and close.  NULL is allowed. */
int recording_close(struct recording *rec);

/* Call FN for each raw record in the order of appending; stop at non-zero and return it. */
int recording_each(sqlite3 *db, int (*fn)(const void *record, size_t size, void *arg), void *arg);

#endif
