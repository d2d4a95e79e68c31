/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The records that leave the kernel, and, with the two at its end, the only
 * header that both sides include.  A recording keeps them as they are, so a number
 * given here is never given again to something else, and a struct only grows at its
 * end.
 *
 * Each record starts with struct fl_event and is as long as its own type:
 * FL_EVENT_SIZE() of the struct named beside the number below.
 */
#ifndef FL_EVENT_H
#define FL_EVENT_H

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <linux/types.h>
#endif

#define FL_COMM_LEN 16
#define FL_NAME_LEN 32 /* of a phase, region, role or value; NUL padded */
#define FL_PATH_LEN 64 /* of a file's name: the last component, cut */
#define FL_DATA_LEN 64 /* of a path or of a captured buffer */
#define FL_NO_SYSCALL 0xffff
#define FL_IN_EXIT 0xfffe /* "syscall" of what happens after the fatal signal or in do_exit() */

enum fl_event_type {
	/* from the running system, through the ring buffer, in time order per CPU */
	FL_TASK_NEW = 1,    /* struct fl_task_new */
	FL_TASK_EXEC = 2,   /* struct fl_task_exec */
	FL_TASK_EXIT = 3,   /* struct fl_task_exit: sched_process_exit */
	FL_TASK_END = 4,    /* struct fl_task_end: the last sched_switch, or the stop of tracing */
	FL_TASK_RENAME = 5, /* struct fl_task_rename */
	FL_MARK = 6,        /* struct fl_mark */
	FL_FAULT_RUN = 7,   /* struct fl_fault_run */
	FL_SYSCALL = 8,     /* struct fl_syscall, at its end; at its start where it never ends */
	FL_SWITCH_OUT = 9,  /* struct fl_switch_out */
	FL_SWITCH_IN = 10,  /* struct fl_event alone; cpu says where */
	FL_WAKING = 11,     /* struct fl_waking: fl_event.task is the one woken */
	FL_READY = 12,      /* struct fl_ready: sched_wakeup, sched_wakeup_new */
	FL_MIGRATE = 13,    /* struct fl_migrate */
	FL_SIGNAL_GENERATE = 14, /* struct fl_signal_generate: fl_event.task is the receiver */
	FL_SIGNAL_DELIVER = 15,  /* struct fl_signal_deliver */
	FL_FILE_LOCK = 16,       /* struct fl_file_lock */
	FL_PRIO = 17,            /* struct fl_prio: sched_pi_setprio */
	FL_SOCK_STATE = 18,      /* struct fl_sock_state: inet_sock_set_state */
	FL_NET_QUEUE = 19,       /* struct fl_net_queue: net_dev_queue */
	FL_RSS = 20,             /* struct fl_rss */
	FL_CARD = 21,            /* struct fl_card; this and the next in event-card.h */
	FL_REPARENT = 22,        /* struct fl_reparent */
	FL_VMA = 23,             /* struct fl_vma: fl_event.task is the leader of the process */
	FL_OPEN_FILE = 24,       /* struct fl_open_file: the same */
	FL_TRANSFER = 25,        /* struct fl_transfer */
	FL_KTHREAD = 26,   /* struct fl_kthread: fl_event.task is who runs, 0 outside the tree */
	FL_TASK_FREE = 27, /* struct fl_event alone: its task_struct is given back */

	/* read from maps when tracing has stopped, and appended by the collector */
	FL_NAME = 32,   /* struct fl_name */
	FL_OBJECT = 33, /* struct fl_object */
	FL_LEDGER = 34, /* struct fl_ledger */
	FL_PAGES = 35,  /* struct fl_pages */
	FL_LOSS = 36,   /* struct fl_loss */
	FL_FINISH = 37, /* struct fl_finish: rusage of the command, and the end mark */

	/* read from /proc while tracing runs, and appended by the collector */
	FL_FRAMES = 38, /* struct fl_frames and its array: FL_FRAMES_SIZE(count) */

	/* read from a map when tracing has stopped */
	FL_FAULT_COST = 39, /* struct fl_fault_cost */
};
#define FL_LAST_TYPE FL_FAULT_COST

struct fl_event {
	__u64 t_ns; /* CLOCK_MONOTONIC */
	__u32 task; /* 1 for the command, then in order of creation; never reused; 0 none */
	__u16 type; /* enum fl_event_type */
	__u16 cpu;
};

struct fl_task_new {
	struct fl_event event;
	__u64 clone_flags; /* as task_newtask gives them; 0 for the command itself */
	__u32 creator;     /* task that called clone; 0: faultline */
	__u32 process;     /* task that leads its thread group, itself for a process */
	__u32 tid;
	__u32 pid;      /* thread group id; both in the initial pid namespace */
	__u32 parent;   /* real_parent's task, 0 outside the tree */
	__u32 syscall;  /* that created it: number, or FL_NO_SYSCALL */
	__u64 base_min; /* the kernel's counters when the window opened: 0 in a forked */
	__u64 base_maj; /* task, the launching fork's own faults in the command */
	char comm[FL_COMM_LEN];
};

struct fl_task_exec {
	struct fl_event event;
	__u32 old_tid; /* differs from tid when a thread that was not the leader called exec */
	__u32 tid;
	char comm[FL_COMM_LEN];
	char path[FL_DATA_LEN]; /* as given to execve; of a descriptor the file's name; cut */
};

struct fl_task_exit {
	struct fl_event event;
	__s32 status;     /* as wait4 gives it */
	__u32 group_dead; /* 1: no thread of the process is left */
};

struct fl_task_end {
	struct fl_event event;
	__u64 min_flt;
	__u64 maj_flt;
	__u64 nvcsw;
	__u64 nivcsw;
	__u32 alive; /* 1: tracing stopped while the task still ran */
	__u32 reserved;
};

struct fl_task_rename {
	struct fl_event event;
	char comm[FL_COMM_LEN];
};

/*
 * A marker is one prctl() with an option of this form and the name packed into
 * its argument registers; see workloads/faultline.h.
 */
#define FL_MARK_MAGIC 0x464c0000 /* "FL" */
#define FL_MARK_MAGIC_MASK 0x7fff0000
#define FL_MARK_FOR_PARENT 0x100 /* for the process that started this one */

/* Functions of the kernel that programs call; a kernel that needs them has them. */
enum fl_kernel_function {
	FL_PREEMPT_DISABLE = 1,
	FL_PREEMPT_ENABLE = 2,
	FL_IRQ_SAVE = 3,
	FL_IRQ_RESTORE = 4,
	FL_READ_ONLY_CAST = 5,
	FL_NR_KERNEL_FUNCTIONS,
};

/* The first part of a task's state, which user space writes for the command. */
struct fl_task_seed {
	__u32 task;
	__u32 process;
	__u16 phase;
	__u16 syscall; /* it is in when tracing begins */
};

enum fl_mark_op {
	FL_MARK_PHASE = 1,   /* name[32]; empty: no phase any more */
	FL_MARK_ROLE = 2,    /* name[32] */
	FL_MARK_REGION = 3,  /* name[16], start, length in bytes (0: forget the name) */
	FL_MARK_VALUE = 4,   /* name[24], value */
	FL_MARK_BARRIER = 5, /* nothing more; see workloads/faultline-barrier.h */
};

struct fl_mark {
	struct fl_event event; /* task: the one marked */
	__u16 op;              /* enum fl_mark_op */
	__u16 name_id;         /* see struct fl_name; 0: the empty name */
	__u32 by_task;         /* who called; differs with FL_MARK_FOR_PARENT */
	__u64 a;               /* region: start; value: the value */
	__u64 b;               /* region: length */
	char name[FL_NAME_LEN];
};

/* What is done for a system call, by number; user space fills the table before loading. */
enum fl_call_class {
	FL_CALL_RECORD = 1 << 0,   /* a record at its end */
	FL_CALL_AT_ENTRY = 1 << 1, /* it may never return: a record at its start */
	FL_CALL_MAPS = 1 << 2,     /* changes the address space */
	FL_CALL_FILE = 1 << 3,     /* argument 0 is a descriptor: say what file it is */
	FL_CALL_PATH0 = 1 << 4,    /* copy the path that argument 0 (1) points to */
	FL_CALL_PATH1 = 1 << 5,
	FL_CALL_DATA = 1 << 6,  /* argument 1 is a buffer of `ret` bytes */
	FL_CALL_PIPE = 1 << 7,  /* argument 0 points to two descriptors */
	FL_CALL_SENDS = 1 << 8, /* bytes leave through the descriptor */
	FL_CALL_FRESH = 1 << 9, /* ret is a new descriptor: say what file it is */
	/* what needs a record of its own, or more than the descriptor to tell the stream */
	FL_CALL_ADDRESS = 1 << 10, /* argument 4 may be the address of the other end */
	FL_CALL_HEADER = 1 << 11,  /* argument 1 is a struct msghdr */
	FL_CALL_HEADERS = 1 << 12, /* argument 1 is an array of struct mmsghdr */
	FL_CALL_ONTO0 = 1 << 13,   /* argument 0 is a pipe's end, which tells the direction */
	FL_CALL_ONTO1 = 1 << 14,   /* argument 1 (2) is the descriptor that bytes go on to */
	FL_CALL_ONTO2 = 1 << 15,
};
#define FL_NR_CALLS 512

/* What a fault was; docs/design.md says how each is told. */
enum fl_kind {
	FL_ZERO_FILL = 1,
	FL_ZERO_PAGE = 2,
	FL_COPY = 3,
	FL_COPY_ZERO = 4,
	FL_REUSE = 5,
	FL_FILE = 6,
	FL_FILE_COPY = 7,
	FL_SHARED_DIRTY = 8,
	FL_SHMEM = 9,
	FL_HUGE_ZERO_FILL = 10,
	FL_HUGE_ZERO_PAGE = 11,
	FL_HUGE_COPY = 12,
	FL_HUGE_REUSE = 13,
	FL_SWAP = 14,
	FL_NUMA = 15,
	FL_UFFD = 16,
	FL_OTHER = 17,
	FL_STALE = 18, /* the entry permitted the access already */
	FL_HUGETLB_FILL = 19,
	FL_HUGETLB_COPY = 20,
	FL_HUGETLB_REUSE = 21,
	/* exceptions that the kernel does not count */
	FL_SEGV = 32,
	FL_BUS = 33,
	FL_NOFAULT = 34,
	FL_SPURIOUS = 35,
};
#define FL_KIND_COUNTED(kind) ((kind) < FL_SEGV)

enum fl_via {
	FL_USER = 1,   /* exception in user mode */
	FL_KERNEL = 2, /* exception in kernel mode */
	FL_GUP = 3,    /* counted without an exception: get_user_pages() */
};

/* When one fault of a run was. */
struct fl_fault_time {
	__u32 gap_ns;  /* after the one before it, or the run's start: its end, if that was seen */
	__u32 busy_ns; /* 0: its end was not seen */
};

/*
 * Consecutive faults that differ in nothing but their address.  With every fault
 * asked for, nor do they in their ip and VMA, and EACH times follow the struct.
 */
struct fl_fault_run {
	struct fl_event event; /* t_ns: end of the last fault as far as it is known */
	__u64 start_ns;        /* entry of the first */
	__u64 address;         /* of the first; 0 unknown (gup) */
	__s64 stride;          /* bytes from one to the next; 0 for a single fault */
	__u64 ip;              /* of the first */
	__u64 vma_start;
	__u64 vma_end; /* 0: no VMA there */
	__u64 busy_ns; /* time spent in the faults whose end was seen ... */
	__u32 busy_n;  /* ... and how many those were */
	__u32 n;
	__u32 vma_flags;  /* vm_flags, low half */
	__u32 object;     /* see struct fl_object; 0: anonymous */
	__u64 vma_offset; /* of vma_start in the object, bytes */
	__u16 phase;      /* name ids; 0: none */
	__u16 region;
	__u16 syscall; /* number, FL_NO_SYSCALL or FL_IN_EXIT */
	__u8 kind;     /* enum fl_kind */
	__u8 via;      /* enum fl_via */
	__u8 major;
	__u8 error; /* low bits of the exception's error code */
	__u16 each; /* n, where each fault's time follows; else 0 */
	__u8 order; /* as in fl_ledger_key */
	__u8 reserved[3];
};
#define FL_EACH_MOST 64 /* times in one record */
#define FL_FAULT_RUN_SIZE(each)                                                                    \
	(sizeof(struct fl_fault_run) + (each) * sizeof(struct fl_fault_time))

struct fl_switch_out {
	struct fl_event event;
	__u32 prev_state; /* 0 running; the TASK_* bits of the kernel */
	__u16 syscall;    /* it is in, or FL_NO_SYSCALL */
	__u8 preempt;
	__u8 in_fault; /* 1: inside a page fault */
};

struct fl_waking {
	struct fl_event event;
	__u32 waker;     /* task; 0: outside the tree */
	__u32 waker_tid; /* 0: the idle task */
	__u8 in_irq;     /* 1: an interrupt woke it, whatever ran below */
	__u8 reserved[7];
	char waker_comm[FL_COMM_LEN];
};

struct fl_ready {
	struct fl_event event;
	__u32 target_cpu;
	__u32 is_new; /* 1: sched_wakeup_new */
};

struct fl_migrate {
	struct fl_event event;
	__u32 from_cpu;
	__u32 to_cpu;
};

struct fl_prio {
	struct fl_event event;
	__s32 old_prio;
	__s32 new_prio;
	__u32 donor; /* pi_task; 0 none */
	__u32 reserved;
};

struct fl_rss {
	struct fl_event event;
	__s64 anon; /* pages, summed over CPUs: exact */
	__s64 file;
	__s64 shmem;
	__s64 swap;
	__u64 page_tables_bytes;
	__u64 total_vm; /* pages */
};

struct fl_name {
	struct fl_event event;
	__u32 id;
	__u32 reserved;
	char name[FL_NAME_LEN];
};

struct fl_object {
	struct fl_event event;
	__u32 id;
	__u32 device; /* as in st_dev, major:minor in the kernel's packing */
	__u64 inode;
	char name[FL_PATH_LEN];
	char path[]; /* where it is, with a NUL, up to the end of the record; may be missing */
};

/* One cell of the ledger: exact even when records were lost. */
struct fl_ledger_key {
	__u32 task;
	__u16 phase;
	__u16 region;
	__u16 syscall;
	__u8 kind;
	__u8 via;
	__u8 major;
	__u8 order; /* of the page, and 1 more; 0: not known */
	__u8 reserved[2];
};

struct fl_ledger {
	struct fl_event event;
	struct fl_ledger_key key;
	__u64 n;
};

enum fl_page_use {
	FL_PAGE_USER = 1,
	FL_PAGE_TABLE = 2,
	FL_PAGE_OTHER = 3,
};

struct fl_pages_key {
	__u32 task;
	__u16 phase;
	__u8 use; /* enum fl_page_use */
	__u8 order;
	__u8 zeroed;
	__u8 reserved[3];
	__u32 syscall; /* number or FL_NO_SYSCALL */
};

struct fl_pages {
	struct fl_event event;
	struct fl_pages_key key;
	__u64 n;
};

enum fl_loss_what {
	FL_LOSS_RING = 1,      /* no room in the ring buffer; kind: enum fl_event_type */
	FL_LOSS_RECURSION = 2, /* a program did not run; kind: index of the program */
	FL_LOSS_MAP = 3,       /* a map was full; kind: enum fl_map */
	FL_LOSS_UNTRACKED = 4, /* a task could not be followed */
};

enum fl_map {
	FL_MAP_LEDGER = 1,
	FL_MAP_PAGES = 2,
	FL_MAP_NAMES = 3,
	FL_MAP_OBJECTS = 4,
	FL_MAP_REGIONS = 5,
};

struct fl_loss {
	struct fl_event event; /* t_ns: of the last; cpu: where */
	__u64 first_ns;
	__u64 n;
	__u32 what; /* enum fl_loss_what */
	__u32 kind;
	char name[FL_NAME_LEN]; /* of the program or map */
};

struct fl_finish {
	struct fl_event event;
	__u64 start_ns;    /* the gate opened: time 0 of the recording */
	__s64 wait_status; /* of the command; -1: not reaped by us */
	__u64 ru_minflt;   /* of wait4() for the command */
	__u64 ru_majflt;
	__u64 ru_nvcsw;
	__u64 ru_nivcsw;
	__u64 lost;       /* records lost in all */
	__u32 live_tasks; /* still running when tracing stopped */
	__u32 stopped_by; /* signal that stopped faultline, 0 */
};

enum fl_frame_flag {
	/* /proc/PID/pagemap */
	FL_FRAME_PRESENT = 1 << 0,
	FL_FRAME_SWAP = 1 << 1,
	FL_FRAME_EXCLUSIVE = 1 << 2, /* mapped here and nowhere else */
	FL_FRAME_SOFT_DIRTY = 1 << 3,
	FL_FRAME_FILE = 1 << 4, /* of a file, or shared memory */
	/* /proc/kpageflags */
	FL_FRAME_ANON = 1 << 5,
	FL_FRAME_THP = 1 << 6,  /* part of a large folio */
	FL_FRAME_HUGE = 1 << 7, /* of hugetlbfs */
	FL_FRAME_ZERO = 1 << 8, /* the zero page, or the huge one */
	FL_FRAME_KSM = 1 << 9,
};

/* What is behind one page of a region. */
struct fl_frame {
	__u64 pfn;      /* 0: no page there */
	__u32 flags;    /* enum fl_frame_flag */
	__u32 mapcount; /* ~0: unknown */
};

/* Some pages of a region, one after the other; a long region takes several. */
struct fl_frames {
	struct fl_event event; /* t_ns: of the snapshot, the same in all its records */
	__u32 process;         /* task that leads it: whose address space */
	__u16 region;          /* name ids */
	__u16 phase;           /* of the task that asked, fl_event.task */
	__u64 first_page;      /* counted from the start of the region */
	__u32 count;
	__u32 reserved;
	struct fl_frame frames[];
};
#define FL_FRAMES_SIZE(count) (sizeof(struct fl_frames) + (count) * sizeof(struct fl_frame))
#define FL_FRAMES_MOST 4096 /* in one record */

/*
 * How long faults took: a histogram of those whose end was seen.  Each power of two
 * is cut into 8 classes: class N below 8 is N ns; above, N = e * 8 + m begins at
 * (8 + m) << (e - 1) ns.
 */
#define FL_COST_BITS 3
struct fl_cost_key {
	__u16 phase; /* name ids; 0: none */
	__u16 region;
	__u8 kind; /* enum fl_kind */
	__u8 via;  /* enum fl_via */
	__u16 class;
};

struct fl_fault_cost {
	struct fl_event event;
	struct fl_cost_key key;
	__u64 n;
};

#define FL_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
FL_ASSERT_SIZE(fl_event, 16);
FL_ASSERT_SIZE(fl_task_new, 80);
FL_ASSERT_SIZE(fl_task_exec, 104);
FL_ASSERT_SIZE(fl_task_exit, 24);
FL_ASSERT_SIZE(fl_task_end, 56);
FL_ASSERT_SIZE(fl_task_rename, 32);
FL_ASSERT_SIZE(fl_mark, 72);
FL_ASSERT_SIZE(fl_fault_run, 112);
FL_ASSERT_SIZE(fl_fault_time, 8);
FL_ASSERT_SIZE(fl_switch_out, 24);
FL_ASSERT_SIZE(fl_waking, 48);
FL_ASSERT_SIZE(fl_ready, 24);
FL_ASSERT_SIZE(fl_migrate, 24);
FL_ASSERT_SIZE(fl_prio, 32);
FL_ASSERT_SIZE(fl_rss, 64);
FL_ASSERT_SIZE(fl_name, 56);
FL_ASSERT_SIZE(fl_object, 96);
FL_ASSERT_SIZE(fl_ledger_key, 16);
FL_ASSERT_SIZE(fl_ledger, 40);
FL_ASSERT_SIZE(fl_pages_key, 16);
FL_ASSERT_SIZE(fl_pages, 40);
FL_ASSERT_SIZE(fl_loss, 72);
FL_ASSERT_SIZE(fl_finish, 80);
FL_ASSERT_SIZE(fl_frame, 16);
FL_ASSERT_SIZE(fl_frames, 40);
FL_ASSERT_SIZE(fl_cost_key, 8);
FL_ASSERT_SIZE(fl_fault_cost, 32);

#include "event-card.h"
#include "event-talk.h"

#endif /* FL_EVENT_H */
