// SPDX-License-Identifier: GPL-2.0
/* States of sockets, packets and kernel threads become rows of tables of their own. */
#include "record.h"

#define SOCK_STATES                                                                                \
	"SELECT task, t_ns, sock, family, sport, dport, old_state, new_state "                     \
	"FROM sock_state ORDER BY t_ns"
#define PACKETS                                                                                    \
	"SELECT task, t_ns, protocol, sport, dport, len, payload, tcp_flags "                      \
	"FROM packet ORDER BY t_ns"

static void put_state(struct stream_of_records *r, uint64_t t, uint32_t task, uint64_t sock,
		      uint16_t family, uint16_t sport, uint16_t dport, uint8_t from, uint8_t to)
{
	struct fl_sock_state e = {
		.event = EVENT(t, task, FL_SOCK_STATE),
		.sock = sock,
		.family = family,
		.sport = sport,
		.dport = dport,
		.old_state = from,
		.new_state = to,
	};

	PUT(r, e);
}

static void put_packet(struct stream_of_records *r, uint64_t t, uint8_t protocol, uint16_t sport,
		       uint32_t len, uint16_t payload, uint8_t flags)
{
	struct fl_net_queue e = {
		.event = EVENT(t, 1, FL_NET_QUEUE),
		.len = len,
		.sport = sport,
		.dport = sport ? 7001 : 0,
		.protocol = protocol,
		.tcp_flags = flags,
		.payload = payload,
	};

	PUT(r, e);
}

static struct stream_of_records *command(void)
{
	struct stream_of_records *r = records_new();

	put_command(r, 101);
	return r;
}

static void finish(struct stream_of_records *r)
{
	put_end(r, 89, 1, 11, 0, 0);
	put_finish(r, 97, 0);
	correlate_now(r);
}

static void each_socket_has_a_number(void **state)
{
	struct stream_of_records *r = command();

	(void)state;
	put_state(r, 3, 1, 0xffff888000000700, 2, 0, 0, 7, 10);
	put_state(r, 5, 1, 0xffff888000000f00, 2, 0, 7001, 7, 2);
	put_state(r, 7, 1, 0xffff888000001100, 10, 7001, 40009, 10, 3);
	put_state(r, 11, 1, 0xffff888000000f00, 2, 40009, 7001, 2, 1);
	put_state(r, 13, 1, 0xffff888000001100, 3, 7001, 40009, 99, 12);
	finish(r);

	ASSERT_ROWS(r, SOCK_STATES, "1|3|1|inet|-|-|close|listen",
		    "1|5|2|inet|-|7001|close|syn_sent", "1|7|3|inet6|7001|40009|listen|syn_recv",
		    "1|11|2|inet|40009|7001|syn_sent|established",
		    "1|13|3|unknown|7001|40009|unknown|new_syn_recv");
	ASSERT_NO_ROWS(r, PACKETS);
	records_free(r);
}

static void packets_of_each_protocol(void **state)
{
	struct stream_of_records *r = command();

	(void)state;
	put_packet(r, 3, 6, 40009, 74, 0, 0x02);
	put_packet(r, 5, 6, 40009, 74, 0, 0x12);
	put_packet(r, 7, 6, 40009, 89, 23, 0x18);
	put_packet(r, 11, 6, 40009, 66, 0, 0xff);
	put_packet(r, 13, 6, 40009, 66, 0, 0);
	put_packet(r, 17, 17, 40013, 71, 29, 0);
	put_packet(r, 19, 1, 0, 98, 0, 0);
	put_packet(r, 23, 58, 0, 98, 0, 0);
	put_packet(r, 29, 132, 0, 101, 0, 0);
	finish(r);

	ASSERT_ROWS(r, PACKETS, "1|3|tcp|40009|7001|74|0|syn", "1|5|tcp|40009|7001|74|0|syn ack",
		    "1|7|tcp|40009|7001|89|23|psh ack",
		    "1|11|tcp|40009|7001|66|0|fin syn rst psh ack urg ece cwr",
		    "1|13|tcp|40009|7001|66|0|", "1|17|udp|40013|7001|71|29|-",
		    "1|19|icmp|-|-|98|-|-", "1|23|icmp6|-|-|98|-|-", "1|29|ip:132|-|-|101|-|-");
	ASSERT_NO_ROWS(r, SOCK_STATES);
	records_free(r);
}

/* The record of a socket may be all that there is of its task. */
static void a_task_that_was_not_seen(void **state)
{
	struct stream_of_records *r = command();

	(void)state;
	put_state(r, 3, 2, 0xffff888000000700, 2, 7001, 0, 10, 7);
	finish(r);

	ASSERT_ROWS(r, SOCK_STATES, "2|3|1|inet|7001|-|listen|close");
	ASSERT_ROWS(r, "SELECT task, created_by FROM task ORDER BY task", "1|launch", "2|unknown");
	records_free(r);
}

/* Of all of them only who asks can be a traced task. */
static void kernel_threads(void **state)
{
	const struct fl_kthread records[] = {
		{ EVENT(3, 1, FL_KTHREAD), 2, 0, 101, FL_KTHREAD_ASK, 0, { 0 }, "kthreadd", "prog" },
		{ EVENT(5, 0, FL_KTHREAD), 211, 2, 2, FL_KTHREAD_BORN, 0, { 0 }, "one", "kthreadd" },
		{ EVENT(7, 0, FL_KTHREAD), 211, 2, 23, FL_KTHREAD_STOP, 0, { 0 }, "one", "kworker" },
		{ EVENT(11, 0, FL_KTHREAD), 211, 2, 211, FL_KTHREAD_EXIT, 1, { 0 }, "one", "one" },
	};
	struct stream_of_records *r = command();

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		PUT(r, records[i]);
	finish(r);

	ASSERT_ROWS(r, "SELECT * FROM kthread ORDER BY t_ns", "3|ask|2|kthreadd|0|0|1|101|prog",
		    "5|born|211|one|2|0|-|2|kthreadd", "7|stop|211|one|2|0|-|23|kworker",
		    "11|exit|211|one|2|1|-|211|one");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_socket_has_a_number),
		cmocka_unit_test(packets_of_each_protocol),
		cmocka_unit_test(a_task_that_was_not_seen),
		cmocka_unit_test(kernel_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
