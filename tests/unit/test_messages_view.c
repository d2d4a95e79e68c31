// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "views/messages_view.h"
#include "report_db.h"

static const struct report_style plain = { .width = 100, .utf8 = true, .rows = 60 };
static const struct report_style wide = { .width = 140, .utf8 = true, .rows = 60 };
static const struct report_style small = { .width = 80, .rows = 60 };
static const struct report_style few = { .width = 80, .rows = 4 };

static const char tasks[] =
	"INSERT INTO run (key, value) VALUES ('duration_ns', 9000000);"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns, process)"
	"VALUES (1, 4711, 4711, NULL, 'launch', 'parent', 0, 9000000, 1),"
	"       (2, 4712, 4712, 1, 'fork', 'child', 1000000, 8000000, 2),"
	"       (3, 4713, 4713, 1, 'fork', 'a-rather-long-name', 2000000, 7000000, 3);";

static void message(sqlite3 *db, const char *channel, int inode, int from, int to, int bytes,
		    int sent_us, int received_us)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO message VALUES (%Q, '%s:[%d]', nullif(%d, 0), nullif(%d, 0), %d,"
		"  iif(%d, %d, NULL), iif(%d, %d, NULL), 0)",
		channel, channel, inode, from, to, bytes, from, sent_us * 1000, to,
		received_us * 1000);

	report_db_add(db, sql);
	sqlite3_free(sql);
}

static void expect(sqlite3 *db, const struct report_style *style, const char *expected)
{
	char *text = report_db_render(db, report_messages, style);

	report_db_check_lines(text, style->width);
	free(text);
	report_db_expect(db, report_messages, style, expected);
	sqlite3_close(db);
}

static void test_none(void **state)
{
	(void)state;
	expect(report_db(tasks), &plain,
	       "no messages: no bytes went through a pipe, FIFO or socket\n");
}

/* Two pipes for two ways; the child slept in read() for 300 us of the call. */
static sqlite3 *greetings(void)
{
	sqlite3 *db = report_db(tasks);

	message(db, "pipe", 23, 1, 2, 10, 3000, 3400);
	message(db, "pipe", 29, 2, 1, 7, 4000, 4100);
	report_db_add(
		db,
		"INSERT INTO syscall (task, name, start_ns, end_ns, ret, file_kind, file) VALUES"
		"  (1, 'write', 3000000, 3010000, 10, 'pipe', 23),"
		"  (1, 'read', 3500000, 4100000, 7, 'pipe', 29),"
		"  (2, 'read', 2900000, 3400000, 10, 'pipe', 23),"
		"  (2, 'read', 3400000, 3900000, 10, 'regular', 23),"
		"  (2, 'write', 4000000, 4010000, 7, 'pipe', 29);"
		"INSERT INTO state (task, state, start_ns, end_ns) VALUES"
		"  (1, 'running', 0, 3600000), (1, 'waiting', 3600000, 4000000),"
		"  (2, 'waiting', 2800000, 2850000), (2, 'waiting', 3000000, 3300000),"
		"  (2, 'waiting', 3500000, 3600000);");
	return db;
}

static void test_two_ways(void **state)
{
	(void)state;
	expect(greetings(), &plain,
	       "messages: 2 through 2 streams\n"
	       "time ms  stream  bytes    took  parent 4711               child 4712\n"
	       "  3.000  pipe 1     10  400 us  ├────────────────────────>│\n"
	       "  4.000  pipe 2      7  100 us  │<────────────────────────┤\n"
	       "\n"
	       "stream  from         to           n  written  read  write wait  read wait  object\n"
	       "pipe 1  parent 4711  child 4712   1       10    10        0 ns     300 us  pipe:[23]\n"
	       "pipe 2  child 4712   parent 4711  1        7     7        0 ns     400 us  pipe:[29]\n"
	       "total                             2       17    17        0 ns     700 us\n"
	       "bytes in = bytes out: 17\n");
	expect(greetings(), &small,
	       "messages: 2 through 2 streams\n"
	       "time ms  stream  bytes    took  parent 4711             child 4712\n"
	       "  3.000  pipe 1     10  400 us  |---------------------->|\n"
	       "  4.000  pipe 2      7  100 us  |<----------------------|\n"
	       "\n"
	       "stream  from         to           n  written  read  write wait  read wait\n"
	       "pipe 1  parent 4711  child 4712   1       10    10        0 ns     300 us\n"
	       "pipe 2  child 4712   parent 4711  1        7     7        0 ns     400 us\n"
	       "total                             2       17    17        0 ns     700 us\n"
	       "bytes in = bytes out: 17\n");
}

static void test_ends_outside_and_bytes_left(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	message(db, "fifo", 23, 0, 2, 5, 0, 1500);
	message(db, "pipe", 29, 3, 0, 1009, 2500, 0);
	message(db, "unix", 31, 1, 3, 13, 2600, 2700);
	message(db, "unix", 31, 1, 0, 17, 2800, 0);
	message(db, "unix", 37, 2, 2, 3, 2900, 2950);
	report_db_add(db, "INSERT INTO syscall (task, name, start_ns, end_ns, ret, data, file_kind,"
			  "  file) VALUES (2, 'openat', 1100000, 1200000, 3, x'2f746d702f1b66',"
			  "  'fifo', 23)");
	expect(db, &wide,
	       "messages: 5 through 4 streams\n"
	       "time ms  stream  bytes     took  parent 4711               child 4712                a-rather-long-name 4713   outside\n"
	       "  1.500  fifo        5           │                         │<──────────────────────────────────────────────────┤\n"
	       "  2.500  pipe    1,009           │                         │                         ├────────────────────────>│\n"
	       "  2.600  unix 1     13   100 us  ├─────────────────────────┼────────────────────────>│                         │\n"
	       "  2.800  unix 1     17           ├──x                      │                         │                         │\n"
	       "  2.900  unix 2      3  50.0 us  │                         ├─<                       │                         │\n"
	       "x  nobody read this\n"
	       "\n"
	       "stream    from                     to                       n  written  read  write wait  read wait  object\n"
	       "fifo      outside                  child 4712               1        0     5                         /tmp/\\x1bf\n"
	       "pipe      a-rather-long-name 4713  outside                  1    1,009     0                         pipe:[29]\n"
	       "unix 1    parent 4711              a-rather-long-name 4713  2       30    13                         unix:[31]\n"
	       "unix 2    child 4712               child 4712               1        3     3                         unix:[37]\n"
	       "all unix                                                    3       33    16\n"
	       "total                                                       5    1,042    21\n"
	       "written: 1,042 = 16 read here + 17 never read + 1,009 that no traced task reads\n"
	       "read: 21 = 16 written here + 5 from outside\n");
}

/* Packets of 30 and 7 bytes into a buffer of 13, and one that nobody took. */
static void test_cut_off(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	message(db, "udp", 23, 1, 2, 13, 3000, 3400);
	report_db_add(db, "UPDATE message SET cut_bytes = 17");
	message(db, "udp", 23, 1, 2, 7, 3500, 3600);
	message(db, "udp", 23, 1, 0, 5, 3700, 0);
	expect(db, &plain,
	       "messages: 3 through 1 stream\n"
	       "time ms  stream       bytes    took  parent 4711               child 4712\n"
	       "  3.000  udp     2 x     20  600 us  ├────────────────────────>│\n"
	       "  3.700  udp              5          ├──x                      │\n"
	       "x  nobody read this\n"
	       "\n"
	       "stream  from         to          n  written  read  write wait  read wait  object\n"
	       "udp     parent 4711  child 4712  3       42    20                         udp:[23]\n"
	       "written: 42 = 20 read here + 17 cut off by buffers that were too small + 5 never read\n"
	       "read: 20 = 20 written here\n");
}

static void test_many_are_folded(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	for (int i = 0; i < 101; i++) {
		message(db, "pipe", 23, 1, 2, 3, 3000 + 10 * i, 3004 + 10 * i);
		message(db, "pipe", 29, 2, 1, 5, 3005 + 10 * i, 3009 + 10 * i);
	}
	message(db, "pipe", 31, 2, 3, 1, 5000, 5001);
	expect(db, &few,
	       "messages: 203 through 3 streams\n"
	       "                                        parent       child        a-rather-lo~\n"
	       "time ms  stream         bytes     took  4711         4712         4713\n"
	       "  3.000  pipe 1  101 x    303  1.00 ms  |----------->|            |\n"
	       "  3.005  pipe 2  101 x    505  1.00 ms  |<-----------|            |\n"
	       "  5.000  pipe 3             1  1.00 us  |            |----------->|\n"
	       "\n"
	       "stream  from         to                  n  written  read  write wait  read wait\n"
	       "pipe 1  parent 4711  child 4712        101      303   303\n"
	       "pipe 2  child 4712   parent 4711       101      505   505\n"
	       "pipe 3  child 4712   a-rather-l~ 4713    1        1     1\n"
	       "total                                  203      809   809\n"
	       "bytes in = bytes out: 809\n");
}

/* More streams than rows: those of one channel are one, and the rest is counted. */
static void test_too_many_streams(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	for (int i = 0; i < 43; i++)
		message(db, "tcp", 101 + i, 1, 2, 2, 3000 + i, 3001 + i);
	for (int i = 0; i < 3; i++) {
		message(db, "unix", 23 + i, i + 1, 1, 7, 4000 + i, 4001 + i);
		message(db, "udp", 23 + i, i + 1, 1, 11, 4100 + i, 4101 + i);
	}
	expect(db, &few,
	       "messages: 49 through 49 streams\n"
	       "                                       parent       child        a-rather-lo~\n"
	       "time ms  stream        bytes     took  4711         4712         4713\n"
	       "  3.000  tcp     43 x     86  43.0 us  |----------->|            |\n"
	       "  4.000  unix              7  1.00 us  |-<          |            |\n"
	       "  4.001  unix              7  1.00 us  |<-----------|            |\n"
	       "  4.002  unix              7  1.00 us  |<-----------+------------|\n"
	       "3 messages are not drawn\n"
	       "\n"
	       "stream    from         to           n  written  read  write wait  read wait\n"
	       "tcp 1     parent 4711  child 4712   1        2     2\n"
	       "tcp 2     parent 4711  child 4712   1        2     2\n"
	       "tcp 3     parent 4711  child 4712   1        2     2\n"
	       "tcp 4     parent 4711  child 4712   1        2     2\n"
	       "tcp 5     parent 4711  child 4712   1        2     2\n"
	       "tcp 6     parent 4711  child 4712   1        2     2\n"
	       "tcp 7     parent 4711  child 4712   1        2     2\n"
	       "tcp 8     parent 4711  child 4712   1        2     2\n"
	       "tcp 9     parent 4711  child 4712   1        2     2\n"
	       "tcp 10    parent 4711  child 4712   1        2     2\n"
	       "tcp 11    parent 4711  child 4712   1        2     2\n"
	       "tcp 12    parent 4711  child 4712   1        2     2\n"
	       "tcp 13    parent 4711  child 4712   1        2     2\n"
	       "tcp 14    parent 4711  child 4712   1        2     2\n"
	       "tcp 15    parent 4711  child 4712   1        2     2\n"
	       "tcp 16    parent 4711  child 4712   1        2     2\n"
	       "tcp 17    parent 4711  child 4712   1        2     2\n"
	       "tcp 18    parent 4711  child 4712   1        2     2\n"
	       "tcp 19    parent 4711  child 4712   1        2     2\n"
	       "tcp 20    parent 4711  child 4712   1        2     2\n"
	       "29 more                            29      100   100\n"
	       "all tcp                            43       86    86\n"
	       "all unix                            3       21    21\n"
	       "all udp                             3       33    33\n"
	       "total                              49      140   140\n"
	       "bytes in = bytes out: 140\n");
}

/* More tasks than lanes: those that talk least share one. */
static void test_too_many_tasks(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	report_db_add(db,
		      "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 23)"
		      "INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns,"
		      "  exit_ns, process) SELECT i, 4710 + i, 4710 + i, 1, 'fork', 'worker',"
		      "  2000000, 8000000, i FROM n");
	for (int i = 4; i <= 23; i++)
		message(db, "pipe", 23, 1, i, i, 3000 + i, 3100 + i);
	expect(db, &small,
	       "messages: 20 through 1 stream\n"
	       "                                parent  worker  worker  worker  worker  others\n"
	       "time ms  stream  bytes    took  4711    4730    4731    4732    4733    16 tasks\n"
	       "  3.004  pipe        4  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.005  pipe        5  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.006  pipe        6  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.007  pipe        7  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.008  pipe        8  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.009  pipe        9  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.010  pipe       10  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.011  pipe       11  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.012  pipe       12  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.013  pipe       13  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.014  pipe       14  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.015  pipe       15  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.016  pipe       16  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.017  pipe       17  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.018  pipe       18  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.019  pipe       19  100 us  |-------+-------+-------+-------+------>|\n"
	       "  3.020  pipe       20  100 us  |------>|       |       |       |       |\n"
	       "  3.021  pipe       21  100 us  |-------+------>|       |       |       |\n"
	       "  3.022  pipe       22  100 us  |-------+-------+------>|       |       |\n"
	       "  3.023  pipe       23  100 us  |-------+-------+-------+------>|       |\n"
	       "\n"
	       "stream  from         to         n  written  read  write wait  read wait\n"
	       "pipe    parent 4711  20 tasks  20      270   270\n"
	       "bytes in = bytes out: 270\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_two_ways),
		cmocka_unit_test(test_ends_outside_and_bytes_left),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_many_are_folded),
		cmocka_unit_test(test_too_many_streams),
		cmocka_unit_test(test_too_many_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
