// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_db.h"

static const struct report_style plain = { .width = 100, .utf8 = true, .rows = 60 };
static const struct report_style small = { .width = 60, .rows = 60 };

static void expect(sqlite3 *db, report_part *part, const struct report_style *style,
		   const char *expected)
{
	report_db_expect(db, part, style, expected);
	sqlite3_close(db);
}

static void test_all_of_the_flagship(void **state)
{
	(void)state;
	expect(report_db(report_db_cow), report_text, &plain,
	       "cow: fork() shares every page; the first write copies it                    pages = 25,600 (100 MiB)\n"
	       "Linux 6.18.44 x86_64, 2 CPUs, 96.4 ms\n"
	       "\n"
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
	       " 96.400  │ exit 0\n"
	       "\n"
	       "faults       zero-fill    copy   reuse  file   total  kernel's count  difference\n"
	       "parent 4711     25,638       9  25,600    14  51,261          51,261           0\n"
	       "child 4712           2  25,607       0     5  25,614          25,614           0\n"
	       "total           25,640  25,616  25,600    19  76,875          76,875           0\n"
	       "rusage of wait4: 76,884 = 76,875 observed + 9 before the gate opened\n"
	       "14 of these are major: the page had to be read from disk first\n"
	       "\n"
	       "claims                                                                            observed  expected\n"
	       "PASS  touch        each first write takes one fault, which fills a page with        25,600    25,600\n"
	       "                   zeros\n"
	       "PASS  fork.tables  fork() copies page tables, not pages                                 52    50..53\n"
	       "PASS  c.read       reading shared pages costs nothing                                    0         0\n"
	       "PASS  c.write      each first write by the child copies the page, once              25,600    25,600\n"
	       "PASS  p.write      the last sharer keeps the page: a fault each, which reuses it    25,600    25,600\n"
	       "5 claims: 5 pass\n");
}

static void test_header(void **state)
{
	(void)state;
	expect(report_db(report_db_cow), report_header, &small,
	       "cow: fork() shares every page; the first write copies it\n"
	       "    pages = 25,600 (100 MiB)\n"
	       "Linux 6.18.44 x86_64, 2 CPUs, 96.4 ms\n");
	expect(report_db("INSERT INTO run VALUES ('command', 'ls -l /tmp'), ('cpus', 1);"),
	       report_header, &plain,
	       "ls -l /tmp\n"
	       "1 CPU\n");
	expect(report_db("INSERT INTO run VALUES ('experiment', 'cow'), ('title', x'611b5b324a62'),"
			 "  ('param.mode', 'flock'), ('param.pages', 23), ('param.workers', 1009),"
			 "  ('page_size', 4096);"),
	       report_header, &plain,
	       "cow: a\\x1b[2Jb                                  mode = flock  pages = 23 (92.0 KiB)  workers = 1,009\n");
	expect(report_db(""), report_header, &plain, "");
}

static void test_kinds_share_a_column_where_it_is_narrow(void **state)
{
	sqlite3 *db = report_db(report_db_cow);

	(void)state;
	report_db_add(db, "INSERT INTO fault_count (task, kind, via, major, n) VALUES"
			  "  (1, 'swap', 'user', 0, 1), (1, 'numa', 'user', 0, 2);"
			  "UPDATE task SET min_flt = min_flt + 3 WHERE task = 1;"
			  "UPDATE run SET value = value + 3 WHERE key = 'rusage_minflt';");
	expect(db, report_faults, &small,
	       "faults       zero-fill    copy  others   total  kernel  diff\n"
	       "parent 4711     25,638       9  25,617  51,264  51,264     0\n"
	       "child 4712           2  25,607       5  25,614  25,614     0\n"
	       "total           25,640  25,616  25,622  76,878  76,878     0\n"
	       "rusage of wait4: 76,887 = 76,878 observed + 9 before the\n"
	       "    gate opened\n"
	       "14 of these are major: the page had to be read from disk\n"
	       "    first\n");
}

static void test_a_difference_is_told(void **state)
{
	sqlite3 *db = report_db("");

	(void)state;
	report_db_task(db, 1, 0, "more", 23, 7, 30 - 2);
	report_db_task(db, 2, 1, "less", 23, 7, 30 + 1);
	report_db_task(db, 3, 1, "lost", 23, 7, 30);
	report_db_add(
		db,
		"UPDATE task SET min_flt = NULL, maj_flt = NULL WHERE task = 3;"
		"INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns, end_ns, n,"
		"  address, vma_start, vma_end, object, syscall) VALUES"
		"  (1, 'touch', 'heap', 'zero_fill', 'user', 0, 1, 2, 23, 4096, 4096, 98304, NULL,"
		"   NULL),"
		"  (1, 'touch', NULL, 'file', 'user', 0, 3, 4, 1, 61440, 57344, 65536, 'libc.so.6',"
		"   NULL),"
		"  (1, NULL, NULL, 'zero_fill', 'gup', 0, 5, 6, 2, 0, 0, 0, NULL, 'mlock');");
	expect(db, report_faults, &plain,
	       "faults    zero-fill  file  total  kernel's count  difference\n"
	       "more 101         23     7     30              28           2\n"
	       "less 102         23     7     30              31          -1\n"
	       "lost 103         23     7     30         unknown     unknown\n"
	       "total            69    21     90         unknown     unknown\n"
	       "more 101: faultline saw 2 faults more than the kernel counted\n"
	       "    2 x zero-fill, in mlock\n"
	       "    1 x file at 0xf000 in libc.so.6 [0xe000-0x10000], phase touch\n"
	       "less 102: the kernel counted 1 fault more than faultline saw\n"
	       "lost 103: its end was not seen, so the kernel's count is not known\n");
}

static void test_rows_alike_are_one_but_none_with_a_difference(void **state)
{
	sqlite3 *db = report_db("");

	(void)state;
	report_db_task(db, 1, 0, "bash", 211, 89, 300);
	for (int i = 2; i <= 24; i++)
		report_db_task(db, i, 1, "true", 17, 44, 61 + (i == 7));
	for (int i = 0; i < 13; i++) {
		char name[2] = { (char)('a' + i), '\0' };

		report_db_task(db, 25 + i, 1, name, i, 1, i + 1);
	}
	expect(db, report_faults, &plain,
	       "faults     zero-fill   file  total  kernel's count  difference\n"
	       "bash 101         211     89    300             300           0\n"
	       "22 x true        374    968  1,342           1,342           0\n"
	       "true 107          17     44     61              62          -1\n"
	       "f 130              5      1      6               6           0\n"
	       "g 131              6      1      7               7           0\n"
	       "h 132              7      1      8               8           0\n"
	       "i 133              8      1      9               9           0\n"
	       "j 134              9      1     10              10           0\n"
	       "k 135             10      1     11              11           0\n"
	       "l 136             11      1     12              12           0\n"
	       "m 137             12      1     13              13           0\n"
	       "5 others          10      5     15              15           0\n"
	       "total            680  1,114  1,794           1,795          -1\n"
	       "true 107: the kernel counted 1 fault more than faultline saw\n");
}

static void test_majors_and_what_is_not_counted(void **state)
{
	sqlite3 *db = report_db("");

	(void)state;
	report_db_task(db, 1, 0, "reader", 23, 7, 30 + 101);
	report_db_add(db, "INSERT INTO fault_count (task, kind, via, major, n) VALUES"
			  "  (1, 'file', 'user', 1, 101), (1, 'segv', 'user', 0, 1009),"
			  "  (1, 'bus', 'kernel', 0, 13);");
	expect(db, report_faults, &plain,
	       "faults      zero-fill  file  total  kernel's count  difference\n"
	       "reader 101         23   108    131             131           0\n"
	       "101 of these are major: the page had to be read from disk first\n"
	       "exceptions that the kernel does not count as faults: 13 bus, 1,009 segv\n");
}

static void test_rusage_covers_those_who_were_waited_for(void **state)
{
	sqlite3 *db =
		report_db("INSERT INTO run VALUES ('rusage_minflt', 43), ('rusage_majflt', 0);");

	(void)state;
	report_db_task(db, 1, 0, "shell", 7, 0, 7);
	report_db_task(db, 2, 1, "child", 11, 0, 11);
	report_db_task(db, 3, 2, "grandchild", 23, 0, 23);
	/* nobody waits for the daemon, so whom it waits for is not in it either */
	report_db_task(db, 4, 1, "daemon", 101, 0, 101);
	report_db_task(db, 5, 4, "helper", 13, 0, 13);
	report_db_add(db, "UPDATE task SET reaped_ns = 2000 WHERE task IN (2, 3, 5);"
			  "UPDATE task SET base_min = 2, min_flt = min_flt + 2 WHERE task = 1;");
	expect(db, report_faults, &plain,
	       "faults          zero-fill  total  kernel's count  difference\n"
	       "shell 101               7      7               7           0\n"
	       "child 102              11     11              11           0\n"
	       "grandchild 103         23     23              23           0\n"
	       "daemon 104            101    101             101           0\n"
	       "helper 105             13     13              13           0\n"
	       "total                 155    155             155           0\n"
	       "rusage of wait4: 43 = 41 observed + 2 before the gate opened; the 114 faults of 2 tasks that nobody\n"
	       "    waited for are not in it\n");
}

static void test_rusage_that_differs(void **state)
{
	sqlite3 *db =
		report_db("INSERT INTO run VALUES ('rusage_minflt', 43), ('rusage_majflt', 0);");

	(void)state;
	report_db_task(db, 1, 0, "shell", 37, 0, 37);
	report_db_add(db, "UPDATE task SET base_min = 5, min_flt = min_flt + 5 WHERE task = 1;");
	expect(db, report_faults, &plain,
	       "faults     zero-fill  total  kernel's count  difference\n"
	       "shell 101         37     37              37           0\n"
	       "rusage of wait4: 43, but 37 observed + 5 before the gate opened = 42: difference -1\n");
}

static void test_a_subreaper_counts(void **state)
{
	/* task 3 lost its parent and was waited for by task 1 */
	sqlite3 *db =
		report_db("INSERT INTO run VALUES ('rusage_minflt', 41), ('rusage_majflt', 0);"
			  "INSERT INTO syscall (task, name, start_ns, end_ns, ret)"
			  "VALUES (1, 'wait4', 1, 3001, 103);");

	(void)state;
	report_db_task(db, 1, 0, "reaper", 7, 0, 7);
	report_db_task(db, 2, 1, "middle", 11, 0, 11);
	report_db_task(db, 3, 2, "orphan", 23, 0, 23);
	report_db_add(db, "UPDATE task SET reaped_ns = 2000 WHERE task = 2;"
			  "UPDATE task SET reaped_ns = 3001 WHERE task = 3;");
	expect(db, report_faults, &plain,
	       "faults      zero-fill  total  kernel's count  difference\n"
	       "reaper 101          7      7               7           0\n"
	       "middle 102         11     11              11           0\n"
	       "orphan 103         23     23              23           0\n"
	       "total              41     41              41           0\n"
	       "rusage of wait4: 41 = 41 observed\n");
}

static const char verdicts[] =
	"INSERT INTO claim (experiment, id, class, text, expected, observed, verdict, reason) VALUES"
	"  ('x', 'one', 'E', 'a claim that holds', '25600', '25600', 'pass', NULL),"
	"  ('x', 'two.longer', 'B', 'a claim that does not hold, with a text that is long enough to"
	" need a second line', '<= 51200', '51203', 'fail', 'some reason'),"
	"  ('x', 'three', 'E', 'no such feature', '50', NULL, 'skip', 'this kernel has no huge pages'),"
	"  ('x', 'four', 'E', 'lost', '1009..1013', '1010', 'inconclusive', '23 records were lost'),"
	"  ('x', 'five', 'S', 'a word', 'ignored', 'ignored', NULL, NULL);";

static void test_claims(void **state)
{
	(void)state;
	expect(report_db(verdicts), report_claims, &plain,
	       "claims                                                                        observed      expected\n"
	       "PASS          one         a claim that holds                                    25,600        25,600\n"
	       "FAIL          two.longer  a claim that does not hold, with a text that is       51,203     <= 51,200\n"
	       "                          long enough to need a second line\n"
	       "                          some reason\n"
	       "SKIP          three       no such feature                                                         50\n"
	       "                          this kernel has no huge pages\n"
	       "INCONCLUSIVE  four        lost                                                   1,010  1,009..1,013\n"
	       "                          23 records were lost\n"
	       "PENDING       five        a word                                               ignored       ignored\n"
	       "5 claims: 1 pass, 1 fail, 1 skipped, 1 inconclusive, 1 pending\n");
	expect(report_db(verdicts), report_claims, &small,
	       "PASS  one\n"
	       "    a claim that holds\n"
	       "    observed 25,600  expected 25,600\n"
	       "FAIL  two.longer\n"
	       "    a claim that does not hold, with a text that is long\n"
	       "    enough to need a second line\n"
	       "    observed 51,203  expected <= 51,200\n"
	       "    some reason\n"
	       "SKIP  three\n"
	       "    no such feature\n"
	       "    expected 50\n"
	       "    this kernel has no huge pages\n"
	       "INCONCLUSIVE  four\n"
	       "    lost\n"
	       "    observed 1,010  expected 1,009..1,013\n"
	       "    23 records were lost\n"
	       "PENDING  five\n"
	       "    a word\n"
	       "    observed ignored  expected ignored\n"
	       "5 claims: 1 pass, 1 fail, 1 skipped, 1 inconclusive, 1\n"
	       "    pending\n");
	expect(report_db(""), report_claims, &plain, "");
}

static void test_claims_without_room_for_columns(void **state)
{
	(void)state;
	expect(report_db(
		       "INSERT INTO claim (experiment, id, class, text, expected, observed, verdict, reason) VALUES ('x', 'a.name.that.is.rather.long', 'E', 'words of"
		       " what is claimed', 'a long expected value, more',"
		       " 'a long observed value, more', 'fail', 'because');"),
	       report_claims, &small,
	       "FAIL  a.name.that.is.rather.l~\n"
	       "    words of what is claimed\n"
	       "    observed a long observed value, more\n"
	       "    expected a long expected value, more\n"
	       "    because\n"
	       "1 claim: 1 fail\n");
}

/* Its text keeps the width that the other claims leave it. */
static void test_claim_with_long_values(void **state)
{
	(void)state;
	expect(report_db("INSERT INTO claim (experiment, id, class, text, expected, observed,"
			 " verdict, reason) VALUES"
			 " ('x', 'order', 'E', 'each state', 'new ready running waiting',"
			 " 'new ready running', 'fail', 'because'),"
			 " ('x', 'count', 'E', 'how many of them', '1009', '1009', 'pass', '');"),
	       report_claims, &plain,
	       "claims                         observed  expected\n"
	       "FAIL  order  each state\n"
	       "             observed new ready running\n"
	       "             expected new ready running waiting\n"
	       "             because\n"
	       "PASS  count  how many of them     1,009     1,009\n"
	       "2 claims: 1 pass, 1 fail\n");
}

static void test_nothing_hostile_comes_through(void **state)
{
	static const char hostile[] =
		"INSERT INTO run VALUES ('experiment', x'1b5b'), ('title', x'e280ae1b'),"
		"  ('command', x'0d'), ('param.x', x'1b'), (x'706172616d2e1b', x'9b'), ('reason', x'07'),"
		"  ('kernel', x'1b'), ('arch', x'1b'), ('page_size', 9223372036854775807),"
		"  ('param.pages', 9223372036854775807), ('rusage_minflt', 9223372036854775807),"
		"  ('rusage_majflt', 5);"
		"INSERT INTO task (task, tid, pid, created_by, comm, min_flt, maj_flt, base_min,"
		"  base_maj) VALUES (1, 1, 1, 'launch', x'1b5b324a1b5b324a1b5b324a', 5, 0, 0, 0);"
		"INSERT INTO fault_count (task, kind, via, n) VALUES (1, x'1b5b324a', 'user', 7);"
		"INSERT INTO fault_run (task, phase, kind, object, syscall, vma_end, n) VALUES"
		"  (1, x'1b', x'1b', x'1b5b', x'1b', 5, 7);"
		"INSERT INTO claim (experiment, id, class, text, expected, observed, verdict, reason) VALUES (x'1b', x'1b', x'1b', x'1b', x'1b', x'1b', x'1b', x'1b');"
		"INSERT INTO loss VALUES (x'1b', x'1b', 0, 1, 2, 3);";

	(void)state;
	for (int width = 60; width <= 211; width++) {
		struct report_style style = { .width = width, .utf8 = width % 2, .rows = 60 };
		sqlite3 *db = report_db(hostile);
		report_part *const parts[] = { report_header, report_claims, report_loss };

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			char *text = report_db_render(db, parts[i], &style);

			report_db_check_lines(text, width);
			free(text);
		}
		char *text = report_db_render(db, report_faults, &style);

		report_db_check_lines(text, 1000);
		free(text);
		sqlite3_close(db);
	}
}

static void test_every_width_holds(void **state)
{
	(void)state;
	for (int width = 60; width <= 211; width++) {
		struct report_style style = { .width = width, .utf8 = true, .rows = 60 };
		sqlite3 *db = report_db(report_db_cow);
		char *text;

		report_db_add(db, verdicts);
		text = report_db_render(db, report_text, &style);
		report_db_check_lines(text, width);
		free(text);
		sqlite3_close(db);
	}
}

static void test_style_of_a_pipe(void **state)
{
	struct report_style style;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	unsetenv("COLUMNS");
	setlocale(LC_ALL, "C");
	style = report_style_for(file);
	assert_int_equal(style.width, 100);
	assert_false(style.colour);
	assert_false(style.utf8);
	setenv("COLUMNS", "133", 1);
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	style = report_style_for(file);
	assert_int_equal(style.width, 133);
	assert_false(style.colour);
	assert_true(style.utf8);
	setenv("COLUMNS", "7", 1);
	assert_int_equal(report_style_for(file).width, 60);
	setenv("COLUMNS", "nonsense", 1);
	assert_int_equal(report_style_for(file).width, 100);
	unsetenv("COLUMNS");
	fclose(file);
}

static void test_errors_of_writing_are_returned(void **state)
{
	sqlite3 *db = report_db(report_db_cow);
	FILE *full = fopen("/dev/full", "w"), *closed;
	int pair[2];

	(void)state;
	assert_non_null(full);
	assert_int_equal(report_text(db, full, &plain), -ENOSPC);
	fclose(full);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(pair), 0);
	close(pair[0]);
	closed = fdopen(pair[1], "w");
	assert_non_null(closed);
	assert_int_equal(report_text(db, closed, &plain), -EPIPE);
	fclose(closed);
	sqlite3_close(db);
}

static void test_a_database_without_tables_is_an_error(void **state)
{
	sqlite3 *db;
	FILE *memory = tmpfile();

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(report_timeline(db, memory, &plain), -EIO);
	assert_int_equal(report_faults(db, memory, &plain), -EIO);
	assert_int_equal(report_claims(db, memory, &plain), -EIO);
	fclose(memory);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_the_flagship),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_kinds_share_a_column_where_it_is_narrow),
		cmocka_unit_test(test_a_difference_is_told),
		cmocka_unit_test(test_rows_alike_are_one_but_none_with_a_difference),
		cmocka_unit_test(test_majors_and_what_is_not_counted),
		cmocka_unit_test(test_rusage_covers_those_who_were_waited_for),
		cmocka_unit_test(test_rusage_that_differs),
		cmocka_unit_test(test_a_subreaper_counts),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_claims_without_room_for_columns),
		cmocka_unit_test(test_claim_with_long_values),
		cmocka_unit_test(test_nothing_hostile_comes_through),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_style_of_a_pipe),
		cmocka_unit_test(test_errors_of_writing_are_returned),
		cmocka_unit_test(test_a_database_without_tables_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
