// SPDX-License-Identifier: GPL-2.0
/* Where the timeline puts faults, and what it calls the mapping. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report_db.h"

static const struct report_style plain = { .width = 100, .utf8 = true, .rows = 60 };

#define MS "000000"
#define COLUMNS                                                                                    \
	"task, kind, via, major, start_ns, end_ns, n, address, stride, vma_start, vma_end,"        \
	" vma_flags, object"
#define INTO "INSERT INTO fault_run (" COLUMNS ") "
/* A burst of N faults from MS on at ADDRESS, in a mapping of 16 MiB from START. */
#define BURST(ms, n, address, start, flags, object)                                                \
	INTO "VALUES (1, 'zero_fill', 'user', 0, " #ms MS ", " #ms "500000, " #n ", " #address     \
	     ", 4096, " #start ", " #start " + 16777216, " #flags ", " object ");"
#define ANONYMOUS(ms, n, start) BURST(ms, n, start, start, 0x100073, "NULL")

/* One task, alone, that lives until END_MS, with SQL; the timeline is EXPECTED. */
static void expect(int end_ms, const char *sql, const char *expected)
{
	char *task = sqlite3_mprintf(
		"INSERT INTO run VALUES ('duration_ns', %d * 1000000);"
		"INSERT INTO task (task, tid, pid, created_by, comm, exe, start_ns, exec_ns, exit_ns,"
		"  exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process)"
		"VALUES (1, 101, 101, 'launch', 'it', '/bin/it', 0, 1000000, %d * 1000000, 0, 0, 0, 0,"
		"  0, 0, 1);",
		end_ms, end_ms);
	sqlite3 *db = report_db(task);

	sqlite3_free(task);
	report_db_add(db, sql);
	report_db_expect(db, report_timeline, &plain, expected);
	sqlite3_close(db);
}

static void test_events_and_waits_end_a_row(void **state)
{
	(void)state;
	expect(151,
	       ANONYMOUS(2, 7, 0x1000000) ANONYMOUS(
		       3, 997,
		       0x2000000) "INSERT INTO state (task, state, why, start_ns, end_ns) VALUES"
				  "  (1, 'running', NULL, 1000000, 4000000),"
				  "  (1, 'waiting', 'clock_nanosleep', 4000000, 57000000),"
				  "  (1, 'running', NULL, 57000000, 151000000);"
				  "INSERT INTO message VALUES ('pipe', 'pipe:7', 1, 1, 1, 61000000, 61000500, 0);" ANONYMOUS(
					  59, 499, 0x2000000) ANONYMOUS(62, 23, 0x2000000),
	       "time ms  it 101\n"
	       "  1.000  │ exec it  7 other faults (zero-fill)\n"
	       "  3.000  │   997 x zero-fill  within 500 us  anonymous\n"
	       "         ~ 55.5 ms: 101 waiting in clock_nanosleep\n"
	       " 59.000  │   499 x zero-fill  within 500 us  anonymous\n"
	       " 61.000  │ pipe to itself  1 byte\n"
	       " 62.000  │    23 x zero-fill  within 500 us  anonymous\n"
	       "         ~ 88.5 ms: 101 running\n"
	       "151.000  │ exit 0\n");
}

/* What was in the run with a fault that came before a message is told with it. */
static void test_a_run_across_an_event_says_so(void **state)
{
	(void)state;
	expect(7,
	       BURST(2, 101, 0x2000000, 0x2000000, 0x100073,
		     "NULL") "INSERT INTO message VALUES ('pipe', 'pipe:7', 1, 1, 1, 2300000, 2300100, 0);",
	       "time ms  it 101\n"
	       "  1.000  │ exec it\n"
	       "  2.000  │   101 x zero-fill  within 500 us  anonymous  until 2.500 ms\n"
	       "  2.300  │ pipe to itself  1 byte\n"
	       "  7.000  │ exit 0\n");
}

static void test_another_mapping_ends_a_row(void **state)
{
	(void)state;
	expect(31,
	       ANONYMOUS(2, 1009, 0x2000000) BURST(3, 997, 0x8000000, 0x8000000, 0xfb, "'memfd:it'")
		       ANONYMOUS(4, 503, 0x2000000)
			       BURST(5, 3, 0x8000000, 0x8000000, 0xfb, "'memfd:it'")
				       ANONYMOUS(6, 211, 0x2000000),
	       "time ms  it 101\n"
	       "  1.000  │ exec it  3 other faults (zero-fill)\n"
	       "  2.000  │   1,009 x zero-fill  within 500 us  anonymous\n"
	       "  3.000  │     997 x zero-fill  within 500 us  memfd:it\n"
	       "  4.000  │     714 x zero-fill  within 1.00 ms  anonymous\n"
	       "         ~ 24.5 ms without an event\n"
	       " 31.000  │ exit 0\n");
}

static void test_mappings_have_names(void **state)
{
	(void)state;
	expect(31,
	       "INSERT INTO syscall (task, name, start_ns, end_ns, ret) VALUES"
	       "  (1, 'brk', 1100000, 1110000, 0x2000000), (1, 'brk', 1200000, 1210000, 0x2400000);" BURST(
		       2, 101, 0x2000000, 0x2000000, 0x100073,
		       "NULL") BURST(3, 103, 0x2400000, 0x2000000, 0x100073,
				     "NULL") BURST(4, 107, 0x3000000, 0x3000000, 0x100173, "NULL")
		       BURST(5, 109, 0x5000000, 0x5000000, 0xfb, "'dev/zero'")
			       BURST(6, 113, 0x7000000, 0x7000000, 0xfb, "'a' || x'1b' || 'b'") INTO
	       "VALUES (1, 'zero_fill', 'user', 0, 7000000, 7000000, 127, NULL, 0, NULL, NULL,"
	       "  NULL, NULL),"
	       " (1, 'segv', 'user', 0, 8000000, 8000000, 1, 4096, 0, NULL, NULL, NULL, NULL);",
	       "time ms  it 101\n"
	       "  1.000  │ exec it\n"
	       "  2.000  │   101 x zero-fill  within 500 us  heap\n"
	       "  3.000  │   103 x zero-fill  within 500 us  anonymous\n"
	       "  4.000  │   107 x zero-fill  within 500 us  stack\n"
	       "  5.000  │   109 x zero-fill  within 500 us  shared memory\n"
	       "  6.000  │   113 x zero-fill  within 500 us  a\\x1bb\n"
	       "  7.000  │   127 x zero-fill\n"
	       "  8.000  │     1 x segv       no mapping  not counted\n"
	       "         ~ 23.0 ms without an event\n"
	       " 31.000  │ exit 0\n");
}

static void test_a_heap_is_inherited_until_exec(void **state)
{
	(void)state;
	expect(31,
	       "INSERT INTO syscall (task, name, start_ns, end_ns, ret) VALUES"
	       "  (1, 'brk', 1100000, 1110000, 0x2000000), (1, 'brk', 1200000, 1210000, 0x2400000),"
	       "  (1, 'brk', 4000000, 4010000, 0x2800000), (2, 'brk', 5000000, 5010000, 0x2600000);"
	       "INSERT INTO task (task, tid, pid, created_by, comm, exe, start_ns, exec_ns, exit_ns,"
	       "  exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, process, creator_task,"
	       "  parent_task)"
	       "VALUES (2, 103, 103, 'fork', 'it', '/bin/it', 3000000, 9000000, 29000000, 0, 0, 0, 0,"
	       "  0, 0, 2, 1, 1);" INTO "VALUES"
	       "  (2, 'copy', 'user', 0, 4100000, 4200000, 101, 0x2100000, 4096, 0x2000000, 0x2800000,"
	       "   0x100073, NULL),"
	       "  (2, 'copy', 'user', 0, 4300000, 4300000, 103, 0x2500000, 4096, 0x2000000, 0x2800000,"
	       "   0x100073, NULL),"
	       "  (2, 'copy', 'user', 0, 6000000, 6200000, 107, 0x2500000, 4096, 0x2000000, 0x2800000,"
	       "   0x100073, NULL),"
	       "  (2, 'copy', 'user', 0, 9100000, 9200000, 109, 0x2100000, 4096, 0x2000000, 0x2800000,"
	       "   0x100073, NULL);",
	       "time ms  it 101               it 103\n"
	       "  1.000  │ exec it\n"
	       "  3.000  │ fork -> 103 ──────>│ it 103\n"
	       "  4.100  │                    │   208 x copy  within 300 us  heap\n"
	       "  4.300  │                    │   103 x copy  anonymous\n"
	       "  9.000  │                    │ exec it\n"
	       "  9.100  │                    │   109 x copy  within 100 us  anonymous\n"
	       " 29.000  │                    │ exit 0\n"
	       " 31.000  │ exit 0\n");
}

/* A request comes, faults are taken, an answer goes: 10,007 times. */
static void test_alternations_are_one_row(void **state)
{
	(void)state;
	expect(20101,
	       "CREATE TEMP TABLE i AS WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL"
	       "  SELECT n + 1 FROM i WHERE n < 10006) SELECT n FROM i;"
	       "INSERT INTO message SELECT 'tcp', 'socket:7', NULL, 1, 1, 50000000 + n * 2000000,"
	       "  50001000 + n * 2000000, 0 FROM i;"
	       "INSERT INTO message SELECT 'tcp', 'socket:7', 1, NULL, 1, 50900000 + n * 2000000,"
	       "  50901000 + n * 2000000, 0 FROM i;"
	       "INSERT INTO state (task, state, why, start_ns, end_ns)"
	       "  SELECT 1, 'waiting', 'read', 51000000 + n * 2000000, 52000000 + n * 2000000 FROM i;" ANONYMOUS(
		       2, 29, 0x2000000) INTO
	       "SELECT 1, 'zero_fill', 'user', 0, 50100000 + n * 2000000, 50800000 + n * 2000000, 3,"
	       "  0x2000000, 4096, 0x2000000, 0x3000000, 0x100073, NULL FROM i;" INTO
	       "SELECT 1, 'file', 'user', 0, 50500000 + n * 2000000, 50500000 + n * 2000000, 1,"
	       "  0x7000000, 0, 0x7000000, 0x8000000, 0x71, 'libc.so.6' FROM i WHERE n < 5000;",
	       "  time ms  it 101\n"
	       "     1.00  │ exec it  29 other faults (zero-fill)\n"
	       "    50.00  │ tcp <- outside  10,007 messages  9.77 KiB\n"
	       "    50.10  │   30,021 x zero-fill  within 7.00 s  anonymous  until 20,062.80 ms\n"
	       "    50.50  │    5,000 x file       libc.so.6  until 10,048.50 ms\n"
	       "    50.90  │ tcp -> outside  10,007 messages  9.77 KiB\n"
	       "20,101.00  │ exit 0\n");
}

/* 24 ms without a fault: preempted is not paused, running is, and without states nobody knows. */
static void test_what_is_a_pause(void **state)
{
	static const char bursts[] = ANONYMOUS(2, 503, 0x2000000) ANONYMOUS(27, 499, 0x2000000);
	static const char ready[] =
		"INSERT INTO state (task, state, why, start_ns, end_ns) VALUES"
		"  (1, 'running', NULL, 1000000, 3000000), (1, 'ready', 'preempted', 3000000, 9000000),"
		"  (1, 'running', NULL, 9000000, 31000000);";
	static const char runs[] = "INSERT INTO state (task, state, start_ns, end_ns) VALUES"
				   "  (1, 'running', 1000000, 31000000);";
	static const char together[] = "time ms  it 101\n"
				       "  1.000  │ exec it\n"
				       "  2.000  │   1,002 x zero-fill  within 1.00 ms  anonymous\n"
				       " 31.000  │ exit 0\n";
	char *sql = sqlite3_mprintf("%s%s", bursts, runs);

	(void)state;
	expect(31, bursts, together);
	expect(31, sql,
	       "time ms  it 101\n"
	       "  1.000  │ exec it\n"
	       "  2.000  │   503 x zero-fill  within 500 us  anonymous\n"
	       "         ~ 24.5 ms: 101 running\n"
	       " 27.000  │   499 x zero-fill  within 500 us  anonymous\n"
	       " 31.000  │ exit 0\n");
	sqlite3_free(sql);
	sql = sqlite3_mprintf("%s%s", bursts, ready);
	expect(31, sql, together);
	sqlite3_free(sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_and_waits_end_a_row),
		cmocka_unit_test(test_a_run_across_an_event_says_so),
		cmocka_unit_test(test_another_mapping_ends_a_row),
		cmocka_unit_test(test_mappings_have_names),
		cmocka_unit_test(test_a_heap_is_inherited_until_exec),
		cmocka_unit_test(test_alternations_are_one_row),
		cmocka_unit_test(test_what_is_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
