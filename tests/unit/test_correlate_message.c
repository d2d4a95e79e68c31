// SPDX-License-Identifier: GPL-2.0
/* Bytes written, laid beside bytes read. */
#include "record.h"

#define FORK 0x1200000

#define MESSAGES                                                                                   \
	"SELECT channel, object, from_task, to_task, bytes, sent_ns, received_ns "                 \
	"FROM message ORDER BY rowid"
#define PACKETS                                                                                    \
	"SELECT channel, from_task, to_task, bytes, cut_bytes, sent_ns, received_ns "              \
	"FROM message ORDER BY rowid"

struct packet {
	uint64_t start, end;
	uint32_t task;
	const char *call;
	int64_t ret;
	uint64_t room, flags; /* the third and the fourth argument */
	uint16_t from_port;
	uint8_t kind;
};

#define PUT_PACKET(r, s, e, t, name, n, ...)                                                       \
	put_packet(r, (struct packet){ .start = (s),                                               \
				       .end = (e),                                                 \
				       .task = (t),                                                \
				       .call = (name),                                             \
				       .ret = (n),                                                 \
				       __VA_ARGS__ })

/* All through one socket. */
static void put_packet(struct stream_of_records *r, struct packet p)
{
	struct fl_syscall e = {
		.event = EVENT(p.end, p.task, FL_SYSCALL),
		.start_ns = T0 + p.start,
		.ret = p.ret,
		.args = { 3, 0, p.room, p.flags },
		.nr = call_number(p.call),
		.from_port = p.from_port,
		.file_kind = p.kind ? p.kind : FL_FILE_UDP,
		.file = 71,
	};

	PUT(r, e);
}

static void put_transfer(struct stream_of_records *r, uint64_t start, uint64_t end, uint32_t task,
			 uint64_t bytes, uint32_t flags, uint8_t kind, uint8_t sends)
{
	struct fl_transfer e = {
		.event = EVENT(end, task, FL_TRANSFER),
		.start_ns = T0 + start,
		.file = 71,
		.bytes = bytes,
		.flags = flags,
		.file_kind = kind,
		.sends = sends,
	};

	PUT(r, e);
}

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
	PUT_PACKET(r, 2, 3, 1, "sendto", 23, .room = 0);
	PUT_PACKET(r, 4, 5, 1, "sendto", 7, .room = 0);
	PUT_PACKET(r, 6, 7, 1, "sendto", 3, .room = 0);
	/* the buffer was too small for the first: its rest is gone */
	PUT_PACKET(r, 10, 11, 2, "recvfrom", 13, .room = 13);
	PUT_PACKET(r, 12, 13, 2, "recvfrom", 7, .room = 13);
	put_finish(r, 17, 0);
	correlate_now(r);

	ASSERT_ROWS(r, PACKETS, "udp|1|2|13|10|2|11", "udp|1|2|7|0|4|13", "udp|1|-|3|0|6|-");
	records_free(r);
}

/* Two send at once; the port, or else the size, tells whose packet it was. */
static void whose_packet(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	PUT_PACKET(r, 2, 5, 1, "sendto", 7, .from_port = 40009);
	PUT_PACKET(r, 2, 6, 3, "sendto", 7, .from_port = 40013);
	PUT_PACKET(r, 2, 7, 1, "sendto", 11, .from_port = 40009);
	PUT_PACKET(r, 8, 9, 3, "write", 5, .room = 0);
	PUT_PACKET(r, 3, 10, 2, "recvfrom", 7, .room = 64, .from_port = 40013);
	PUT_PACKET(r, 11, 12, 2, "read", 11, .room = 64);
	/* as large as the buffer: it may have been larger */
	PUT_PACKET(r, 13, 14, 2, "read", 5, .room = 5);
	PUT_PACKET(r, 15, 16, 2, "readv", 4, .room = 0);
	/* of nobody here; and the end, which is none */
	PUT_PACKET(r, 17, 18, 2, "recvfrom", 9, .room = 64);
	PUT_PACKET(r, 19, 20, 2, "recvfrom", 0, .room = 64);
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, PACKETS, "udp|3|2|7|0|2|10", "udp|1|2|11|0|2|12", "udp|1|2|5|2|2|14",
		    "udp|3|2|4|1|8|16", "udp|-|2|9|0|-|18");
	records_free(r);
}

/* What the flags say: taken in part, only looked at, asked for the size of all, an error. */
static void packets_and_flags(void **state)
{
	const uint8_t kind = FL_FILE_UNIX_PACKET;
	struct stream_of_records *r = three_tasks();

	(void)state;
	PUT_PACKET(r, 2, 3, 1, "sendmsg", 13, .kind = kind);
	PUT_PACKET(r, 4, 5, 1, "sendmsg", 17, .kind = kind);
	PUT_PACKET(r, 6, 7, 1, "sendto", 19, .kind = kind);
	PUT_PACKET(r, 8, 9, 1, "sendto", 0, .kind = kind);
	PUT_PACKET(r, 10, 11, 2, "recvmsg", 13, .room = 0x2, .kind = kind);
	PUT_PACKET(r, 10, 11, 2, "recvmsg", 13, .room = 0x2000, .kind = kind);
	PUT_PACKET(r, 12, 13, 2, "recvfrom", 13, .room = 64, .flags = 0x2, .kind = kind);
	/* the first is not larger than this, so it is the second */
	PUT_PACKET(r, 14, 15, 2, "recvmsg", 13, .flags = 0x20, .kind = kind);
	PUT_PACKET(r, 16, 17, 2, "recvfrom", 19, .room = 1, .flags = 0x20, .kind = kind);
	PUT_PACKET(r, 18, 19, 2, "recvmsg", 0, .kind = kind);
	PUT_PACKET(r, 20, 21, 2, "recvmsg", 13, .kind = kind);
	put_finish(r, 23, 0);
	correlate_now(r);

	ASSERT_ROWS(r, PACKETS, "unix|1|2|13|4|4|15", "unix|1|2|1|18|6|17", "unix|1|2|0|0|8|19",
		    "unix|1|2|13|0|2|21");
	records_free(r);
}

/* Calls of which each message, or each file, has a record of its own. */
static void transfers(void **state)
{
	struct stream_of_records *r = three_tasks();

	(void)state;
	put_transfer(r, 2, 3, 1, 23, 0, FL_FILE_UDP, 1);
	put_transfer(r, 2, 3, 1, 0, 0, FL_FILE_UDP, 1);
	PUT_PACKET(r, 2, 3, 1, "sendmmsg", 2, .room = 0);
	put_transfer(r, 4, 5, 2, 11, 0x20, FL_FILE_UDP, 0);
	put_transfer(r, 4, 5, 2, 0, 0, FL_FILE_UDP, 0);
	PUT_PACKET(r, 4, 5, 2, "recvmmsg", 2, .room = 0);
	/* from one pipe to another; what is copied is not read */
	put_io(r, 6, 7, 1, "write", 29, FL_FILE_PIPE, 47);
	put_io(r, 8, 9, 2, "tee", 29, FL_FILE_PIPE, 47);
	put_transfer(r, 8, 9, 2, 29, 0, FL_FILE_PIPE, 1);
	put_io(r, 10, 11, 2, "splice", 29, FL_FILE_PIPE, 47);
	put_transfer(r, 10, 11, 2, 29, 0, FL_FILE_REGULAR, 1);
	put_io(r, 12, 13, 3, "vmsplice", 29, FL_FILE_PIPE, 71);
	put_transfer(r, 12, 13, 3, 29, 0, FL_FILE_PIPE, 0);
	/* nothing is no message where messages are not kept apart */
	put_transfer(r, 14, 15, 3, 0, 0, FL_FILE_TCP, 1);
	put_finish(r, 17, 0);
	correlate_now(r);

	ASSERT_ROWS(r, PACKETS, "udp|1|2|11|12|2|5", "udp|1|2|0|0|2|5", "pipe|1|2|29|0|6|11",
		    "pipe|2|3|29|0|8|13");
	ASSERT_NO_ROWS(r, "SELECT kind, n FROM loss");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partial_reads),        cmocka_unit_test(a_write_that_blocks),
		cmocka_unit_test(from_outside),         cmocka_unit_test(both_ways_of_a_socket),
		cmocka_unit_test(datagrams_stay_apart), cmocka_unit_test(whose_packet),
		cmocka_unit_test(packets_and_flags),    cmocka_unit_test(transfers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
