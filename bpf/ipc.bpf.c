// SPDX-License-Identifier: GPL-2.0
/*
 * What the network does for the traced tasks: states of TCP connections and
 * packets handed to a device.
 *
 * Much of it happens in softirq, where the current task is whoever was
 * interrupted.  So sockets, connections and listeners of traced tasks are
 * remembered.  They enter the map with a state that only a system call leads to,
 * and a socket that a listener accepts with the listener's port.
 */
#include <bpf/bpf_endian.h>

#include "trace.bpf.h"

#define STATE_SYN_SENT 2
#define STATE_SYN_RECV 3
#define STATE_FIN_WAIT1 4
#define STATE_CLOSE 7
#define STATE_LAST_ACK 9
#define STATE_LISTEN 10

#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define IPV6_HEADER 40
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

/*
 * The task that one of these belongs to:
 * - a socket, by the address of struct sock, until it closes: its memory is soon a
 *   stranger's socket.
 * - a listener, by its port, until it closes.  Of several on one port the first
 *   that closes ends it.
 * - a connection, by both its ports.  It stays until newer ones push it out: a
 *   reset, and what a socket in TIME_WAIT answers, are sent after the close.
 *   With one port alone a stranger's connection elsewhere would be seen, since
 *   connect() may give a local port to several.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u32);
} net_owners SEC(".maps") __weak;

static __always_inline __u32 net_owner(__u64 key)
{
	__u32 *owner = bpf_map_lookup_elem(&net_owners, &key);

	return owner ? *owner : 0;
}

static __always_inline void net_own(__u64 key, __u32 task)
{
	bpf_map_update_elem(&net_owners, &key, &task, BPF_ANY);
}

static __always_inline void net_disown(__u64 key)
{
	bpf_map_delete_elem(&net_owners, &key);
}

/* The same for both directions; larger than a port, smaller than an address; 0: no connection. */
static __always_inline __u64 connection_key(__u16 port, __u16 other)
{
	if (!port || !other)
		return 0;
	return port < other ? (__u32)port << 16 | other : (__u32)other << 16 | port;
}

/* tcp_connect(), inet_listen(), tcp_close(), tcp_shutdown() */
static __always_inline bool entered_by_call(int state)
{
	return state == STATE_SYN_SENT || state == STATE_LISTEN || state == STATE_FIN_WAIT1 ||
	       state == STATE_LAST_ACK;
}

/* TP_PROTO(const struct sock *sk, const int oldstate, const int newstate) */
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(ipc_sock_state, struct sock *sk, int old_state, int new_state)
{
	__u64 key = (__u64)sk, connection;
	__u32 owner = net_owner(key), current;
	struct fl_sock_state *e;
	__u16 port, other;

	if (sk->sk_protocol != PROTOCOL_TCP)
		return 0;
	port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	other = bpf_ntohs(sk->__sk_common.skc_dport);
	if (entered_by_call(new_state)) {
		current = task_id(bpf_get_current_task_btf());
		owner = current ? current : owner;
	} else if (new_state == STATE_SYN_RECV) {
		owner = net_owner(port);
	}
	if (!owner)
		return 0;
	if (new_state == STATE_CLOSE)
		net_disown(key);
	else
		net_own(key, owner);
	if (new_state == STATE_LISTEN)
		net_own(port, owner);
	else if (old_state == STATE_LISTEN)
		net_disown(port);
	/* connect() has its port after SYN_SENT only: tcp_v4_connect() */
	connection = connection_key(port, other);
	if (connection)
		net_own(connection, owner);

	e = event_reserve(FL_SOCK_STATE, sizeof(*e), owner, bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->sock = key;
	e->family = sk->__sk_common.skc_family;
	e->sport = port;
	e->dport = other;
	e->old_state = old_state;
	e->new_state = new_state;
	event_submit(e);
	return 0;
}

struct packet {
	__u32 offset; /* of the transport header from skb->head */
	__u16 sport;
	__u16 dport;
	__u16 payload;
	__u8 protocol;
	__u8 tcp_flags;
};

/* Payload of PACKET whose transport header is HEADER bytes long; cut to what fits. */
static __always_inline void payload_set(struct packet *p, struct sk_buff *skb, __u32 header)
{
	__u64 data = (__u64)BPF_CORE_READ(skb, data), head = (__u64)BPF_CORE_READ(skb, head);
	__u32 start = p->offset - (__u32)(data - head) + header;
	__u32 length = skb->len > start ? skb->len - start : 0;

	p->payload = length < 0xffff ? length : 0xffff;
}

/*
 * False where it is not IP.  Extension headers of IPv6 are not followed, so that
 * behind one there is a protocol and nothing else.
 */
static __noinline bool packet_parse(struct sk_buff *skb, struct packet *p)
{
	__u16 type = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	__u32 network = BPF_CORE_READ(skb, network_header);
	unsigned char *head = BPF_CORE_READ(skb, head);
	__u16 ports[2] = {};
	__u8 byte = 0;

	if (type == ETHERTYPE_IP) {
		bpf_probe_read_kernel(&byte, 1, head + network);
		p->offset = network + (byte & 0xf) * 4;
		bpf_probe_read_kernel(&p->protocol, 1, head + network + 9);
	} else if (type == ETHERTYPE_IPV6) {
		p->offset = network + IPV6_HEADER;
		bpf_probe_read_kernel(&p->protocol, 1, head + network + 6);
	} else {
		return false;
	}
	if (p->protocol != PROTOCOL_TCP && p->protocol != PROTOCOL_UDP)
		return true;
	bpf_probe_read_kernel(ports, sizeof(ports), head + p->offset);
	p->sport = bpf_ntohs(ports[0]);
	p->dport = bpf_ntohs(ports[1]);
	if (p->protocol == PROTOCOL_TCP) {
		bpf_probe_read_kernel(&byte, 1, head + p->offset + 12);
		bpf_probe_read_kernel(&p->tcp_flags, 1, head + p->offset + 13);
		payload_set(p, skb, (byte >> 4) * 4);
	} else {
		payload_set(p, skb, 8);
	}
	return true;
}

/*
 * TP_PROTO(struct sk_buff *skb)
 *
 * TCP is traced by socket and ports, so that acknowledgements sent from a softirq
 * or a timer are there whoever is interrupted, and other people's are not.
 * Everything else is traced when a traced task is current and a socket that
 * somebody opened sends it: the kernel's own have no file.
 */
SEC("?tp_btf/net_dev_queue")
int BPF_PROG(ipc_net_queue, struct sk_buff *skb)
{
	struct task_state *s = task_state(bpf_get_current_task_btf());
	struct packet p = {};
	struct fl_net_queue *e;
	__u32 task = s ? s->task : 0;

	if (!packet_parse(skb, &p))
		return 0;
	if (p.protocol == PROTOCOL_TCP) {
		__u32 owner = net_owner((__u64)BPF_CORE_READ(skb, sk));

		owner = owner ? owner : net_owner(p.sport);
		owner = owner ? owner : net_owner(p.dport);
		owner = owner ? owner : net_owner(connection_key(p.sport, p.dport));
		if (!owner)
			return 0;
		task = task ? task : owner;
	} else if (!task || !BPF_CORE_READ(skb, sk, sk_socket, file)) {
		return 0;
	}
	e = event_reserve(FL_NET_QUEUE, sizeof(*e), task, bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->len = skb->len;
	e->sport = p.sport;
	e->dport = p.dport;
	e->protocol = p.protocol;
	e->tcp_flags = p.tcp_flags;
	e->payload = p.payload;
	e->reserved = 0;
	event_submit(e);
	return 0;
}
