// SPDX-License-Identifier: GPL-2.0
/* Recordings written: whole, cut off, over others, by two at once, until the disk is full. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/resource.h>

#include "recording/block.h"
#include "file.h"

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
	assert_rows_at(
		recording_db(rec), "SELECT key, value FROM run WHERE key <> 'reason' ORDER BY key",
		(const char *const[]){ "command|true", "cpus|2", "duration_ns|0", recorded_by,
				       "start_ns|1000000", "status|incomplete", NULL },
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

/* Records of 72 bytes behind headers of 8, as many as a block holds. */
#define IN_BLOCK (BLOCK_SIZE / 80)

enum { WENT_WRONG = 250 };

/*
 * As many records as fit were taken, and then each call said why no more are.
 * Returns how many blocks reached the disk: the last full one did not.
 */
static int fill_up(struct recording *rec)
{
	struct fl_mark mark;
	uint64_t n = 0;
	int err;

	do {
		mark = value(++n);
		err = recording_append(rec, &mark, sizeof(mark));
	} while (!err && n < 1000 * IN_BLOCK);
	if (err != -ENOSPC || !strstr(recording_error(rec), "no space left"))
		return WENT_WRONG;
	if (recording_append(rec, &mark, sizeof(mark)) != -ENOSPC ||
	    recording_flush(rec) != -ENOSPC || recording_close(rec) != -ENOSPC)
		return WENT_WRONG;
	return (n - 1) % IN_BLOCK ? WENT_WRONG : (n - 1) / IN_BLOCK - 1;
}

static int fill_file(const char *path)
{
	struct rlimit limit = { 89 * 4096, 89 * 4096 };
	struct recording *rec;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) || recording_create(&rec, path))
		return WENT_WRONG;
	return fill_up(rec);
}

static int fill_pages(const char *path)
{
	struct recording *rec;

	if (recording_create(&rec, path) ||
	    sqlite3_exec(recording_db(rec), "PRAGMA max_page_count = 89", NULL, NULL, NULL))
		return WENT_WRONG;
	return fill_up(rec);
}

static void no_space_left(void **state)
{
	static int (*const fill[])(const char *path) = { fill_pages, fill_file };
	char *path = in_directory("full.fl");
	struct recording *rec;

	(void)state;
	for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++) {
		int blocks = in_a_child(fill[i], path);

		assert_in_range(blocks, 2, WENT_WRONG - 1);
		assert_int_equal(count_files(), 1);
		check(recording_open(&rec, path), rec);
		assert_values(rec, (uint64_t)blocks * IN_BLOCK);
		check(recording_close(rec), NULL);
	}
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_read),         cmocka_unit_test(temporary),
		cmocka_unit_test(replaces_only_recordings), cmocka_unit_test(one_writer),
		cmocka_unit_test(killed_while_writing),     cmocka_unit_test(no_space_left),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
