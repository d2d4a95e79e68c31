/* SPDX-License-Identifier: GPL-2.0 */
/* Recordings as files, in a directory of the test's own. */
#ifndef TEST_FILE_H
#define TEST_FILE_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record.h"
#include "recording/recording.h"

static char directory[] = "/tmp/faultline-test.XXXXXX";

/* The row of table `run` that says who wrote the recording. */
static const char recorded_by[] = "faultline|" FAULTLINE_VERSION;

static inline char *in_directory(const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
	return path;
}

static inline int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static inline int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static inline void check(int err, const struct recording *rec)
{
	if (err)
		print_error("%s\n", recording_error(rec));
	assert_int_equal(err, 0);
}

static inline struct fl_mark value(uint64_t n)
{
	return (struct fl_mark){
		.event = EVENT(n, 1, FL_MARK),
		.op = FL_MARK_VALUE,
		.a = n,
		.name = "n",
	};
}

static inline void append_values(struct recording *rec, uint64_t first, uint64_t last)
{
	for (; first <= last; first++) {
		struct fl_mark mark = value(first);

		check(recording_append(rec, &mark, sizeof(mark)), rec);
	}
}

static inline void append_finish(struct recording *rec)
{
	struct fl_finish finish = {
		.event = EVENT(0, 0, FL_FINISH),
		.start_ns = T0,
		.wait_status = -1,
	};

	check(recording_append(rec, &finish, sizeof(finish)), rec);
}

/* A recording of a whole run, or of one that was cut off. */
static inline void make_recording(const char *path, uint64_t values, bool whole)
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

static inline void assert_values(struct recording *rec, uint64_t count)
{
	char row[64];

	snprintf(row, sizeof(row), "%llu|%llu", (unsigned long long)count,
		 (unsigned long long)(count * (count + 1) / 2));
	assert_rows_at(recording_db(rec), "SELECT count(*), sum(value) FROM value",
		       (const char *const[]){ row, NULL }, __FILE__, __LINE__);
}

static inline void run_sql(const char *path, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message))
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The number of files there, but for "." and "..". */
static inline int count_files(void)
{
	DIR *files = opendir(directory);
	int n = -2;

	assert_non_null(files);
	while (readdir(files))
		n++;
	closedir(files);
	return n;
}

/* Locks are those of processes, so the other one is a child. */
static inline int in_a_child(int (*fn)(const char *path), const char *path)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(fn(path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline int try_open(const char *path)
{
	struct recording *rec;
	int err = -recording_open(&rec, path);

	recording_close(rec);
	return err;
}

/* Killed in a transaction of which a part is in the file already. */
static inline int die_writing(const char *path)
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

static inline char *slurp(const char *path, size_t *size)
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

#endif
