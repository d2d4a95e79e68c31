// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "views/locks_view.h"
#include "report_db.h"

static const struct report_style plain = { .width = 100, .utf8 = true, .rows = 60 };
static const struct report_style small = { .width = 80, .rows = 60 };
static const struct report_style few = { .width = 100, .rows = 3 };

static const char tasks[] =
	"INSERT INTO run (key, value) VALUES ('duration_ns', 9000000);"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns, process,"
	"  exit_code, exit_signal)"
	"VALUES (1, 4711, 4711, NULL, 'launch', 'parent', 0, 9000000, 1, 0, NULL),"
	"       (2, 4712, 4712, 1, 'fork', 'worker', 1000000, 8000000, 2, 0, NULL),"
	"       (3, 4713, 4713, 1, 'fork', 'worker', 1000000, 8000000, 3, 0, NULL);";

struct row {
	int task;
	const char *kind, *object, *op;
	int request_us, granted_us, released_us; /* 0: never */
	int blocked_by;
	const char *ret; /* "NULL" while it waits */
	int owner;
	const char *bytes; /* "first, last" */
};

static void add(sqlite3 *db, struct row row)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO lock VALUES (%d, %Q, %Q, %Q, %d000, nullif(%d000, 0), nullif(%d000, 0),"
		"  nullif(%d, 0), %s, nullif(%d, 0), %s)",
		row.task, row.kind, row.object, row.op, row.request_us, row.granted_us,
		row.released_us, row.blocked_by, row.ret, row.owner,
		row.bytes ? row.bytes : "NULL, NULL");

	report_db_add(db, sql);
	sqlite3_free(sql);
}

static void flock_row(sqlite3 *db, const char *object, int task, int request_us, int granted_us,
		      int released_us, int blocked_by, const char *ret)
{
	add(db, (struct row){ task, "flock", object, "write", request_us, granted_us, released_us,
			      blocked_by, ret, task, NULL });
}

static void expect(sqlite3 *db, const struct report_style *style, const char *expected)
{
	char *text = report_db_render(db, report_locks, style);

	report_db_check_lines(text, style->width);
	free(text);
	report_db_expect(db, report_locks, style, expected);
	sqlite3_close(db);
}

static void test_none(void **state)
{
	(void)state;
	expect(report_db(tasks), &plain,
	       "no locks: no file was locked, and nobody waited at a futex\n");
}

/* Two workers in turns, each waits for the other; a third attempt does not wait. */
static sqlite3 *contended(void)
{
	sqlite3 *db = report_db(tasks);

	flock_row(db, "/tmp/d/counter.lock", 2, 2000, 2000, 3000, 0, "0");
	flock_row(db, "/tmp/d/counter.lock", 3, 2500, 3000, 4000, 2, "0");
	flock_row(db, "/tmp/d/counter.lock", 2, 3200, 4000, 5000, 3, "0");
	flock_row(db, "/tmp/d/counter.lock", 1, 3500, 0, 0, 3, "-11");
	add(db, (struct row){ 2, "flock", "/tmp/d/counter.lock", "unlock", 5000, 5000, 0, 0, "0", 2,
			      NULL });
	return db;
}

static void test_critical_sections(void **state)
{
	(void)state;
	expect(contended(), &plain,
	       "  from, to     2.000                                                                        9.000 ms\n"
	       "flock counter.lock: at most 1 inside at once\n"
	       "  worker 4712  █████████████ ··········█████████████\n"
	       "  worker 4713        ······█████████████\n"
	       "· waits   █ inside alone\n"
	       "\n"
	       "time ms  task         wants  lock          owner   waited     held  outcome\n"
	       "  2.000  worker 4712  write  counter.lock  file 2          1.00 ms\n"
	       "  2.500  worker 4713  write  counter.lock  file 3  500 us  1.00 ms  after 4712\n"
	       "  3.200  worker 4712  write  counter.lock  file 2  800 us  1.00 ms  after 4713\n"
	       "  3.500  parent 4711  write  counter.lock  file 1                   EAGAIN, held by 4713\n"
	       "\n"
	       "lock                requests  refused  waits  longest   in all     held  inside\n"
	       "flock counter.lock         4        1      2   800 us  1.30 ms  3.00 ms       1\n"
	       "\n"
	       "who waits         for whom     times  longest  in all  because of\n"
	       "worker 4713  ──>  worker 4712      1   500 us  500 us  counter.lock\n"
	       "worker 4712  ──>  worker 4713      1   800 us  800 us  counter.lock\n");
	expect(contended(), &small,
	       "  from, to     2.000                                                    9.000 ms\n"
	       "flock counter.lock: at most 1 inside at once\n"
	       "  worker 4712  ########## .......##########\n"
	       "  worker 4713      .....##########\n"
	       ". waits   # inside alone\n"
	       "\n"
	       "time ms  task         wants  lock          waited     held  outcome\n"
	       "  2.000  worker 4712  write  counter.lock          1.00 ms\n"
	       "  2.500  worker 4713  write  counter.lock  500 us  1.00 ms  after 4712\n"
	       "  3.200  worker 4712  write  counter.lock  800 us  1.00 ms  after 4713\n"
	       "  3.500  parent 4711  write  counter.lock                   EAGAIN, held by 4713\n"
	       "\n"
	       "lock                requests  refused  waits  longest   in all     held  inside\n"
	       "flock counter.lock         4        1      2   800 us  1.30 ms  3.00 ms       1\n"
	       "\n"
	       "who waits         for whom     times  longest  in all  because of\n"
	       "worker 4713  -->  worker 4712      1   500 us  500 us  counter.lock\n"
	       "worker 4712  -->  worker 4713      1   800 us  800 us  counter.lock\n");
}

/* Readers are inside together; ranges of bytes are locks of their own. */
/* As lock-owner has them: all columns of the sums are full. */
static void test_sums_fit_into_a_terminal(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	flock_row(db, "faultline.egJJui", 2, 1000, 2234, 4123, 0, "0");
	flock_row(db, "faultline.egJJui", 3, 2000, 4567, 5678, 2, "0");
	flock_row(db, "a-file-whose-name-is-long", 3, 6000, 6100, 7123, 0, "0");
	for (int width = 60; width <= 127; width++) {
		const struct report_style style = { .width = width, .rows = 60 };
		char *text = report_db_render(db, report_locks, &style);

		report_db_check_lines(text, width < 80 ? 80 : width);
		free(text);
	}
	sqlite3_close(db);
}

static void test_readers_and_ranges(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	for (int task = 1; task <= 3; task++)
		add(db, (struct row){ task, "posix", "a\x1b.db", "read", 2000 + task * 100,
				      2000 + task * 100, 5000, 0, "0", task,
				      "1073741826, 1073742335" });
	add(db, (struct row){ 1, "posix", "a\x1b.db", "write", 3000, 3000, 4500, 0, "0", 1,
			      "1073741825, 1073741825" });
	add(db, (struct row){ 2, "posix", "a\x1b.db", "write", 3100, 0, 0, 1, "-11", 2,
			      "1073741825, 1073741825" });
	add(db, (struct row){ 1, "ofd", "log", "write", 6000, 6000, 0, 0, "0", 4, "7, NULL" });
	expect(db, &plain,
	       "  from, to     2.100                                                                        9.000 ms\n"
	       "ofd log [7..]: at most 1 inside at once\n"
	       "  parent 4711                                                  █████████████████████████████████████\n"
	       "posix a\\x1b.db, 2 ranges of bytes: at most 3 inside one of them at once, first at 2.300 ms\n"
	       "  parent 4711  ▒▒▒▒▒▒▒▒▒▒▒███████████████████▒▒▒▒▒▒\n"
	       "  worker 4712   ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒\n"
	       "  worker 4713    ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒\n"
	       "▒ inside, to read   █ inside alone   [first..last] bytes of the file\n"
	       "\n"
	       "time ms  task         wants  lock                              waited     held  outcome\n"
	       "  2.100  parent 4711  read   a\\x1b.~ [0x40000002..0x400001ff]          2.90 ms\n"
	       "  2.200  worker 4712  read   a\\x1b.~ [0x40000002..0x400001ff]          2.80 ms\n"
	       "  2.300  worker 4713  read   a\\x1b.~ [0x40000002..0x400001ff]          2.70 ms\n"
	       "  3.000  parent 4711  write  a\\x1b.db [0x40000001]                     1.50 ms\n"
	       "  3.100  worker 4712  write  a\\x1b.db [0x40000001]                              EAGAIN, held by 4711\n"
	       "  6.000  parent 4711  write  log [7..]\n"
	       "\n"
	       "lock                                     requests  refused  waits  longest  in all     held  inside\n"
	       "ofd log [7..]                                   1        0      0                   3.00 ms       1\n"
	       "posix a\\x1b.db [0x40000001]                     2        1      0                   1.50 ms       1\n"
	       "posix a\\x1b.db [0x40000002..0x400001ff]         3        0      0                   8.40 ms       3\n");
}

/* Each has one and wants the other's. */
static void abba(sqlite3 *db, const char *ret2, const char *ret3)
{
	flock_row(db, "a.lock", 2, 2000, 2000, 0, 0, "0");
	flock_row(db, "b.lock", 3, 2100, 2100, 0, 0, "0");
	flock_row(db, "b.lock", 2, 3000, 0, 0, 3, ret2);
	flock_row(db, "a.lock", 3, 3500, 0, 0, 2, ret3);
}

static void test_deadlock_that_stands(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	abba(db, "NULL", "NULL");
	report_db_add(db, "UPDATE task SET exit_ns = NULL, exit_code = NULL WHERE task > 1");
	expect(db, &plain,
	       "  from, to     2.000                                                                        9.000 ms\n"
	       "flock a.lock: at most 1 inside at once\n"
	       "  worker 4712  █████████████████████████████████████████████████████████████████████████████████████\n"
	       "  worker 4713                    ···································································\n"
	       "flock b.lock: at most 1 inside at once\n"
	       "  worker 4713   ████████████████████████████████████████████████████████████████████████████████████\n"
	       "  worker 4712              ·········································································\n"
	       "· waits   █ inside alone\n"
	       "\n"
	       "time ms  task         wants  lock    owner    waited  held  outcome\n"
	       "  2.000  worker 4712  write  a.lock  file 2\n"
	       "  2.100  worker 4713  write  b.lock  file 3\n"
	       "  3.000  worker 4712  write  b.lock  file 2  6.00 ms        never granted, held by 4713\n"
	       "  3.500  worker 4713  write  a.lock  file 3  5.50 ms        never granted, held by 4712\n"
	       "\n"
	       "lock          requests  refused  waits  longest   in all     held  inside\n"
	       "flock a.lock         2        0      1  5.50 ms  5.50 ms  7.00 ms       1\n"
	       "flock b.lock         2        0      1  6.00 ms  6.00 ms  6.90 ms       1\n"
	       "\n"
	       "who waits         for whom     times  longest   in all  because of\n"
	       "worker 4712  ──>  worker 4713      1  6.00 ms  6.00 ms  b.lock\n"
	       "worker 4713  ──>  worker 4712      1  5.50 ms  5.50 ms  a.lock\n"
	       "\n"
	       "deadlock of 2 from 3.500 ms, it stands at the end of the recording\n"
	       "    worker 4712 waits for b.lock, which worker 4713 holds\n"
	       "    worker 4713 waits for a.lock, which worker 4712 holds\n");
}

/* The first is killed, which lets the second go on. */
static void test_deadlock_until_one_is_killed(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	abba(db, "-512", "0");
	report_db_add(db,
		      "UPDATE task SET exit_ns = 6001000, exit_signal = 9 WHERE task = 2;"
		      "UPDATE lock SET released_ns = 6002000 WHERE task = 2 AND granted_ns;"
		      "UPDATE lock SET granted_ns = 6003000 WHERE task = 3 AND object = 'a.lock';"
		      "INSERT INTO syscall (task, name, start_ns, end_ns, ret)"
		      "VALUES (2, 'flock', 3000000, 6000000, -512)");
	expect(db, &plain,
	       "  from, to     2.000                                                                        9.000 ms\n"
	       "flock a.lock: at most 1 inside at once\n"
	       "  worker 4712  █████████████████████████████████████████████████\n"
	       "  worker 4713                    ······························█████████████████████████████████████\n"
	       "flock b.lock: at most 1 inside at once\n"
	       "  worker 4713   ████████████████████████████████████████████████████████████████████████████████████\n"
	       "  worker 4712              ·····································\n"
	       "· waits   █ inside alone\n"
	       "\n"
	       "time ms  task         wants  lock    owner    waited     held  outcome\n"
	       "  2.000  worker 4712  write  a.lock  file 2           4.00 ms\n"
	       "  2.100  worker 4713  write  b.lock  file 3\n"
	       "  3.000  worker 4712  write  b.lock  file 2  3.00 ms           never granted, held by 4713\n"
	       "  3.500  worker 4713  write  a.lock  file 3  2.50 ms           after 4712\n"
	       "\n"
	       "lock          requests  refused  waits  longest   in all     held  inside\n"
	       "flock a.lock         2        0      1  2.50 ms  2.50 ms  7.00 ms       1\n"
	       "flock b.lock         2        0      1  3.00 ms  3.00 ms  6.90 ms       1\n"
	       "\n"
	       "who waits         for whom     times  longest   in all  because of\n"
	       "worker 4712  ──>  worker 4713      1  3.00 ms  3.00 ms  b.lock\n"
	       "worker 4713  ──>  worker 4712      1  2.50 ms  2.50 ms  a.lock\n"
	       "\n"
	       "deadlock of 2 from 3.500 ms, until worker 4712 was killed by SIGKILL at 6.000 ms\n"
	       "    worker 4712 waits for b.lock, which worker 4713 holds\n"
	       "    worker 4713 waits for a.lock, which worker 4712 holds\n");
}

static void test_deadlock_refused(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	for (int task = 2; task <= 3; task++)
		add(db, (struct row){ task, "posix", "f", "write", 1000 * task, 1000 * task, 7000,
				      0, "0", task, task == 2 ? "0, 0" : "1, 1" });
	add(db, (struct row){ 2, "posix", "f", "write", 4000, 7000, 7500, 3, "0", 2, "1, 1" });
	add(db, (struct row){ 3, "posix", "f", "write", 5000, 0, 0, 2, "-35", 3, "0, 0" });
	report_db_add(db, "INSERT INTO syscall (task, name, start_ns, end_ns, ret)"
			  "VALUES (3, 'fcntl', 5000000, 5010000, -35)");
	expect(db, &plain,
	       "  from, to     2.000                                                                        7.500 ms\n"
	       "posix f, 2 ranges of bytes: at most 1 inside one of them at once\n"
	       "  worker 4712  █████████████████████████████████████████████████████████████████████████████████████\n"
	       "  worker 4713                 ███████████████████████████████████████████████████████████████\n"
	       "█ inside alone   [first..last] bytes of the file\n"
	       "\n"
	       "time ms  task         wants  lock   owner       waited     held  outcome\n"
	       "  2.000  worker 4712  write  f [0]  process 2           5.00 ms\n"
	       "  3.000  worker 4713  write  f [1]  process 3           4.00 ms\n"
	       "  4.000  worker 4712  write  f [1]  process 2  3.00 ms   500 us  after 4713\n"
	       "  5.000  worker 4713  write  f [0]  process 3  10.0 us           EDEADLK, held by 4712\n"
	       "\n"
	       "lock         requests  refused  waits  longest   in all     held  inside\n"
	       "posix f [0]         2        0      1  10.0 us  10.0 us  5.00 ms       1\n"
	       "posix f [1]         2        0      1  3.00 ms  3.00 ms  4.50 ms       1\n"
	       "\n"
	       "who waits         for whom     times  longest   in all  because of\n"
	       "worker 4712  ──>  worker 4713      1  3.00 ms  3.00 ms  f [1]\n"
	       "worker 4713  ──>  worker 4712      1  10.0 us  10.0 us  f [0]\n"
	       "\n"
	       "deadlock of 2 from 5.000 ms, the kernel refused it: EDEADLK for worker 4713 at 5.010 ms\n"
	       "    worker 4713 waits for f [0], which worker 4712 holds\n"
	       "    worker 4712 waits for f [1], which worker 4713 holds\n");
}

/* Who waits for one that waits for nobody is in no circle, nor is who waits before the circle. */
static void test_no_deadlock(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	flock_row(db, "a.lock", 2, 2000, 2000, 0, 0, "0");
	flock_row(db, "b.lock", 3, 2100, 2100, 4000, 0, "0");
	flock_row(db, "b.lock", 2, 3000, 4000, 0, 3, "0");
	flock_row(db, "a.lock", 3, 4500, 0, 0, 2, "NULL");
	expect(db, &plain,
	       "  from, to     2.000                                                                        9.000 ms\n"
	       "flock a.lock: at most 1 inside at once\n"
	       "  worker 4712  █████████████████████████████████████████████████████████████████████████████████████\n"
	       "  worker 4713                                ···········································\n"
	       "flock b.lock: at most 1 inside at once\n"
	       "  worker 4713   ████████████████████████\n"
	       "  worker 4712              ············█████████████████████████████████████████████████████████████\n"
	       "· waits   █ inside alone\n"
	       "\n"
	       "time ms  task         wants  lock    owner    waited     held  outcome\n"
	       "  2.000  worker 4712  write  a.lock  file 2\n"
	       "  2.100  worker 4713  write  b.lock  file 3           1.90 ms\n"
	       "  3.000  worker 4712  write  b.lock  file 2  1.00 ms           after 4713\n"
	       "  4.500  worker 4713  write  a.lock  file 3  3.50 ms           never granted, held by 4712\n"
	       "\n"
	       "lock          requests  refused  waits  longest   in all     held  inside\n"
	       "flock a.lock         2        0      1  3.50 ms  3.50 ms  7.00 ms       1\n"
	       "flock b.lock         2        0      1  1.00 ms  1.00 ms  6.90 ms       1\n"
	       "\n"
	       "who waits         for whom     times  longest   in all  because of\n"
	       "worker 4712  ──>  worker 4713      1  1.00 ms  1.00 ms  b.lock\n"
	       "worker 4713  ──>  worker 4712      1  3.50 ms  3.50 ms  a.lock\n");
}

static void futex(sqlite3 *db, int task, const char *op, const char *address, int start_us,
		  int end_us, const char *ret, int waker)
{
	add(db, (struct row){ task, "futex", address, op, start_us, *ret == '-' ? 0 : end_us, 0,
			      waker, ret, 0, NULL });
	if (*ret == '-') {
		char *sql =
			sqlite3_mprintf("INSERT INTO syscall (task, name, start_ns, end_ns, ret)"
					"VALUES (%d, 'futex', %d000, %d000, %s)",
					task, start_us, end_us, ret);

		report_db_add(db, sql);
		sqlite3_free(sql);
	}
}

/* The kernel does not know who holds a futex; the tasks have told. */
static void test_futexes(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	futex(db, 2, "wait", "futex:0x7001", 2000, 2500, "0", 3);
	futex(db, 3, "wake", "futex:0x7001", 2490, 2491, "1", 0);
	futex(db, 2, "wait", "futex:0x7001", 2600, 2601, "-11", 0);
	futex(db, 1, "wait_bitset", "futex:0x7009", 2600, 2700, "-110", 0);
	futex(db, 2, "wait", "futex:0x7005", 3000, 6000, "-512", 0);
	futex(db, 3, "wait", "futex:0x7001", 3500, 6000, "-512", 0);
	report_db_add(db, "UPDATE task SET exit_signal = 9 WHERE task > 1;"
			  "INSERT INTO value (task, name, value, t_ns) VALUES"
			  "  (2, 'holds', 0x7001, 2900000), (3, 'holds', 0x7005, 2950000),"
			  "  (2, 'other', 0x7005, 2960000)");
	expect(db, &plain,
	       "  from, to     2.000                                                                        6.000 ms\n"
	       "futex:0x7001\n"
	       "  worker 4712  ···········\n"
	       "  worker 4713                                 ······················································\n"
	       "futex:0x7005\n"
	       "  worker 4712                       ································································\n"
	       "futex:0x7009\n"
	       "  parent 4711              ···\n"
	       "· waits\n"
	       "\n"
	       "time ms  task         wants    lock          owner   waited  held  outcome\n"
	       "  2.000  worker 4712  wake-up  futex:0x7001          500 us        woken by 4713\n"
	       "  2.600  parent 4711  wake-up  futex:0x7009          100 us        time is up\n"
	       "  3.000  worker 4712  wake-up  futex:0x7005         3.00 ms        never woken\n"
	       "  3.500  worker 4713  wake-up  futex:0x7001         2.50 ms        never woken\n"
	       "\n"
	       "lock          requests  refused  waits  longest   in all  held  inside\n"
	       "futex:0x7001         3        0      2  2.50 ms  3.00 ms\n"
	       "futex:0x7005         1        0      1  3.00 ms  3.00 ms\n"
	       "futex:0x7009         1        0      1   100 us   100 us\n"
	       "\n"
	       "who waits         for whom     times  longest   in all  because of\n"
	       "worker 4712  ──>  worker 4713      1   500 us   500 us  futex:0x7001\n"
	       "worker 4712  ──>  worker 4713      1  3.00 ms  3.00 ms  futex:0x7005\n"
	       "worker 4713  ──>  worker 4712      1  2.50 ms  2.50 ms  futex:0x7001\n"
	       "\n"
	       "deadlock of 2 from 3.500 ms, until worker 4712 was killed by SIGKILL at 6.000 ms\n"
	       "    worker 4712 waits for futex:0x7005, which worker 4713 holds\n"
	       "    worker 4713 waits for futex:0x7001, which worker 4712 holds\n");
}

static void test_many_are_folded(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	for (int i = 0; i < 101; i++)
		for (int task = 2; task <= 3; task++)
			flock_row(db, "a", task, 2000 + 20 * i + 10 * task,
				  2000 + 20 * i + 10 * task, 2007 + 20 * i + 10 * task, 0, "0");
	flock_row(db, "b", 1, 5000, 5000, 5001, 0, "0");
	flock_row(db, "c", 1, 5000, 5000, 5001, 0, "0");
	expect(db, &few,
	       "  from, to     2.020                                                                        5.001 ms\n"
	       "flock a: at most 1 inside at once\n"
	       "  worker 4712  ##########################################################\n"
	       "  worker 4713  ##########################################################\n"
	       "flock b: at most 1 inside at once\n"
	       "  parent 4711                                                                                      #\n"
	       "flock c: at most 1 inside at once\n"
	       "  parent 4711                                                                                      #\n"
	       "# inside alone\n"
	       "\n"
	       "time ms         task         wants  lock  owner   waited     held  outcome\n"
	       "  2.020  101 x  worker 4712  write  a     file 2           707 us\n"
	       "  2.030  101 x  worker 4713  write  a     file 3           707 us\n"
	       "  5.000         parent 4711  write  b     file 1          1.00 us\n"
	       "1 requests are not listed\n"
	       "\n"
	       "lock     requests  refused  waits  longest  in all     held  inside\n"
	       "flock a       202        0      0                   1.41 ms       1\n"
	       "flock b         1        0      0                   1.00 us       1\n"
	       "flock c         1        0      0                   1.00 us       1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_critical_sections),
		cmocka_unit_test(test_sums_fit_into_a_terminal),
		cmocka_unit_test(test_readers_and_ranges),
		cmocka_unit_test(test_deadlock_that_stands),
		cmocka_unit_test(test_deadlock_until_one_is_killed),
		cmocka_unit_test(test_deadlock_refused),
		cmocka_unit_test(test_no_deadlock),
		cmocka_unit_test(test_futexes),
		cmocka_unit_test(test_many_are_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
