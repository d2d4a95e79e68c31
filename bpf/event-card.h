/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Records of what a task and its address space were at one moment.  Part of
 * event.h, which includes it.
 */
#ifndef FL_EVENT_CARD_H
#define FL_EVENT_CARD_H

enum fl_card_at {
	FL_CARD_PHASE = 1,   /* a marker begins a phase */
	FL_CARD_EXIT = 2,    /* sched_process_exit */
	FL_CARD_BARRIER = 3, /* a task of the tree waits at a barrier, this one or another */
};

/* struct pt_regs of x86-64: what the processor had when the kernel was entered last. */
struct fl_registers {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	__u64 ip, cs, flags, sp, ss;
};

/* What task_struct had at one moment; the names are the kernel's. */
struct fl_card {
	struct fl_event event;
	__u64 mm; /* opaque: the same for those who share it; so files, fs and sighand */
	__u64 files;
	__u64 fs;
	__u64 sighand;
	__u64 vruntime; /* of se */
	__u64 deadline;
	__u64 sum_exec_runtime;
	__u64 start_time; /* CLOCK_MONOTONIC */
	__u64 utime;
	__u64 stime;
	__u64 min_flt;
	__u64 maj_flt;
	__u64 nvcsw;
	__u64 nivcsw;
	__u64 pending; /* sets of signals, number 1 in the lowest bit */
	__u64 shared_pending;
	__u64 blocked;
	__u64 cpus_mask; /* of the first 64 */
	__u64 thread_sp;
	__u64 start_code; /* of mm, up to map_count */
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 start_stack;
	__u64 total_vm; /* pages */
	__u32 map_count;
	__u32 state;
	__u32 exit_state;
	__u32 flags;
	__u32 policy;
	__s32 prio;
	__s32 static_prio;
	__s32 exit_code;
	__u64 weight; /* se.load */
	__u32 parent_tid;
	__u32 children; /* that are not reaped, of this thread; FL_CARD_CHILDREN: as many or more */
	__u32 threads;
	__u32 open_files; /* descriptors below FL_CARD_FILES that are open */
	__u16 phase;      /* name id: of the task, or at a barrier of the one that asked */
	__u8 at;          /* enum fl_card_at */
	__u8 reserved[5];
	struct fl_registers regs;
	char cwd[FL_NAME_LEN]; /* last component of fs->pwd */
};
#define FL_CARD_CHILDREN 256
#define FL_CARD_FILES 1024

/* real_parent is another one than at the last event of the task. */
struct fl_reparent {
	struct fl_event event; /* t_ns: when it was noticed */
	__u32 tid;             /* of the new one; initial pid namespace */
	__u32 pid;
	char comm[FL_COMM_LEN];
};

enum fl_vma_part {
	FL_VMA_MAPPING = 0,
	FL_VMA_TEXT = 1,   /* of the file of the program: executed, */
	FL_VMA_DATA = 2,   /* written, with the zeros behind that (.bss), */
	FL_VMA_RODATA = 6, /* or only read */
	FL_VMA_HEAP = 3,
	FL_VMA_STACK = 4,
	FL_VMA_KERNEL = 5, /* pages of the kernel's own: vDSO, vvar */
};

#define FL_LONG_PATH_LEN 128
struct fl_vma {
	struct fl_event event; /* t_ns: of the snapshot, the same in all its records */
	__u64 start;
	__u64 end;
	__u64 flags;  /* vm_flags */
	__u64 offset; /* in the file, bytes */
	__u16 phase;  /* name id, of the task that asked */
	__u8 part;    /* enum fl_vma_part */
	__u8 reserved[5];
	char path[FL_LONG_PATH_LEN]; /* empty: anonymous */
};

struct fl_open_file {
	struct fl_event event;
	__u64 position;
	__u32 fd;
	__u32 flags; /* O_* */
	__u16 phase;
	__u8 kind; /* enum fl_file_kind */
	__u8 close_on_exec;
	__u8 reserved[4];
	char path[FL_LONG_PATH_LEN];
};

FL_ASSERT_SIZE(fl_card, 496);
FL_ASSERT_SIZE(fl_reparent, 40);
FL_ASSERT_SIZE(fl_vma, 184);
FL_ASSERT_SIZE(fl_open_file, 168);

#endif /* FL_EVENT_CARD_H */
