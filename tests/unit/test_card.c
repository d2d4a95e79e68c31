// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>

#include "card.h"
#include "lives_db.h"
#include "report_db.h"

static const char *who = "child";
static const struct btf *types;

static int card(sqlite3 *db, FILE *out, const struct report_style *style)
{
	char why[200] = "";
	int err = card_render(db, who, out, style, types, "6.18.2", why, sizeof(why));

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
		"+- Who it is ----------+--------+----------------------------------------------+\n"
		"| pid                  |      8 | 103  (id of the thread)                      |\n"
		"| tgid                 |     12 | 103  (id of the process)                     |\n"
		"| comm                 |      - | pair  (name of the program)                  |\n"
		"| group_leader         |      - | itself  (first thread of the process)        |\n"
		"+- Kin ----------------+--------+----------------------------------------------+\n"
		"| real_parent          |      - | parent 101  (when it was created)            |\n"
		"| children             |      - | 0  (processes created below it)              |\n"
		"| thread_node          |      - | 2  (threads of its process, all in all)      |\n"
		"+- State --------------+--------+----------------------------------------------+\n"
		"| __state              |      0 | running  (last one in the recording)         |\n"
		"| exit_state           |      - | dead  (last one in the recording)            |\n"
		"| exit_code            |      - | exit 3  (as wait4() gives it)                |\n"
		"+- Scheduling ---------+--------+----------------------------------------------+\n"
		"| prio                 |      - | ?  (as last lent; less is more urgent)       |\n"
		"| static_prio          |      - | ?  (from the nice value)                     |\n"
		"| policy               |      - | ?  (of scheduling)                           |\n"
		"| se.vruntime          |  1,032 | ?                                            |\n"
		"|                      |        | (CPU time by weight: its place in the queue) |\n"
		"| se.sum_exec_runtime  |      - | 4.50 ms  (CPU time between its switches)     |\n"
		"| cpus_mask            |      - | 0  (CPUs that it may use; it ran on these)   |\n"
		"| nvcsw                |      - | 2  (switches: it gave the CPU up)            |\n"
		"| nivcsw               |      - | 0  (switches: the CPU was taken)             |\n"
		"+- Times --------------+--------+----------------------------------------------+\n"
		"| start_time           |      - | 1.000 ms  (after the start of the run)       |\n"
		"| utime                |      - | ?  (CPU time in user mode)                   |\n"
		"| stime                |      - | ?  (CPU time in the kernel)                  |\n"
		"+- Memory -------------+--------+----------------------------------------------+\n"
		"| mm                   |      - | 23 anonymous, 11 of files, 0 shared,         |\n"
		"|                      |        | 40,960 bytes of page tables                  |\n"
		"|                      |        | (resident pages, as last seen)               |\n"
		"| min_flt              |      - | 31  (faults without a read from disk)        |\n"
		"| maj_flt              |      - | 0  (faults with one)                         |\n"
		"+- Files and signals --+--------+----------------------------------------------+\n"
		"| fs                   |      - | ?  (root and working folder)                 |\n"
		"| files                |      - | ?  (open files, by descriptor)               |\n"
		"| signal               |      - | ?  (signals delivered to it)                 |\n"
		"| blocked              |      - | ?  (signals that must wait)                  |\n"
		"+- Registers ----------+--------+----------------------------------------------+\n"
		"| thread.sp            |      - | ?  (its kernel stack, while it does not run) |\n"
		"+----------------------+--------+----------------------------------------------+\n"
		"its life  new 500 us, ready 1.00 ms, running 4.50 ms, waiting 1.00 ms, zombie\n"
		"          1.00 ms\n"
		"faults    23 copy, 8 file\n"
		"Offsets are bytes from the start of struct task_struct in Linux 6.18.2, which\n"
		"runs here; the recording is of 6.18.1, where they may differ.\n"
		"?: the recording does not have it.\n");
	btf__free(btf);
	types = NULL;
	sqlite3_close(db);
}

static void test_every_width_holds(void **state)
{
	static const char *const all[] = { lives_db_small, lives_db_hostile, report_db_cow };

	(void)state;
	who = "task:1";
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sqlite3 *db = report_db(all[i]);

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
	assert_non_null(strstr(text, "│ prio                 │      - │ ?  ("));
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
	assert_int_equal(
		card_render(db, "nobody", stderr, &plain, NULL, "6.18.2", why, sizeof(why)), -2);
	assert_string_equal(why, "there is no task nobody; \"faultline show --tree\" lists them");
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_types_in_a_circle_end),
		cmocka_unit_test(test_the_card),
		cmocka_unit_test(test_every_width_holds),
		cmocka_unit_test(test_a_kernel_without_types),
		cmocka_unit_test(test_errors_are_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
