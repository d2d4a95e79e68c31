// SPDX-License-Identifier: GPL-2.0
/* Cards, new parents, mappings and open files as rows. */
#include "record.h"

#define FORK 0x1200000

static void put_card(struct stream_of_records *r, uint64_t t, uint32_t task, uint8_t at,
		     uint32_t parent_tid, uint64_t mm, uint16_t phase)
{
	struct fl_card e = {
		.event = EVENT(t, task, FL_CARD),
		.mm = mm,
		.files = 0xffff888000000100,
		.fs = 0xffff888000000200 + mm,
		.sighand = 0xffff888000000300 + task,
		.vruntime = 1009,
		.sum_exec_runtime = 503,
		.start_time = T0 + 3,
		.start_code = 0x401000,
		.map_count = 11,
		.weight = 1048576,
		.prio = 120,
		.state = at == FL_CARD_BARRIER,
		.parent_tid = parent_tid,
		.children = 2,
		.open_files = 5,
		.phase = phase,
		.at = at,
		.regs = { .ip = 0x401ac5, .sp = 0x7fff3ba4f370, .cs = 0x33, .ss = 0x10002b },
		.cwd = "work",
	};

	PUT(r, e);
}

static void put_reparent(struct stream_of_records *r, uint64_t t, uint32_t task, uint32_t tid,
			 const char *comm)
{
	struct fl_reparent e = { .event = EVENT(t, task, FL_REPARENT), .tid = tid, .pid = tid };

	snprintf(e.comm, sizeof(e.comm), "%s", comm);
	PUT(r, e);
}

/* What is shared has one number; what is not there, none. */
static void cards(void **state)
{
	struct stream_of_records *r = records_new();
	uint64_t mm = 0xffff888000001000;

	(void)state;
	put_command(r, 101);
	put_new(r, 3, 2, 1, 102, FORK);
	put_new(r, 5, 3, 1, 103, FORK);
	put_mark(r, 7, 2, FL_MARK_PHASE, 7, "load", 0, 0);
	put_card(r, 7, 2, FL_CARD_PHASE, 101, mm, 7);
	put_card(r, 11, 3, FL_CARD_BARRIER, 101, mm, 7);
	put_card(r, 13, 1, FL_CARD_BARRIER, 4711, mm + 64, 7);
	put_card(r, 17, 3, FL_CARD_EXIT, 101, 0, 0);
	put_finish(r, 19, 0);
	correlate_now(r);
	ASSERT_ROWS(r,
		    "SELECT task, t_ns, phase, moment, state, prio, vruntime, deadline, weight, mm,"
		    " files, fs, sighand, cwd FROM card ORDER BY t_ns",
		    "2|7|load|phase|0|120|1009|-|1048576|1|1|1|1|work",
		    "3|11|load|barrier|1|120|1009|-|1048576|1|1|1|2|work",
		    "1|13|load|barrier|1|120|1009|-|1048576|2|1|2|3|work",
		    "3|17|-|exit|0|120|1009|-|1048576|-|1|3|2|work");
	ASSERT_ROWS(r,
		    "SELECT task, parent_tid, parent_task, children, open_files, start_ns,"
		    " start_code, map_count FROM card ORDER BY t_ns",
		    "2|101|1|2|5|3|4198400|11", "3|101|1|2|5|3|4198400|11",
		    "1|4711|-|2|5|3|4198400|11", "3|101|1|2|5|3|-|-");
	ASSERT_ROWS(r, "SELECT DISTINCT registers FROM card",
		    "ip=401ac5 sp=7fff3ba4f370 flags=0 ax=0 bx=0 cx=0 dx=0 si=0 di=0 bp=0 r8=0 r9=0"
		    " r10=0 r11=0 r12=0 r13=0 r14=0 r15=0 cs=33 ss=2b orig_ax=0");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key = 'status'", "complete");
	records_free(r);
}

/*
 * 1 made 2, that made 3 and 4.  2 ends: 3 goes to 1, and when that has ended to
 * somebody outside; of 4 only the last is seen.
 */
static void parents_end(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_new(r, 3, 2, 1, 102, FORK);
	put_new(r, 5, 3, 2, 103, FORK);
	put_new(r, 7, 4, 2, 104, FORK);
	put_exit(r, 11, 2, 0, 1);
	put_reparent(r, 13, 3, 101, "sh");
	put_exit(r, 17, 1, 0, 1);
	put_reparent(r, 19, 3, 1, "init");
	put_reparent(r, 23, 4, 1, "init");
	put_finish(r, 29, 0);
	correlate_now(r);
	ASSERT_ROWS(
		r,
		"SELECT task, t_ns, old_parent_task, new_parent_task, new_tid, new_comm, seen_ns"
		" FROM reparent ORDER BY seen_ns",
		"3|11|2|1|101|sh|13", "3|17|1|-|1|init|19", "4|11|2|-|1|init|23");
	/* who made it stays what it was */
	ASSERT_ROWS(r, "SELECT task, parent_task FROM task WHERE task > 2", "3|2", "4|2");
	records_free(r);
}

/* waitid() names nobody: whose only zombie it took depends on who is the parent now. */
static void an_adopted_zombie_is_reaped(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_new(r, 3, 2, 1, 102, FORK);
	put_new(r, 5, 3, 2, 103, FORK);
	put_exit(r, 11, 2, 0, 1);
	put_call(r, 12, 13, 1, "wait4", 102, 0, 0, 0, 0);
	put_reparent(r, 17, 3, 101, "sh");
	put_exit(r, 19, 3, 0, 1);
	put_call(r, 20, 23, 1, "waitid", 0, 0 /* P_ALL */, 0, 0, 4 /* WEXITED */);
	put_finish(r, 29, 0);
	correlate_now(r);
	ASSERT_ROWS(r, "SELECT task, reaped_ns FROM task WHERE task > 1", "2|13", "3|23");
	records_free(r);
}

/* Long after its end, and of one that outlived faultline never. */
static void given_back(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_event free_it = EVENT(31, 2, FL_TASK_FREE);

	(void)state;
	put_command(r, 101);
	put_new(r, 3, 2, 1, 102, FORK);
	put_exit(r, 11, 2, 0, 1);
	put_end(r, 12, 2, 0, 0, 0);
	put_call(r, 13, 17, 1, "wait4", 102, 0, 0, 0, 0);
	PUT(r, free_it);
	put_end(r, 37, 1, 0, 0, 0);
	put_finish(r, 41, 0);
	correlate_now(r);
	ASSERT_ROWS(r, "SELECT task, t_ns FROM freed", "2|31");
	ASSERT_ROWS(r, "SELECT task, reaped_ns FROM task", "1|-", "2|17");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key IN ('status', 'duration_ns') ORDER BY key",
		    "37", "complete");
	records_free(r);
}

static void mappings_and_files(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_vma text = {
		.event = EVENT(7, 1, FL_VMA),
		.start = 0x401000,
		.end = 0x404000,
		.flags = 0x75, /* VM_READ | VM_EXEC | VM_MAY* */
		.offset = 4096,
		.part = FL_VMA_TEXT,
		.path = "/bin/true",
	};
	struct fl_vma shared = {
		.event = EVENT(7, 1, FL_VMA),
		.start = 0x7f0000000000,
		.end = 0x7f0000001000,
		.flags = 0xfb, /* VM_READ | VM_WRITE | VM_SHARED | VM_MAY* */
		.part = 99,
	};
	struct fl_open_file file = {
		.event = EVENT(7, 1, FL_OPEN_FILE),
		.position = 13,
		.fd = 3,
		.flags = 02,
		.kind = FL_FILE_PIPE,
		.close_on_exec = 1,
		.path = "pipe:[4711]",
	};

	(void)state;
	put_command(r, 101);
	put_mark(r, 5, 1, FL_MARK_PHASE, 7, "look", 0, 0);
	text.phase = shared.phase = file.phase = 7;
	memset(shared.path, 'x', sizeof(shared.path)); /* no NUL */
	PUT(r, text);
	PUT(r, shared);
	PUT(r, file);
	put_finish(r, 29, 0);
	correlate_now(r);
	ASSERT_ROWS(r,
		    "SELECT task, phase, t_ns, start, length, rights, part, substr(path, 1, 9),"
		    " length(path), path_offset FROM vma ORDER BY start",
		    "1|look|7|4198400|12288|r-xp|text|/bin/true|9|4096",
		    "1|look|7|139637976727552|4096|rw-s|unknown|xxxxxxxxx|128|0");
	ASSERT_ROWS(r,
		    "SELECT task, phase, t_ns, fd, kind, path, flags, position, close_on_exec"
		    " FROM open_file",
		    "1|look|7|3|pipe|pipe:[4711]|2|13|1");
	records_free(r);
}

/* One byte too short is no record. */
static void cut_off(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_card card = { .event = EVENT(3, 1, FL_CARD) };
	struct fl_vma vma = { .event = EVENT(3, 1, FL_VMA) };
	struct fl_reparent reparent = { .event = EVENT(3, 1, FL_REPARENT) };
	struct fl_open_file file = { .event = EVENT(3, 1, FL_OPEN_FILE) };

	(void)state;
	put_command(r, 101);
	put(r, &card, sizeof(card) - 1);
	put(r, &vma, sizeof(vma) - 1);
	put(r, &reparent, sizeof(reparent) - 1);
	put(r, &file, sizeof(file) - 1);
	put_finish(r, 5, 0);
	correlate_now(r);
	ASSERT_NO_ROWS(r, "SELECT task FROM card UNION ALL SELECT task FROM vma UNION ALL"
			  " SELECT task FROM reparent UNION ALL SELECT task FROM open_file");
	ASSERT_ROWS(r, "SELECT kind, n FROM loss WHERE what = 'record' ORDER BY kind", "card|1",
		    "open_file|1", "reparent|1", "vma|1");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cards),
		cmocka_unit_test(parents_end),
		cmocka_unit_test(an_adopted_zombie_is_reaped),
		cmocka_unit_test(given_back),
		cmocka_unit_test(mappings_and_files),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
