// SPDX-License-Identifier: GPL-2.0
/* Records that come later than others of a later time, and how much is kept of a long stream. */
#include <sys/resource.h>

#include "record.h"

#define FORK 0x1200000
#define WINDOW (4 << 20)    /* bytes of records in which they are sorted ... */
#define CHUNK (128 << 10)   /* ... and by which it moves */
#define LATE_MOST (8 << 20) /* bytes of those that come later than that, which are kept */

/* BYTES of records that tell nothing, on CPU 1, one a nanosecond from T on. */
static void put_filler(struct stream_of_records *r, uint64_t t, size_t bytes)
{
	for (; bytes >= sizeof(struct fl_task_rename); bytes -= sizeof(struct fl_task_rename)) {
		struct fl_task_rename e = {
			.event = EVENT_ON(t++, 1, FL_TASK_RENAME, 1),
			.comm = "filler",
		};

		PUT(r, e);
	}
}

/* A phase that one CPU told of when the other had sent BYTES of later records. */
static void phase_later_by(size_t bytes)
{
	struct stream_of_records *r = records_new();

	put_command(r, 101);
	put_mark(r, 11, 1, FL_MARK_PHASE, 1, "first", 0, 0);
	put_filler(r, 100, 1 << 20);
	put_mark(r, 2000000, 1, FL_MARK_PHASE, 2, "third", 0, 0);
	put_filler(r, 2000000, bytes);
	put_mark(r, 1000000, 1, FL_MARK_PHASE, 3, "second", 0, 0);
	/* in the same moment: the order in the ring buffer decides */
	put_mark(r, 1000000, 1, FL_MARK_PHASE, 4, "at once", 0, 0);
	put_filler(r, 5000000, 1 << 20);
	put_end(r, 9000000, 1, 11, 0, 0);
	put_finish(r, 9000001, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT name, start_ns, end_ns FROM phase ORDER BY start_ns, rowid",
		    "first|11|1000000", "second|1000000|1000000", "at once|1000000|2000000",
		    "third|2000000|9000000");
	ASSERT_ROWS(r, "SELECT comm FROM task", "filler");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key = 'status'", "complete");
	ASSERT_NO_ROWS(r, "SELECT * FROM loss");
	records_free(r);
}

static void however_late(void **state)
{
	const size_t edges[] = {
		0,           32,     CHUNK,       WINDOW - CHUNK - 32, WINDOW - CHUNK,
		WINDOW - 32, WINDOW, WINDOW + 32, WINDOW + CHUNK,      3 * WINDOW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		phase_later_by(edges[i]);
}

/* Two CPUs that take turns, each with a long stretch; all of it in order at the end. */
static void cpus_in_turns(void **state)
{
	struct stream_of_records *r = records_new();
	const int stretch = 5003;

	(void)state;
	put_command(r, 101);
	put_new(r, 1, 2, 1, 102, FORK);
	for (int turn = 0; turn < 23; turn++) {
		int t = 10 + turn * 2 * stretch;

		for (int i = 0; i < stretch; i++)
			put_mark(r, t + 2 * i, 1, FL_MARK_VALUE, 1, "even", i, 0);
		for (int i = 0; i < stretch; i++)
			put_mark(r, t + 2 * i + 1, 2, FL_MARK_VALUE, 2, "odd", i, 0);
	}
	put_finish(r, 9000000, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT count(*), count(DISTINCT t_ns) FROM value", "230138|230138");
	ASSERT_NO_ROWS(r, "SELECT * FROM (SELECT t_ns - lag(t_ns) OVER (ORDER BY rowid) AS step"
			  " FROM value) WHERE step <> 1");
	records_free(r);
}

/* More than can be kept: they are left out, and it is said. */
static void too_many_too_late(void **state)
{
	struct stream_of_records *r = records_new();
	const size_t one = sizeof(struct fl_task_rename);

	(void)state;
	put_command(r, 101);
	put_filler(r, 1000000, WINDOW + CHUNK);
	put_filler(r, 100, LATE_MOST + 23 * one);
	put_mark(r, 7, 1, FL_MARK_VALUE, 1, "lost", 7, 0);
	put_end(r, 9000000, 1, 11, 0, 0);
	put_finish(r, 9000001, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT * FROM loss ORDER BY n", "late|mark|-|-|-|1",
		    "late|task_rename|-|-|-|23");
	ASSERT_NO_ROWS(r, "SELECT * FROM value");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key IN ('status', 'reason') ORDER BY key DESC",
		    "incomplete", "24 records came too late to be put in their places");
	records_free(r);
}

#if defined(__SANITIZE_ADDRESS__)
#define MOST_KIB (1 << 30) /* it keeps what was freed */
#else
#define MOST_KIB (16 << 10)
#endif

static long peak_kib(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_maxrss;
}

/* Where rows take no memory. */
static void records_in_file(struct stream_of_records *r)
{
	assert_int_equal(sqlite3_close(r->db), SQLITE_OK);
	assert_int_equal(sqlite3_open("", &r->db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(r->db, schema_sql, NULL, NULL, NULL), SQLITE_OK);
}

#define LIVES 5003 /* of processes, one after the other ... */
#define TALK 53    /* ... with as many messages each */

/*
 * One process after the other, each of which talks to its parent by a pipe, writes to
 * another that nobody reads, gets a signal, takes a lock, wakes it up, and is reaped.
 */
static void put_life(struct stream_of_records *r, uint32_t id)
{
	const uint64_t start = 1000ULL * id, tid = 101 + id;
	uint64_t t = start;
	struct fl_task_rename name = { .event = EVENT(t + 2, id, FL_TASK_RENAME), .comm = "one" };

	put_new(r, t++, id, 1, (uint32_t)tid, FORK);
	PUT(r, name);
	for (int i = 0; i < TALK; i++, t += 10) {
		put_io(r, t, t + 3, id, "write", 13, FL_FILE_PIPE, 7);
		put_io(r, t + 1, t + 5, 1, "read", 13, FL_FILE_PIPE, 7);
		put_io(r, t + 6, t + 7, id, "write", 1, FL_FILE_PIPE, 11);
	}
	put_generate(r, t++, 1, id, 10, 0, 1);
	put_lock(r, t++, id, id, FL_LOCK_FLOCK, 1, 0, 100, 0);
	put_call(r, t, t + 1, id, "flock", 0, 3, 2, 0, 0);
	put_call(r, start + 1, t + 2, 1, "futex", 0, 0x1000, 0, 0, 0);
	put_call(r, t + 1, t + 3, id, "futex", 1, 0x1000, 1, 1, 0);
	t += 5;
	put_lock(r, t++, id, id, FL_LOCK_FLOCK, 2, 0, 100, 0);
	put_exit(r, t++, id, 0, 1);
	put_end(r, t++, id, 23, 0, 0);
	put_call(r, t, t + 3, 1, "wait4", (int64_t)tid, 0, 0, 0, 0);
}

static void long_stream(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_ledger cell = {
		.event = EVENT(0, 2, FL_LEDGER),
		.key = { .task = 2, .syscall = FL_NO_SYSCALL, .kind = FL_COPY, .via = FL_USER },
		.n = 23,
	};
	long before;

	(void)state;
	records_in_file(r);
	put_command(r, 101);
	for (uint32_t id = 2; id < 2 + LIVES; id++)
		put_life(r, id);
	/* of a task that is long forgotten */
	PUT(r, cell);
	put_end(r, 90000000, 1, 11, 0, 0);
	put_finish(r, 90000001, 0);
	records_flush(r);
	before = peak_kib();
	correlate_now(r);
	/* 840,000 records of some 75 MB; the window, what is late, and SQLite's own */
	assert_in_range(peak_kib() - before, 0, MOST_KIB);

	ASSERT_ROWS(r, "SELECT count(*), count(reaped_ns), min(comm) FROM task WHERE task > 1",
		    "5003|5003|one");
	ASSERT_ROWS(r,
		    "SELECT to_task, count(*), sum(bytes) FROM message GROUP BY to_task"
		    " ORDER BY to_task",
		    "-|265159|265159", "1|265159|3447067");
	ASSERT_ROWS(r, "SELECT result, count(*), count(delivered_ns) FROM signal GROUP BY result",
		    "delivered|5003|0");
	ASSERT_ROWS(r,
		    "SELECT kind, op, count(*), count(released_ns), count(blocked_by) FROM lock"
		    " GROUP BY kind, op ORDER BY op",
		    "flock|unlock|5003|0|0", "futex|wait|5003|0|5003", "futex|wake|5003|0|0",
		    "flock|write|5003|5003|0");
	ASSERT_ROWS(r, "SELECT observed FROM reconcile WHERE task = 2", "23");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key = 'status'", "complete");
	records_free(r);
}

/* Children that are gone with their last switch, as those of a parent that ignores SIGCHLD. */
static void nobody_reaps(void **state)
{
	struct stream_of_records *r = records_new();
	const uint32_t children = 40009;
	long before;

	(void)state;
	records_in_file(r);
	put_command(r, 101);
	for (uint32_t id = 2; id < 2 + children; id++) {
		const uint64_t t = 100ULL * id;

		put_new(r, t, id, 1, 101 + id, FORK);
		put_ready(r, t + 1, id, 1, 0);
		put_in(r, t + 2, id, 0);
		put_exit(r, t + 3, id, 0, 1);
		put_end(r, t + 5, id, 7, 0, 0);
		put_out(r, t + 5, id, 0, 0x10, NULL);
		/* now and then the parent was quick: the wait ends after the last switch */
		if (id % 5003 == 0)
			put_call(r, t, t + 7, 1, "wait4", 101 + id, 0, 0, 0, 0);
	}
	put_end(r, 90000000, 1, 11, 0, 0);
	put_finish(r, 90000001, 0);
	records_flush(r);
	before = peak_kib();
	correlate_now(r);
	assert_in_range(peak_kib() - before, 0, MOST_KIB);

	ASSERT_ROWS(r, "SELECT count(*), count(reaped_ns), sum(min_flt) FROM task WHERE task > 1",
		    "40009|7|280063");
	ASSERT_ROWS(r, "SELECT state, count(*), sum(end_ns - start_ns) FROM state GROUP BY 1",
		    "dead|40009|0", "new|40009|40009", "ready|40009|40009", "running|40009|120027");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key = 'status'", "complete");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_reaps),      cmocka_unit_test(long_stream),
		cmocka_unit_test(however_late),      cmocka_unit_test(cpus_in_turns),
		cmocka_unit_test(too_many_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
