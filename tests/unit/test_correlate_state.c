// SPDX-License-Identifier: GPL-2.0
/* What each task does at each moment, to the nanosecond. */
#include "record.h"

#define FORK 0x1200000
#define SLEEP 1     /* TASK_INTERRUPTIBLE */
#define STOP 4      /* __TASK_STOPPED */
#define GONE 0x10   /* EXIT_DEAD */
#define ZOMBIE 0x20 /* EXIT_ZOMBIE */

#define STATES                                                                                     \
	"SELECT task, state, why, cpu, start_ns, end_ns, waker_task, waker_comm FROM state "       \
	"ORDER BY task, start_ns, rowid"

/* Rows of a task that do not begin where the one before ended. */
#define HOLES                                                                                      \
	"SELECT task, start_ns FROM (SELECT *, lag(end_ns) OVER (PARTITION BY task "               \
	"ORDER BY start_ns, rowid) AS before FROM state) WHERE before <> start_ns"

static void whole_life(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	/* the gate: before time 0 it waited, and was woken after */
	put_wake(r, -5ULL, 1, 0);
	put_ready(r, 1, 1, 0, 0);
	put_in(r, 2, 1, 0);
	put_new(r, 3, 2, 1, 102, FORK);
	put_ready(r, 5, 2, 1, 1);
	put_in(r, 7, 2, 1);
	put_out(r, 11, 1, 0, SLEEP, "wait4");
	put_out(r, 13, 2, 1, 0, NULL);
	put_in(r, 17, 2, 1);
	put_out(r, 19, 2, 1, SLEEP, "read");
	put_wake(r, 23, 2, 0);
	put_ready(r, 29, 2, 0, 0);
	put_in(r, 31, 2, 0);
	put_out(r, 37, 2, 0, STOP, NULL);
	put_ready(r, 41, 2, 0, 1);
	put_in(r, 43, 2, 1);
	put_exit(r, 47, 2, 0, 1);
	put_wake(r, 53, 1, 2);
	put_ready(r, 59, 1, 0, 0);
	put_out(r, 61, 2, 1, ZOMBIE, NULL);
	put_end(r, 61, 2, 0, 0, 0);
	put_in(r, 67, 1, 0);
	put_call(r, 8, 71, 1, "wait4", 102, 0, 0, 0, 0);
	put_exit(r, 73, 1, 0, 1);
	put_end(r, 79, 1, 0, 0, 0);
	put_out(r, 79, 1, 0, ZOMBIE, NULL);
	put_finish(r, 83, 0);
	correlate_now(r);

	ASSERT_ROWS(r, STATES, "1|waiting|-|-|0|1|-|waker", "1|ready|woken|0|1|2|-|-",
		    "1|running|-|0|2|11|-|-", "1|waiting|wait4|-|11|59|2|waker",
		    "1|ready|woken|0|59|67|-|-", "1|running|-|0|67|79|-|-", "1|zombie|-|-|79|-|-|-",
		    "2|new|-|-|3|5|-|-", "2|ready|new|1|5|7|-|-", "2|running|-|1|7|13|-|-",
		    "2|ready|preempted|1|13|17|-|-", "2|running|-|1|17|19|-|-",
		    "2|waiting|read|-|19|29|-|waker", "2|ready|woken|0|29|31|-|-",
		    "2|running|-|0|31|37|-|-", "2|stopped|-|-|37|41|-|-",
		    "2|ready|woken|1|41|43|-|-", "2|running|-|1|43|61|-|-",
		    "2|zombie|-|-|61|71|-|-", "2|dead|-|-|71|71|-|-");
	ASSERT_NO_ROWS(r, HOLES);
	ASSERT_ROWS(r, "SELECT sum(end_ns - start_ns) FROM state WHERE task = 2", "68");
	records_free(r);
}

static void new_and_gone(struct stream_of_records *r)
{
	put_command(r, 101);
	put_new(r, 3, 2, 1, 102, FORK);
	put_ready(r, 5, 2, 1, 1);
	put_in(r, 7, 2, 1);
}

/* How deep it sleeps, as the bits of the kernel's own state say. */
static void ways_to_sleep(void **state)
{
	static const unsigned int bits[] = {
		0x2001, /* TASK_INTERRUPTIBLE | TASK_FREEZABLE */
		0x2,    /* TASK_UNINTERRUPTIBLE */
		0x2102, /* TASK_KILLABLE | TASK_FREEZABLE */
		0x402,  /* TASK_IDLE */
		0x40,   /* TASK_PARKED */
	};
	struct stream_of_records *r = records_new();
	uint64_t t = 11;

	(void)state;
	new_and_gone(r);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++, t += 20) {
		put_out(r, t, 2, 1, bits[i], "read");
		put_ready(r, t + 2, 2, 0, 1);
		put_in(r, t + 3, 2, 1);
	}
	put_ready(r, t, 2, 0, 1); /* woken before it slept */
	put_out(r, t + 2, 2, 1, 0, NULL);
	put_finish(r, 200, 0);
	correlate_now(r);
	ASSERT_ROWS(r,
		    "SELECT start_ns, sleep FROM state WHERE state = 'waiting' ORDER BY start_ns",
		    "11|interruptible", "31|uninterruptible", "51|killable", "71|idle", "91|-",
		    "111|-");
	ASSERT_NO_ROWS(r, "SELECT state FROM state WHERE state <> 'waiting' AND sleep IS NOT NULL");
	records_free(r);
}

/* The parent may return from its wait before the child has left the CPU. */
static void reaped_before_the_last_switch(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	new_and_gone(r);
	put_exit(r, 11, 2, 0, 1);
	put_call(r, 8, 13, 1, "wait4", 102, 0, 0, 0, 0);
	put_end(r, 17, 2, 0, 0, 0);
	put_out(r, 17, 2, 1, ZOMBIE, NULL);
	put_finish(r, 19, 0);
	correlate_now(r);

	ASSERT_ROWS(r, STATES, "2|new|-|-|3|5|-|-", "2|ready|new|1|5|7|-|-",
		    "2|running|-|1|7|17|-|-", "2|dead|-|-|17|17|-|-");
	records_free(r);
}

static void nobody_waits(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	new_and_gone(r);
	put_exit(r, 11, 2, 0, 1);
	put_out(r, 13, 2, 1, GONE, NULL);
	put_end(r, 13, 2, 0, 0, 0);
	put_finish(r, 19, 0);
	correlate_now(r);

	ASSERT_ROWS(r, STATES, "2|new|-|-|3|5|-|-", "2|ready|new|1|5|7|-|-",
		    "2|running|-|1|7|13|-|-", "2|dead|-|-|13|13|-|-");
	records_free(r);
}

static void old_leader_vanishes_at_exec(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	new_and_gone(r);
	put_thread(r, 11, 3, 2, 2, 103, 102);
	put_exit(r, 13, 2, 0, 0);
	put_out(r, 17, 2, 1, ZOMBIE, NULL);
	put_exec(r, 19, 3, 103, 102, "new", "./new");
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT state, start_ns, end_ns FROM state WHERE task = 2 ORDER BY rowid",
		    "new|3|5", "ready|5|7", "running|7|17", "zombie|17|19", "dead|19|19");
	records_free(r);
}

static void spurious_wake(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	new_and_gone(r);
	put_wake(r, 11, 2, 1);
	put_ready(r, 13, 2, 0, 1);
	put_out(r, 17, 2, 1, 0, NULL);
	/* preempted on its way to sleep, then woken: it was ready all the time */
	put_wake(r, 19, 2, 1);
	put_ready(r, 23, 2, 0, 1);
	put_in(r, 29, 2, 1);
	put_end(r, 31, 2, 0, 0, 1);
	put_finish(r, 37, 1);
	correlate_now(r);

	ASSERT_ROWS(r, STATES, "2|new|-|-|3|5|-|-", "2|ready|new|1|5|7|-|-",
		    "2|running|-|1|7|13|-|-", "2|waiting|spurious|-|13|13|1|waker",
		    "2|ready|woken|1|13|13|-|-", "2|running|-|1|13|17|-|-",
		    "2|ready|preempted|1|17|29|-|-", "2|running|-|1|29|31|-|-");
	ASSERT_NO_ROWS(r, HOLES);
	records_free(r);
}

/* A wake-up's record was lost: nobody knows how long it waited and how long it was ready. */
static void lost_records_make_gaps(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	new_and_gone(r);
	put_out(r, 11, 2, 1, SLEEP, "read");
	put_in(r, 17, 2, 0);
	put_call(r, 10, 19, 2, "read", 1, 3, 0, 1, 0);
	/* switched out and in, not seen */
	put_in(r, 29, 2, 1);
	put_out(r, 31, 2, 1, SLEEP, "read");
	put_wake(r, 37, 2, 1);
	put_in(r, 41, 2, 1);
	put_out(r, 43, 2, 1, SLEEP, NULL);
	put_out(r, 47, 2, 1, SLEEP, NULL);
	put_ready(r, 53, 2, 0, 1);
	put_end(r, 59, 2, 0, 0, 0);
	put_finish(r, 61, 0);
	correlate_now(r);

	ASSERT_ROWS(r, STATES, "2|new|-|-|3|5|-|-", "2|ready|new|1|5|7|-|-",
		    "2|running|-|1|7|11|-|-", "2|waiting|read|-|11|11|-|-",
		    "2|running|-|0|17|19|-|-", "2|running|-|1|29|31|-|-",
		    "2|waiting|read|-|31|37|-|-", "2|running|-|1|41|43|-|-",
		    "2|waiting|-|-|43|43|-|-", "2|waiting|-|-|47|53|-|-",
		    "2|ready|woken|1|53|53|-|-");
	records_free(r);
}

/* Two CPUs' records lie in the ring buffer in the order of their places there. */
static void out_of_order(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_in(r, 7, 2, 1);
	put_ready(r, 5, 2, 1, 1);
	put_new(r, 3, 2, 1, 102, FORK);
	put_ready(r, 19, 2, 0, 0);
	put_wake(r, 17, 2, 1);
	put_out(r, 11, 2, 1, 2, "fsync");
	put_in(r, 23, 2, 0);
	put_finish(r, 29, 0);
	correlate_now(r);

	ASSERT_ROWS(r, STATES, "2|new|-|-|3|5|-|-", "2|ready|new|1|5|7|-|-",
		    "2|running|-|1|7|11|-|-", "2|waiting|fsync|-|11|19|1|waker",
		    "2|ready|woken|0|19|23|-|-", "2|running|-|0|23|-|-|-");
	records_free(r);
}

static void in_a_fault_and_in_an_interrupt(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_switch_out out = {
		.event = EVENT_ON(11, 2, FL_SWITCH_OUT, 1),
		.prev_state = 2,
		.syscall = call_number("read"),
		.in_fault = 1,
	};
	struct fl_waking waking = {
		.event = EVENT(13, 2, FL_WAKING),
		.waker = 1,
		.waker_tid = 101,
		.in_irq = 1,
		.waker_comm = "bystander",
	};
	struct fl_migrate migrate = { .event = EVENT(19, 2, FL_MIGRATE),
				      .from_cpu = 0,
				      .to_cpu = 1 };

	(void)state;
	new_and_gone(r);
	PUT(r, out);
	PUT(r, waking);
	put_ready(r, 17, 2, 0, 0);
	PUT(r, migrate);
	put_in(r, 23, 2, 1);
	put_finish(r, 29, 0);
	correlate_now(r);

	ASSERT_ROWS(r, STATES, "2|new|-|-|3|5|-|-", "2|ready|new|1|5|7|-|-",
		    "2|running|-|1|7|11|-|-", "2|waiting|fault|-|11|17|-|-",
		    "2|ready|woken|1|17|23|-|-", "2|running|-|1|23|-|-|-");
	records_free(r);
}

/* A task lends its priority to another one, which then has its own again; task 0 is not ours. */
static void priorities(void **state)
{
	struct stream_of_records *r = records_new();
	struct fl_prio raised = {
		.event = EVENT(11, 2, FL_PRIO), .old_prio = 89, .new_prio = 69, .donor = 1
	};
	struct fl_prio lowered = { .event = EVENT(13, 2, FL_PRIO), .old_prio = 69, .new_prio = 89 };
	struct fl_prio nobody = { .event = EVENT(17, 0, FL_PRIO), .old_prio = 120, .new_prio = 69 };

	(void)state;
	new_and_gone(r);
	PUT(r, raised);
	PUT(r, lowered);
	PUT(r, nobody);
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT * FROM priority ORDER BY t_ns", "2|11|89|69|1", "2|13|69|89|-");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_life),
		cmocka_unit_test(ways_to_sleep),
		cmocka_unit_test(reaped_before_the_last_switch),
		cmocka_unit_test(nobody_waits),
		cmocka_unit_test(old_leader_vanishes_at_exec),
		cmocka_unit_test(spurious_wake),
		cmocka_unit_test(lost_records_make_gaps),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(in_a_fault_and_in_an_interrupt),
		cmocka_unit_test(priorities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
