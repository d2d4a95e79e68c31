/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Records of system calls and of what tasks do to each other: bytes, signals, locks,
 * the network; and of the kernel's own threads.  Part of event.h, which includes it.
 */
#ifndef FL_EVENT_TALK_H
#define FL_EVENT_TALK_H

enum fl_file_kind {
	FL_FILE_NONE = 0,
	FL_FILE_REGULAR = 1,
	FL_FILE_PIPE = 2,
	FL_FILE_FIFO = 3,
	FL_FILE_UNIX = 4,
	FL_FILE_TCP = 5,
	FL_FILE_UDP = 6,
	FL_FILE_CHAR = 7,
	FL_FILE_DIR = 8,
	FL_FILE_BLOCK = 9,
	FL_FILE_SOCKET = 10,      /* of another family */
	FL_FILE_OTHER = 11,       /* eventfd, epoll, ... */
	FL_FILE_UNIX_PACKET = 12, /* a UNIX socket that keeps messages apart */
};

struct fl_syscall {
	struct fl_event event; /* t_ns: end; equals start_ns where the call never returns */
	__u64 start_ns;
	__s64 ret;
	__u64 args[6]; /* recvmsg has three; of a packet the fourth is msg_flags after the call */
	__u16 nr;
	__u16 phase;
	__u8 file_kind; /* of the file behind the first argument; enum fl_file_kind */
	__u8 data_len;  /* valid bytes of data[] */
	union {
		__u16 from_port; /* UDP: where a datagram was sent from; 0 unknown */
		__u16 device;    /* of a regular file that was opened: folded, as in fl_file_lock */
	};
	__u64 file;             /* identity of the byte stream or file: inode number, or for a
				 * socket the inode number of the receiving end (TCP: a hash
				 * of the ordered pair of addresses; a bound UNIX datagram
				 * socket: of its name; UDP: the receiver's port), so that
				 * sender and receiver of one stream give one number */
	char data[FL_DATA_LEN]; /* a path, two descriptors of pipe2, or a buffer's start */
};
#define FL_SYSCALL_BARE 96 /* size of the record where it has no data */

/*
 * Bytes that a call moved and that its own record does not tell of: each message of
 * sendmmsg() and recvmmsg(), and what splice() and the like put into another file
 * than the first.
 */
struct fl_transfer {
	struct fl_event event; /* t_ns: end of the call */
	__u64 start_ns;        /* of the call */
	__u64 file;            /* as in struct fl_syscall */
	__u64 bytes;
	__u32 flags;     /* of a message received: its msg_flags */
	__u16 from_port; /* as in struct fl_syscall */
	__u8 file_kind;
	__u8 sends; /* 1: into the file, 0: out of it */
};

struct fl_signal_generate {
	struct fl_event event;
	__u32 sender; /* task; 0: outside the tree, or the kernel */
	__u32 sender_tid;
	__s32 signo;
	__s32 code;   /* si_code */
	__u32 result; /* TRACE_SIGNAL_*: 0 delivered, 1 ignored, 2 already pending, ... */
	__u32 group;  /* 1: to the process */
	char sender_comm[FL_COMM_LEN];
};

struct fl_signal_deliver {
	struct fl_event event;
	__s32 signo;
	__s32 code;
	__u64 handler; /* 0 SIG_DFL, 1 SIG_IGN, else an address */
	__u64 flags;   /* sa_flags */
};

enum fl_lock_kind {
	FL_LOCK_FLOCK = 1,
	FL_LOCK_POSIX = 2,
	FL_LOCK_OFD = 3,
};

struct fl_file_lock {
	struct fl_event event;
	__u64 inode;
	__u64 owner; /* opaque, equal for one owner */
	__u64 start;
	__u64 end;
	__s32 ret;   /* of the tracepoint: 0 granted, 1 queued, -errno */
	__u8 kind;   /* enum fl_lock_kind */
	__u8 op;     /* F_RDLCK 0, F_WRLCK 1, F_UNLCK 2 */
	__u8 wait;   /* 1: the caller would sleep */
	__u8 device; /* folded: tells files of one inode number apart */
};

struct fl_sock_state {
	struct fl_event event;
	__u64 sock; /* opaque */
	__u16 family;
	__u16 sport;
	__u16 dport;
	__u8 old_state;
	__u8 new_state;
};

struct fl_net_queue {
	struct fl_event event;
	__u32 len;
	__u16 sport;
	__u16 dport;
	__u8 protocol; /* IPPROTO_* */
	__u8 tcp_flags;
	__u16 payload;
	__u32 reserved;
};

enum fl_kthread_what {
	FL_KTHREAD_ASK = 1,  /* kthreadd is woken by a traced task */
	FL_KTHREAD_BORN = 2, /* task_newtask of a kernel thread */
	FL_KTHREAD_STOP = 3, /* sched_kthread_stop: it is told to end */
	FL_KTHREAD_EXIT = 4, /* sched_process_exit */
};

struct fl_kthread {
	struct fl_event event;
	__u32 tid;    /* of the kernel thread, in the initial pid namespace as the others */
	__u32 parent; /* tid of its real parent */
	__u32 by_tid; /* who runs when it happens */
	__u8 what;    /* enum fl_kthread_what */
	__u8 has_mm;  /* 1: it has an address space */
	__u8 reserved[2];
	char comm[FL_COMM_LEN];
	char by_comm[FL_COMM_LEN];
};

FL_ASSERT_SIZE(fl_syscall, FL_SYSCALL_BARE + FL_DATA_LEN);
FL_ASSERT_SIZE(fl_transfer, 48);
FL_ASSERT_SIZE(fl_signal_generate, 56);
FL_ASSERT_SIZE(fl_signal_deliver, 40);
FL_ASSERT_SIZE(fl_file_lock, 56);
FL_ASSERT_SIZE(fl_sock_state, 32);
FL_ASSERT_SIZE(fl_net_queue, 32);
FL_ASSERT_SIZE(fl_kthread, 64);

#endif /* FL_EVENT_TALK_H */
