/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What calls move beyond the bytes of one stream: the ends of packets, the messages
 * of sendmmsg() and recvmmsg(), and the second file of splice() and the like.
 */
#ifndef TRANSFER_BPF_H
#define TRANSFER_BPF_H

#include "ipc.bpf.h"

#define FLAG_PEEK 0x2        /* MSG_PEEK: the message stays ... */
#define FLAG_ERRQUEUE 0x2000 /* MSG_ERRQUEUE: ... and this is none */
#define MAX_HEADERS 1024     /* UIO_MAXIOV: __sys_sendmmsg(), do_recvmmsg() */
#define MODE_WRITE 2         /* FMODE_WRITE */

/* struct user_msghdr, and struct mmsghdr, whose last member is the number of bytes moved. */
struct header {
	__u64 name;
	__u32 name_length;
	__u32 hole;
	__u64 parts, nr_parts, control, control_length;
	__u32 flags;
	__u32 hole2;
};

struct multi_header {
	struct header header;
	__u32 bytes;
	__u32 hole;
};

/* User memory that is absent must not look like a fault of the task's own. */
static __always_inline int user_read(struct task_state *s, void *to, __u32 size, __u64 from)
{
	int err;

	s->probing = true;
	err = bpf_probe_read_user(to, size, (const void *)from);
	s->probing = false;
	return err;
}

/* A packet, and where the call that sends or received it has the address of the other end. */
struct packet_call {
	__u64 fd;
	__u64 name; /* user's address of a struct sockaddr; 0: none */
	__u32 name_length;
	__u8 kind; /* enum fl_file_kind */
	bool sends;
	__u16 from_port;
	__u64 file;
};

static __always_inline bool is_packet(__u8 kind)
{
	return kind == FL_FILE_UDP || kind == FL_FILE_UNIX_PACKET;
}

/*
 * Fill in from_port, and file where the call names who is to get it.  inet_sport is
 * there after the first send: inet_autobind().
 */
SHARED int packet_ends(struct task_state *s, struct packet_call *p)
{
	struct file *file = p ? file_of(p->fd) : NULL;
	struct socket *socket = file ? BPF_CORE_READ(file, private_data) : NULL;
	struct sock *sk = BPF_CORE_READ(socket, sk);
	struct unix_name unix_name = {};
	__u16 named = 0, address[2];

	if (!s || !p || !sk)
		return 0;
	if (p->kind == FL_FILE_UNIX_PACKET) {
		__u32 length = p->name_length - sizeof(address[0]);

		/* unix_seqpacket_sendmsg() looks at no name */
		if (!p->sends || !p->name || p->name_length <= sizeof(address[0]) ||
		    BPF_CORE_READ(sk, sk_type) != TYPE_DATAGRAM)
			return 0;
		/* the verifier of 6.1 must see that what is checked is what is used */
		barrier_var(length);
		if (length > UNIX_NAME_MAX)
			return 0;
		if (!user_read(s, unix_name.bytes, length, p->name + sizeof(address[0])))
			p->file = unix_name_stream(&unix_name, length);
		return 0;
	}
	if (p->name && p->name_length >= sizeof(address) &&
	    !user_read(s, address, sizeof(address), p->name))
		named = bpf_ntohs(address[1]);
	if (p->sends) {
		if (named)
			p->file = named;
		p->from_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	} else {
		p->from_port = named ?: bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	}
	return 0;
}

/* The same for a call of one packet, into its record E. */
static __noinline int packet_fill(struct task_state *s, struct fl_syscall *e, __u16 class)
{
	struct packet_call p = { .fd = e->args[0], .kind = e->file_kind, .file = e->file };
	struct header header = {};

	p.sends = class & FL_CALL_SENDS;
	if (class & FL_CALL_ADDRESS) {
		__u32 length = e->args[5];

		/* recvfrom() has the address of the length */
		if (!p.sends && (!e->args[5] || user_read(s, &length, sizeof(length), e->args[5])))
			length = 0;
		p.name = e->args[4];
		p.name_length = length;
	} else if (!user_read(s, &header, sizeof(header), e->args[1])) {
		p.name = header.name;
		p.name_length = header.name_length;
		if (!p.sends)
			e->args[3] = header.flags;
	}
	packet_ends(s, &p);
	e->file = p.file;
	e->from_port = p.from_port;
	return 0;
}

static __always_inline struct fl_transfer *transfer_reserve(struct task_state *s, __u64 now)
{
	struct fl_transfer *e = event_reserve(FL_TRANSFER, sizeof(*e), s->task, now);

	if (e)
		e->start_ns = s->call_ns;
	return e;
}

struct multi_call {
	struct task_state *s;
	__u64 now;
	__u64 headers; /* user's address */
	struct packet_call packet;
	__u64 file;
};

static long multi_step(__u32 i, struct multi_call *call)
{
	struct multi_header header;
	struct fl_transfer *e;

	if (user_read(call->s, &header, sizeof(header), call->headers + i * sizeof(header)))
		return 1;
	call->packet.name = header.header.name;
	call->packet.name_length = header.header.name_length;
	call->packet.from_port = 0;
	call->packet.file = call->file;
	if (is_packet(call->packet.kind))
		packet_ends(call->s, &call->packet);
	e = transfer_reserve(call->s, call->now);
	if (!e)
		return 0;
	e->file = call->packet.file;
	e->bytes = header.bytes;
	e->flags = call->packet.sends ? 0 : header.header.flags;
	e->from_port = call->packet.from_port;
	e->file_kind = call->packet.kind;
	e->sends = call->packet.sends;
	event_submit(e);
	return 0;
}

/* sendmmsg() and recvmmsg() return the number of messages that were moved. */
static __noinline int multi_send(struct task_state *s, __u16 class, __s64 ret, __u64 now)
{
	struct multi_call call = { .s = s, .now = now, .headers = s->call_args[1] };
	struct file_id file = {};

	call.packet.fd = s->call_args[0];
	call.packet.sends = class & FL_CALL_SENDS;
	if (!call.packet.sends && s->call_args[3] & (FLAG_PEEK | FLAG_ERRQUEUE))
		return 0;
	file_identity(call.packet.fd, call.packet.sends, &file);
	call.packet.kind = file.kind;
	call.file = file.id;
	if (ret > 0 && ret <= MAX_HEADERS)
		bpf_loop(ret, multi_step, &call, 0);
	return 0;
}

/*
 * The file that splice() and tee() put the bytes into; for vmsplice() the only one,
 * which the end of the pipe tells the direction of: SYSCALL_DEFINE4(vmsplice).
 */
static __noinline int onto_send(struct task_state *s, __u16 class, __s64 ret, __u64 now)
{
	__u64 fd = s->call_args[class & FL_CALL_ONTO0 ? 0 : class & FL_CALL_ONTO1 ? 1 : 2];
	struct file *file = file_of(fd);
	bool sends = true;
	struct fl_transfer *e;
	struct file_id to = {};

	if (class & FL_CALL_ONTO0)
		sends = file && BPF_CORE_READ(file, f_mode) & MODE_WRITE;
	file_identity(fd, sends, &to);
	e = transfer_reserve(s, now);
	if (!e)
		return 0;
	e->file = to.id;
	e->bytes = ret;
	e->flags = 0;
	e->from_port = 0;
	e->file_kind = to.kind;
	e->sends = sends;
	event_submit(e);
	return 0;
}

#define TRANSFERS (FL_CALL_HEADERS | FL_CALL_ONTO0 | FL_CALL_ONTO1 | FL_CALL_ONTO2)

/* The records of a call of one of the classes TRANSFERS that returned RET. */
static __always_inline void transfers_send(struct task_state *s, __u16 class, __s64 ret, __u64 now)
{
	if (ret <= 0)
		return;
	if (class & FL_CALL_HEADERS)
		multi_send(s, class, ret, now);
	else
		onto_send(s, class, ret, now);
}

#endif /* TRANSFER_BPF_H */
