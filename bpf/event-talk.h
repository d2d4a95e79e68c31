/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Records of what tasks do to each other: bytes, signals, locks, the network; and of
 * the kernel's own threads.  Part of event.h, which includes it.
 */
#ifndef FL_EVENT_TALK_H
#define FL_EVENT_TALK_H

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
	__s32 ret; /* of the tracepoint: 0 granted, 1 queued, -errno */
	__u8 kind; /* enum fl_lock_kind */
	__u8 op;   /* F_RDLCK 0, F_WRLCK 1, F_UNLCK 2 */
	__u8 wait; /* 1: the caller would sleep */
	__u8 reserved;
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

FL_ASSERT_SIZE(fl_transfer, 48);
FL_ASSERT_SIZE(fl_signal_generate, 56);
FL_ASSERT_SIZE(fl_signal_deliver, 40);
FL_ASSERT_SIZE(fl_file_lock, 56);
FL_ASSERT_SIZE(fl_sock_state, 32);
FL_ASSERT_SIZE(fl_net_queue, 32);
FL_ASSERT_SIZE(fl_kthread, 64);

#endif /* FL_EVENT_TALK_H */
