/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What file a descriptor stands for, so that both ends of a stream are seen as one.
 *
 * Everything is read after the call, without a lock.  A descriptor that another
 * thread has closed meanwhile has no kind; one that was also opened anew gives
 * the new file.
 */
#ifndef IPC_BPF_H
#define IPC_BPF_H

#include <bpf/bpf_endian.h>

#include "file.bpf.h"
#include "trace.bpf.h"

#define FAMILY_UNIX 1
#define FAMILY_INET 2
#define FAMILY_INET6 10
#define TYPE_STREAM 1
#define TYPE_DATAGRAM 2
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

/* Ids of streams that are not inode numbers, which are smaller. */
#define STREAM_EMBRYO (1ULL << 61)
#define STREAM_HASH (1ULL << 62)

/*
 * UNIX sockets that received something, or were sent to before anybody accepted
 * them.  By the address of struct sock, which is the same from the connect() to
 * the end, whereas its inode comes with accept() and goes with close().
 */
struct unix_end {
	__u64 id;
	__u64 inode; /* 0: not accepted yet */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct unix_end);
} unix_ends SEC(".maps") __weak;

static __always_inline __u64 socket_inode(struct socket *socket)
{
	/* the first member of struct socket_alloc: SOCKET_I() */
	return BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino);
}

/*
 * The stream into the UNIX socket SK: the inode number of its socket.  Before
 * accept() there is none, and the sender's serves, which is SENDER.  After
 * close() it is what was remembered, or 0 if SK never received anything.
 */
static __noinline __u64 unix_stream(struct sock *sk, __u64 sender)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	__u64 inode = socket ? socket_inode(socket) : 0;
	__u64 key = (__u64)sk;
	struct unix_end *known = bpf_map_lookup_elem(&unix_ends, &key);
	struct unix_end fresh;

	/* sock_orphan() */
	if (!socket && BPF_CORE_READ(sk, __sk_common.skc_flags) & (1 << SOCK_DEAD))
		return known ? known->id : 0;
	/* Another inode at the address is another socket, and so is one that lost its inode. */
	if (known && (!known->inode || known->inode == inode)) {
		known->inode = inode;
		return known->id;
	}
	fresh.id = inode ? inode : STREAM_EMBRYO | sender;
	fresh.inode = inode;
	bpf_map_update_elem(&unix_ends, &key, &fresh, BPF_ANY);
	return fresh.id;
}

/* The name of a UNIX socket, as its sun_path has it. */
#define UNIX_NAME_MAX 108
struct unix_name {
	__u64 hash;
	__u32 length;
	bool abstract;
	char bytes[UNIX_NAME_MAX];
};

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static long unix_name_step(__u32 i, struct unix_name *name)
{
	char byte;

	if (i >= UNIX_NAME_MAX || i >= name->length)
		return 1;
	byte = name->bytes[i];
	if (!name->abstract && !byte)
		return 1;
	name->hash = !name->abstract && byte == '/' ? 0 : mix(name->hash, (__u8)byte);
	return 0;
}

/*
 * The stream into a datagram socket that is bound to NAME, of which LENGTH bytes
 * are filled in.  Of a path the last part counts: the rest depends on where its
 * user stands, so two sockets of one name in two folders are not told apart.
 */
static __noinline __u64 unix_name_stream(struct unix_name *name, __u32 length)
{
	name->length = length;
	name->hash = 0;
	name->abstract = !name->bytes[0];
	bpf_loop(UNIX_NAME_MAX, unix_name_step, name, 0);
	return STREAM_HASH | name->hash >> 2;
}

/* The name that the UNIX socket SK is bound to; 0: to none. */
static __noinline __u64 unix_bound_stream(struct sock *sk)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	struct unix_name name = {};
	__s32 length;

	if (!address)
		return 0;
	/* behind sun_family; read in place, since in 6.1 this stack has room for no more */
	BPF_CORE_READ_INTO(&name.length, address, len);
	length = name.length - 2;
	if (length <= 0 || length > UNIX_NAME_MAX ||
	    bpf_probe_read_kernel(name.bytes, length, (char *)&address->name + 2))
		return 0;
	return unix_name_stream(&name, length);
}

/* IPv4 as the address of IPv6 that it is mapped to. */
static __always_inline void addresses(struct sock *sk, __u64 local[2], __u64 remote[2])
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == FAMILY_INET6 &&
	    bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		BPF_CORE_READ_INTO((struct in6_addr *)local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)remote, sk, __sk_common.skc_v6_daddr);
		return;
	}
	local[0] = 0;
	local[1] = (__u64)BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr) << 32 | 0xffff0000;
	remote[0] = 0;
	remote[1] = (__u64)BPF_CORE_READ(sk, __sk_common.skc_daddr) << 32 | 0xffff0000;
}

/*
 * The addresses and ports from one end to the other.  Network namespaces and
 * translated addresses are not looked at.  inet_sport outlives the connection,
 * unlike skc_num: inet_put_port().
 */
static __noinline __u64 tcp_stream(struct sock *sk, bool sends)
{
	__u64 local[2] = {}, remote[2] = {};
	__u16 sport = BPF_CORE_READ((struct inet_sock *)sk, inet_sport);
	__u16 dport = BPF_CORE_READ(sk, __sk_common.skc_dport);
	__u64 hash;

	if (!dport)
		return 0;
	addresses(sk, local, remote);
	if (sends) {
		hash = mix(mix(mix(0, local[0]), local[1]), sport);
		hash = mix(mix(mix(hash, remote[0]), remote[1]), dport);
	} else {
		hash = mix(mix(mix(0, remote[0]), remote[1]), dport);
		hash = mix(mix(mix(hash, local[0]), local[1]), sport);
	}
	return hash >> 2 | STREAM_HASH;
}

/*
 * What is sent to a UDP socket is known by its port alone: one that did not
 * connect() knows no more of itself.  Who sends without connect() names the
 * port in the call, see packet_ends().
 */
static __always_inline __u64 udp_stream(struct sock *sk, bool sends)
{
	__u16 port = sends ? BPF_CORE_READ(sk, __sk_common.skc_dport) :
			     BPF_CORE_READ((struct inet_sock *)sk, inet_sport);

	return bpf_ntohs(port);
}

struct file_id {
	__u64 id;
	__u8 kind; /* enum fl_file_kind */
};

static __always_inline int socket_identity(struct socket *socket, bool sends, struct file_id *out)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__u16 type = BPF_CORE_READ(sk, sk_type);
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	__u64 inode = socket_inode(socket);

	out->kind = FL_FILE_SOCKET;
	out->id = inode;
	if (family == FAMILY_UNIX) {
		struct sock *to = sends ? BPF_CORE_READ((struct unix_sock *)sk, peer) : sk;

		out->kind = type == TYPE_STREAM ? FL_FILE_UNIX : FL_FILE_UNIX_PACKET;
		out->id = to && type == TYPE_DATAGRAM ? unix_bound_stream(to) : 0;
		if (to && !out->id)
			out->id = unix_stream(to, inode);
	} else if (family == FAMILY_INET || family == FAMILY_INET6) {
		if (type == TYPE_STREAM && protocol == PROTOCOL_TCP) {
			out->kind = FL_FILE_TCP;
			out->id = tcp_stream(sk, sends) ?: inode;
		} else if (protocol == PROTOCOL_UDP) {
			out->kind = FL_FILE_UDP;
			out->id = udp_stream(sk, sends) ?: (sends ? 0 : STREAM_HASH | inode);
		}
	}
	return 0;
}

/* Where it is; followed in place, once for all who ask: see current_mm(). */
SHARED __u64 file_at(__u32 fd)
{
	struct fdtable *table = bpf_get_current_task_btf()->files->fdt;
	struct file *file = NULL;

	if (fd < table->max_fds)
		bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd);
	return (__u64)file;
}

static __always_inline struct file *file_of(__u32 fd)
{
	return (struct file *)file_at(fd);
}

/*
 * The file behind the current task's descriptor FD and the number by which both
 * ends know the stream: see struct fl_syscall.  A socket has two; SENDS says
 * which is meant.
 */
SHARED int file_identity(__u64 fd, __u32 sends, struct file_id *out)
{
	struct file *file = file_of(fd);
	struct inode *inode;

	if (!out)
		return 0;
	out->kind = FL_FILE_NONE;
	out->id = 0;
	if (!file)
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	out->kind = file_kind(inode, &out->id);
	if (out->kind == FL_FILE_SOCKET)
		return socket_identity(BPF_CORE_READ(file, private_data), sends, out);
	return 0;
}

#endif /* IPC_BPF_H */
