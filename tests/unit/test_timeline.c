// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report_db.h"

static const struct report_style plain = { .width = 100, .utf8 = true, .rows = 60 };
static const struct report_style ascii = { .width = 80, .rows = 60 };

/* One task that lives until END_MS, calls exec after a millisecond and takes 31 file faults then. */
static sqlite3 *command(const char *name, int end_ms)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO run VALUES ('duration_ns', %d * 1000000);"
		"INSERT INTO task (task, tid, pid, created_by, comm, exe, start_ns, exec_ns, exit_ns,"
		"  exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process)"
		"VALUES (1, 101, 101, 'launch', %Q, '/bin/' || %Q, 0, 1000000, %d * 1000000, 0, 0, 0, 0,"
		"  31, 0, 1);"
		"INSERT INTO fault_count (task, kind, via, major, n) VALUES (1, 'file', 'user', 0, 31);"
		"INSERT INTO fault_run (task, kind, via, major, start_ns, end_ns, n)"
		"VALUES (1, 'file', 'user', 0, 1100000, 1200000, 31);",
		end_ms, name, name, end_ms);
	sqlite3 *db = report_db(sql);

	sqlite3_free(sql);
	return db;
}

/* Task 2, forked by task 1 at 3 ms, gone at 23 ms, waited for at 24 ms. */
static void add_child(sqlite3 *db, const char *name)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns,"
		"  reaped_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process,"
		"  creator_task)"
		"VALUES (2, 103, 103, 1, 'fork', %Q, 3000000, 23000000, 24000000, 0, 0, 0, 0, 0, 0, 2, 1);",
		name);

	report_db_add(db, sql);
	sqlite3_free(sql);
}

/* With SQL executed on DB, which is closed then. */
static void expect(sqlite3 *db, const char *sql, const struct report_style *style,
		   const char *expected)
{
	report_db_add(db, sql);
	report_db_expect(db, report_timeline, style, expected);
	sqlite3_close(db);
}

static void test_flagship(void **state)
{
	(void)state;
	expect(report_db(report_db_cow), "", &plain,
	       "time ms  parent 4711                                        child 4712\n"
	       "  0.000  │ exec cow  start-up: 61 faults (38 zero-fill,\n"
	       "         │   14 major file, 9 copy)\n"
	       "  0.412  │ phase touch\n"
	       "  0.413  │   25,600 x zero-fill  36.1 ms  1.41 us each\n"
	       " 36.600  │ phase fork  0 faults\n"
	       " 36.611  │ fork -> 4712  52 page tables, 0 pages ──────────>│ child 4712\n"
	       " 36.800  │                                                  │   after fork: 14 faults (7 copy,\n"
	       "         │                                                  │     5 file, 2 zero-fill)\n"
	       " 37.400  │                                                  │ phase c.read  0 faults\n"
	       " 37.402  │                                                  │ phase c.write\n"
	       " 37.403  │                                                  │   25,600 x copy  41.2 ms  1.61 us each\n"
	       " 80.100  │                                                  │ exit 0\n"
	       " 80.200  │ wait <- 4712  waited 43.3 ms <───────────────────┊ zombie 100 us\n"
	       " 80.201  │ phase p.write\n"
	       " 80.202  │   25,600 x reuse  16.0 ms  625 ns each  0 copies\n"
	       " 96.400  │ exit 0\n");
}

static void test_flagship_in_ascii(void **state)
{
	(void)state;
	expect(report_db(report_db_cow), "", &ascii,
	       "time ms  parent 4711                     child 4712\n"
	       "  0.000  | exec cow  start-up: 61 faults\n"
	       "  0.412  | phase touch\n"
	       "  0.413  |   25,600 x zero-fill  36.1 ms\n"
	       "         |     1.41 us each\n"
	       " 36.600  | phase fork  0 faults\n"
	       " 36.611  | fork -> 4712 ---------------->| child 4712\n"
	       "         |   52 page tables, 0 pages     |\n"
	       " 36.800  |                               |   after fork: 14 faults (7 copy,\n"
	       "         |                               |     5 file, 2 zero-fill)\n"
	       " 37.400  |                               | phase c.read  0 faults\n"
	       " 37.402  |                               | phase c.write\n"
	       " 37.403  |                               |   25,600 x copy  41.2 ms\n"
	       "         |                               |     1.61 us each\n"
	       " 80.100  |                               | exit 0\n"
	       " 80.200  | wait <- 4712 <----------------: zombie 100 us\n"
	       " 80.201  | phase p.write\n"
	       " 80.202  |   25,600 x reuse  16.0 ms\n"
	       "         |     625 ns each  0 copies\n"
	       " 96.400  | exit 0\n");
}

static void test_colours_come_and_go(void **state)
{
	struct report_style style = plain;

	(void)state;
	style.colour = true;
	expect(command("cow", 7), "INSERT INTO phase VALUES (1, 'touch', 2000000, 3000000);",
	       &style,
	       "\033[2mtime ms\033[0m  \033[1mcow 101\033[0m\n"
	       "  \033[2m1.000\033[0m  \033[2m│\033[0m exec cow  start-up: 31 faults (file)\n"
	       "  \033[2m2.000\033[0m  \033[2m│\033[0m \033[1mphase touch\033[0m  0 faults\n"
	       "  \033[2m7.000\033[0m  \033[2m│\033[0m exit 0\n");
}

static void test_signals(void **state)
{
	sqlite3 *db = command("asker", 31);

	add_child(db, "copier");
	(void)state;
	expect(db,
	       "INSERT INTO signal (signo, code, sender_task, receiver_task, generated_ns, result,"
	       "  delivered_ns, action) VALUES"
	       "  (10, 0, 1, 2, 5000000, 'delivered', 5007000, 'handler'),"
	       "  (12, 0, 1, 2, 7000000, 'delivered', NULL, NULL),"
	       "  (12, 0, 1, 2, 7100000, 'already_pending', NULL, NULL),"
	       "  (13, 0, 2, 2, 11000000, 'ignored', NULL, NULL),"
	       "  (11, 1, 2, 2, 13000000, 'delivered', 13001000, 'handler'),"
	       "  (17, 1, 2, 1, 23000000, 'ignored', NULL, NULL);"
	       "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 12)"
	       "INSERT INTO signal (signo, code, sender_task, receiver_task, generated_ns, result,"
	       "  delivered_ns, action)"
	       "SELECT 1, -1, 2, 1, 17000000 + n * 1000, 'delivered', 17000500 + n * 1000, 'default'"
	       " FROM i;"
	       "INSERT INTO signal (signo, code, receiver_task, generated_ns, result, delivered_ns,"
	       "  action, sender_comm)"
	       "VALUES (34, 0, 2, 19000000, 'delivered', 19002000, 'handler', 'kill');",
	       &plain,
	       "time ms  asker 101                        copier 103\n"
	       "  1.000  │ exec asker  31 faults (file)\n"
	       "  3.000  │ fork -> 103 ──────────────────>│ copier 103\n"
	       "  5.000  │ SIGUSR1 -> 103 ───────────────>│ SIGUSR1  handler runs after 7.00 us\n"
	       "  7.000  │ SIGUSR2 -> 103 ───────────────>│ SIGUSR2  never delivered\n"
	       "  7.100  │ SIGUSR2 -> 103 ───────────────>│ SIGUSR2  already pending: not queued\n"
	       " 11.000  │                                │ SIGPIPE to itself  ignored\n"
	       " 13.000  │                                │ SIGSEGV <- the kernel  handler runs after 1.00 us\n"
	       " 17.000  │ 13 x SIGHUP  default action <──│ 13 x SIGHUP -> 101\n"
	       " 19.000  │                                │ SIGRTMIN <- kill  handler runs after 2.00 us\n"
	       " 23.000  │                                │ exit 0\n"
	       " 24.000  │ wait <- 103 <──────────────────┊ zombie 1.00 ms\n"
	       " 31.000  │ exit 0\n");
}

static void test_locks(void **state)
{
	sqlite3 *db = command("holder", 31);

	add_child(db, "other");
	(void)state;
	expect(db,
	       "INSERT INTO lock (task, kind, object, op, request_ns, granted_ns, released_ns,"
	       "  blocked_by, ret) VALUES"
	       "  (1, 'flock', 'counter', 'write', 5000000, 5001000, 9000000, NULL, 0),"
	       "  (2, 'flock', 'counter', 'write', 6000000, NULL, NULL, 1, -11),"
	       "  (2, 'flock', 'counter', 'write', 7000000, 9100000, 10000000, 1, 0),"
	       "  (2, 'flock', 'counter', 'unlock', 10000000, NULL, NULL, NULL, 0),"
	       "  (2, 'posix', 'counter', 'read', 11000000, NULL, NULL, 1, 0);"
	       "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 22)"
	       "INSERT INTO lock (task, kind, object, op, request_ns, granted_ns, ret)"
	       "SELECT 2, 'futex', '0x1000', 'wait', 13000000 + n * 2000, 13001000 + n * 2000, 0"
	       " FROM i;",
	       &plain,
	       "time ms  holder 101                      other 103\n"
	       "  1.000  │ exec holder  31 faults (file)\n"
	       "  3.000  │ fork -> 103 ─────────────────>│ other 103\n"
	       "  5.000  │ flock write counter           │\n"
	       "  6.000  │                               │ flock write counter  refused: EAGAIN, held by 101\n"
	       "  7.000  │                               │ flock write counter  waited 2.10 ms for 101\n"
	       " 11.000  │                               │ posix read counter  never granted, held by 101\n"
	       " 13.000  │                               │ 23 x futex wait  waited 23.0 us\n"
	       " 23.000  │                               │ exit 0\n"
	       " 24.000  │ wait <- 103 <─────────────────┊ zombie 1.00 ms\n"
	       " 31.000  │ exit 0\n");
}

static void test_messages(void **state)
{
	sqlite3 *db = command("writer", 31);

	add_child(db, "reader");
	(void)state;
	expect(db,
	       "INSERT INTO message (channel, object, from_task, to_task, bytes, sent_ns,"
	       "  received_ns) VALUES"
	       "  ('pipe', 'pipe:7', 1, 2, 10, 2000000, 4000000),"
	       "  ('pipe', 'pipe:7', 1, 2, 10, 5000000, 5100000),"
	       "  ('unix', 'socket:9', NULL, 1, 23, 21000000, 21100000),"
	       "  ('unix', 'socket:9', 1, NULL, 1, 22000000, 22100000),"
	       "  ('pipe', 'pipe:7', 1, 1, 13, 25000000, 25100000);"
	       "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 1020)"
	       "INSERT INTO message SELECT 'fifo', 'fifo', 2, 1, 4096, 6000000 + n * 1000,"
	       "  6000500 + n * 1000, 0 FROM i;"
	       "INSERT INTO value VALUES (2, NULL, 'bytes', 4182016, 22500000);",
	       &plain,
	       "time ms  writer 101                      reader 103\n"
	       "  1.000  │ exec writer  31 faults (file)\n"
	       "  2.000  │ pipe -> 103  10 bytes\n"
	       "  3.000  │ fork -> 103 ─────────────────>│ reader 103\n"
	       "  5.000  │ pipe -> 103  10 bytes ───────>│ pipe <- 101\n"
	       "  6.000  │ fifo <- 103 <─────────────────│ fifo -> 101  1,021 messages  3.99 MiB\n"
	       " 21.000  │ unix <- outside  23 bytes     │\n"
	       " 22.000  │ unix -> outside  1 byte       │\n"
	       " 22.500  │                               │   bytes = 4,182,016\n"
	       " 23.000  │                               │ exit 0\n"
	       " 24.000  │ wait <- 103 <─────────────────┊ zombie 1.00 ms\n"
	       " 25.000  │ pipe to itself  13 bytes\n"
	       " 31.000  │ exit 0\n");
}

static void test_many_alike_are_one_row(void **state)
{
	(void)state;
	expect(command("bash", 307),
	       "WITH RECURSIVE i(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM i WHERE n < 200)"
	       "INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns,"
	       "  reaped_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process,"
	       "  creator_task)"
	       "SELECT n, 100 + n, 100 + n, 1, 'fork', 'true', n * 1000000, n * 1000000 + 1900000,"
	       "  n * 1000000 + 7000000, n % 100 = 0, 0, 0, 0, 61, 0, n, 1 FROM i;"
	       "INSERT INTO fault_count (task, kind, via, major, n)"
	       "SELECT task, 'copy', 'user', 0, 61 FROM task WHERE task > 1;"
	       "INSERT INTO page_alloc (task, use, page_order, zeroed, n, syscall) VALUES"
	       "  (1, 'page_table', 0, 1, 1990, 'clone'), (1, 'user', 0, 0, 2, 'clone'),"
	       "  (1, 'page_table', 0, 1, 997, 'mmap');",
	       &plain,
	       "time ms  bash 101                                             true 102\n"
	       "  1.000  │ exec bash  31 faults (file)\n"
	       "  2.000  │ fork -> 102 ──────────────────────────────────────>│ true 102\n"
	       "         │   in 199 forks: 1,990 page tables, 2 pages         │\n"
	       "  3.000  │ fork 198 x true  1.90 ms  each 61 faults  2 failed │\n"
	       "  3.900  │                                                    │ exit 0\n"
	       "  9.000  │ wait <- 102 <──────────────────────────────────────┊ zombie 5.10 ms\n"
	       "         ~ 100 ms without an event\n"
	       "307.000  │ exit 0\n"
	       "         198 tasks without a lane; to see all, keep the recording with -o FILE,\n"
	       "           then: faultline show --all FILE\n");
}

static void test_below_what_is_folded(void **state)
{
	/* make, 13 gcc, and a cc1 for each of these */
	(void)state;
	expect(command("make", 307),
	       "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 12)"
	       "INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns,"
	       "  reaped_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process,"
	       "  creator_task)"
	       "SELECT 2 + n * 2 + cc1, 102 + n * 2 + cc1, 102 + n * 2 + cc1,"
	       "  iif(cc1, 2 + n * 2, 1), 'vfork', iif(cc1, 'cc1', 'gcc'), n * 3000000 + cc1 * 1000,"
	       "  n * 3000000 + 43000000 - cc1 * 2000, n * 3000000 + 43500000 - cc1 * 1000, 0, 0, 0, 0,"
	       "  iif(cc1, 1009, 97), 0, 2 + n * 2 + cc1, iif(cc1, 2 + n * 2, 1)"
	       "FROM i, (SELECT 0 AS cc1 UNION SELECT 1);"
	       "INSERT INTO fault_count (task, kind, via, major, n)"
	       "SELECT task, 'zero_fill', 'user', 0, min_flt FROM task WHERE task > 1;",
	       &(struct report_style){ .width = 60, .utf8 = true, .rows = 60 },
	       "time ms  make 101\n"
	       "  0.000  │ vfork 13 x gcc  43.0 ms  each 1,106 faults\n"
	       "         │   with 13 tasks below\n"
	       "  1.000  │ exec make  31 faults (file)\n"
	       "         ~ 228 ms without an event\n"
	       "307.000  │ exit 0\n"
	       "         26 tasks without a lane; to see all,\n"
	       "           keep the recording with -o FILE,\n"
	       "           then: faultline show --all FILE\n");
}

static void test_threads_stand_under_their_process(void **state)
{
	(void)state;
	expect(command("server", 31),
	       "UPDATE task SET exit_signal = 11;"
	       "WITH RECURSIVE i(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM i WHERE n < 8)"
	       "INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns,"
	       "  exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process, creator_task)"
	       "SELECT n, 100 + n, 101, 77, 'thread', 'worker', n * 1000000, 29000000, 0, 11, 0, 0, 23,"
	       "  0, 1, 1 FROM i;"
	       "INSERT INTO signal (signo, code, sender_task, receiver_task, generated_ns, result,"
	       "  delivered_ns, action)"
	       "VALUES (11, 1, 7, 7, 28000000, 'delivered', 28001000, 'default');"
	       "INSERT INTO fault_count (task, kind, via, major, n)"
	       "SELECT task, 'zero_fill', 'user', 0, 23 FROM task WHERE task > 1;",
	       &ascii,
	       "time ms  server 101                                         worker 102\n"
	       "  1.000  | exec server  31 faults (file)\n"
	       "  2.000  | thread -> 102 ---------------------------------->| worker 102\n"
	       "  3.000  | thread 6 x worker  21.0 .. 26.0 ms               |\n"
	       "         |   each 23 faults  6 killed by SIGSEGV            |\n"
	       " 28.000  | worker: SIGSEGV <- the kernel                    |\n"
	       "         |   default action after 1.00 us                   |\n"
	       " 29.000  |                                                  | killed by SIGSEGV\n"
	       " 31.000  | killed by SIGSEGV\n"
	       "         6 tasks without a lane; to see all, keep the recording with -o FILE,\n"
	       "           then: faultline show --all FILE\n");
}

static void test_idle_is_folded_and_losses_stand_where_they_were(void **state)
{
	sqlite3 *db = command("daemon", 5003);

	add_child(db, "worker");
	(void)state;
	expect(db,
	       "UPDATE task SET exit_ns = NULL, reaped_ns = NULL WHERE task = 2;"
	       "INSERT INTO state (task, state, why, start_ns, end_ns) VALUES"
	       "  (1, 'waiting', 'wait4', 4000000, 5002000000),"
	       "  (2, 'running', NULL, 3000000, 31000000),"
	       "  (2, 'waiting', 'nanosleep', 31000000, 5003000000);"
	       "INSERT INTO loss VALUES ('ring', 'fault_run', 0, 5000000, 9000000, 1009),"
	       "  ('ring', 'fault_run', 1, 6000000, 11000000, 1),"
	       "  ('recursion', 'page_fault_user', 0, 13000000, 13000000, 2),"
	       "  ('untracked', 'task', 0, 17000000, 17000000, 3);",
	       &plain,
	       "  time ms  daemon 101                      worker 103\n"
	       "    1.000  │ exec daemon  31 faults (file)\n"
	       "    3.000  │ fork -> 103 ─────────────────>│ worker 103\n"
	       "    5.000  !! lost here: 1,010 fault_run records, until 11.000 ms\n"
	       "   13.000  !! missed here: 2 of page_fault_user, until 13.000 ms\n"
	       "   17.000  !! 3 tasks not followed from here on\n"
	       "           ~ 4.99 s: 101 waiting in wait4, 103 waiting in nanosleep\n"
	       "5,003.000  │ exit 0                        │\n"
	       "           │                               │ still running\n");
}

static void test_rows_are_bounded(void **state)
{
	struct report_style style = { .width = 60, .utf8 = true, .rows = 11, .file = "it.fl" };

	(void)state;
	expect(command("loop", 97),
	       "WITH RECURSIVE i(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM i WHERE n < 24)"
	       "INSERT INTO phase SELECT 1, 'round.' || n, n * 1000000, n * 1000000 + 999000 FROM i;",
	       &style,
	       "time ms  loop 101\n"
	       "  1.000  │ exec loop  start-up: 31 faults (file)\n"
	       "  2.000  │ phase round.2  0 faults\n"
	       "  3.000  │ phase round.3  0 faults\n"
	       "  4.000  │ phase round.4  0 faults\n"
	       "  5.000  │ phase round.5  0 faults\n"
	       "  6.000  │ phase round.6  0 faults\n"
	       "  7.000  │ phase round.7  0 faults\n"
	       "         ... 15 rows left out ...\n"
	       " 23.000  │ phase round.23  0 faults\n"
	       " 24.000  │ phase round.24  0 faults\n"
	       "         ~ 73.0 ms without an event\n"
	       " 97.000  │ exit 0\n"
	       "         15 rows left out; to see all: faultline show --all\n"
	       "           it.fl\n");
}

/* Beyond four kinds the rest is one number; "other" alone is the name of a kind. */
static void test_many_kinds(void **state)
{
	static const char start[] =
		"INSERT INTO fault_run (task, kind, via, major, start_ns, end_ns, n) VALUES"
		"  (1, 'zero_fill', 'user', 0, 1100000, 1100000, 23),"
		"  (1, 'file_copy', 'user', 0, 1200000, 1200000, 13),"
		"  (1, 'copy', 'user', 0, 1300000, 1300000, 7),"
		"  (1, 'zero_page', 'user', 0, 1400000, 1400000, 3);";
	char *sql = sqlite3_mprintf(
		"%s%s", start,
		"INSERT INTO fault_run (task, kind, via, major, start_ns, end_ns, n)"
		" VALUES (1, 'copy_zero', 'user', 0, 1500000, 1500000, 2);");

	(void)state;
	expect(command("prefault", 97), start, &plain,
	       "time ms  prefault 101\n"
	       "  1.000  │ exec prefault  77 faults (31 file, 23 zero-fill, 13 file-copy, 7 copy, 3 zero-page)\n"
	       "         ~ 95.6 ms without an event\n"
	       " 97.000  │ exit 0\n");
	expect(command("prefault", 97), sql, &plain,
	       "time ms  prefault 101\n"
	       "  1.000  │ exec prefault  79 faults (31 file, 23 zero-fill, 13 file-copy, 7 copy, 5 of other kinds)\n"
	       "         ~ 95.5 ms without an event\n"
	       " 97.000  │ exit 0\n");
	sqlite3_free(sql);
}

static void test_faults_in_regions(void **state)
{
	/* in the kernel, without an exception, not counted, majors, ends seen and not seen */
	(void)state;
	expect(command("prefault", 97),
	       "INSERT INTO phase VALUES (1, 'read', 2000000, 40000000);"
	       "INSERT INTO region VALUES (1, 'buffer', 65536, 94208, 0), (1, 'file', 0, 4096, 0);"
	       "INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns, end_ns, n, busy_ns,"
	       "  busy_n, syscall) VALUES"
	       "  (1, 'read', 'buffer', 'zero_fill', 'kernel', 0, 3000000, 4000000, 23, 23000, 23,"
	       "   'read'),"
	       "  (1, 'read', 'buffer', 'zero_fill', 'gup', 0, 5000000, 5000000, 1009, NULL, 0, 'mlock'),"
	       "  (1, 'read', 'file', 'file', 'user', 1, 6000000, 9000000, 7, 2100000, 7, NULL),"
	       "  (1, 'read', 'file', 'file', 'user', 0, 7000000, 8000000, 13, NULL, 0, NULL),"
	       "  (1, 'read', NULL, 'segv', 'user', 0, 9000000, 9500000, 101, NULL, 0, NULL),"
	       "  (1, 'read', NULL, 'copy', 'user', 0, 9600000, 9600000, 2, NULL, 0, NULL),"
	       "  (1, 'read', NULL, 'reuse', 'user', 0, 9700000, 9700000, 1, NULL, 0, NULL),"
	       "  (1, NULL, NULL, 'copy', 'user', 0, 50000000, 50000000, 3, NULL, 0, 'exit');"
	       "INSERT INTO fault_count (task, phase, region, kind, via, major, n, syscall)"
	       "SELECT task, phase, region, kind, via, major, n, syscall FROM fault WHERE phase <> '';",
	       &plain,
	       "time ms  prefault 101\n"
	       "  1.000  │ exec prefault  start-up: 31 faults (file)\n"
	       "  2.000  │ phase read  3 other faults (2 copy, 1 reuse)\n"
	       "  3.000  │      23 x zero-fill   23.0 us  1.00 us each  buffer  in read()\n"
	       "  5.000  │   1,009 x zero-fill   buffer  in mlock()  no exception\n"
	       "  6.000  │       7 x major file  2.10 ms  300 us each  file\n"
	       "  7.000  │      13 x file        within 1.00 ms  file\n"
	       "  9.000  │     101 x segv        within 500 us  not counted\n"
	       "         ~ 40.3 ms without an event\n"
	       " 50.000  │   outside phases: 3 faults (copy)\n"
	       "         ~ 47.0 ms without an event\n"
	       " 97.000  │ exit 0\n");
}

/* Rows that no correlator would write. */
static const char hostile[] =
	"INSERT INTO run VALUES ('duration_ns', 9223372036854775807);"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, exe, role, start_ns, exec_ns,"
	"  exit_ns, reaped_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process,"
	"  creator_task) VALUES"
	"  (1, 9223372036854775807, 1, 1, x'1b5b324a', x'0a0d1b5b33316d', x'2fff2f', x'e280aeff', NULL,"
	"   -9223372036854775808, 9223372036854775807, 5, 77777, 99, 0, 0, 7, 0, 1, 1),"
	"  (2, -1, 1, 3, 'fork', NULL, NULL, NULL, 9223372036854775807, 5, -5, NULL, 0, 0, 0, 0, 0, 0,"
	"   9, 2),"
	"  (3, 3, 3, 2, 'fork', x'9b33316d', 'b', NULL, 1, 2, NULL, NULL, 0, 0, 0, 0, 0, 0, 2, 4),"
	"  (-7, 5, 5, -7, 'thread', x'e6bca2e5ad97e6bca2e5ad97e6bca2e5ad97e6bca2', 'b', NULL, 1, 2,"
	"   3, 2, 0, 0, 0, 0, 0, 0, 5, 4);"
	"INSERT INTO phase VALUES (1, x'1b5b31', -9223372036854775808, NULL), (2, x'ff', 5, 1),"
	"  (99, 'nobody', 1, 2), (3, NULL, NULL, NULL), (3, x'0b0b', 3, 3);"
	"INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns, end_ns, n, busy_ns, busy_n)"
	"VALUES (1, 'x', x'1b', x'1b', x'1b', 9, -9223372036854775808, 9223372036854775807,"
	"  9223372036854775807, 9223372036854775807, 1),"
	"  (1, 'x', x'1b', x'1b', x'1b', 9, 5, -9223372036854775808, 9223372036854775807,"
	"   9223372036854775807, 1), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
	"  (1, 'x', 'r', 'copy', 'gup', 0, 1, 2, -9223372036854775808, -1, 9223372036854775807);"
	"INSERT INTO fault_count (task, kind, via, major, n) VALUES (1, x'1b5b', 'user', 0, 5);"
	"INSERT INTO signal (signo, code, sender_task, receiver_task, generated_ns, result,"
	"  delivered_ns, action, sender_comm) VALUES"
	"  (-9223372036854775808, 0, 1, 3, 9223372036854775807, x'1b', -9223372036854775808, x'1b', NULL),"
	"  (9223372036854775807, 0, NULL, 3, 1, NULL, 2, NULL, x'1b5b');"
	"INSERT INTO lock (task, kind, object, op, request_ns, granted_ns, blocked_by, ret) VALUES"
	"  (1, x'1b', x'1b', x'1b', 1, 9223372036854775807, 99, -9223372036854775808),"
	"  (1, NULL, NULL, 'lock', 1, NULL, 1, -11);"
	"INSERT INTO message VALUES"
	"  (x'1b', x'1b', 1, 3, 9223372036854775807, 1, NULL, 9223372036854775807),"
	"  (x'1b', x'1b', 1, 3, 9223372036854775807, 2, NULL, 0),"
	"  (NULL, NULL, 3, 1, -5, NULL, 7, NULL);"
	"INSERT INTO value VALUES (1, NULL, x'1b5b', -9223372036854775808, 9223372036854775807);"
	"INSERT INTO loss VALUES (x'1b', x'1b', 0, 9223372036854775807, -5, 9223372036854775807);"
	"INSERT INTO page_alloc VALUES (2, x'ff', 'page_table', 0, 0, 9223372036854775807, 'clone');";

static void test_hostile_rows_stay_inside_the_lines(void **state)
{
	(void)state;
	for (int width = 60; width <= 211; width++) {
		for (int utf8 = 0; utf8 < 2; utf8++) {
			struct report_style style = { .width = width, .utf8 = utf8, .rows = 13 };
			sqlite3 *db = report_db(hostile);
			char *text = report_db_render(db, report_timeline, &style);

			report_db_check_lines(text, width);
			free(text);
			sqlite3_close(db);
		}
	}
}

static void test_without_a_width_no_row_wraps(void **state)
{
	static const struct report_style wide = { .utf8 = true };

	(void)state;
	expect(report_db(report_db_cow), "", &wide,
	       "time ms  parent 4711                                                           child 4712\n"
	       "  0.000  │ exec cow  start-up: 61 faults (38 zero-fill, 14 major file, 9 copy)\n"
	       "  0.412  │ phase touch\n"
	       "  0.413  │   25,600 x zero-fill  36.1 ms  1.41 us each\n"
	       " 36.600  │ phase fork  0 faults\n"
	       " 36.611  │ fork -> 4712  52 page tables, 0 pages ─────────────────────────────>│ child 4712\n"
	       " 36.800  │                                                                     │   after fork: 14 faults (7 copy, 5 file, 2 zero-fill)\n"
	       " 37.400  │                                                                     │ phase c.read  0 faults\n"
	       " 37.402  │                                                                     │ phase c.write\n"
	       " 37.403  │                                                                     │   25,600 x copy  41.2 ms  1.61 us each\n"
	       " 80.100  │                                                                     │ exit 0\n"
	       " 80.200  │ wait <- 4712  waited 43.3 ms <──────────────────────────────────────┊ zombie 100 us\n"
	       " 80.201  │ phase p.write\n"
	       " 80.202  │   25,600 x reuse  16.0 ms  625 ns each  0 copies\n"
	       " 96.400  │ exit 0\n");
}

static void test_every_width_holds(void **state)
{
	(void)state;
	for (int width = 60; width <= 211; width++) {
		struct report_style style = { .width = width, .utf8 = true, .rows = 60 };
		sqlite3 *db = report_db(report_db_cow);
		char *text = report_db_render(db, report_timeline, &style);

		report_db_check_lines(text, width);
		assert_non_null(strstr(text, "25,600 x copy"));
		assert_non_null(strstr(text, "25,600 x reuse"));
		free(text);
		sqlite3_close(db);
	}
}

static void test_an_empty_recording_draws_nothing(void **state)
{
	(void)state;
	expect(report_db(""), "", &plain, "");
}

static void test_errors_of_writing_are_returned(void **state)
{
	sqlite3 *db = report_db(report_db_cow);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(report_timeline(db, full, &plain), -28);
	fclose(full);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flagship),
		cmocka_unit_test(test_flagship_in_ascii),
		cmocka_unit_test(test_colours_come_and_go),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_many_alike_are_one_row),
		cmocka_unit_test(test_below_what_is_folded),
		cmocka_unit_test(test_threads_stand_under_their_process),
		cmocka_unit_test(test_idle_is_folded_and_losses_stand_where_they_were),
		cmocka_unit_test(test_rows_are_bounded),
		cmocka_unit_test(test_many_kinds),
		cmocka_unit_test(test_faults_in_regions),
		cmocka_unit_test(test_hostile_rows_stay_inside_the_lines),
		cmocka_unit_test(test_without_a_width_no_row_wraps),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_an_empty_recording_draws_nothing),
		cmocka_unit_test(test_errors_of_writing_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
