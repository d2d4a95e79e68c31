// SPDX-License-Identifier: GPL-2.0
/* Faults and the ledger, losses, recordings that were cut off, and hostile ones. */
#include <errno.h>

#include "record.h"

#define FORK 0x1200000
#define STATUS "SELECT value FROM run WHERE key IN ('status', 'reason') ORDER BY key DESC"

static struct fl_fault_run a_run(uint64_t start, uint64_t end, uint32_t task, uint32_t n)
{
	return (struct fl_fault_run){
		.event = EVENT(end, task, FL_FAULT_RUN),
		.start_ns = T0 + start,
		.address = 0x7f0000000000,
		.stride = 4096,
		.ip = 0x401234,
		.vma_start = 0x7f0000000000,
		.vma_end = 0x7f0000017000,
		.vma_flags = 0x73,
		.busy_ns = 1009,
		.busy_n = 2,
		.n = n,
		.phase = 1,
		.region = 2,
		.syscall = FL_NO_SYSCALL,
		.kind = FL_ZERO_FILL,
		.via = FL_USER,
		.error = 6,
	};
}

static void put_name(struct stream_of_records *r, uint32_t id, const char *name)
{
	struct fl_name e = { .event = EVENT(0, 0, FL_NAME), .id = id };

	snprintf(e.name, sizeof(e.name), "%s", name);
	PUT(r, e);
}

static void put_cell(struct stream_of_records *r, uint32_t task, uint16_t phase, uint16_t region,
		     uint16_t call, uint8_t kind, uint8_t via, uint64_t n)
{
	struct fl_ledger e = {
		.event = EVENT(0, 0, FL_LEDGER),
		.key = { task, phase, region, call, kind, via, 0, 1, { 0 } },
		.n = n,
	};

	PUT(r, e);
}

static void faults(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_fault_run heap = a_run(2, 31, 1, 23), file = a_run(3, 3, 2, 1), gup;
	struct fl_object object = {
		.event = EVENT(0, 0, FL_OBJECT),
		.id = 5,
		.inode = 47,
		.name = "libc.so.6",
	};
	struct {
		struct fl_object object;
		char path[16];
	} with_path = {
		.object = {
			.event = EVENT(0, 0, FL_OBJECT),
			.id = 6,
			.device = 8 << 20 | 3,
			.inode = 53,
			.name = "libm.so.6",
		},
		.path = "/lib/libm.so.6",
	};

	(void)state;
	gup = (struct fl_fault_run){
		.event = EVENT(5, 1, FL_FAULT_RUN),
		.start_ns = T0 + 5,
		.n = 7,
		.kind = FL_ZERO_FILL,
		.via = FL_GUP,
		.syscall = call_number("mlock"),
	};
	file.object = 5;
	file.vma_offset = 8192;
	file.kind = FL_FILE;
	file.via = FL_KERNEL;
	file.major = 1;
	file.region = 0;
	file.phase = 77;
	file.syscall = FL_IN_EXIT;
	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	PUT(r, file);
	file.object = 7; /* whose name never came */
	file.kind = FL_FILE_COPY;
	PUT(r, file);
	PUT(r, gup);
	PUT(r, heap);
	PUT(r, object);
	PUT(r, with_path);
	put_name(r, 1, "touch");
	put_name(r, 2, "heap");
	put_finish(r, 37, 0);
	correlate_now(r);

	ASSERT_ROWS(
		r,
		"SELECT task, phase, region, kind, via, major, start_ns, end_ns, address, stride, n, "
		"ip, vma_start, vma_end, vma_flags, object, busy_ns, busy_n, vma_offset, syscall, "
		"error FROM fault ORDER BY kind, via",
		"2|#77|-|file|kernel|1|3|3|139637976727552|4096|1|4198964|139637976727552|"
		"139637976821760|115|libc.so.6|1009|2|8192|exit|6",
		"2|#77|-|file_copy|kernel|1|3|3|139637976727552|4096|1|4198964|139637976727552|"
		"139637976821760|115|-|1009|2|8192|exit|6",
		"1|-|-|zero_fill|gup|0|5|5|-|0|7|-|-|-|-|-|0|0|-|mlock|0",
		"1|touch|heap|zero_fill|user|0|2|31|139637976727552|4096|23|4198964|"
		"139637976727552|139637976821760|115|-|1009|2|-|-|6");
	ASSERT_ROWS(r, "SELECT * FROM mapped_file ORDER BY inode", "libc.so.6|-|0|47",
		    "libm.so.6|/lib/libm.so.6|2051|53");
	/* the end mark is there, so an empty ledger is an empty ledger */
	ASSERT_NO_ROWS(r, "SELECT * FROM fault_count");
	records_free(r);
}

static void the_ledger_and_the_kernel(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_pages tables = {
		.event = EVENT(0, 0, FL_PAGES),
		.key = { 2, 1, FL_PAGE_TABLE, 0, 1, { 0 }, FL_NO_SYSCALL },
		.n = 53,
	};
	struct fl_pages huge = {
		.event = EVENT(0, 0, FL_PAGES),
		.key = { 1, 0, FL_PAGE_USER, 9, 0, { 0 }, call_number("mmap") },
		.n = 3,
	};
	struct fl_rss rss = {
		.event = EVENT(5, 2, FL_RSS),
		.anon = 23,
		.file = -1,
		.shmem = 2,
		.swap = 3,
		.page_tables_bytes = 4096,
		.total_vm = 101,
	};

	(void)state;
	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	put_end(r, 11, 2, 37, 0, 0);
	PUT(r, rss);
	put_end(r, 13, 1, 46, 5, 0);
	put_name(r, 1, "touch");
	put_name(r, 2, "heap");
	put_cell(r, 1, 1, 2, FL_NO_SYSCALL, FL_ZERO_FILL, FL_USER, 23);
	put_cell(r, 1, 0, 0, call_number("read"), FL_COPY, FL_KERNEL, 5);
	put_cell(r, 1, 0, 0, call_number("execve"), FL_OTHER, FL_GUP, 7);
	put_cell(r, 1, 0, 0, FL_NO_SYSCALL, FL_SEGV, FL_USER, 100);
	put_cell(r, 1, 0, 0, 500, FL_FILE, FL_USER, 5);
	put_cell(r, 2, 1, 0, FL_IN_EXIT, FL_REUSE, FL_KERNEL, 36);
	PUT(r, tables);
	PUT(r, huge);
	put_finish(r, 17, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT * FROM fault_count ORDER BY rowid",
		    "1|touch|heap|zero_fill|user|0|-|23|0", "1|-|-|copy|kernel|0|read|5|0",
		    "1|-|-|other|gup|0|execve|7|0", "1|-|-|segv|user|0|-|100|0",
		    "1|-|-|file|user|0|syscall_500|5|0", "2|touch|-|reuse|kernel|0|exit|36|0");
	ASSERT_ROWS(r, "SELECT * FROM reconcile ORDER BY task", "1|101|faultline|28|5|7|40|40|0",
		    "2|102|prog|0|36|0|36|37|-1");
	ASSERT_ROWS(r, "SELECT * FROM page_alloc ORDER BY rowid", "2|touch|page_table|0|1|53|-",
		    "1|-|user|9|0|3|mmap");
	ASSERT_ROWS(r, "SELECT * FROM rss", "2|5|23|-1|2|3|4096|101");
	ASSERT_ROWS(r, STATUS, "complete", "");
	records_free(r);
}

static void losses(void **state)
{
	struct stream_of_records *r = records_new();
	const struct {
		uint32_t what, kind;
		const char *name;
		uint64_t n;
	} all[] = {
		{ FL_LOSS_RING, FL_FAULT_RUN, "", 1009 },
		{ FL_LOSS_RECURSION, 3, "sched_switched", 2 },
		{ FL_LOSS_MAP, FL_MAP_LEDGER, "", 1 },
		{ FL_LOSS_UNTRACKED, 0, "", 3 },
		{ 99, 0, "", 5 },
		{ FL_LOSS_RING, FL_SYSCALL, "", 0 },
	};
	size_t i;

	(void)state;
	put_command(r, 101);
	put_end(r, 11, 1, 11, 0, 0);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct fl_loss e = {
			.event = EVENT_ON(7, 0, FL_LOSS, 1),
			.first_ns = T0 + 5,
			.n = all[i].n,
			.what = all[i].what,
			.kind = all[i].kind,
		};

		snprintf(e.name, sizeof(e.name), "%s", all[i].name);
		PUT(r, e);
	}
	put_finish(r, 13, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT * FROM loss ORDER BY rowid", "ring|fault_run|1|5|7|1009",
		    "recursion|sched_switched|1|5|7|2", "map|ledger|1|5|7|1", "untracked||1|5|7|3",
		    "unknown||1|5|7|5");
	ASSERT_ROWS(
		r, STATUS, "incomplete",
		"1009 records were lost: the ring buffer was full; BPF programs did not run 2 "
		"times; a BPF map had no room once; 3 tasks could not be followed; 5 losses of an "
		"unknown sort");
	records_free(r);
}

/* The ledger comes last, so what was cut off knows only the runs that were sent. */
static void cut_off(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_fault_run heap = a_run(2, 31, 1, 23), more = a_run(37, 41, 1, 7);

	(void)state;
	more.phase = 0;
	put_command(r, 101);
	put_mark(r, 1, 1, FL_MARK_PHASE, 1, "touch", 0, 0);
	put_mark(r, 1, 1, FL_MARK_REGION, 2, "heap", 0, 0);
	PUT(r, heap);
	heap.event.t_ns += 2;
	PUT(r, heap);
	PUT(r, more);
	put_in(r, 33, 1, 0);
	put_cell(r, 1, 0, 0, FL_NO_SYSCALL, FL_ZERO_FILL, FL_USER, 1);
	correlate_now(r);

	/* time 0 is when the command was first seen */
	ASSERT_ROWS(r, "SELECT * FROM fault_count ORDER BY n", "1|-|heap|zero_fill|user|0|-|7|-",
		    "1|touch|heap|zero_fill|user|0|-|46|-");
	ASSERT_ROWS(r, "SELECT task, observed, kernel, difference FROM reconcile", "1|53|-|-");
	ASSERT_ROWS(r, "SELECT * FROM phase", "1|touch|8|-");
	ASSERT_ROWS(r, "SELECT state, start_ns, end_ns FROM state", "ready|0|40", "running|40|-");
	ASSERT_ROWS(r, "SELECT key, value FROM run ORDER BY key", "duration_ns|48",
		    "reason|the recording was cut off: faultline did not reach its end",
		    "start_ns|999993", "status|incomplete");
	records_free(r);
}

static void nothing_at_all(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	correlate_now(r);
	ASSERT_ROWS(r, "SELECT key, value FROM run ORDER BY key", "duration_ns|0",
		    "reason|the recording was cut off: faultline did not reach its end",
		    "status|incomplete");
	ASSERT_NO_ROWS(r, "SELECT * FROM task");
	records_free(r);
}

static void only_once(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_finish(r, 13, 0);
	correlate_now(r);
	assert_int_equal(correlate(r->db, r->why, sizeof(r->why)), -EEXIST);
	assert_string_equal(r->why, "the tables of the recording are already filled");
	ASSERT_ROWS(r, "SELECT count(*) FROM task", "1");
	records_free(r);
}

static void no_tables(void **state)
{
	char why[128];
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(correlate(db, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "this is no recording: no such table: task");
	sqlite3_close(db);
}

/* All or nothing: what fails leaves the tables empty and the handle out of any transaction. */
static void failure_undoes(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_mark(r, 1, 1, FL_MARK_ROLE, 1, "parent", 0, 0);
	put_mark(r, 1, 1, FL_MARK_VALUE, 2, "n", 7, 0);
	records_flush(r);
	assert_int_equal(sqlite3_exec(r->db,
				      "DROP VIEW reconcile; DROP TABLE task;"
				      "CREATE TABLE task (task)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(correlate(r->db, r->why, sizeof(r->why)), -EIO);
	assert_string_equal(r->why, "cannot fill the tables of the recording: "
				    "table task has no column named tid");
	assert_true(sqlite3_get_autocommit(r->db));
	ASSERT_NO_ROWS(r, "SELECT * FROM value");
	records_free(r);
}

static void unreadable_records(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_event short_one = EVENT(3, 1, FL_FAULT_RUN), of_no_type = EVENT(3, 1, 1009);
	struct fl_event of_type_0 = EVENT(3, 1, 0);
	struct {
		struct fl_task_exit exit;
		char grown[24];
	} grown = { .exit = { .event = EVENT(5, 1, FL_TASK_EXIT), .status = 7 << 8 } };
	const uint32_t too_long[] = { 1009, 0, 1, 2, 3, 4 };

	(void)state;
	put_command(r, 101);
	PUT(r, short_one);
	PUT(r, of_no_type);
	PUT(r, of_type_0);
	put(r, "seven..", 7);
	/* a struct grows at its end: a later faultline's record can be read */
	PUT(r, grown);
	records_flush(r);
	put_block(r, too_long, sizeof(too_long));
	put_block(r, "abc", 3);
	put_block(r, "", 0);
	put_end(r, 7, 1, 0, 0, 0);
	put_finish(r, 13, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT * FROM loss ORDER BY rowid", "record|unknown|-|-|-|5",
		    "record|fault_run|-|-|-|1");
	ASSERT_ROWS(r, "SELECT exit_ns, exit_code FROM task", "5|7");
	ASSERT_ROWS(r, STATUS, "incomplete", "6 records could not be read");
	records_free(r);
}

static void tasks_from_nowhere(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_fault_run heap = a_run(2, 31, 4000000000U, 23);

	(void)state;
	put_command(r, 101);
	put_end(r, 3, 7, 5, 2, 0);
	put_exec(r, 5, 7, 107, 107, "exec", "./exec");
	put_new(r, 7, 8, 9, 108, FORK);
	put_cell(r, 11, 0, 0, FL_NO_SYSCALL, 99, 99, 23);
	PUT(r, heap);
	put_finish(r, 13, 0);
	correlate_now(r);

	ASSERT_ROWS(
		r,
		"SELECT task, tid, pid, created_by, comm, start_ns, base_min, min_flt FROM task "
		"ORDER BY task",
		"1|101|101|launch|faultline|0|11|-", "7|107|0|unknown|exec|-|-|5",
		"8|108|108|fork|prog|7|0|-", "9|0|0|unknown|-|-|-|-", "11|0|0|unknown|-|-|-|-",
		"4000000000|0|0|unknown|-|-|-|-");
	ASSERT_ROWS(r, "SELECT * FROM fault_count", "11|-|-|unknown|unknown|0|-|23|0");
	ASSERT_ROWS(r, STATUS, "incomplete", "the starts of 4 tasks were not seen");
	records_free(r);
}

static void unterminated_and_backwards(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_task_exec exec = { .event = EVENT(-900ULL, 1, FL_TASK_EXEC),
				     .tid = 101,
				     .old_tid = 101 };
	struct fl_fault_run run = a_run(31, 2, 1, 23);
	struct fl_syscall call = { .event = EVENT(5, 1, FL_SYSCALL),
				   .start_ns = ~0ULL,
				   .nr = 0xfffd,
				   .data_len = 255,
				   .file_kind = 255 };
	struct fl_name name = { .event = EVENT(0, 0, FL_NAME), .id = 1 };

	(void)state;
	memset(exec.comm, 'c', sizeof(exec.comm));
	memset(exec.path, 'p', sizeof(exec.path));
	memset(call.data, 'd', sizeof(call.data));
	memset(name.name, 'n', sizeof(name.name));
	run.event.t_ns = 0;
	put_command(r, 101);
	PUT(r, exec);
	PUT(r, run);
	PUT(r, call);
	PUT(r, name);
	name.id = 0;
	PUT(r, name);
	name.id = 70000;
	PUT(r, name);
	put_finish(r, 13, 0);
	correlate_now(r);

	ASSERT_ROWS(
		r, "SELECT comm, exe, exec_ns FROM task",
		"cccccccccccccccc|pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp|0");
	ASSERT_ROWS(r, "SELECT phase, start_ns, end_ns FROM fault",
		    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn|-|-");
	ASSERT_ROWS(r, "SELECT name, start_ns, end_ns, ret, length(data), file_kind FROM syscall",
		    "syscall_65533|9223372036854775807|-|-|64|unknown");
	records_free(r);
}

/* Whatever comes: no crash, and the sanitizers find nothing. */
static void noise(void **state)
{
	uint64_t seed = 1009;
	int round, i;
	size_t j;

	(void)state;
	for (round = 0; round < 23; round++) {
		struct stream_of_records *r = records_new();

		put_command(r, 101);
		for (i = 0; i < 1009; i++) {
			unsigned char record[168];
			struct fl_event *event = (struct fl_event *)record;

			for (j = 0; j < sizeof(record); j++) {
				seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
				/* small numbers meet each other more often */
				record[j] = seed >> 33 & 7 ? seed >> 40 & 3 : seed >> 40;
			}
			event->type = seed >> 20 & 0x3f;
			event->task = seed >> 50 & 7;
			put(r, record, round & 1 ? sizeof(record) : (seed >> 45) % sizeof(record));
		}
		correlate_now(r);
		records_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(the_ledger_and_the_kernel),
		cmocka_unit_test(losses),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(only_once),
		cmocka_unit_test(no_tables),
		cmocka_unit_test(failure_undoes),
		cmocka_unit_test(unreadable_records),
		cmocka_unit_test(tasks_from_nowhere),
		cmocka_unit_test(unterminated_and_backwards),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
