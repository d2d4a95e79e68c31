// SPDX-License-Identifier: GPL-2.0
/* Bytes written, laid beside bytes read. */
#include "record.h"

#define FORK 0x1200000

#define MESSAGES                                                                                   \
	"SELECT channel, object, from_task, to_task, bytes, sent_ns, received_ns "                 \
	"FROM message ORDER BY rowid"

static struct stream_of_records *three_tasks(void)
{
	struct stream_of_records *r = records_new();

	put_command(r, 101);
	put_new(r, 0, 2, 1, 102, FORK);
	put_new(r, 0, 3, 1, 103, FORK);
	return r;
}

static void partial_reads(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_io(r, 2, 3, 1, "write", 23, FL_FILE_PIPE, 47);
	put_io(r, 5, 7, 1, "writev", 7, FL_FILE_PIPE, 47);
	put_io(r, 1, 11, 2, "read", 11, FL_FILE_PIPE, 47);
	put_io(r, 12, 13, 2, "read", 13, FL_FILE_PIPE, 47);
	put_io(r, 14, 17, 3, "readv", 5, FL_FILE_PIPE, 47);
	/* another pipe, the end of a file, an error, a regular file */
	put_io(r, 18, 19, 1, "write", 3, FL_FILE_PIPE, 53);
	put_io(r, 20, 23, 2, "read", 0, FL_FILE_PIPE, 47);
	put_io(r, 24, 29, 2, "read", -11, FL_FILE_PIPE, 47);
	put_io(r, 30, 31, 2, "write", 3, FL_FILE_REGULAR, 47);
	put_finish(r, 37, 0);
	correlate_now(r);

	ASSERT_ROWS(r, MESSAGES, "pipe|pipe:[47]|1|2|11|2|11", "pipe|pipe:[47]|1|2|12|2|13",
		    "pipe|pipe:[47]|1|2|1|5|13", "pipe|pipe:[47]|1|3|5|5|17",
		    "pipe|pipe:[47]|1|-|1|5|-", "pipe|pipe:[53]|1|-|3|18|-");
	records_free(r);
}

/* More than the pipe holds: the write ends after reads have begun to take from it. */
static void a_write_that_blocks(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_io(r, 5, 7, 2, "read", 65536, FL_FILE_PIPE, 47);
	put_io(r, 2, 11, 1, "write", 100003, FL_FILE_PIPE, 47);
	put_io(r, 8, 13, 2, "read", 34467, FL_FILE_PIPE, 47);
	put_finish(r, 17, 0);
	correlate_now(r);

	ASSERT_ROWS(r, MESSAGES, "pipe|pipe:[47]|1|2|65536|2|7", "pipe|pipe:[47]|1|2|34467|2|13");
	records_free(r);
}

static void from_outside(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_io(r, 2, 3, 1, "write", 5, FL_FILE_FIFO, 47);
	put_io(r, 4, 7, 2, "read", 13, FL_FILE_FIFO, 47);
	/* began after that read had ended */
	put_io(r, 11, 13, 1, "write", 8, FL_FILE_FIFO, 47);
	put_io(r, 14, 17, 3, "read", 8, FL_FILE_FIFO, 47);
	put_finish(r, 19, 0);
	correlate_now(r);

	ASSERT_ROWS(r, MESSAGES, "fifo|fifo:[47]|1|2|5|2|7", "fifo|fifo:[47]|-|2|8|-|7",
		    "fifo|fifo:[47]|1|3|8|11|17");
	records_free(r);
}

static void both_ways_of_a_socket(void **state)
{
	struct stream_of_records *r = three_tasks();
	struct fl_syscall peek = {
		.event = EVENT(11, 2, FL_SYSCALL),
		.start_ns = T0 + 7,
		.ret = 5,
		.args = { 3, 0, 0, 2 },
		.nr = call_number("recvfrom"),
		.file_kind = FL_FILE_UNIX,
		.file = 71,
	};

	(void)state;
	put_io(r, 2, 3, 1, "sendto", 5, FL_FILE_UNIX, 71);
	PUT(r, peek);
	put_io(r, 12, 13, 2, "recvfrom", 5, FL_FILE_UNIX, 71);
	put_io(r, 14, 17, 2, "sendmsg", 7, FL_FILE_UNIX, 73);
	put_io(r, 18, 19, 1, "recvmsg", 7, FL_FILE_UNIX, 73);
	/* the same number is another stream if the kind differs */
	put_io(r, 22, 23, 3, "write", 11, FL_FILE_TCP, 71);
	put_finish(r, 29, 0);
	correlate_now(r);

	ASSERT_ROWS(r, MESSAGES, "unix|unix:[71]|1|2|5|2|13", "unix|unix:[73]|2|1|7|14|19",
		    "tcp|tcp:[71]|3|-|11|22|-");
	records_free(r);
}

static void datagrams_stay_apart(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_io(r, 2, 3, 1, "sendto", 23, FL_FILE_UDP, 71);
	put_io(r, 4, 5, 1, "sendto", 7, FL_FILE_UDP, 71);
	put_io(r, 6, 7, 1, "sendto", 3, FL_FILE_UDP, 71);
	/* the buffer was too small for the first: its rest is gone */
	put_io(r, 10, 11, 2, "recvfrom", 13, FL_FILE_UDP, 71);
	put_io(r, 12, 13, 2, "recvfrom", 7, FL_FILE_UDP, 71);
	put_finish(r, 17, 0);
	correlate_now(r);

	ASSERT_ROWS(r, MESSAGES, "udp|udp:[71]|1|2|13|2|11", "udp|udp:[71]|1|2|7|4|13",
		    "udp|udp:[71]|1|-|3|6|-");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partial_reads),        cmocka_unit_test(a_write_that_blocks),
		cmocka_unit_test(from_outside),         cmocka_unit_test(both_ways_of_a_socket),
		cmocka_unit_test(datagrams_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
