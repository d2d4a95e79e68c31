// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lives_db.h"
#include "report/report.h"
#include "report_db.h"

const char lives_db_small[] =
	"INSERT INTO run VALUES ('duration_ns', 10000000), ('cpus', 2), ('kernel', '6.18.1');"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, exe, role, start_ns, exec_ns,"
	"  exit_ns, reaped_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, nvcsw,"
	"  nivcsw, process, creator_task) VALUES"
	"  (1, 101, 101, NULL, 'launch', 'pair', '/bin/pair', 'parent', 0, 500000, 9900000, NULL, 0, 0,"
	"   0, 0, 1009, 7, 2, 1, 1, NULL),"
	"  (2, 103, 103, 1, 'fork', 'pair', NULL, 'child', 1000000, NULL, 7950000, 9000000, 3, 0, 0, 0,"
	"   31, 0, 2, 0, 2, 1),"
	"  (3, 107, 103, 1, 'thread', 'pair', NULL, 'worker', 5600000, NULL, 7750000, NULL, 0, 0, 0, 0,"
	"   5, 0, 1, 0, 2, 2);"
	"INSERT INTO state (task, state, why, cpu, start_ns, end_ns, waker_task, waker_comm) VALUES"
	"  (1, 'running', NULL, 0, 0, 2000000, NULL, NULL),"
	"  (1, 'waiting', 'wait4', NULL, 2000000, 8000000, 2, 'pair'),"
	"  (1, 'ready', 'woken', 0, 8000000, 8500000, NULL, NULL),"
	"  (1, 'running', NULL, 0, 8500000, 10000000, NULL, NULL),"
	"  (1, 'zombie', NULL, NULL, 10000000, NULL, NULL, NULL),"
	"  (2, 'new', NULL, NULL, 1000000, 1500000, NULL, NULL),"
	"  (2, 'ready', 'new', 0, 1500000, 2000000, NULL, NULL),"
	"  (2, 'running', NULL, 0, 2000000, 4000000, NULL, NULL),"
	"  (2, 'waiting', 'read', NULL, 4000000, 5000000, NULL, NULL),"
	"  (2, 'ready', 'woken', 0, 5000000, 5500000, NULL, NULL),"
	"  (2, 'running', NULL, 0, 5500000, 8000000, NULL, NULL),"
	"  (2, 'zombie', NULL, NULL, 8000000, 9000000, NULL, NULL),"
	"  (2, 'dead', NULL, NULL, 9000000, 9000000, NULL, NULL),"
	"  (3, 'new', NULL, NULL, 5600000, 5700000, NULL, NULL),"
	"  (3, 'ready', 'new', 1, 5700000, 6000000, NULL, NULL),"
	"  (3, 'running', NULL, 1, 6000000, 7000000, NULL, NULL),"
	"  (3, 'running', NULL, 1, 7500000, 7750000, NULL, NULL),"
	"  (3, 'dead', NULL, NULL, 7750000, 7750000, NULL, NULL);"
	"INSERT INTO rss VALUES (2, 3000000, 23, 11, 0, 0, 40960, 648);"
	"INSERT INTO syscall (task, name, start_ns, end_ns, ret) VALUES"
	"  (1, 'wait4', 1950000, 9000000, 103);"
	"INSERT INTO fault_count (task, kind, via, major, n) VALUES (2, 'copy', 'user', 0, 23),"
	"  (2, 'file', 'user', 0, 8);";

const char lives_db_hostile[] =
	"INSERT INTO run VALUES ('duration_ns', 9223372036854775807), ('cpus', -9);"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, exe, role, start_ns, exec_ns,"
	"  exit_ns, reaped_ns, exit_code, exit_signal, base_min, base_maj, min_flt, maj_flt, nvcsw,"
	"  nivcsw, process, creator_task) VALUES"
	"  (1, 9223372036854775807, 1, 1, x'1b5b324a', x'0a0d1b5b33316d', x'2fff2f', x'e280aeff', NULL,"
	"   -9223372036854775808, 9223372036854775807, 5, 77777, 99, 0, 0, 7, 0,"
	"   -9223372036854775808, 9223372036854775807, 1, 1),"
	"  (2, -1, 1, 3, 'fork', NULL, NULL, NULL, 9223372036854775807, 5, -5, NULL, 0, 0, 0, 0, 0, 0,"
	"   NULL, NULL, 9, 2),"
	"  (3, 3, 3, 2, 'fork', x'9b33316d', 'b', NULL, 1, 2, NULL, NULL, 0, 0, 0, 0, 0, 0, 1, 1, 2, 4),"
	"  (4, 4, 4, 3, x'1b', 'waiter', NULL, 'waiter', 10, NULL, 900, 1000, 0, 0, 0, 0, 0, 0, 1, 1,"
	"   4, 3),"
	"  (5, 4, 5, 4, 'fork', 'waiter', NULL, 'waiter', 10, NULL, 900, 20, 0, 11, 0, 0, 0, 0, 1, 1,"
	"   5, 4),"
	"  (-7, 5, 5, -7, 'thread', x'e6bca2e5ad97e6bca2e5ad97e6bca2e5ad97e6bca2', 'b', NULL, 1, 2,"
	"   3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4);"
	"INSERT INTO state (task, state, why, cpu, start_ns, end_ns, waker_task, waker_comm) VALUES"
	"  (1, 'running', NULL, 9223372036854775807, -9223372036854775808, 9223372036854775807, 1, NULL),"
	"  (1, 'running', NULL, -5, 5, 9, NULL, NULL),"
	"  (2, 'waiting', x'1b5b', 3, 9223372036854775807, -9223372036854775808, 2, x'1b5b'),"
	"  (2, 'dancing', NULL, 3, 1, 2, 2, NULL),"
	"  (3, 'ready', NULL, 2147483647, 1, NULL, NULL, NULL),"
	"  (3, 'ready', NULL, NULL, NULL, 7, NULL, NULL),"
	"  (3, NULL, NULL, NULL, 7, 8, NULL, NULL),"
	/* each wakes the other at the same moment, and a zombie runs again */
	"  (4, 'waiting', 'futex', NULL, 100, 200, 5, 'waiter'),"
	"  (5, 'waiting', 'futex', NULL, 100, 200, 4, 'waiter'),"
	"  (4, 'stopped', NULL, NULL, 200, 200, 5, 'waiter'),"
	"  (4, 'zombie', NULL, NULL, 200, 300, NULL, NULL),"
	"  (4, 'running', NULL, 1, 300, 400, NULL, NULL),"
	"  (5, 'running', NULL, 1, 150, 400, NULL, NULL),"
	"  (5, 'dead', NULL, NULL, 400, NULL, NULL, NULL),"
	"  (x'34', 'running', NULL, 1, 500, 600, NULL, NULL),"
	"  (4, 'running', NULL, 1, x'31', 600, NULL, NULL),"
	"  (99, 'running', NULL, 1, 500, 600, NULL, NULL);"
	"WITH RECURSIVE i(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM i WHERE n < 80)"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns, process,"
	"  creator_task) SELECT n, n, n, n - 1, 'fork', 'chain' || (n % 37), n, 2 * n, n, n - 1 FROM i;"
	"INSERT INTO state (task, state, cpu, start_ns, end_ns)"
	"  SELECT task, 'running', task, start_ns, exit_ns FROM task WHERE task >= 10;"
	"INSERT INTO reparent VALUES (2, -9223372036854775808, 99, 3, -1, x'1b5b33316d', NULL),"
	"  (2, NULL, 1, 1, NULL, NULL, 5), (3, 9223372036854775807, 1, NULL,"
	"   9223372036854775807, 'a very long name that no task can have', 7);"
	"INSERT INTO rss VALUES (1, -1, -9223372036854775808, NULL, x'1b', 0, 0, 0);"
	"INSERT INTO fault_count (task, kind, via, major, n)"
	"  VALUES (1, x'1b5b', 'user', 0, 9223372036854775807),"
	"  (1, x'1b5b', 'gup', 0, 9223372036854775807);";

void lives_db_every_width(view_fn view)
{
	static const char *const all[] = { lives_db_small, lives_db_hostile, report_db_cow, "" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sqlite3 *db = report_db(all[i]);

		for (int width = 60; width <= 211; width++) {
			struct report_style style = { .width = width,
						      .utf8 = width % 2,
						      .rows = 13 };
			char *text = report_db_render(db, view, &style);

			report_db_check_lines(text, width);
			free(text);
		}
		sqlite3_close(db);
	}
}

void lives_db_no_space(view_fn view)
{
	const struct report_style plain = { .width = 100 };
	sqlite3 *db = report_db(lives_db_small);
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	assert_int_equal(view(db, full, &plain), -ENOSPC);
	fclose(full);
	sqlite3_close(db);
}
