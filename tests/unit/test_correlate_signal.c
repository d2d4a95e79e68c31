// SPDX-License-Identifier: GPL-2.0
/* Signals generated, merged, delivered, and those that kill. */
#include "record.h"

#define FORK 0x1200000
#define QUEUED 0
#define IGNORED 1
#define PENDING 2
#define HANDLER 0x401000
#define DEFAULT 0

#define SIGNALS                                                                                    \
	"SELECT signo, sender_task, receiver_task, generated_ns, result, delivered_ns, "           \
	"action, sender_comm FROM signal ORDER BY coalesce(generated_ns, delivered_ns), rowid"

static struct stream_of_records *two_threads(void)
{
	struct stream_of_records *r = records_new();

	put_command(r, 101);
	put_new(r, 2, 2, 1, 102, FORK);
	put_thread(r, 3, 3, 2, 2, 103, 102);
	return r;
}

static void coalesced(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	put_generate(r, 5, 1, 2, 10, QUEUED, 1);
	put_generate(r, 7, 1, 2, 10, PENDING, 1);
	put_generate(r, 11, 1, 2, 10, PENDING, 1);
	put_deliver(r, 13, 2, 10, HANDLER);
	put_generate(r, 17, 1, 2, 17, IGNORED, 1);
	put_generate(r, 19, 1, 2, 10, QUEUED, 1);
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "10|1|2|5|delivered|13|handler|sender",
		    "10|1|2|7|already_pending|-|-|sender", "10|1|2|11|already_pending|-|-|sender",
		    "17|1|2|17|ignored|-|-|sender", "10|1|2|19|delivered|-|-|sender");
	records_free(r);
}

static void to_a_thread_and_to_the_process(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	/* the process's may go to any thread; a thread takes its own first */
	put_generate(r, 5, 1, 2, 10, QUEUED, 1);
	put_generate(r, 7, 0, 3, 10, QUEUED, 0);
	put_deliver(r, 11, 3, 10, HANDLER);
	put_deliver(r, 13, 3, 10, HANDLER);
	/* another thread cannot take what was sent to this one */
	put_generate(r, 17, 2, 3, 12, QUEUED, 0);
	put_deliver(r, 19, 2, 12, HANDLER);
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "10|1|3|5|delivered|13|handler|sender",
		    "10|-|3|7|delivered|11|handler|sender", "12|2|3|17|delivered|-|-|sender",
		    "12|-|2|-|-|19|handler|-");
	records_free(r);
}

static void realtime_queues(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	put_generate(r, 5, 1, 2, 34, QUEUED, 1);
	put_generate(r, 7, 1, 2, 34, QUEUED, 1);
	put_generate(r, 11, 1, 2, 34, QUEUED, 1);
	put_deliver(r, 13, 2, 34, HANDLER);
	put_deliver(r, 17, 3, 34, HANDLER);
	put_finish(r, 19, 0);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "34|1|2|5|delivered|13|handler|sender",
		    "34|1|3|7|delivered|17|handler|sender", "34|1|2|11|delivered|-|-|sender");
	records_free(r);
}

/* SIGTERM to two threads: each is delivered a 9, and the status tells what it was. */
static void deadly_by_default(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	put_generate(r, 5, 1, 2, 15, QUEUED, 1);
	put_deliver(r, 7, 3, 9, DEFAULT);
	put_deliver(r, 11, 2, 9, DEFAULT);
	put_exit(r, 13, 3, 15, 0);
	put_exit(r, 17, 2, 15, 1);
	put_finish(r, 19, 0);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "15|1|3|5|delivered|7|default|sender", "9|-|2|-|-|11|default|-");
	ASSERT_ROWS(r, "SELECT task, exit_code, exit_signal FROM task WHERE task > 1 ORDER BY task",
		    "2|-|15", "3|-|15");
	records_free(r);
}

static void segv_takes_the_siblings(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	put_thread(r, 4, 4, 2, 2, 104, 102);
	put_generate(r, 5, 3, 3, 11, QUEUED, 0);
	put_deliver(r, 7, 3, 11, DEFAULT);
	put_deliver(r, 11, 2, 9, DEFAULT);
	put_deliver(r, 13, 4, 9, DEFAULT);
	put_exit(r, 17, 2, 11, 0);
	put_exit(r, 19, 3, 11, 0);
	put_exit(r, 23, 4, 11, 1);
	/* and the parent hears of it, though it does not listen */
	put_generate(r, 29, 4, 1, 17, IGNORED, 1);
	put_finish(r, 31, 0);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "11|3|3|5|delivered|7|default|sender", "9|-|2|-|-|11|default|-",
		    "9|-|4|-|-|13|default|-", "17|4|1|29|ignored|-|-|sender");
	records_free(r);
}

static void sigkill(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	put_generate(r, 5, 1, 2, 9, QUEUED, 1);
	put_deliver(r, 7, 2, 9, DEFAULT);
	put_deliver(r, 11, 3, 9, DEFAULT);
	put_exit(r, 13, 2, 9, 0);
	/* the recording ends before the other thread does */
	put_finish(r, 17, 1);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "9|1|2|5|delivered|7|default|sender", "9|-|3|-|-|11|default|-");
	records_free(r);
}

static void taken_without_a_delivery(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	put_generate(r, 5, 1, 2, 10, QUEUED, 1);
	put_call(r, 4, 7, 3, "rt_sigtimedwait", 10, 0, 0, 0, 0);
	/* by signalfd: the next is queued although this one was never delivered */
	put_generate(r, 11, 1, 2, 12, QUEUED, 1);
	put_generate(r, 13, 1, 2, 12, QUEUED, 1);
	put_deliver(r, 17, 2, 12, HANDLER);
	put_finish(r, 19, 0);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "10|1|3|5|delivered|7|wait|sender",
		    "12|1|2|11|delivered|-|-|sender", "12|1|2|13|delivered|17|handler|sender");
	records_free(r);
}

static void not_signals(void **state)
{
	struct stream_of_records *r = two_threads();

	(void)state;
	put_generate(r, 5, 1, 2, 65, 99, 1);
	put_deliver(r, 7, 2, 65, 1);
	put_deliver(r, 11, 2, -1, 1);
	put_finish(r, 13, 0);
	correlate_now(r);

	ASSERT_ROWS(r, SIGNALS, "65|1|2|5|unknown|-|-|sender", "65|-|2|-|-|7|ignore|-",
		    "-1|-|2|-|-|11|ignore|-");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coalesced),
		cmocka_unit_test(to_a_thread_and_to_the_process),
		cmocka_unit_test(realtime_queues),
		cmocka_unit_test(deadly_by_default),
		cmocka_unit_test(segv_takes_the_siblings),
		cmocka_unit_test(sigkill),
		cmocka_unit_test(taken_without_a_delivery),
		cmocka_unit_test(not_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
