// SPDX-License-Identifier: GPL-2.0
/* The file itself: written, cut off, damaged, hostile. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record.h"
#include "recording.h"

static char directory[] = "/tmp/faultline-test.XXXXXX";

static char *in_directory(const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
	return path;
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static void check(int err, const struct recording *rec)
{
	if (err)
		print_error("%s\n", recording_error(rec));
	assert_int_equal(err, 0);
}

static struct fl_mark value(uint64_t n)
{
	return (struct fl_mark){
		.event = EVENT(n, 1, FL_MARK),
		.op = FL_MARK_VALUE,
		.a = n,
		.name = "n",
	};
}

static void append_values(struct recording *rec, uint64_t first, uint64_t last)
{
	for (; first <= last; first++) {
		struct fl_mark mark = value(first);

		check(recording_append(rec, &mark, sizeof(mark)), rec);
	}
}

static void append_finish(struct recording *rec)
{
	struct fl_finish finish = {
		.event = EVENT(0, 0, FL_FINISH),
		.start_ns = T0,
		.wait_status = -1,
	};

	check(recording_append(rec, &finish, sizeof(finish)), rec);
}

/* A recording of a whole run, or of one that was cut off. */
static void make_recording(const char *path, uint64_t values, bool whole)
{
	struct recording *rec;
	char why[256];

	check(recording_create(&rec, path), rec);
	check(recording_set(rec, "command", "true"), rec);
	check(recording_set_int(rec, "cpus", 2), rec);
	append_values(rec, 1, values);
	if (whole) {
		append_finish(rec);
		check(recording_flush(rec), rec);
		assert_int_equal(correlate(recording_db(rec), why, sizeof(why)), 0);
	}
	check(recording_close(rec), NULL);
}

static void assert_values(struct recording *rec, uint64_t count)
{
	char row[64];

	snprintf(row, sizeof(row), "%llu|%llu", (unsigned long long)count,
		 (unsigned long long)(count * (count + 1) / 2));
	assert_rows_at(recording_db(rec), "SELECT count(*), sum(value) FROM value",
		       (const char *const[]){ row, NULL }, __FILE__, __LINE__);
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

static void run_sql(const char *path, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message))
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The number of files there, but for "." and "..". */
static int count_files(void)
{
	DIR *files = opendir(directory);
	int n = -2;

	assert_non_null(files);
	while (readdir(files))
		n++;
	closedir(files);
	return n;
}

static void written_and_read(void **state)
{
	char *path = in_directory("a name?with=%41#signs.fl");
	struct recording *rec;

	(void)state;
	/* several blocks, the last one not full */
	make_recording(path, 10007, true);
	assert_int_equal(count_files(), 1);
	check(recording_open(&rec, path), rec);
	assert_values(rec, 10007);
	assert_rows_at(recording_db(rec),
		       "SELECT key, value FROM run WHERE key <> 'reason' ORDER BY key",
		       (const char *const[]){ "command|true", "cpus|2", "duration_ns|0",
					      "status|incomplete", NULL },
		       __FILE__, __LINE__);
	assert_int_not_equal(sqlite3_exec(recording_db(rec), "DELETE FROM run", NULL, NULL, NULL),
			     SQLITE_OK);
	check(recording_close(rec), NULL);
	assert_int_equal(count_files(), 1);
	unlink(path);
	free(path);
}

static int count_record(const void *record, size_t size, void *arg)
{
	uint64_t *seen = arg;

	assert_int_equal(size, sizeof(struct fl_mark));
	assert_int_equal((uintptr_t)record % 8, 0);
	assert_int_equal(((const struct fl_mark *)record)->a, ++*seen);
	return *seen == 5003 ? 71 : 0;
}

static void temporary(void **state)
{
	struct recording *rec;
	uint64_t seen = 0;

	(void)state;
	check(recording_create(&rec, NULL), rec);
	append_values(rec, 1, 7001);
	check(recording_flush(rec), rec);
	assert_int_equal(recording_each(recording_db(rec), count_record, &seen), 71);
	assert_int_equal(seen, 5003);
	assert_int_equal(recording_append(rec, "", 7), -EINVAL);
	check(recording_close(rec), NULL);
	assert_int_equal(count_files(), 0);
}

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
		       (const char *const[]){ "command|true", "cpus|2", "duration_ns|100", cut_off,
					      "status|incomplete", NULL },
		       __FILE__, __LINE__);
	check(recording_close(rec), NULL);
	unlink(path);
	free(path);
}

static void replaces_only_recordings(void **state)
{
	char *path = in_directory("there.fl"), *other = in_directory("text");
	struct recording *rec;
	FILE *file;

	(void)state;
	make_recording(path, 1009, true);
	make_recording(path, 23, true);
	check(recording_open(&rec, path), rec);
	assert_values(rec, 23);
	check(recording_close(rec), NULL);
	assert_int_equal(truncate(path, 0), 0);
	make_recording(path, 7, true);

	file = fopen(other, "w");
	assert_non_null(file);
	fputs("a letter\n", file);
	fclose(file);
	assert_int_equal(recording_create(&rec, other), -EEXIST);
	assert_non_null(strstr(recording_error(rec), "is there already and is no recording"));
	recording_close(rec);
	unlink(other);
	run_sql(other, "CREATE TABLE t (x)");
	assert_int_equal(recording_create(&rec, other), -EEXIST);
	recording_close(rec);
	assert_int_equal(recording_create(&rec, directory), -EISDIR);
	recording_close(rec);
	assert_int_equal(recording_create(&rec, "/dev/null"), -EEXIST);
	assert_non_null(strstr(recording_error(rec), "it is no regular file"));
	recording_close(rec);
	assert_int_equal(recording_create(&rec, "/nowhere/at/all.fl"), -ENOENT);
	recording_close(rec);
	unlink(other);
	unlink(path);
	free(other);
	free(path);
}

/* Locks are those of processes, so the other one is a child. */
static int in_a_child(int (*fn)(const char *path), const char *path)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(fn(path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int try_open(const char *path)
{
	struct recording *rec;
	int err = -recording_open(&rec, path);

	recording_close(rec);
	return err;
}

static int try_create(const char *path)
{
	struct recording *rec;
	int err = -recording_create(&rec, path);

	recording_close(rec);
	return err;
}

static void one_writer(void **state)
{
	char *path = in_directory("busy.fl");
	struct recording *rec;

	(void)state;
	check(recording_create(&rec, path), rec);
	append_values(rec, 1, 3001);
	assert_int_equal(in_a_child(try_open, path), EBUSY);
	assert_int_equal(in_a_child(try_create, path), EBUSY);
	append_values(rec, 3002, 6007);
	check(recording_close(rec), NULL);

	check(recording_open(&rec, path), rec);
	assert_values(rec, 6007);
	assert_int_equal(in_a_child(try_open, path), 0);
	assert_int_equal(in_a_child(try_create, path), EBUSY);
	assert_values(rec, 6007);
	check(recording_close(rec), NULL);
	assert_int_equal(in_a_child(try_create, path), 0);
	unlink(path);
	free(path);
}

/* Killed in a transaction of which a part is in the file already. */
static int die_writing(const char *path)
{
	struct recording *rec;

	if (recording_create(&rec, path))
		return 1;
	append_values(rec, 1, 4001);
	if (recording_flush(rec) ||
	    sqlite3_exec(recording_db(rec),
			 "PRAGMA cache_size = 1; BEGIN; DELETE FROM run;"
			 "UPDATE raw SET data = zeroblob(length(data));"
			 "INSERT INTO value SELECT 1, 'x', randomblob(4096), 7, 8 FROM raw",
			 NULL, NULL, NULL))
		return 2;
	raise(SIGKILL);
	return 3;
}

static char *slurp(const char *path, size_t *size)
{
	struct stat st;
	char *data;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size + 1);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*size = (size_t)st.st_size;
	return data;
}

static void killed_while_writing(void **state)
{
	char *path = in_directory("killed.fl");
	char *before, *after;
	size_t size, size_after;
	struct recording *rec;

	(void)state;
	assert_int_equal(in_a_child(die_writing, path), -SIGKILL);
	assert_int_equal(count_files(), 2);
	before = slurp(path, &size);

	check(recording_open(&rec, path), rec);
	assert_values(rec, 4001);
	assert_rows_at(recording_db(rec), "SELECT value FROM run WHERE key = 'status'",
		       (const char *const[]){ "incomplete", NULL }, __FILE__, __LINE__);
	check(recording_close(rec), NULL);

	/* nothing was written to it: whoever may only read it can do the same */
	after = slurp(path, &size_after);
	assert_int_equal(size, size_after);
	assert_memory_equal(before, after, size);
	assert_int_equal(count_files(), 2);

	free(before);
	free(after);

	/* and a new recording takes its place, whatever the old journal says */
	make_recording(path, 13, true);
	assert_int_equal(count_files(), 1);
	check(recording_open(&rec, path), rec);
	assert_values(rec, 13);
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

/* 0: as many records as fit were taken, and then each call said why no more are. */
static int fill_up(struct recording *rec)
{
	struct fl_mark mark;
	uint64_t n = 0;
	int err;

	do {
		mark = value(++n);
		err = recording_append(rec, &mark, sizeof(mark));
	} while (!err && n < 100000);
	if (err != -ENOSPC || !strstr(recording_error(rec), "no space left"))
		return 1;
	if (recording_append(rec, &mark, sizeof(mark)) != -ENOSPC ||
	    recording_flush(rec) != -ENOSPC || recording_close(rec) != -ENOSPC)
		return 2;
	return 0;
}

static int fill_file(const char *path)
{
	struct rlimit limit = { 139 * 4096, 139 * 4096 };
	struct recording *rec;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) || recording_create(&rec, path))
		return 3;
	return fill_up(rec);
}

static int fill_pages(const char *path)
{
	struct recording *rec;

	if (recording_create(&rec, path) ||
	    sqlite3_exec(recording_db(rec), "PRAGMA max_page_count = 139", NULL, NULL, NULL))
		return 3;
	return fill_up(rec);
}

static void no_space_left(void **state)
{
	/* records of 72 bytes behind headers of 8, as many as a block of 128 KiB holds */
	const uint64_t in_block = (128 << 10) / 80;
	char *path = in_directory("full.fl");
	struct recording *rec;

	(void)state;
	assert_int_equal(in_a_child(fill_pages, path), 0);
	check(recording_open(&rec, path), rec);
	assert_values(rec, 3 * in_block);
	check(recording_close(rec), NULL);
	assert_int_equal(in_a_child(fill_file, path), 0);
	assert_int_equal(count_files(), 1);
	check(recording_open(&rec, path), rec);
	assert_values(rec, 3 * in_block);
	check(recording_close(rec), NULL);
	unlink(path);
	free(path);
}

static void no_recordings(void **state)
{
	char *path = in_directory("file");
	uint32_t version = 0x01000000 << 1;
	FILE *file;

	(void)state;
	assert_refused(path, -ENOENT, "cannot read %s: No such file or directory");
	assert_refused(directory, -EINVAL, "%s is no recording: it is no regular file");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, -EINVAL, "%s is no recording: it is no regular file");
	unlink(path);
	file = fopen(path, "w");
	assert_refused(path, -EINVAL, "%s is no recording: it is empty");
	fputs("SQLite format 3", file);
	fflush(file);
	assert_refused(path, -EINVAL, "%s is no recording: faultline did not write it");
	fclose(file);
	unlink(path);
	run_sql(path, "CREATE TABLE run (key, value)");
	assert_refused(path, -EINVAL, "%s is no recording: faultline did not write it");
	unlink(path);

	make_recording(path, 23, true);
	overwrite(path, 60, &version, sizeof(version));
	assert_refused(
		path, -EINVAL,
		"cannot read %s: another version of faultline wrote it (tables 2, this one reads "
		"1); use that version");
	unlink(path);
	make_recording(path, 23, true);
	run_sql(path, "PRAGMA journal_mode = WAL");
	assert_refused(path, -EINVAL,
		       "cannot read %s: its journal mode was changed; run \"PRAGMA journal_mode = "
		       "DELETE\" on it with sqlite3");
	unlink(path);
	free(path);
}

static void changed_tables(void **state)
{
	static const char *const changes[] = {
		"CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM task; END",
		"DROP VIEW reconcile",
		"DROP VIEW reconcile; CREATE VIEW reconcile AS SELECT randomblob(1 << 30)",
		"CREATE VIEW other AS SELECT load_extension('evil')",
		"CREATE VIRTUAL TABLE search USING fts5(text)",
		"CREATE TABLE more (x)",
		"ALTER TABLE task ADD COLUMN x AS (abs(min_flt))",
		"DROP TABLE raw; CREATE VIEW raw AS SELECT 1 AS block, zeroblob(1 << 20) AS data",
	};
	char *path = in_directory("changed.fl");
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(changes) / sizeof(changes[0]); i++) {
		make_recording(path, 23, i & 1);
		run_sql(path, changes[i / 2]);
		assert_refused(
			path, -EINVAL,
			"cannot read %s: its tables are not those that faultline makes; it was "
			"changed or is damaged");
		unlink(path);
	}
	free(path);
}

/* Any page may be damaged: then it is refused, or what is read is not damaged. */
static void damaged(void **state)
{
	char *path = in_directory("damaged.fl");
	unsigned char garbage[512];
	struct recording *rec;
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
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(temporary),
		cmocka_unit_test(never_correlated),
		cmocka_unit_test(replaces_only_recordings),
		cmocka_unit_test(one_writer),
		cmocka_unit_test(killed_while_writing),
		cmocka_unit_test(journal_names_a_victim),
		cmocka_unit_test(no_space_left),
		cmocka_unit_test(no_recordings),
		cmocka_unit_test(changed_tables),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
