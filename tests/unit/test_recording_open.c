// SPDX-License-Identifier: GPL-2.0
/* Recordings opened that are cut off, damaged, hostile, or none. */
#define _GNU_SOURCE
#include <errno.h>

#include "file.h"

#define WHICH_FILE "name a file that faultline wrote with -o"
#define ANOTHER_COPY "take another copy of it, or record again"

static const char cut_off[] = "reason|the recording was cut off: faultline did not reach its end; "
			      "the start of 1 task was not seen";

static void never_correlated(void **state)
{
	char *path = in_directory("cut.fl");
	struct recording *rec;

	(void)state;
	make_recording(path, 101, false);
	check(recording_open(&rec, path), rec);
	assert_values(rec, 101);
	assert_rows_at(recording_db(rec), "SELECT key, value FROM run ORDER BY key",
		       (const char *const[]){ "command|true", "cpus|2", "duration_ns|100",
					      recorded_by, cut_off, "start_ns|1000001",
					      "status|incomplete", NULL },
		       __FILE__, __LINE__);
	check(recording_close(rec), NULL);
	unlink(path);
	free(path);
}

/* The end of a journal may name a file that SQLite deletes after it has rolled back. */
static void name_in_journal(const char *journal, const char *victim)
{
	static const unsigned char magic[] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
	unsigned char tail[4 + 256 + 16];
	size_t length = strlen(victim), n = 0, i;
	uint32_t sum = 0, lock_page = 0x40000000 / 4096 + 1;
	int fd = open(journal, O_WRONLY | O_APPEND);

#define BIG_END(x)                                                                                 \
	(tail[n++] = (x) >> 24, tail[n++] = (x) >> 16 & 0xff, tail[n++] = (x) >> 8 & 0xff,         \
	 tail[n++] = (x)&0xff)
	assert_true(fd >= 0 && length < 256);
	BIG_END(lock_page);
	for (i = 0; i < length; i++)
		sum += (uint32_t)(int)(tail[n++] = (unsigned char)victim[i]);
	BIG_END((uint32_t)length);
	BIG_END(sum);
	memcpy(tail + n, magic, sizeof(magic));
	n += sizeof(magic);
	assert_int_equal(write(fd, tail, n), n);
	close(fd);
#undef BIG_END
}

static void journal_names_a_victim(void **state)
{
	char *path = in_directory("evil.fl"), *journal = in_directory("evil.fl-journal");
	char *victim = in_directory("victim");
	struct recording *rec;
	FILE *file = fopen(victim, "w");

	(void)state;
	assert_non_null(file);
	fputs("precious\n", file);
	fclose(file);
	assert_int_equal(in_a_child(die_writing, path), -SIGKILL);
	name_in_journal(journal, victim);

	check(recording_open(&rec, path), rec);
	assert_values(rec, 4001);
	check(recording_close(rec), NULL);
	assert_int_equal(access(victim, F_OK), 0);

	/* the trap is a real one: SQLite alone walks into it */
	run_sql(path, "SELECT * FROM run");
	assert_int_equal(access(victim, F_OK), -1);
	unlink(path);
	unlink(journal);
	free(victim);
	free(journal);
	free(path);
}

static void assert_refused(const char *path, int err, const char *sentence)
{
	struct recording *rec;
	char *expected = NULL;

	assert_true(asprintf(&expected, sentence, path) > 0);
	assert_int_equal(recording_open(&rec, path), err);
	assert_string_equal(recording_error(rec), expected);
	assert_int_equal(recording_close(rec), 0);
	free(expected);
}

static void overwrite(const char *path, off_t at, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, size, at), size);
	close(fd);
}

static void no_recordings(void **state)
{
	char *path = in_directory("file");
	uint32_t version = 0x01000000 << 1;
	FILE *file;

	(void)state;
	assert_refused(path, -ENOENT, "cannot read %s: No such file or directory; " WHICH_FILE);
	assert_refused(directory, -EINVAL,
		       "%s is no recording: it is no regular file; " WHICH_FILE);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, -EINVAL, "%s is no recording: it is no regular file; " WHICH_FILE);
	unlink(path);
	file = fopen(path, "w");
	assert_refused(path, -EINVAL, "%s is no recording: it is empty; " WHICH_FILE);
	fputs("SQLite format 3", file);
	fflush(file);
	assert_refused(path, -EINVAL,
		       "%s is no recording: faultline did not write it; " WHICH_FILE);
	fclose(file);
	unlink(path);
	run_sql(path, "CREATE TABLE run (key, value)");
	assert_refused(path, -EINVAL,
		       "%s is no recording: faultline did not write it; " WHICH_FILE);
	unlink(path);

	make_recording(path, 23, true);
	overwrite(path, 60, &version, sizeof(version));
	assert_refused(
		path, -EINVAL,
		"cannot read %s: its records are of format 2, and this faultline reads 1; use "
		"faultline " FAULTLINE_VERSION ", which wrote it");
	run_sql(path, "DELETE FROM run WHERE key = 'faultline'");
	assert_refused(
		path, -EINVAL,
		"cannot read %s: its records are of format 2, and this faultline reads 1; use "
		"the faultline that wrote it");
	unlink(path);
	make_recording(path, 23, true);
	run_sql(path, "PRAGMA journal_mode = WAL");
	assert_refused(path, -EINVAL,
		       "cannot read %s: its journal mode was changed; run \"PRAGMA journal_mode = "
		       "DELETE\" on it with sqlite3");
	unlink(path);
	free(path);
}

/* What no version of faultline has made may be anything, so nothing is read. */
static void changed_tables(void **state)
{
	static const char *const changes[] = {
		"CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM task; END",
		"CREATE INDEX i ON value (abs(value))",
		"DROP TABLE claim; CREATE VIEW claim AS SELECT load_extension('evil') AS id",
		"DROP TABLE claim; CREATE VIEW Claim AS SELECT load_extension('evil') AS id",
		"CREATE VIRTUAL TABLE search USING fts5(text)",
		"DROP TABLE note; CREATE VIRTUAL TABLE note USING fts5(said)",
		"DROP TABLE raw",
		"DROP TABLE raw; CREATE VIEW raw AS SELECT 1 AS block, zeroblob(1 << 20) AS data",
		"ALTER TABLE raw ADD COLUMN x AS (zeroblob(1 << 30))",
		"ALTER TABLE run ADD COLUMN x",
	};
	char *path = in_directory("changed.fl");
	struct recording *rec;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(changes) / sizeof(changes[0]); i++) {
		make_recording(path, 23, i & 1);
		run_sql(path, changes[i / 2]);
		assert_refused(path, -EINVAL,
			       "cannot read %s: its tables are not those that faultline makes: it "
			       "was changed or is damaged; " ANOTHER_COPY);
		unlink(path);
	}
	/* a definition that is of another type than is said beside it */
	make_recording(path, 23, true);
	run_sql(path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET "
		      "sql = 'CREATE VIEW claim AS SELECT 1 AS id' WHERE name = 'claim'");
	assert_int_equal(recording_open(&rec, path), -EINVAL);
	assert_non_null(strstr(recording_error(rec), "it is damaged"));
	recording_close(rec);
	unlink(path);
	free(path);
}

/*
 * Tables of another version, older or newer, or somebody's own beside them: what
 * is in them is made anew, but for claims and notes.
 */
static void other_versions(void **state)
{
	static const char *const changes[] = {
		"DROP TABLE task; CREATE TABLE task (task INTEGER, name TEXT)",
		"ALTER TABLE value DROP COLUMN t_ns; DROP TABLE frame; DROP TABLE fault_cost",
		"ALTER TABLE value ADD COLUMN later; UPDATE value SET value = 0",
		"ALTER TABLE task ADD COLUMN x AS (abs(min_flt)); CREATE TABLE more (x)",
		"CREATE VIEW other AS SELECT load_extension('evil')",
		"DROP VIEW reconcile",
		"DROP VIEW reconcile; CREATE VIEW reconcile AS SELECT load_extension('evil') AS x",
	};
	char *path = in_directory("other.fl");
	struct recording *rec = NULL;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < 2 * sizeof(changes) / sizeof(changes[0]); i++) {
		make_recording(path, 101, i & 1);
		run_sql(path, "INSERT INTO claim (experiment, id, expected, verdict) "
			      "VALUES ('e', 'a', 7, 'pass'), ('e', 'b', 11, 'fail');"
			      "INSERT INTO note (said, measured) VALUES ('s', 'm');"
			      "ALTER TABLE claim DROP COLUMN phase; ALTER TABLE claim ADD COLUMN x "
			      "AS (zeroblob(1 << 30)); ALTER TABLE note ADD COLUMN later");
		run_sql(path, changes[i / 2]);
		err = recording_open(&rec, path);
		check(err, rec);
		assert_values(rec, 101);
		assert_rows_at(recording_db(rec),
			       "SELECT experiment, id, expected, verdict, phase FROM claim "
			       "UNION ALL SELECT said, measured, experiment, 0, 0 FROM note",
			       (const char *const[]){ "e|a|7|pass|-", "e|b|11|fail|-", "s|m|-|0|0",
						      NULL },
			       __FILE__, __LINE__);
		assert_rows_at(recording_db(rec),
			       "SELECT value FROM run WHERE key = 'status' UNION ALL "
			       "SELECT count(*) FROM reconcile UNION ALL "
			       "SELECT count(*) FROM pragma_table_info('frame')",
			       (const char *const[]){ "incomplete", "1", "8", NULL }, __FILE__,
			       __LINE__);
		check(recording_close(rec), NULL);
		unlink(path);
	}
	free(path);
}

/* Without claims and notes there is nothing to keep. */
static void no_claims_yet(void **state)
{
	char *path = in_directory("first.fl");
	struct recording *rec = NULL;

	(void)state;
	make_recording(path, 101, true);
	run_sql(path, "DROP TABLE claim; DROP TABLE note; CREATE TABLE note (other)");
	check(recording_open(&rec, path), rec);
	assert_values(rec, 101);
	assert_rows_at(recording_db(rec),
		       "SELECT (SELECT count(*) FROM claim), (SELECT count(*) FROM note)",
		       (const char *const[]){ "0|0", NULL }, __FILE__, __LINE__);
	check(recording_close(rec), NULL);
	unlink(path);
	free(path);
}

/* Any page may be damaged: then it is refused, or what is read is not damaged. */
static void damaged(void **state)
{
	char *path = in_directory("damaged.fl");
	unsigned char garbage[512];
	struct recording *rec = NULL;
	size_t size, at;
	int refused = 0;

	(void)state;
	memset(garbage, 0xa5, sizeof(garbage));
	make_recording(path, 1009, true);
	free(slurp(path, &size));
	for (at = 4096; at < size; at += 4096) {
		make_recording(path, 1009, true);
		overwrite(path, (off_t)at, garbage, sizeof(garbage));
		if (recording_open(&rec, path)) {
			assert_non_null(strstr(recording_error(rec), "damaged"));
			refused++;
		} else {
			assert_values(rec, 1009);
		}
		recording_close(rec);
	}
	assert_true(refused > 0);
	make_recording(path, 1009, true);
	assert_int_equal(truncate(path, (off_t)size - 4096), 0);
	assert_int_equal(recording_open(&rec, path), -EINVAL);
	recording_close(rec);
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_correlated), cmocka_unit_test(journal_names_a_victim),
		cmocka_unit_test(no_recordings),    cmocka_unit_test(changed_tables),
		cmocka_unit_test(other_versions),   cmocka_unit_test(no_claims_yet),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
