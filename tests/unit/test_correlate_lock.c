// SPDX-License-Identifier: GPL-2.0
/* File locks and futexes: request, grant, release, and who was in the way. */
#include "record.h"

#define FORK 0x1200000
#define READ 0
#define WRITE 1
#define UNLOCK 2
#define GRANTED 0
#define QUEUED 1
#define EVERYTHING 0x7fffffffffffffffULL
#define EAGAIN_RET (-11)
#define EINTR_RET (-4)

#define WAIT_PRIVATE 128
#define WAKE_PRIVATE 129
#define WAIT_SHARED 0
#define WAKE_SHARED 1

#define LOCKS                                                                                      \
	"SELECT task, kind, object, op, request_ns, granted_ns, released_ns, blocked_by, ret "     \
	"FROM lock ORDER BY request_ns, rowid"

static struct stream_of_records *three_tasks(void)
{
	struct stream_of_records *r = records_new();

	put_command(r, 101);
	put_new(r, 0, 2, 1, 102, FORK);
	put_new(r, 0, 3, 1, 103, FORK);
	return r;
}

static void flock_waits_for_its_holder(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_lock(r, 3, 1, 71, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_call(r, 2, 5, 1, "flock", 0, 3, 2, 0, 0);
	put_lock(r, 11, 2, 72, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, QUEUED);
	put_lock(r, 13, 3, 73, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, EAGAIN_RET);
	put_call(r, 12, 17, 3, "flock", EAGAIN_RET, 3, 6, 0, 0);
	put_lock(r, 23, 1, 71, FL_LOCK_FLOCK, UNLOCK, 0, EVERYTHING, GRANTED);
	put_call(r, 19, 29, 1, "flock", 0, 3, 8, 0, 0);
	put_lock(r, 31, 2, 72, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_call(r, 7, 37, 2, "flock", 0, 3, 2, 0, 0);
	/* by its last close, at its exit */
	put_lock(r, 41, 2, 72, FL_LOCK_FLOCK, UNLOCK, 0, EVERYTHING, GRANTED);
	put_finish(r, 43, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LOCKS, "1|flock|inode:[47]|write|2|3|23|-|0",
		    "2|flock|inode:[47]|write|7|31|41|1|0", "3|flock|inode:[47]|write|12|-|-|1|-11",
		    "1|flock|inode:[47]|unlock|19|23|-|-|0",
		    "2|flock|inode:[47]|unlock|41|41|-|-|0");
	records_free(r);
}

static void owners_have_numbers(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_lock(r, 3, 1, 0xffff888000000047, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_lock(r, 5, 2, 0xffff888000000053, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, EAGAIN_RET);
	put_lock(r, 7, 3, 0xffff888000000047, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_call(r, 11, 13, 1, "futex", 0, 0x7001, WAKE_PRIVATE, 1, 0);
	put_finish(r, 17, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT task, owner FROM lock ORDER BY request_ns", "1|1", "2|2", "3|1",
		    "1|-");
	records_free(r);
}

static void ranges_are_told(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_lock(r, 3, 1, 71, FL_LOCK_POSIX, WRITE, 23, 46, GRANTED);
	put_lock(r, 5, 2, 72, FL_LOCK_OFD, READ, 101, EVERYTHING, GRANTED);
	put_lock(r, 7, 3, 73, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_finish(r, 11, 0);
	correlate_now(r);

	ASSERT_ROWS(r, "SELECT task, first_byte, last_byte FROM lock ORDER BY request_ns",
		    "1|23|46", "2|101|-", "3|-|-");
	records_free(r);
}

/* The kernel tells of what is held after a lock, with all that touches it. */
static void merged_ranges_are_told_apart(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_lock(r, 2, 1, 71, FL_LOCK_POSIX, READ, 26, 535, GRANTED);
	put_lock(r, 3, 1, 71, FL_LOCK_POSIX, WRITE, 25, 25, GRANTED);
	put_lock(r, 5, 1, 71, FL_LOCK_POSIX, WRITE, 24, 25, GRANTED);
	put_lock(r, 7, 1, 71, FL_LOCK_POSIX, WRITE, 24, 535, GRANTED);
	/* the same again; and between two */
	put_lock(r, 11, 1, 71, FL_LOCK_POSIX, WRITE, 24, 535, GRANTED);
	put_lock(r, 13, 1, 71, FL_LOCK_POSIX, UNLOCK, 24, 535, GRANTED);
	put_lock(r, 17, 2, 72, FL_LOCK_POSIX, WRITE, 0, 2, GRANTED);
	put_lock(r, 19, 2, 72, FL_LOCK_POSIX, WRITE, 5, 6, GRANTED);
	put_lock(r, 23, 2, 72, FL_LOCK_POSIX, WRITE, 0, 6, GRANTED);
	put_lock(r, 29, 2, 72, FL_LOCK_POSIX, UNLOCK, 0, EVERYTHING, GRANTED);
	put_finish(r, 31, 0);
	correlate_now(r);

	ASSERT_ROWS(r,
		    "SELECT task, op, first_byte, last_byte, request_ns, released_ns FROM lock "
		    "WHERE op <> 'unlock' ORDER BY request_ns",
		    "1|read|26|535|2|7", "1|write|25|25|3|11", "1|write|24|24|5|11",
		    "1|write|26|535|7|11", "1|write|24|535|11|13", "2|write|0|2|17|29",
		    "2|write|5|6|19|29", "2|write|3|4|23|29");
	records_free(r);
}

/* The next holder's record may come before that of the unlock that let it in. */
static void grant_overtakes_the_unlock(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_lock(r, 3, 1, 71, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_lock(r, 5, 2, 72, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, QUEUED);
	put_lock(r, 11, 2, 72, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_lock(r, 13, 1, 71, FL_LOCK_FLOCK, UNLOCK, 0, EVERYTHING, GRANTED);
	put_lock(r, 17, 3, 73, FL_LOCK_FLOCK, READ, 0, EVERYTHING, QUEUED);
	put_finish(r, 19, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LOCKS, "1|flock|inode:[47]|write|3|3|11|-|0",
		    "2|flock|inode:[47]|write|5|11|-|1|0", "1|flock|inode:[47]|unlock|13|13|-|-|0",
		    "3|flock|inode:[47]|read|17|-|-|2|-");
	records_free(r);
}

static void posix_ranges(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_lock(r, 2, 1, 71, FL_LOCK_POSIX, WRITE, 0, 99, GRANTED);
	put_lock(r, 3, 2, 72, FL_LOCK_POSIX, WRITE, 100, 199, GRANTED);
	/* flock and fcntl do not see each other; POSIX and OFD do */
	put_lock(r, 5, 3, 73, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_lock(r, 7, 3, 73, FL_LOCK_OFD, READ, 150, 160, EAGAIN_RET);
	/* the middle goes, then the rest in one go */
	put_lock(r, 11, 1, 71, FL_LOCK_POSIX, UNLOCK, 23, 46, GRANTED);
	put_lock(r, 13, 2, 72, FL_LOCK_POSIX, WRITE, 30, 40, GRANTED);
	put_lock(r, 17, 2, 72, FL_LOCK_POSIX, WRITE, 20, 40, EAGAIN_RET);
	put_lock(r, 19, 1, 71, FL_LOCK_POSIX, UNLOCK, 0, EVERYTHING, GRANTED);
	/* nothing left to give back: no row */
	put_lock(r, 23, 1, 71, FL_LOCK_POSIX, UNLOCK, 0, EVERYTHING, GRANTED);
	put_finish(r, 29, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LOCKS, "1|posix|inode:[47]|write|2|2|19|-|0",
		    "2|posix|inode:[47]|write|3|3|-|-|0", "3|flock|inode:[47]|write|5|5|-|-|0",
		    "3|ofd|inode:[47]|read|7|-|-|2|-11", "1|posix|inode:[47]|unlock|11|11|-|-|0",
		    "2|posix|inode:[47]|write|13|13|-|-|0", "2|posix|inode:[47]|write|17|-|-|1|-11",
		    "1|posix|inode:[47]|unlock|19|19|-|-|0");
	records_free(r);
}

static void converted_and_interrupted(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_lock(r, 2, 1, 71, FL_LOCK_FLOCK, READ, 0, EVERYTHING, GRANTED);
	put_lock(r, 3, 2, 72, FL_LOCK_FLOCK, READ, 0, EVERYTHING, GRANTED);
	put_lock(r, 5, 2, 72, FL_LOCK_FLOCK, UNLOCK, 0, EVERYTHING, GRANTED);
	put_lock(r, 7, 1, 71, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_lock(r, 13, 2, 72, FL_LOCK_FLOCK, READ, 0, EVERYTHING, QUEUED);
	put_call(r, 11, 17, 2, "flock", EINTR_RET, 3, 1, 0, 0);
	put_lock(r, 23, 2, 72, FL_LOCK_FLOCK, READ, 0, EVERYTHING, QUEUED);
	put_finish(r, 29, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LOCKS, "1|flock|inode:[47]|read|2|2|7|-|0",
		    "2|flock|inode:[47]|read|3|3|5|-|0", "2|flock|inode:[47]|unlock|5|5|-|-|0",
		    "1|flock|inode:[47]|write|7|7|-|-|0", "2|flock|inode:[47]|read|11|-|-|1|-4",
		    "2|flock|inode:[47]|read|23|-|-|1|-");
	records_free(r);
}

static void named_by_its_open(void **state)
{
	struct stream_of_records *r = three_tasks();
	struct fl_syscall open = {
		.event = EVENT(3, 1, FL_SYSCALL),
		.start_ns = T0 + 2,
		.ret = 3,
		.nr = call_number("openat"),
		.file_kind = FL_FILE_REGULAR,
		.file = 47,
		.data = "counter",
		.data_len = 7,
	};

	(void)state;
	PUT(r, open);
	put_lock(r, 5, 1, 71, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	put_finish(r, 7, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LOCKS, "1|flock|counter|write|5|5|-|-|0");
	ASSERT_ROWS(r,
		    "SELECT name, CAST(data AS TEXT), typeof(data), file_kind, file FROM syscall",
		    "openat|counter|blob|regular|47");
	records_free(r);
}

/* Files of one number on two file systems; only the other one was opened here. */
static void on_two_file_systems(void **state)
{
	struct stream_of_records *r = three_tasks();
	struct fl_syscall open = {
		.event = EVENT(3, 1, FL_SYSCALL),
		.start_ns = T0 + 2,
		.ret = 3,
		.nr = call_number("openat"),
		.device = 29,
		.file_kind = FL_FILE_REGULAR,
		.file = 47,
		.data = "counter",
		.data_len = 7,
	};
	struct fl_file_lock lock = {
		.event = EVENT(7, 2, FL_FILE_LOCK),
		.inode = 47,
		.owner = 73,
		.end = EVERYTHING,
		.kind = FL_LOCK_FLOCK,
		.op = WRITE,
		.device = 29,
	};

	(void)state;
	PUT(r, open);
	put_lock(r, 5, 1, 71, FL_LOCK_FLOCK, WRITE, 0, EVERYTHING, GRANTED);
	PUT(r, lock);
	put_finish(r, 11, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LOCKS, "1|flock|inode:[47]|write|5|5|-|-|0",
		    "2|flock|counter|write|7|7|-|-|0");
	records_free(r);
}

static void more_ranges_than_are_kept(void **state)
{
	struct stream_of_records *r = three_tasks();
	uint64_t i;

	(void)state;
	for (i = 0; i < 1009; i++)
		put_lock(r, 2 + i, 1, 71, FL_LOCK_POSIX, WRITE, 2 * i, 2 * i, GRANTED);
	put_lock(r, 1013, 1, 71, FL_LOCK_POSIX, UNLOCK, 0, EVERYTHING, GRANTED);
	put_finish(r, 1019, 0);
	correlate_now(r);

	ASSERT_ROWS(
		r,
		"SELECT op, count(*), count(granted_ns), count(released_ns) FROM lock GROUP BY op",
		"unlock|1|1|0", "write|1009|1009|512");
	records_free(r);
}

static void futex(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_thread(r, 1, 4, 2, 2, 104, 102);
	/* two threads of a process; another process has a futex at the same address */
	put_call(r, 2, 11, 2, "futex", 0, 0x7000, WAIT_PRIVATE, 2, 0);
	put_call(r, 3, 5, 3, "futex", 1, 0x7000, WAKE_PRIVATE, 1, 0);
	/* the one that is woken may be back before the one that wakes */
	put_call(r, 7, 13, 4, "futex", 1, 0x7000, WAKE_PRIVATE, 1, 0);
	put_call(r, 17, 19, 4, "futex", -11, 0x7000, WAIT_PRIVATE, 1, 0);
	/* shared between processes */
	put_call(r, 23, 31, 1, "futex", 0, 0x9000, WAIT_SHARED, 0, 0);
	put_call(r, 29, 37, 3, "futex", 1, 0x9000, WAKE_SHARED, 1, 0);
	/* woken by nobody that we see: that wake-up woke no one */
	put_call(r, 41, 53, 1, "futex", 0, 0x9000, WAIT_SHARED, 0, 0);
	put_call(r, 43, 47, 3, "futex", 0, 0x9000, WAKE_SHARED, 1, 0);
	put_finish(r, 59, 0);
	correlate_now(r);

	ASSERT_ROWS(r, LOCKS, "2|futex|futex:0x7000|wait|2|11|-|4|0",
		    "3|futex|futex:0x7000|wake|3|5|-|-|1", "4|futex|futex:0x7000|wake|7|13|-|-|1",
		    "4|futex|futex:0x7000|wait|17|-|-|-|-11",
		    "1|futex|futex:0x9000|wait|23|31|-|3|0",
		    "3|futex|futex:0x9000|wake|29|37|-|-|1",
		    "1|futex|futex:0x9000|wait|41|53|-|-|0",
		    "3|futex|futex:0x9000|wake|43|47|-|-|0");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flock_waits_for_its_holder),
		cmocka_unit_test(owners_have_numbers),
		cmocka_unit_test(ranges_are_told),
		cmocka_unit_test(merged_ranges_are_told_apart),
		cmocka_unit_test(grant_overtakes_the_unlock),
		cmocka_unit_test(posix_ranges),
		cmocka_unit_test(converted_and_interrupted),
		cmocka_unit_test(named_by_its_open),
		cmocka_unit_test(on_two_file_systems),
		cmocka_unit_test(more_ranges_than_are_kept),
		cmocka_unit_test(futex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
