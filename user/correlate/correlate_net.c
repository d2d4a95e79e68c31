// SPDX-License-Identifier: GPL-2.0
/* States of TCP sockets, packets handed to a network device, and the kernel's own threads. */
#include <netinet/in.h>
#include <stdio.h>

#include "correlate/correlate_private.h"
#include "record/names.h"

/* A port that is not known yet is 0. */
static struct cell cell_port(__u16 port)
{
	return port ? cell_int(port) : cell_null();
}

static int sock_state(struct correlation *c, const struct fl_sock_state *e)
{
	__u32 sock = map_number(&c->sock_ids, e->sock);

	if (!sock)
		return correlate_no_memory(c);
	return ROW_ADD(c, ROW_SOCK_STATE, cell_id(e->event.task), cell_time(c, e->event.t_ns),
		       cell_int(sock), cell_text(names_family(e->family)), cell_port(e->sport),
		       cell_port(e->dport), cell_text(names_tcp_state(e->old_state)),
		       cell_text(names_tcp_state(e->new_state)));
}

static void describe_flags(char *buf, size_t size, __u8 flags)
{
	static const char *const words[] = {
		"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"
	};
	size_t used = 0, i;

	buf[0] = '\0';
	for (i = 0; i < sizeof(words) / sizeof(words[0]) && used < size; i++)
		if (flags & 1 << i)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
						 words[i]);
}

static int packet(struct correlation *c, const struct fl_net_queue *e)
{
	bool tcp = e->protocol == IPPROTO_TCP, ports = tcp || e->protocol == IPPROTO_UDP;
	char flags[40], number[16];
	const char *protocol = names_protocol(e->protocol);

	if (!protocol) {
		snprintf(number, sizeof(number), "ip:%u", e->protocol);
		protocol = number;
	}
	describe_flags(flags, sizeof(flags), e->tcp_flags);
	return ROW_ADD(c, ROW_PACKET, cell_id(e->event.task), cell_time(c, e->event.t_ns),
		       cell_text(protocol), ports ? cell_int(e->sport) : cell_null(),
		       ports ? cell_int(e->dport) : cell_null(), cell_int(e->len),
		       ports ? cell_int(e->payload) : cell_null(), cell_text(tcp ? flags : NULL));
}

int net_record(struct correlation *c, const struct fl_event *event)
{
	int err = task_need(c, event->task);

	if (err)
		return err;
	return event->type == FL_SOCK_STATE ? sock_state(c, (const struct fl_sock_state *)event) :
					      packet(c, (const struct fl_net_queue *)event);
}

int kthread_record(struct correlation *c, const struct fl_event *event)
{
	const struct fl_kthread *e = (const struct fl_kthread *)event;
	int err = task_need(c, event->task);

	if (err)
		return err;
	return ROW_ADD(c, ROW_KTHREAD, cell_time(c, event->t_ns), cell_text(names_kthread(e->what)),
		       cell_int(e->tid), cell_chars(e->comm, FL_COMM_LEN), cell_int(e->parent),
		       cell_int(e->has_mm), cell_id(event->task), cell_int(e->by_tid),
		       cell_chars(e->by_comm, FL_COMM_LEN));
}

void net_free(struct correlation *c)
{
	map_free(&c->sock_ids);
}
