// SPDX-License-Identifier: GPL-2.0
/* Resident memory and faults over time, as a table and as curves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "views/curve.h"
#include "report_db.h"

static const struct report_style plain = { .width = 100 };

static char *draw(const struct report_style *style, const double *values, size_t n, int columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	curve_print(out, style, values, n, columns, 3, "top", "0");
	fclose(out);
	return text;
}

static void curves(void **state)
{
	const struct report_style utf8 = { .width = 100, .utf8 = true };
	const double steps[] = { 0, 1, 3, 6 }, spike[] = { 0, 0, 24, 1, 0, 0, 0, 12 };
	const double nothing[] = { 0, 0 };
	char *text;

	(void)state;
	text = draw(&plain, steps, 4, 4);
	assert_string_equal(text,
			    "top |   #\n    |   #\n    |   #\n    |  ##\n    |  ##\n  0 | ###\n");
	free(text);
	text = draw(&plain, nothing, 2, 2);
	assert_string_equal(text, "top |  \n    |  \n    |  \n    |  \n    |  \n  0 |  \n");
	free(text);
	/* two values to a character; what is small is seen all the same */
	text = draw(&utf8, spike, 8, 4);
	assert_string_equal(text, "top \u2502\u2800\u2847\u2800\u2800\n"
				  "    \u2502\u2800\u2847\u2800\u2800\n"
				  "    \u2502\u2800\u2847\u2800\u2800\n"
				  "    \u2502\u2800\u2847\u2800\u28b8\n"
				  "    \u2502\u2800\u2847\u2800\u28b8\n"
				  "  0 \u2502\u2800\u28c7\u2800\u28b8\n");
	free(text);
	/* more values than dots: the highest counts */
	text = draw(&plain, spike, 8, 1);
	assert_string_equal(text, "top |#\n    |#\n    |#\n    |#\n    |#\n  0 |#\n");
	free(text);
}

static const char rising[] =
	"INSERT INTO run VALUES ('page_size', 4096), ('duration_ns', 50000000);"
	"INSERT INTO task (task, tid, pid, created_by, process, exit_ns)"
	" VALUES (1, 101, 101, 'launch', 1, 50000000), (2, 102, 102, 'fork', 2, 30000000),"
	" (3, 103, 101, 'thread', 1, 50000000);"
	"INSERT INTO phase VALUES (1, 'touch', 9000000, 20000000), (1, '', 20000000, 50000000),"
	" (1, 'again', 20000000, 30000000);"
	"INSERT INTO rss (task, t_ns, anon, file, shmem, page_tables_bytes) VALUES"
	" (1, 0, 0, 256, 0, 4096), (1, 20000000, 256, 256, 0, 8192), (2, 25000000, 256, 0, 256, 4096),"
	" (3, 40000000, 0, 0, 0, 0);"
	"INSERT INTO fault_run (task, kind, major, start_ns, end_ns, n) VALUES"
	" (1, 'zero_fill', 0, 10000000, 14000000, 23), (1, 'file', 1, 2000000, 2100000, 1),"
	" (1, 'segv', 0, 3000000, 3000000, 5), (1, 'copy', 0, 49999999, 50000000, 7)";

/* Every fault is in one tick; a run of them is spread evenly over its time. */
static void ticks(void **state)
{
	sqlite3 *db = report_db(rising);
	char *text = report_db_render(db, report_memory, &plain), *end;

	(void)state;
	end = strstr(text, "\n\nresident memory of all processes\n");
	assert_non_null(end);
	*end = '\0';
	assert_null(strstr(text, "not recorded"));
	assert_non_null(strstr(end + 1, "3.50 MiB |"));
	assert_non_null(strstr(end + 1, "faults in each 104 us"));
	assert_string_equal(
		text, "from ms  faults  fault/s  major  resident     growth  page tables  phases\n"
		      "  0.000       1      200      1  1.25 MiB    256 KiB     5.00 KiB\n"
		      "  5.000       0        0      0  1.50 MiB    256 KiB     6.00 KiB  touch\n"
		      " 10.000      23    4,600      0  1.75 MiB    256 KiB     7.00 KiB\n"
		      " 15.000       0        0      0  2.00 MiB    256 KiB     8.00 KiB\n"
		      " 20.000       0        0      0  3.50 MiB   1.50 MiB     10.0 KiB  again\n"
		      " 25.000       0        0      0  1.00 MiB  -2.50 MiB     4.00 KiB\n"
		      " 30.000       0        0      0   512 KiB   -512 KiB     2.00 KiB\n"
		      " 35.000       0        0      0   0 bytes   -512 KiB      0 bytes\n"
		      " 40.000       0        0      0   0 bytes    0 bytes      0 bytes\n"
		      " 45.000       7    1,400      0   0 bytes    0 bytes      0 bytes");
	free(text);
	sqlite3_close(db);
}

/* A short program has a sample at its exec and one at its exit. */
static void the_last_sample_counts(void **state)
{
	sqlite3 *db = report_db(
		"INSERT INTO run VALUES ('page_size', 4096), ('duration_ns', 1000003);"
		"INSERT INTO task (task, tid, pid, created_by, process, exit_ns)"
		" VALUES (1, 101, 101, 'launch', 1, 900001);"
		"INSERT INTO rss (task, t_ns, anon, file, shmem, page_tables_bytes) VALUES"
		" (1, 100000, 2, 0, 0, 4096), (1, 900001, 20, 272, 0, 4096)");
	char *text = report_db_render(db, report_memory, &plain);

	(void)state;
	/* 292 pages at the exit; half of what came after the exec in the middle of its life */
	assert_non_null(strstr(text, "\n 1.14 MiB |"));
	assert_non_null(strstr(
		text, "\n  0.450       0        0      0   588 KiB   72.5 KiB     4.00 KiB\n"));
	assert_non_null(strstr(text, "\n  0.900       0        0      0   0 bytes"));
	free(text);
	sqlite3_close(db);
}

/* Two pages are no longer label than two thousand, and large numbers leave room. */
static void widths(void **state)
{
	static const char *const all[] = {
		"UPDATE rss SET anon = 2, file = 0, shmem = 0",
		"UPDATE rss SET anon = 255, file = 0, shmem = 0, page_tables_bytes = 1046528",
		"UPDATE fault_run SET n = 123457 WHERE kind = 'zero_fill'",
		"UPDATE run SET value = 50000000000 WHERE key = 'duration_ns'",
	};
	sqlite3 *db = report_db(rising);

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		report_db_add(db, all[i]);
		for (int width = 80; width <= 127; width++) {
			const struct report_style style = { .width = width };
			char *text = report_db_render(db, report_memory, &style);

			report_db_check_lines(text, width);
			free(text);
		}
	}
	sqlite3_close(db);
}

static void not_recorded(void **state)
{
	sqlite3 *db = report_db("INSERT INTO run VALUES ('duration_ns', 3)");
	char *text = report_db_render(db, report_memory, &plain);

	(void)state;
	assert_non_null(strstr(text, "resident memory was not recorded"));
	assert_null(strstr(text, "of all processes"));
	free(text);
	sqlite3_close(db);
}

/* It is part of the report where the experiment asks for it. */
static void asked_for(void **state)
{
	sqlite3 *db = report_db(rising);
	char *text = report_db_render(db, report_memory, &plain);

	(void)state;
	report_db_expect(db, report_shown, &plain, "");
	report_db_add(db, "INSERT INTO run VALUES ('show', 'memory')");
	report_db_expect(db, report_shown, &plain, text);
	free(text);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curves),
		cmocka_unit_test(ticks),
		cmocka_unit_test(the_last_sample_counts),
		cmocka_unit_test(widths),
		cmocka_unit_test(not_recorded),
		cmocka_unit_test(asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
