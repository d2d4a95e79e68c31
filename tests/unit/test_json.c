// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "report_db.h"

static int json_part(sqlite3 *db, FILE *out, const struct report_style *style)
{
	(void)style;
	return report_json(db, out);
}

static char *render(const char *sql)
{
	static const struct report_style none;
	sqlite3 *db = report_db(sql);
	char *text = report_db_render(db, json_part, &none);

	sqlite3_close(db);
	return text;
}

static void test_writer(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	struct json j = { .out = memory };

	(void)state;
	json_open(&j, NULL, '{');
	json_int(&j, "n", INT64_MIN);
	json_string(&j, "nothing", NULL);
	json_open(&j, "empty", '[');
	json_close(&j, ']');
	json_open(&j, "rows", '[');
	json_open(&j, NULL, '{');
	json_string(&j, "a\"b", "c\\d");
	json_int(&j, "n", 7);
	json_close(&j, '}');
	json_open(&j, NULL, '{');
	json_close(&j, '}');
	json_close(&j, ']');
	json_close(&j, '}');
	fclose(memory);
	assert_string_equal(text, "{\n"
				  "  \"n\": -9223372036854775808,\n"
				  "  \"nothing\": null,\n"
				  "  \"empty\": [],\n"
				  "  \"rows\": [\n"
				  "    {\"a\\\"b\": \"c\\\\d\", \"n\": 7},\n"
				  "    {}\n"
				  "  ]\n"
				  "}\n");
	free(text);
}

static void test_rows_keep_their_types(void **state)
{
	sqlite3 *db = report_db(
		"CREATE TABLE t (i, r, s, b, n, e);"
		"INSERT INTO t VALUES (9223372036854775807, 0.5, x'ff61', x'fe', NULL, 9e999)");
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	struct json j = { .out = memory };

	(void)state;
	json_open(&j, NULL, '{');
	assert_int_equal(json_rows(&j, "t", db, "SELECT * FROM t"), 0);
	assert_int_equal(json_rows(&j, "no", db, "SELECT * FROM nothing"), -EIO);
	json_close(&j, '}');
	fclose(memory);
	assert_string_equal(text,
			    "{\n"
			    "  \"t\": [\n"
			    "    {\"i\": 9223372036854775807, \"r\": 0.5, \"s\": \"\\ufffda\", "
			    "\"b\": \"\\ufffd\", \"n\": null, \"e\": null}\n"
			    "  ]\n"
			    "}\n");
	free(text);
	sqlite3_close(db);
}

static void test_an_empty_recording(void **state)
{
	char *text = render("");

	(void)state;
	assert_string_equal(text, "{\n"
				  "  \"schema\": 1,\n"
				  "  \"run\": {},\n"
				  "  \"params\": {},\n"
				  "  \"tasks\": [],\n"
				  "  \"reparents\": [],\n"
				  "  \"freed\": [],\n"
				  "  \"cards\": [],\n"
				  "  \"vmas\": [],\n"
				  "  \"open_files\": [],\n"
				  "  \"phases\": [],\n"
				  "  \"regions\": [],\n"
				  "  \"values\": [],\n"
				  "  \"fault_counts\": [],\n"
				  "  \"faults\": [],\n"
				  "  \"mapped_files\": [],\n"
				  "  \"fault_costs\": [],\n"
				  "  \"reconcile\": [],\n"
				  "  \"page_allocs\": [],\n"
				  "  \"rss\": [],\n"
				  "  \"states\": [],\n"
				  "  \"priorities\": [],\n"
				  "  \"signals\": [],\n"
				  "  \"locks\": [],\n"
				  "  \"messages\": [],\n"
				  "  \"sock_states\": [],\n"
				  "  \"packets\": [],\n"
				  "  \"kthreads\": [],\n"
				  "  \"claims\": [],\n"
				  "  \"notes\": [],\n"
				  "  \"loss\": [],\n"
				  "  \"frames\": [],\n"
				  "  \"outside\": []\n"
				  "}\n");
	free(text);
}

static void test_frames(void **state)
{
	char *text =
		render("INSERT INTO frame (task, phase, region, page, pfn, mapcount, flags, t_ns)"
		       " VALUES (3, 'read', 'heap', 0, 7, 1, 'present anon exclusive', 11),"
		       " (3, 'read', 'heap', 1, 13, 2, 'present anon', 11),"
		       " (3, 'read', 'heap', 2, 13, 5, 'present anon', 11),"
		       " (3, 'read', 'heap', 3, 17, 9, 'present zero', 11),"
		       " (3, 'read', 'heap', 4, NULL, NULL, '', 11),"
		       " (3, 'read', NULL, 0, 19, 1, 'present anon thp', 11)");

	(void)state;
	assert_non_null(strstr(
		text, "  \"frames\": [\n"
		      "    {\"t_ns\": 11, \"task\": 3, \"phase\": \"read\", \"region\": \"heap\", "
		      "\"pages\": 5, \"present\": 4, \"frames\": 3, \"private\": 1, \"shared\": 2, "
		      "\"zero\": 1, \"huge\": 0, \"swapped\": 0, \"absent\": 1, "
		      "\"least_sharers\": 2, \"most_sharers\": 5},\n"
		      "    {\"t_ns\": 11, \"task\": 3, \"phase\": \"read\", \"region\": null, "
		      "\"pages\": 1, \"present\": 1, \"frames\": 1, \"private\": 0, \"shared\": 0, "
		      "\"zero\": 0, \"huge\": 1, \"swapped\": 0, \"absent\": 0, "
		      "\"least_sharers\": 0, \"most_sharers\": 0}\n"
		      "  ],\n"));
	free(text);
}

static void test_outside(void **state)
{
	char *text = render(
		"INSERT INTO task (task, tid, pid, created_by) VALUES (3, 7, 7, 'launch');"
		"INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns, n,"
		" address, ip, vma_start, vma_end, vma_offset, object, syscall) VALUES"
		" (3, 'read', NULL, 'file', 'user', 1, 11, 1, 8195, 8193, 8192, 16384, 4096,"
		"  'lib\"x.so', NULL), (3, 'read', 'heap', 'copy', 'user', 0, 12, 1, 3, 3, 0, 9,"
		"  0, NULL, NULL), (3, NULL, NULL, 'zero_fill', 'gup', 0, 13, 5, NULL, NULL,"
		"  NULL, NULL, NULL, NULL, 'mlock')");

	(void)state;
	assert_non_null(strstr(
		text,
		"  \"outside\": [\n"
		"    {\"task\": 3, \"phase\": \"read\", \"kind\": \"file\", \"via\": \"user\", "
		"\"major\": 1, \"syscall\": null, \"start_ns\": 11, \"n\": 1, \"address\": 8195, "
		"\"where\": \"lib\\\"x.so+0x1003\", \"by\": \"lib\\\"x.so+0x1001\"},\n"
		"    {\"task\": 3, \"phase\": null, \"kind\": \"zero_fill\", \"via\": \"gup\", "
		"\"major\": 0, \"syscall\": \"mlock\", \"start_ns\": 13, \"n\": 5, \"address\": null, "
		"\"where\": \"-\", \"by\": \"the kernel, mlock\"}\n"
		"  ]\n"));
	free(text);
}

static void test_parts_of_the_flagship(void **state)
{
	static const char *const parts[] = {
		"  \"params\": {\n    \"pages\": 25600\n  },\n",
		"    {\"task\": 2, \"tid\": 4712, \"comm\": \"cow\", \"by_user\": 25614, "
		"\"by_kernel\": 0, \"by_gup\": 0, \"observed\": 25614, \"kernel\": 25614, "
		"\"difference\": 0}\n",
		"    {\"task\": 2, \"phase\": \"c.write\", \"region\": \"heap\", \"kind\": \"copy\", "
		"\"via\": \"user\", \"major\": 0, \"syscall\": null, \"n\": 25600, \"page_order\": null}\n",
		"    {\"experiment\": \"cow\", \"id\": \"c.read\", \"class\": \"E\", "
		"\"text\": \"reading shared pages costs nothing\", \"expected\": \"0\", "
		"\"observed\": \"0\", \"verdict\": \"pass\", \"reason\": null, \"phase\": null},\n",
	};
	char *text = render(report_db_cow);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(text, parts[i]))
			fail_msg("not in the document: %s", parts[i]);
	free(text);
}

static void test_sums_of_states_and_messages(void **state)
{
	char *text = render("INSERT INTO state (task, state, why, start_ns, end_ns) VALUES"
			    "  (1, 'running', NULL, 0, 7), (1, 'running', NULL, 11, 24),"
			    "  (1, 'waiting', 'read', 7, 11);"
			    "INSERT INTO message VALUES ('pipe', 'pipe:7', 1, 2, 10, 5, 6, 0),"
			    "  ('pipe', 'pipe:7', 1, 2, 13, 7, 9, 0);");

	(void)state;
	assert_non_null(strstr(
		text, "  \"states\": [\n"
		      "    {\"task\": 1, \"state\": \"running\", \"why\": null, \"n\": 2, "
		      "\"total_ns\": 20, \"longest_ns\": 13},\n"
		      "    {\"task\": 1, \"state\": \"waiting\", \"why\": \"read\", \"n\": 1, "
		      "\"total_ns\": 4, \"longest_ns\": 4}\n"
		      "  ],\n"));
	assert_non_null(strstr(
		text, "  \"messages\": [\n"
		      "    {\"channel\": \"pipe\", \"object\": \"pipe:7\", \"from_task\": 1, "
		      "\"to_task\": 2, \"n\": 2, \"bytes\": 23, \"cut_bytes\": 0, \"first_ns\": 5, "
		      "\"last_ns\": 9}\n"
		      "  ],\n"));
	free(text);
}

static void test_hostile_names(void **state)
{
	char *text = render("INSERT INTO run VALUES (x'1b22ff', x'1b5b324a0022'),"
			    "  ('param.' || x'e280ae', x'f09f909b');");

	(void)state;
	assert_non_null(strstr(text, "  \"run\": {\n"
				     "    \"\\u001b\\\"\\ufffd\": \"\\u001b[2J\"\n"
				     "  },\n"
				     "  \"params\": {\n"
				     "    \"\\u202e\": \"\xf0\x9f\x90\x9b\"\n"
				     "  },\n"));
	report_db_check_lines(text, 1000);
	free(text);
}

static void test_errors_of_writing_are_returned(void **state)
{
	sqlite3 *db = report_db(report_db_cow);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(report_json(db, full), -ENOSPC);
	fclose(full);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_rows_keep_their_types),
		cmocka_unit_test(test_an_empty_recording),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_parts_of_the_flagship),
		cmocka_unit_test(test_sums_of_states_and_messages),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_errors_of_writing_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
