// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>

#include "views/card.h"
#include "lives_db.h"
#include "report_db.h"

static const char *who = "child", *phase;
static const struct btf *types;

static int card(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char why[200] = "";
	int err = card_render(db, who, phase, out, style, types, "6.18.2", why, sizeof(why));

	assert_string_equal(why, "");
	return err;
}

/*
 * struct sched_entity { long load; unsigned long long vruntime; };
 * typedef struct sched_entity entity;
 * struct task_struct { int __state; int odd : 3; struct { int pid; int tgid; }; const entity se; };
 */
static struct btf *made_up(void)
{
	struct btf *btf = btf__new_empty();
	int integer, wide, entity, name, constant, pair, task;

	assert_non_null(btf);
	integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	wide = btf__add_int(btf, "unsigned long long", 8, 0);
	entity = btf__add_struct(btf, "sched_entity", 16);
	assert_int_equal(btf__add_field(btf, "load", wide, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "vruntime", wide, 64, 0), 0);
	name = btf__add_typedef(btf, "entity", entity);
	constant = btf__add_const(btf, name);
	pair = btf__add_struct(btf, NULL, 8);
	assert_int_equal(btf__add_field(btf, "pid", integer, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "tgid", integer, 32, 0), 0);
	task = btf__add_struct(btf, "task_struct", 2048);
	assert_int_equal(btf__add_field(btf, "__state", integer, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "odd", integer, 35, 3), 0);
	assert_int_equal(btf__add_field(btf, NULL, pair, 64, 0), 0);
	assert_int_equal(btf__add_field(btf, "se", constant, 8 * 1024, 0), 0);
	assert_true(task > 0);
	return btf;
}

static void test_offsets(void **state)
{
	struct btf *btf = made_up();

	(void)state;
	assert_int_equal(card_size(btf, "task_struct"), 2048);
	assert_int_equal(card_size(btf, "mm_struct"), -2);
	assert_int_equal(card_offset(btf, "task_struct", "__state"), 0);
	assert_int_equal(card_offset(btf, "task_struct", "pid"), 8);
	assert_int_equal(card_offset(btf, "task_struct", "tgid"), 12);
	assert_int_equal(card_offset(btf, "task_struct", "se"), 1024);
	assert_int_equal(card_offset(btf, "task_struct", "se.vruntime"), 1032);
	assert_int_equal(card_offset(btf, "task_struct", "se.pid"), -2);
	assert_int_equal(card_offset(btf, "task_struct", "pid.pid"), -2);
	assert_int_equal(card_offset(btf, "task_struct", "odd"), -22);
	assert_int_equal(card_offset(btf, "task_struct", "p"), -2);
	assert_int_equal(card_offset(btf, "nothing", "pid"), -2);
	btf__free(btf);
}

/* A struct that has itself as a member without a name, as no compiler writes it. */
static void test_types_in_a_circle_end(void **state)
{
	struct btf *btf = btf__new_empty();
	int task = btf__add_struct(btf, "task_struct", 8);

	(void)state;
	assert_true(task > 0);
	assert_int_equal(btf__add_field(btf, NULL, task, 0, 0), 0);
	assert_int_equal(card_offset(btf, "task_struct", "pid"), -2);
	btf__free(btf);
}

static void test_the_card(void **state)
{
	static const struct report_style ascii = { .width = 80 };
	sqlite3 *db = report_db(lives_db_small);
	struct btf *btf = made_up();

	(void)state;
	types = btf;
	report_db_expect(
		db, card, &ascii,
		"child 103\n"
		"struct task_struct, 2,048 bytes\n"
		"+- Who it is ------------+--------+--------------------------------------------+\n"
		"| pid                    |      8 | 103  (id of the thread)                    |\n"
		"| tgid                   |     12 | 103  (id of the process)                   |\n"
		"| comm                   |      - | pair  (name of the program)                |\n"
		"| group_leader           |      - | itself  (first thread of the process)      |\n"
		"| flags                  |      - | ?  (what the kernel notes of it)           |\n"
		"+- Kin ------------------+--------+--------------------------------------------+\n"
		"| real_parent            |      - | parent 101 when it was created             |\n"
		"|                        |        | (who is told when it ends)                 |\n"
		"| children               |      - | 0 created in all                           |\n"
		"|                        |        | (that it has not waited for)               |\n"
		"| signal->nr_threads     |      - | 2 in all  (threads of its process)         |\n"
		"+- State ----------------+--------+--------------------------------------------+\n"
		"| __state                |      0 | running  (what it does)                    |\n"
		"| exit_state             |      - | dead  (zombie or dead, in the end)         |\n"
		"| exit_code              |      - | exit 3  (in the end, as wait4() gives it)  |\n"
		"+- Scheduling -----------+--------+--------------------------------------------+\n"
		"| prio                   |      - | ?  (less is more urgent; 120 is nice 0)    |\n"
		"| static_prio            |      - | ?  (from the nice value alone)             |\n"
		"| policy                 |      - | ?  (of scheduling)                         |\n"
		"| se.load                |  1,024 | ?                                          |\n"
		"|                        |        | (weight from the nice value; 1,048,576 is  |\n"
		"|                        |        | nice 0)                                    |\n"
		"| se.vruntime            |  1,032 | ?                                          |\n"
		"|                        |        | (CPU time by weight: its place in the      |\n"
		"|                        |        | queue)                                     |\n"
		"| se.deadline            |      - | ?  (by when it is to have its next slice)  |\n"
		"| se.sum_exec_runtime    |      - | 4.50 ms  (CPU time)                        |\n"
		"| cpus_mask              |      - | ran on 0  (CPUs that it may use)           |\n"
		"| nvcsw                  |      - | 2  (switches: it gave the CPU up)          |\n"
		"| nivcsw                 |      - | 0  (switches: the CPU was taken)           |\n"
		"+- Times ----------------+--------+--------------------------------------------+\n"
		"| start_time             |      - | 1.000 ms  (after the start of the run)     |\n"
		"| utime                  |      - | ?  (in user mode, as ticks found it)       |\n"
		"| stime                  |      - | ?  (in the kernel, as ticks found it)      |\n"
		"+- Memory ---------------+--------+--------------------------------------------+\n"
		"| mm                     |      - | ?  (its address space)                     |\n"
		"| mm->map_count          |      - | ?  (mappings)                              |\n"
		"| mm->total_vm           |      - | ?  (pages of address space)                |\n"
		"| mm->rss_stat           |      - | 23 anonymous, 11 of files, 0 shared,       |\n"
		"|                        |        | 40,960 bytes of page tables                |\n"
		"|                        |        | (resident pages, as last seen)             |\n"
		"| mm->start_code         |      - | ?  (the program's instructions,            |\n"
		"|                        |        | from and to)                               |\n"
		"| mm->start_data         |      - | ?  (the last part of its data)             |\n"
		"| mm->start_brk          |      - | ?  (its heap)                              |\n"
		"| mm->start_stack        |      - | ?  (where its stack began)                 |\n"
		"| min_flt                |      - | 31  (faults without a read from disk)      |\n"
		"| maj_flt                |      - | 0  (faults with one)                       |\n"
		"+- Files and signals ----+--------+--------------------------------------------+\n"
		"| fs                     |      - | ?  (root and working folder,               |\n"
		"|                        |        | whose name is)                             |\n"
		"| files                  |      - | ?  (open files, by descriptor)             |\n"
		"| sighand                |      - | ?  (what signals do)                       |\n"
		"| pending                |      - | ?  (signals that wait for this thread)     |\n"
		"| signal->shared_pending |      - | ?  (for any of the process)                |\n"
		"| blocked                |      - | ?  (signals that must wait)                |\n"
		"+- Registers ------------+--------+--------------------------------------------+\n"
		"| thread.sp              |      - | ?  (its kernel stack,                      |\n"
		"|                        |        | while it does not run)                     |\n"
		"| pt_regs                |      - | ?  (as it entered the kernel last)         |\n"
		"+------------------------+--------+--------------------------------------------+\n"
		"its life  new 500 us, ready 1.00 ms, running 4.50 ms, waiting 1.00 ms, zombie\n"
		"          1.00 ms\n"
		"faults    23 copy, 8 file\n"
		"Offsets are bytes from the start of struct task_struct, behind -> from that of\n"
		"its own struct, in Linux 6.18.2, which runs here; the recording is of 6.18.1,\n"
		"where they may differ.\n"
		"?: the recording does not have it.\n");
	btf__free(btf);
	types = NULL;
	sqlite3_close(db);
}

/*
 * The child at the start of a phase, at a barrier and at its end; the worker, which
 * has none of its own, shares what its process has; the parent has the same files.
 */
static const char cards[] =
	"INSERT INTO card (task, t_ns, phase, moment, state, exit_state, exit_code, flags, policy, prio,"
	"  static_prio, weight, vruntime, deadline, sum_exec_runtime, cpus_mask, nvcsw, nivcsw, start_ns,"
	"  utime, stime, parent_tid, parent_task, children, threads, mm, start_code, end_code, start_data,"
	"  end_data, start_brk, brk, start_stack, total_vm, map_count, min_flt, maj_flt, files, open_files,"
	"  fs, cwd, sighand, pending, shared_pending, blocked, thread_sp, registers) VALUES"
	"  (1, 500000, 'load', 'phase', 0, 0, 0, 4194304, 0, 120, 120, 1048576, 7, 9, 11, -1, 1, 0, 0, 0,"
	"   0, 4711, NULL, 0, 1, 1, 4096, 8192, 12288, 16384, 20480, 24576, 28672, 5, 3, 2, 0, 1, 4, 1,"
	"   'work', 1, 0, 0, 0, -8192, 'ip=1'),"
	"  (2, 6200000, 'load', 'phase', 0, 0, 0, 4194624, 1, 89, 120, 1048576, 1009, NULL, 503000, 5,"
	"   1, 0, 0, 1000000, 2000000, 101, 1, 2, 2, 2, 4198400, 4960305, 5177344, 5177344, 1073991680,"
	"   1074130944, 140729809828160, 349, 11, 48, 1, 1, 5, 2, 'work', 2, 1, 256, 65536, -8192,"
	"   'ip=401ac5 sp=7fff3ba4f370'),"
	"  (2, 6900000, 'look' || char(27), 'barrier', 8450, 0, 0, 0, 0, 120, 120, 1, 2, 3, 4, 3, 1, 0, 0, 1, 1,"
	"   1, NULL, 2, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 5, 2, 'work', 2, 0, 0, 0, 0, 'ip=2'),"
	"  (2, 7950000, 'load', 'exit', 0, 0, 768, 4, 0, 120, 120, 1, 2, 3, 4, 3, 1, 0, 0, 1, 1,"
	"   101, 1, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 10, 11, 1, 5, 2, 'work',"
	"   2, 0, 0, 0, 0, 'ip=3');"
	"INSERT INTO vma VALUES (2, 'look' || char(27), 6900000, 4198400, 765952, 'r-xp', 'text', '/bin/pair', 4096, 117),"
	"  (2, 'look' || char(27), 6900000, 140729809825792, 135168, 'rw-p', 'stack', NULL, NULL, 1),"
	"  (2, 'look' || char(27), 6900000, 139637976727552, 8192, 'rw-s', 'mapping',"
	"   '/a/very/long/path/that/does/not/fit/into/eighty/columns/at/all/data', 0, 1),"
	"  (2, 'load', 13, 139637976727552, 8192, 'rw-s', 'mapping', 'of another barrier', 0, 1),"
	"  (1, 'look' || char(27), 6900000, 139637976727552, 8192, 'rw-s', 'mapping', 'of another', 0, 1);"
	"INSERT INTO open_file VALUES (2, 'look' || char(27), 6900000, 3, 'pipe', 'pipe:[4711]', 1, 0, 1),"
	"  (2, 'look' || char(27), 6900000, 0, 'char', '/dev/null', 32768, 13, 0);";

static const char hostile_cards[] =
	"INSERT INTO card (task, t_ns, phase, moment, state, policy, prio, weight, cpus_mask, parent_tid,"
	"  parent_task, mm, start_code, end_code, start_brk, brk, start_stack, files, open_files, cwd,"
	"  sighand, pending, blocked, thread_sp, registers) VALUES"
	"  (1, 9223372036854775807, x'1b5b', 'barrier', -1, -7, x'1b', -9223372036854775808, -2,"
	"   9223372036854775807, 99, -1, -1, -9223372036854775808, 5, -5, -1, 'x', -1, x'1b5b33316d',"
	"   x'1b', -1, -1, -1, 'a=' || zeroblob(3));"
	"INSERT INTO vma VALUES (1, NULL, 9223372036854775807, -1, -9223372036854775808, x'1b5b33316d',"
	"  'a very long part', '/' || printf('%.*c', 3000, 'x'), -1, -1),"
	"  (1, NULL, 9223372036854775807, -9223372036854775808, 9223372036854775807, NULL, NULL, NULL, 1, 1);"
	"INSERT INTO open_file VALUES (1, NULL, 9223372036854775807, -9223372036854775808, 'a very long kind',"
	"  x'1b5b33316d', -1, -9223372036854775808, 7);";

static int at_the_phase(sqlite3 *db, FILE *out, const struct report_style *style)
{
	int err;

	phase = "load";
	err = card(db, out, style);
	phase = NULL;
	return err;
}

static int at_the_barrier(sqlite3 *db, FILE *out, const struct report_style *style)
{
	int err;

	phase = "look\x1b";
	err = card(db, out, style);
	phase = NULL;
	return err;
}

static void test_at_the_start_of_a_phase(void **state)
{
	static const struct report_style ascii = { .width = 80 };
	sqlite3 *db = report_db(lives_db_small);
	struct btf *btf = made_up();

	(void)state;
	types = btf;
	report_db_add(db, cards);
	report_db_expect(
		db, at_the_phase, &ascii,
		"child 103\n"
		"struct task_struct, 2,048 bytes, at the start of phase load, 6.200 ms\n"
		"+- Who it is ------------+--------+--------------------------------------------+\n"
		"| pid                    |      8 | 103  (id of the thread)                    |\n"
		"| tgid                   |     12 | 103  (id of the process)                   |\n"
		"| comm                   |      - | pair  (name of the program)                |\n"
		"| group_leader           |      - | itself  (first thread of the process)      |\n"
		"| flags                  |      - | 400140 PF_FORKNOEXEC PF_SUPERPRIV          |\n"
		"|                        |        | PF_RANDOMIZE                               |\n"
		"|                        |        | (what the kernel notes of it)              |\n"
		"+- Kin ------------------+--------+--------------------------------------------+\n"
		"| real_parent            |      - | parent 101  (who is told when it ends)     |\n"
		"| children               |      - | 2  (that it has not waited for)            |\n"
		"| signal->nr_threads     |      - | 2  (threads of its process)                |\n"
		"+- State ----------------+--------+--------------------------------------------+\n"
		"| __state                |      0 | 0: runs, or can run (TASK_RUNNING)         |\n"
		"|                        |        | (what it does)                             |\n"
		"| exit_state             |      - | none yet  (zombie or dead, in the end)     |\n"
		"| exit_code              |      - | exit 3  (in the end, as wait4() gives it)  |\n"
		"+- Scheduling -----------+--------+--------------------------------------------+\n"
		"| prio                   |      - | 89  (less is more urgent; 120 is nice 0)   |\n"
		"| static_prio            |      - | 120  (from the nice value alone)           |\n"
		"| policy                 |      - | SCHED_FIFO  (of scheduling)                |\n"
		"| se.load                |  1,024 | 1,048,576                                  |\n"
		"|                        |        | (weight from the nice value; 1,048,576 is  |\n"
		"|                        |        | nice 0)                                    |\n"
		"| se.vruntime            |  1,032 | 1,009                                      |\n"
		"|                        |        | (CPU time by weight: its place in the      |\n"
		"|                        |        | queue)                                     |\n"
		"| se.deadline            |      - | ?  (by when it is to have its next slice)  |\n"
		"| se.sum_exec_runtime    |      - | 503 us  (CPU time)                         |\n"
		"| cpus_mask              |      - | 0 2  (CPUs that it may use)                |\n"
		"| nvcsw                  |      - | 1  (switches: it gave the CPU up)          |\n"
		"| nivcsw                 |      - | 0  (switches: the CPU was taken)           |\n"
		"+- Times ----------------+--------+--------------------------------------------+\n"
		"| start_time             |      - | 1.000 ms  (after the start of the run)     |\n"
		"| utime                  |      - | 1.00 ms  (in user mode, as ticks found it) |\n"
		"| stime                  |      - | 2.00 ms  (in the kernel,                   |\n"
		"|                        |        | as ticks found it)                         |\n"
		"+- Memory ---------------+--------+--------------------------------------------+\n"
		"| mm                     |      - | number 2, shared with worker 107           |\n"
		"|                        |        | (its address space)                        |\n"
		"| mm->map_count          |      - | 11  (mappings)                             |\n"
		"| mm->total_vm           |      - | 349  (pages of address space)              |\n"
		"| mm->rss_stat           |      - | 23 anonymous, 11 of files, 0 shared,       |\n"
		"|                        |        | 40,960 bytes of page tables                |\n"
		"|                        |        | (resident pages, as last seen)             |\n"
		"| mm->start_code         |      - | 401000-4bb031                              |\n"
		"|                        |        | (the program's instructions, from and to)  |\n"
		"| mm->start_data         |      - | 4f0000-4f0000  (the last part of its data) |\n"
		"| mm->start_brk          |      - | 4003d000-4005f000  (its heap)              |\n"
		"| mm->start_stack        |      - | 7ffe3652f940  (where its stack began)      |\n"
		"| min_flt                |      - | 48  (faults without a read from disk)      |\n"
		"| maj_flt                |      - | 1  (faults with one)                       |\n"
		"+- Files and signals ----+--------+--------------------------------------------+\n"
		"| fs                     |      - | work  (root and working folder,            |\n"
		"|                        |        | whose name is)                             |\n"
		"| files                  |      - | 5 open; number 1, shared with parent 101,  |\n"
		"|                        |        | worker 107  (open files, by descriptor)    |\n"
		"| sighand                |      - | number 2, shared with worker 107           |\n"
		"|                        |        | (what signals do)                          |\n"
		"| pending                |      - | SIGHUP                                     |\n"
		"|                        |        | (signals that wait for this thread)        |\n"
		"| signal->shared_pending |      - | SIGKILL  (for any of the process)          |\n"
		"| blocked                |      - | SIGCHLD  (signals that must wait)          |\n"
		"+- Registers ------------+--------+--------------------------------------------+\n"
		"| thread.sp              |      - | ffffffffffffe000  (its kernel stack,       |\n"
		"|                        |        | while it does not run)                     |\n"
		"| pt_regs                |      - | ip=401ac5 sp=7fff3ba4f370                  |\n"
		"|                        |        | (as it entered the kernel last)            |\n"
		"+------------------------+--------+--------------------------------------------+\n"
		"its life  new 500 us, ready 1.00 ms, running 4.50 ms, waiting 1.00 ms, zombie\n"
		"          1.00 ms\n"
		"faults    23 copy, 8 file\n"
		"Offsets are bytes from the start of struct task_struct, behind -> from that of\n"
		"its own struct, in Linux 6.18.2, which runs here; the recording is of 6.18.1,\n"
		"where they may differ.\n"
		"?: the recording does not have it.\n"
		"\n"
		"Address space, as mm_struct has it; mappings are looked at when the program\n"
		"calls fl_barrier()\n"
		"ffff800000000000 and up: the kernel's half, the same for all\n"
		"7ffe3652f940 and down                      stack\n"
		"00004003d000-00004005f000          136 KiB heap\n"
		"0000004f0000-0000004f0000          0 bytes data\n"
		"000000401000-0000004bb031          744 KiB text\n");
	btf__free(btf);
	types = NULL;
	sqlite3_close(db);
}

static void test_at_a_barrier_and_at_the_end(void **state)
{
	static const struct report_style ascii = { .width = 80 };
	sqlite3 *db = report_db(lives_db_small);
	char *text;

	(void)state;
	report_db_add(db, cards);
	text = report_db_render(db, at_the_barrier, &ascii);
	assert_string_equal(strstr(text, "\nAddress space"),
			    "\nAddress space\n"
			    "ffff800000000000 and up: the kernel's half, the same for all\n"
			    "7ffe3652f000-7ffe36550000 rw-p     132 KiB stack\n"
			    "7f0000000000-7f0000002000 rw-s 8,192 bytes mapping data\n"
			    "000000401000-0000004bc000 r-xp     748 KiB text    /bin/pair\n"
			    "\nOpen files\n"
			    "   0 char        r  at 13                        /dev/null\n"
			    "   3 pipe        w  at 0           close on exec pipe:[4711]\n");
	assert_non_null(strstr(text, "at a barrier in phase look\\x1b, 6.900 ms\n"));
	assert_non_null(strstr(text, "2102: waits (TASK_KILLABLE: D)"));
	assert_non_null(strstr(text, "1, outside the recording"));
	free(text);
	text = report_db_render(db, card, &ascii);
	assert_non_null(strstr(text, "as it began to exit, 7.950 ms\n"));
	assert_non_null(strstr(text, "4 PF_EXITING"));
	assert_null(strstr(text, "Address space"));
	free(text);
	sqlite3_close(db);
}

static void test_every_width_holds(void **state)
{
	static const char *const all[] = { lives_db_small, lives_db_hostile, report_db_cow };

	(void)state;
	who = "task:1";
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sqlite3 *db = report_db(all[i]);

		if (all[i] != report_db_cow)
			report_db_add(db, i ? hostile_cards : cards);
		for (int width = 60; width <= 211; width++) {
			struct report_style style = { .width = width, .utf8 = width % 2 };
			char *text = report_db_render(db, card, &style);

			report_db_check_lines(text, width);
			free(text);
		}
		sqlite3_close(db);
	}
	who = "child";
}

static void test_a_kernel_without_types(void **state)
{
	static const struct report_style plain = { .width = 80, .utf8 = true };
	sqlite3 *db = report_db(lives_db_small);
	char *text;

	(void)state;
	text = report_db_render(db, card, &plain);
	assert_non_null(strstr(text, "│ prio                   │      - │ ?  ("));
	assert_non_null(strstr(text, "/sys/kernel/btf/vmlinux"));
	free(text);
	sqlite3_close(db);
}

static void test_errors_are_returned(void **state)
{
	static const struct report_style plain = { .width = 80, .utf8 = true };
	sqlite3 *db = report_db(lives_db_small);
	FILE *full = fopen("/dev/full", "w");
	char why[200];

	(void)state;
	assert_non_null(full);
	assert_int_equal(card(db, full, &plain), -28);
	fclose(full);
	assert_int_equal(card_render(db, "nobody", NULL, stderr, &plain, NULL, "6.18.2", why,
				     sizeof(why)),
			 -2);
	assert_string_equal(why, "there is no task nobody; \"faultline show --tree\" lists them");
	assert_int_equal(card_render(db, "child", "x", stderr, &plain, NULL, "6.18.2", why,
				     sizeof(why)),
			 -2);
	assert_string_equal(why, "child 103 has no card of phase x; it has none: trace it, or run"
				 " the experiment with -o");
	report_db_add(db, cards);
	assert_int_equal(card_render(db, "child", "x", stderr, &plain, NULL, "6.18.2", why,
				     sizeof(why)),
			 -2);
	assert_string_equal(why, "child 103 has no card of phase x; it has load, look\\x1b");
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_types_in_a_circle_end),
		cmocka_unit_test(test_the_card),
		cmocka_unit_test(test_at_the_start_of_a_phase),
		cmocka_unit_test(test_at_a_barrier_and_at_the_end),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_a_kernel_without_types),
		cmocka_unit_test(test_errors_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
