// SPDX-License-Identifier: GPL-2.0
/* The tree, phases, exec, exit and who was reaped by which wait. */
#include "record.h"

#define FORK 0x1200000
#define VFORK 0x4100
#define CLONE_VM_ONLY 0x100

#define TREE                                                                                       \
	"SELECT task, tid, pid, parent_task, creator_task, process, created_by, comm, exe "        \
	"FROM task ORDER BY task"
#define LIVES                                                                                      \
	"SELECT task, start_ns, exec_ns, exit_ns, reaped_ns, exit_code, exit_signal "              \
	"FROM task ORDER BY task"

static void fork_exec_wait(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_exec(r, 3, 1, 101, 101, "sh", "/bin/sh");
	put_new(r, 11, 2, 1, 102, FORK);
	put_call(r, 7, 13, 1, "clone", 102, 0x1200011, 0, 0, 0);
	put_call(r, 17, 17, 2, "execve", 0, 0x1000, 0, 0, 0);
	put_exec(r, 19, 2, 102, 102, "ls", "/bin/ls");
	put_call(r, 17, 23, 2, "execve", 0, 0x1000, 0, 0, 0);
	put_call(r, 29, 29, 2, "exit_group", 0, 3, 0, 0, 0);
	put_exit(r, 31, 2, 3 << 8, 1);
	put_end(r, 37, 2, 41, 1, 0);
	put_call(r, 14, 43, 1, "wait4", 102, 0xffffffff, 0, 0, 0);
	put_exit(r, 47, 1, 15, 1);
	put_end(r, 53, 1, 71, 2, 0);
	put_finish(r, 59, 0);
	correlate_now(r);

	ASSERT_ROWS(r, TREE, "1|101|101|-|-|1|launch|sh|/bin/sh",
		    "2|102|102|1|1|2|fork|ls|/bin/ls");
	ASSERT_ROWS(r, LIVES, "1|0|3|47|-|-|15", "2|11|19|31|43|3|-");
	ASSERT_ROWS(r,
		    "SELECT task, base_min, base_maj, min_flt, maj_flt, nvcsw, nivcsw, clone_flags "
		    "FROM task ORDER BY task",
		    "1|11|0|71|2|3|2|0", "2|0|0|41|1|3|2|18874368");
	ASSERT_ROWS(r,
		    "SELECT task, name, start_ns, end_ns, ret, args FROM syscall ORDER BY start_ns",
		    "1|clone|7|13|102|1200011 0 0 0 0 0", "1|wait4|14|43|102|ffffffff 0 0 0 0 0",
		    "2|execve|17|23|0|1000 0 0 0 0 0", "2|exit_group|29|-|-|3 0 0 0 0 0");
	ASSERT_ROWS(r, "SELECT name, data FROM syscall WHERE data IS NOT NULL", "execve|/bin/ls");
	ASSERT_ROWS(r, "SELECT key, value FROM run ORDER BY key", "duration_ns|53", "reason|",
		    "rusage_majflt|5", "rusage_minflt|53", "rusage_nivcsw|3", "rusage_nvcsw|7",
		    "start_ns|1000000", "status|complete", "wait_status|0");
	ASSERT_NO_ROWS(r, "SELECT * FROM state");
	ASSERT_NO_ROWS(r, "SELECT * FROM loss");
	records_free(r);
}

static void ways_to_create(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	put_new(r, 3, 3, 1, 103, VFORK);
	put_new(r, 5, 4, 1, 104, CLONE_VM_ONLY);
	put_thread(r, 7, 5, 1, 1, 105, 101);
	put_new(r, 11, 6, 5, 106, 0);
	put_finish(r, 13, 6);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT task, creator_task, process, created_by FROM task ORDER BY task",
		    "1|-|1|launch", "2|1|2|fork", "3|1|3|vfork", "4|1|4|clone", "5|1|1|thread",
		    "6|5|6|fork");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key IN ('status', 'reason') ORDER BY key DESC",
		    "incomplete", "6 tasks still ran when tracing stopped");
	records_free(r);
}

static void exec_by_another_thread(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	put_thread(r, 3, 3, 2, 2, 103, 102);
	put_exit(r, 5, 2, 0, 0);
	put_end(r, 7, 2, 13, 0, 0);
	put_exec(r, 11, 3, 103, 102, "new", "./new");
	put_exit(r, 13, 3, 5 << 8, 1);
	put_end(r, 17, 3, 17, 0, 0);
	put_call(r, 6, 19, 1, "wait4", 102, 0, 0, 0, 0);
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, TREE, "1|101|101|-|-|1|launch|faultline|-", "2|102|102|1|1|2|fork|prog|-",
		    "3|102|102|-|2|3|thread|new|./new");
	/* the wait returned the thread that had become the leader */
	ASSERT_ROWS(r, LIVES, "1|0|-|-|-|-|-", "2|2|-|5|-|0|-", "3|3|11|13|19|5|-");
	records_free(r);
}

static void leader_exits_first(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	put_thread(r, 3, 3, 2, 2, 103, 102);
	put_exit(r, 5, 2, 0, 0);
	put_end(r, 7, 2, 13, 0, 0);
	put_exit(r, 11, 3, 0, 1);
	put_end(r, 13, 3, 17, 0, 0);
	/* any child, and there is one */
	put_call(r, 4, 17, 1, "waitid", 0, 0, 0, 0, 4);
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LIVES, "1|0|-|-|-|-|-", "2|2|-|5|17|0|-", "3|3|-|11|-|0|-");
	ASSERT_ROWS(r, "SELECT task, group_dead FROM task ORDER BY task", "1|-", "2|0", "3|1");
	records_free(r);
}

static void waitid_of_one_among_two(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	put_new(r, 3, 3, 1, 103, FORK);
	put_exit(r, 5, 2, 0, 1);
	put_exit(r, 7, 3, 0, 1);
	/* WNOWAIT, any child, child 103 without WEXITED, child 103, and then the only one left */
	put_call(r, 8, 11, 1, "waitid", 0, 1, 102, 0, 4 | 0x1000000);
	put_call(r, 12, 13, 1, "waitid", 0, 0, 0, 0, 4);
	put_call(r, 14, 17, 1, "waitid", 0, 1, 103, 0, 2);
	put_call(r, 18, 19, 1, "waitid", 0, 1, 103, 0, 4);
	put_call(r, 20, 23, 1, "waitid", 0, 0, 0, 0, 4);
	put_finish(r, 29, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT task, reaped_ns FROM task ORDER BY task", "1|-", "2|23", "3|19");
	records_free(r);
}

static void reused_tid(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	put_exit(r, 3, 2, 0, 1);
	/* taken by the wait at 7, which ends only after the tid has a new holder */
	put_new(r, 5, 3, 1, 102, FORK);
	put_call(r, 4, 7, 1, "wait4", 102, 0, 0, 0, 0);
	put_exit(r, 11, 3, 1 << 8, 1);
	put_call(r, 8, 13, 1, "wait4", 102, 0, 0, 0, 0);
	/* a stopped child and one that nobody has seen end */
	put_new(r, 17, 4, 1, 102, FORK);
	put_call(r, 18, 19, 1, "wait4", 102, 0, 0, 2, 0);
	put_call(r, 20, 23, 1, "wait4", 777, 0, 0, 0, 0);
	put_call(r, 24, 29, 1, "wait4", -10, 0, 0, 0, 0);
	put_finish(r, 31, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LIVES, "1|0|-|-|-|-|-", "2|2|-|3|7|0|-", "3|5|-|11|13|1|-",
		    "4|17|-|-|-|-|-");
	records_free(r);
}

static void phases_and_markers(void **state)
{
	struct stream_of_records *r = records_new();
	char full[33] = "a.name.of.thirty.two.characters.";

	(void)state;
	put_command(r, 101);
	put_mark(r, 2, 1, FL_MARK_ROLE, 1, "parent", 0, 0);
	put_mark(r, 3, 1, FL_MARK_PHASE, 2, "touch", 0, 0);
	put_mark(r, 5, 1, FL_MARK_REGION, 3, "heap", 0x7000, 0x17000);
	put_mark(r, 7, 1, FL_MARK_VALUE, 4, "pages", 23, 0);
	put_new(r, 11, 2, 1, 102, FORK);
	put_mark(r, 13, 1, FL_MARK_PHASE, 5, "write", 0, 0);
	put_mark(r, 17, 2, FL_MARK_ROLE, 6, "child", 0, 0);
	put_mark(r, 19, 1, FL_MARK_PHASE, 0, "", 0, 0);
	put_mark(r, 23, 1, FL_MARK_VALUE, 4, "pages", (uint64_t)-5, 0);
	put_new(r, 29, 3, 1, 103, FORK);
	put_exit(r, 31, 2, 0, 1);
	put_end(r, 37, 2, 0, 0, 0);
	{
		struct fl_mark e = { .event = EVENT(41, 3, FL_MARK), .op = FL_MARK_PHASE };

		memcpy(e.name, full, 32);
		PUT(r, e);
	}
	put_finish(r, 43, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT task, role FROM task ORDER BY task", "1|parent", "2|child", "3|-");
	ASSERT_ROWS(r, "SELECT task, name, start_ns, end_ns FROM phase ORDER BY start_ns",
		    "1|touch|3|13", "2|touch|11|37", "1|write|13|19",
		    "3|a.name.of.thirty.two.characters.|41|-");
	ASSERT_ROWS(r, "SELECT * FROM region", "1|heap|28672|94208|5");
	ASSERT_ROWS(r, "SELECT * FROM value ORDER BY t_ns", "1|touch|pages|23|7",
		    "1|-|pages|-5|23");
	records_free(r);
}

static void renamed(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_task_rename e = { .event = EVENT(5, 1, FL_TASK_RENAME),
				    .comm = "sixteen.letters." };

	(void)state;
	put_command(r, 101);
	put_exec(r, 3, 1, 101, 101, "old", "old");
	PUT(r, e);
	put_finish(r, 7, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT comm, exe FROM task", "sixteen.letters.|old");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fork_exec_wait),          cmocka_unit_test(ways_to_create),
		cmocka_unit_test(exec_by_another_thread),  cmocka_unit_test(leader_exits_first),
		cmocka_unit_test(waitid_of_one_among_two), cmocka_unit_test(reused_tid),
		cmocka_unit_test(phases_and_markers),      cmocka_unit_test(renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
