// SPDX-License-Identifier: GPL-2.0
/* Table frame as strips and numbers, in the timeline and as a list. */
#include "record.h"

#include <errno.h>

#include "views/frame_view.h"
#include "report/report.h"

struct views {
	char text[512];
	int stop_at, nr;
};

static int note(const struct frame_view *view, void *arg)
{
	struct views *views = arg;
	size_t used = strlen(views->text);
	char strip[128], counts[256];

	snprintf(views->text + used, sizeof(views->text) - used, "%lld %lld %s %s %s %s\n",
		 view->t_ns, view->task, view->phase ? view->phase : "-", view->region,
		 frame_view_strip(strip, sizeof(strip), view, 11, false),
		 frame_view_counts(counts, sizeof(counts), view));
	return ++views->nr == views->stop_at ? 47 : 0;
}

/* N pages with the same FLAGS, from PAGE on. */
static void pages(sqlite3 *db, int t_ns, int task, const char *phase, int page, int n,
		  const char *flags, int mapcount)
{
	for (int i = page; i < page + n; i++) {
		char *sql = sqlite3_mprintf("INSERT INTO frame VALUES (%d, %Q, 'heap', %d, %d, %d,"
					    " %Q, %d)",
					    task, phase, i, 1000 + i, mapcount, flags, t_ns);

		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_free(sql);
	}
}

static sqlite3 *tables(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, schema_sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db,
			     "INSERT INTO task (task, tid, pid, created_by, comm, role, start_ns)"
			     " VALUES (1, 101, 101, 'launch', 'prog', 'parent', 0),"
			     " (2, 103, 103, 'fork', 'evil\x1b[2J', NULL, 0)",
			     NULL, NULL, NULL),
		SQLITE_OK);
	return db;
}

static void each_class_and_each_snapshot(void **state)
{
	struct views views = { .nr = 0 };
	sqlite3 *db = tables();

	(void)state;
	pages(db, 13, 1, "c.read", 0, 2, "", 0);
	pages(db, 13, 1, "c.read", 2, 1, "swap", 0);
	pages(db, 13, 1, "c.read", 3, 1, "present zero", 0);
	pages(db, 13, 1, "c.read", 4, 1, "present zero thp", 0);
	pages(db, 13, 1, "c.read", 5, 1, "present anon exclusive thp", 1);
	pages(db, 13, 1, "c.read", 6, 1, "present file huge", 1);
	pages(db, 13, 1, "c.read", 7, 1, "present file exclusive thp", 1);
	pages(db, 13, 1, "c.read", 8, 1, "present anon exclusive", 1);
	pages(db, 13, 1, "c.read", 9, 1, "present anon", 2);
	pages(db, 13, 1, "c.read", 10, 1, "present file", 3);
	pages(db, 13, 2, "c.read", 0, 3, "present anon", 7);
	/* asked for again in the same phase, and without one */
	pages(db, 17, 2, "c.read", 0, 2, "present anon exclusive", 1);
	pages(db, 19, 2, NULL, 0, 1, "", 0);
	assert_int_equal(frame_view_each(db, note, &views), 0);
	assert_string_equal(views.text,
			    "13 1 c.read heap |..~00HH##==| 2 shared by 2 to 3, 2 private, 2 huge,"
			    " 2 zero, 1 swapped, 2 absent\n"
			    "13 2 c.read heap |===| 3 shared by 7\n"
			    "17 2 c.read heap |##| 2 private\n"
			    "19 2 - heap |.| 1 absent\n");
	views = (struct views){ .stop_at = 2 };
	assert_int_equal(frame_view_each(db, note, &views), 47);
	assert_int_equal(views.nr, 2);
	sqlite3_close(db);
}

/* 23 pages in 11 characters: each shows what there is most of. */
static void a_character_for_several_pages(void **state)
{
	struct views views = { .nr = 0 };
	sqlite3 *db = tables();

	(void)state;
	pages(db, 13, 1, "p", 0, 7, "", 0);
	pages(db, 13, 1, "p", 7, 5, "present zero", 0);
	pages(db, 13, 1, "p", 12, 11, "present anon exclusive", 1);
	assert_int_equal(frame_view_each(db, note, &views), 0);
	assert_string_equal(views.text, "13 1 p heap |...000#####| 11 private, 5 zero, 7 absent\n");
	sqlite3_close(db);
}

static void as_a_list(void **state)
{
	struct report_style style = { .width = 80 };
	sqlite3 *db = tables();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	pages(db, 2000003, 1, "c.read", 0, 5, "present anon", 2);
	pages(db, 2000003, 2, "c.read", 0, 5, "present anon", 2);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO run VALUES ('frames', 'available')", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(report_frames(db, out, &style), 0);
	fclose(out);
	assert_string_equal(
		text, "   time ms  process         phase   region  pages  frames\n"
		      "     2.000  parent 101      c.read  heap        5  |=====|  5 shared by 2\n"
		      "     2.000  evil\\x1b[~ 103  c.read  heap        5  |=====|  5 shared by 2\n"
		      "= shared   each character: what most of its pages are\n");
	free(text);
	sqlite3_close(db);
}

static void nothing_to_list(void **state)
{
	struct report_style style = { 0 };
	sqlite3 *db = tables();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(report_frames(db, out, &style), 0);
	fclose(out);
	assert_string_equal(text, "   time ms  process  phase  region  pages  frames\n"
				  "page frames: not asked for\n");
	free(text);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_class_and_each_snapshot),
		cmocka_unit_test(a_character_for_several_pages),
		cmocka_unit_test(as_a_list),
		cmocka_unit_test(nothing_to_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
