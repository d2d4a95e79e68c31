// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report_db.h"
#include "schema.h"
#include "base/text.h"

const char report_db_cow[] =
	"INSERT INTO run (key, value) VALUES"
	"  ('arch', 'x86_64'),"
	"  ('command', 'build/workloads/cow'),"
	"  ('cpus', 2),"
	"  ('duration_ns', 96400000),"
	"  ('experiment', 'cow'),"
	"  ('kernel', '6.18.44'),"
	"  ('page_size', 4096),"
	"  ('param.pages', 25600),"
	"  ('rusage_majflt', 14),"
	"  ('rusage_minflt', 76870),"
	"  ('status', 'complete'),"
	"  ('title', 'fork() shares every page; the first write copies it'),"
	"  ('wait_status', 0);"
	"INSERT INTO task (task, tid, pid, created_by, comm, exe, role, start_ns, exec_ns, "
	"   exit_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, "
	"   process) VALUES"
	"  (1, 4711, 4711, 'launch', 'cow', 'build/workloads/cow', 'parent', -200000, 0, "
	"   96400000, 0, 0, 9, 0, 51256, 14, 1);"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, role, start_ns, "
	"   exit_ns, reaped_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, "
	"   process, creator_task) VALUES"
	"  (2, 4712, 4712, 1, 'fork', 'cow', 'child', 36611000, 80100000, 80200000, 0, 0, 0, "
	"   0, 25614, 0, 2, 1);"
	"INSERT INTO phase (task, name, start_ns, end_ns) VALUES"
	"  (1, 'touch', 412000, 36600000),"
	"  (1, 'fork', 36600000, 80201000),"
	"  (1, 'p.write', 80201000, 96300000),"
	"  (2, 'c.read', 37400000, 37402000),"
	"  (2, 'c.write', 37402000, 80050000);"
	"INSERT INTO region (task, name, start, length, t_ns) VALUES"
	"  (1, 'heap', 139637976727552, 104857600, 400000);"
	"INSERT INTO fault_count (task, kind, via, major, n) VALUES"
	"  (1, 'zero_fill', 'user', 0, 33);"
	"INSERT INTO fault_count (task, phase, region, kind, via, major, n) VALUES"
	"  (1, 'touch', 'heap', 'zero_fill', 'user', 0, 25600);"
	"INSERT INTO fault_count (task, kind, via, major, n) VALUES"
	"  (1, 'file', 'user', 1, 14);"
	"INSERT INTO fault_count (task, phase, region, kind, via, major, n) VALUES"
	"  (1, 'p.write', 'heap', 'reuse', 'user', 0, 25600);"
	"INSERT INTO fault_count (task, kind, via, major, n) VALUES"
	"  (1, 'copy', 'user', 0, 9);"
	"INSERT INTO fault_count (task, kind, via, major, syscall, n) VALUES"
	"  (1, 'zero_fill', 'kernel', 0, 'execve', 5);"
	"INSERT INTO fault_count (task, kind, via, major, n) VALUES"
	"  (2, 'zero_fill', 'user', 0, 2);"
	"INSERT INTO fault_count (task, phase, region, kind, via, major, n) VALUES"
	"  (2, 'c.write', 'heap', 'copy', 'user', 0, 25600);"
	"INSERT INTO fault_count (task, kind, via, major, n) VALUES"
	"  (2, 'copy', 'user', 0, 7),"
	"  (2, 'file', 'user', 0, 5);"
	"INSERT INTO fault_run (task, kind, via, major, start_ns, end_ns, address, stride, n, "
	"   busy_ns, busy_n) VALUES"
	"  (1, 'zero_fill', 'user', 0, 10000, 200000, 139637976727552, 4096, 38, 60000, 38),"
	"  (1, 'file', 'user', 1, 12000, 300000, 139637976727552, 4096, 14, 90000, 14),"
	"  (1, 'copy', 'user', 0, 100000, 200000, 139637976727552, 4096, 9, 9000, 9);"
	"INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns, end_ns, address, "
	"   stride, n, busy_ns, busy_n) VALUES"
	"  (1, 'touch', 'heap', 'zero_fill', 'user', 0, 413000, 36590000, 139637976727552, "
	"   4096, 25600, 7220000, 5120);"
	"INSERT INTO fault_run (task, kind, via, major, start_ns, end_ns, address, stride, n, "
	"   busy_ns, busy_n) VALUES"
	"  (2, 'copy', 'user', 0, 36800000, 37100000, 139637976727552, 4096, 7, 7000, 7),"
	"  (2, 'file', 'user', 0, 36900000, 37200000, 139637976727552, 4096, 5, 5000, 5),"
	"  (2, 'zero_fill', 'user', 0, 36950000, 37200000, 139637976727552, 4096, 2, 3000, 2);"
	"INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns, end_ns, address, "
	"   stride, n, busy_ns, busy_n) VALUES"
	"  (2, 'c.write', 'heap', 'copy', 'user', 0, 37403000, 79000000, 139637976727552, "
	"   4096, 25600, 41200000, 25600),"
	"  (1, 'p.write', 'heap', 'reuse', 'user', 0, 80202000, 96200000, 139637976727552, "
	"   4096, 25600, 16000000, 25600);"
	"INSERT INTO page_alloc (task, phase, use, page_order, zeroed, n, syscall) VALUES"
	"  (1, 'fork', 'page_table', 0, 1, 52, 'clone');"
	"INSERT INTO syscall (task, phase, name, start_ns, end_ns, ret, args) VALUES"
	"  (1, 'fork', 'wait4', 36900000, 80200000, 4712, '0 0 0 0 0 0');"
	"INSERT INTO claim (experiment, id, class, text, expected, observed, verdict) VALUES"
	"  ('cow', 'touch', 'E', 'each first write takes one fault, "
	"which fills a page with zeros', '25600', '25600', 'pass'),"
	"  ('cow', 'fork.tables', 'E', 'fork() copies page tables, not pages', '50..53', '52', "
	"   'pass'),"
	"  ('cow', 'c.read', 'E', 'reading shared pages costs nothing', '0', '0', 'pass'),"
	"  ('cow', 'c.write', 'E', 'each first write by the child copies the page, once', "
	"   '25600', '25600', 'pass'),"
	"  ('cow', 'p.write', 'E', 'the last sharer keeps the page: a fault each, "
	"which reuses it', '25600', '25600', 'pass');";

sqlite3 *report_db(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	report_db_add(db, schema_sql);
	report_db_add(db, sql);
	return db;
}

void report_db_add(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
}

void report_db_task(sqlite3 *db, int task, int parent, const char *name, int zero_fill, int file,
		    int kernel)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns,"
		"  base_min, base_maj, min_flt, maj_flt, process, creator_task)"
		"VALUES (%d, %d, %d, nullif(%d, 0), 'fork', %Q, 0, 1000, 0, 0, %d, 0, %d, %d);"
		"INSERT INTO fault_count (task, kind, via, major, n)"
		"VALUES (%d, 'zero_fill', 'user', 0, %d), (%d, 'file', 'user', 0, %d);",
		task, 100 + task, 100 + task, parent, name, kernel, task, parent, task, zero_fill,
		task, file);

	report_db_add(db, sql);
	sqlite3_free(sql);
}

char *report_db_render(sqlite3 *db, report_part *part, const struct report_style *style)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	assert_non_null(memory);
	assert_int_equal(part(db, memory, style), 0);
	assert_int_equal(fclose(memory), 0);
	return text;
}

void report_db_expect(sqlite3 *db, report_part *part, const struct report_style *style,
		      const char *expected)
{
	char *text = report_db_render(db, part, style);

	if (strcmp(text, expected)) {
		/* cmocka cuts long messages */
		fprintf(stderr, "expected:\n%s\ngot:\n%s\nend\n", expected, text);
		fail();
	}
	free(text);
}

void report_db_check_lines(const char *text, int width)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		assert_int_equal(text[len], '\n');
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
				fail_msg("control character %d in: %s", line[i], line);
		if (text_width(line) > width)
			fail_msg("%d columns and not %d: %s", text_width(line), width, line);
		free(line);
		text += len + 1;
	}
}
