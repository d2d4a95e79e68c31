/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Made by `make vmlinux`; do not edit.  Only the kernel's types that bpf/ uses, and of
 * those only the members: CO-RE finds their places in the kernel that runs.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef unsigned char __u8;
typedef short unsigned int __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long int __s64;
typedef long long unsigned int __u64;

enum {
	false = 0,
	true = 1,
};

typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
typedef __s64 s64;
typedef struct {
	s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum bpf_func_id {
	BPF_FUNC_task_pt_regs = 175,
};

enum {
	MM_FILEPAGES = 0,
	MM_ANONPAGES = 1,
	MM_SWAPENTS = 2,
	MM_SHMEMPAGES = 3,
};

enum maple_type {
	maple_leaf_64 = 1,
	maple_arange_64 = 3,
};

enum fbq_type {
	remote = 1,
	all = 2,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum {
	BPF_F_NO_PREALLOC = 1,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
};

enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};

enum sock_flags {
	SOCK_DEAD = 0,
};

struct list_head;
struct task_struct;
struct pt_regs;
struct page;
struct mm_struct;
struct vm_area_struct;
struct kernel_siginfo;
struct k_sigaction;
struct signal_struct;
struct file;
struct sk_buff;
struct dentry;
struct inode;
struct super_block;
struct vfsmount;
struct path;
struct linux_binprm;
struct in6_addr;
struct fs_struct;
struct sock;
struct socket;
struct maple_node;
struct vm_special_mapping;
struct bpf_array;
struct files_struct;
struct fdtable;
struct bpf_raw_tracepoint_args;
struct bpf_perf_event_data;
struct bpf_iter__task;
struct bpf_iter__task_file;
struct bpf_iter__task_vma;
struct file_lock;
struct mount;
struct unix_address;
struct unix_sock;
struct socket_alloc;
struct inet_sock;

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};
_Static_assert(sizeof(struct list_head) == 16, "as in the kernel");

typedef __u32 u32;

struct thread_info {
	u32 cpu;
};

struct load_weight {
	long unsigned int weight;
};

typedef __u64 u64;

struct cfs_rq;

struct sched_entity {
	struct load_weight load;
	u64 sum_exec_runtime;
	u64 vruntime;
	struct cfs_rq *cfs_rq;
};

struct cpumask {
	long unsigned int bits[4];
};

typedef struct cpumask cpumask_t;
typedef int __kernel_pid_t;
typedef __kernel_pid_t pid_t;

struct sighand_struct;

typedef struct {
	long unsigned int sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct thread_struct {
	long unsigned int sp;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	int wake_cpu;
	int prio;
	int static_prio;
	int normal_prio;
	struct sched_entity se;
	unsigned int policy;
	cpumask_t cpus_mask;
	struct mm_struct *mm;
	int exit_state;
	int exit_code;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct list_head children;
	u64 utime;
	u64 stime;
	long unsigned int nvcsw;
	long unsigned int nivcsw;
	u64 start_time;
	long unsigned int min_flt;
	long unsigned int maj_flt;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	struct sigpending pending;
	int pagefault_disabled;
	struct thread_struct thread;
};

typedef struct {
	int counter;
} atomic_t;
typedef __u8 u8;
typedef __u16 u16;

struct qspinlock {
	union {
		atomic_t val;
		struct {
			u8 locked;
			u8 pending;
		};
		struct {
			u16 locked_pending;
			u16 tail;
		};
	};
};
_Static_assert(sizeof(struct qspinlock) == 4, "as in the kernel");

typedef struct qspinlock arch_spinlock_t;

struct raw_spinlock {
	arch_spinlock_t raw_lock;
};
_Static_assert(sizeof(struct raw_spinlock) == 4, "as in the kernel");

struct pt_regs {
	long unsigned int r10;
	long unsigned int r9;
	long unsigned int r8;
	long unsigned int dx;
	long unsigned int si;
	long unsigned int di;
	long unsigned int ip;
};

struct maple_tree {
	void *ma_root;
};

typedef struct {
} pgd_t;
typedef struct raw_spinlock raw_spinlock_t;
typedef __s32 s32;

struct percpu_counter {
	raw_spinlock_t lock;
	s64 count;
	struct list_head list;
	s32 *counters;
};
_Static_assert(sizeof(struct percpu_counter) == 40, "as in the kernel");

struct mm_struct {
	struct {
		struct maple_tree mm_mt;
		long unsigned int task_size;
		pgd_t *pgd;
		atomic_t mm_users;
		atomic_long_t pgtables_bytes;
		int map_count;
		long unsigned int total_vm;
		long unsigned int start_code;
		long unsigned int end_code;
		long unsigned int start_data;
		long unsigned int end_data;
		long unsigned int start_brk;
		long unsigned int brk;
		long unsigned int start_stack;
		struct percpu_counter rss_stat[4];
		struct file *exe_file;
	};
};

typedef long unsigned int vm_flags_t;

struct vm_operations_struct;

struct vm_area_struct {
	union {
		struct {
			long unsigned int vm_start;
			long unsigned int vm_end;
		};
	};
	struct mm_struct *vm_mm;
	union {
		const vm_flags_t vm_flags;
	};
	const struct vm_operations_struct *vm_ops;
	long unsigned int vm_pgoff;
	struct file *vm_file;
	void *vm_private_data;
};

typedef long unsigned int __kernel_ulong_t;

struct rlimit {
	__kernel_ulong_t rlim_cur;
};

union __sifields {
	struct {
		void *_addr;
	} _sigfault;
};

struct kernel_siginfo {
	struct {
		int si_code;
		union __sifields _sifields;
	};
};

typedef void __signalfn_t(int);
typedef __signalfn_t *__sighandler_t;

struct sigaction {
	__sighandler_t sa_handler;
	long unsigned int sa_flags;
};

struct k_sigaction {
	struct sigaction sa;
};

struct signal_struct {
	atomic_t live;
	int nr_threads;
	struct sigpending shared_pending;
	int group_exit_code;
	unsigned int flags;
	struct rlimit rlim[16];
	struct mm_struct *oom_mm;
};

typedef unsigned int fmode_t;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

typedef long long int __kernel_loff_t;
typedef __kernel_loff_t loff_t;

struct file {
	fmode_t f_mode;
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	union {
		const struct path f_path;
	};
	loff_t f_pos;
};

struct sk_buff {
	struct sock *sk;
	unsigned int len;
	union {
		struct {
			__be16 protocol;
			__u16 network_header;
		};
	};
	unsigned char *head;
	unsigned char *data;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	union {
		const struct qstr d_name;
	};
};

typedef short unsigned int umode_t;

struct inode {
	umode_t i_mode;
	struct super_block *i_sb;
	long unsigned int i_ino;
};

typedef u32 __kernel_dev_t;
typedef __kernel_dev_t dev_t;

struct super_block {
	dev_t s_dev;
	long unsigned int s_magic;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	const char *interp;
	const char *fdpath;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
};
_Static_assert(sizeof(struct in6_addr) == 16, "as in the kernel");

struct fs_struct {
	struct path pwd;
};

struct sock_common {
	union {
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
	};
	union {
		struct {
			__be16 skc_dport;
		};
	};
	short unsigned int skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	union {
		long unsigned int skc_flags;
	};
};

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
	u16 sk_protocol;
	u16 sk_type;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct maple_range_64 {
	long unsigned int pivot[15];
	union {
		void *slot[16];
	};
};

struct maple_arange_64 {
	long unsigned int pivot[9];
	void *slot[10];
};

struct maple_node {
	union {
		struct maple_range_64 mr64;
		struct maple_arange_64 ma64;
	};
};

struct vm_special_mapping {
	const char *name;
};

struct bpf_array {
	union {
		struct {
			void *pptrs[0];
		};
	};
};

struct files_struct {
	struct fdtable *fdt;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	long unsigned int *close_on_exec;
	long unsigned int *open_fds;
};

struct rq;

struct cfs_rq {
	struct rq *rq;
};

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct bpf_perf_event_data {
	__u64 addr;
};

struct bpf_iter__task {
	union {
		struct task_struct *task;
	};
};

struct bpf_iter__task_file {
	union {
		struct task_struct *task;
	};
	u32 fd;
	union {
		struct file *file;
	};
};

struct bpf_iter__task_vma {
	union {
		struct task_struct *task;
	};
	union {
		struct vm_area_struct *vma;
	};
};

typedef void *fl_owner_t;

struct file_lock_core {
	fl_owner_t flc_owner;
	unsigned int flc_flags;
	unsigned char flc_type;
	struct file *flc_file;
};

struct file_lock {
	struct file_lock_core c;
	loff_t fl_start;
	loff_t fl_end;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct sockaddr_un {
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct socket_alloc {
	struct inode vfs_inode;
};

struct inet_sock {
	__be16 inet_sport;
};

#pragma clang attribute pop

#endif
