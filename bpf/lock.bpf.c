// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of files.  An attempt that finds the lock taken has ret 1
 * (FILE_LOCK_DEFERRED) when it will wait, and the waiter comes here again each
 * time it is woken: flock_lock_inode_wait(), posix_lock_inode_wait().  One that
 * a signal ends in between leaves no further trace than the call's result.
 *
 * What close() and exit() give back is seen too, as an unlock by the owner:
 * locks_remove_posix() for every descriptor of a file on which anybody has such
 * a lock, locks_remove_file() at the last close of an open file.  It says
 * nothing about whether this owner held one.
 */
#include "file.bpf.h"
#include "trace.bpf.h"

#define FL_SLEEP_BIT 0x80
#define FL_OFDLCK_BIT 0x400

/* Until 6.8 the fields of struct file_lock_core had other names and no struct of their own. */
struct file_lock___flat {
	void *fl_owner;
	struct file *fl_file;
	unsigned int fl_flags;
	unsigned char fl_type;
} __attribute__((preserve_access_index));

static __noinline int lock_send(struct inode *inode, struct file_lock *lock, int ret, __u8 kind)
{
	struct task_state *s = task_state(bpf_get_current_task_btf());
	struct fl_file_lock *e;
	__u64 file;
	__u32 flags;

	/* posix_lock_inode() has no lock where it found no memory */
	if (!s || !lock)
		return 0;
	e = event_reserve(FL_FILE_LOCK, sizeof(*e), s->task, bpf_ktime_get_ns());
	if (!e)
		return 0;
	if (bpf_core_field_exists(lock->c)) {
		e->owner = (__u64)BPF_CORE_READ(lock, c.flc_owner);
		e->op = BPF_CORE_READ(lock, c.flc_type);
		file = (__u64)BPF_CORE_READ(lock, c.flc_file);
		flags = BPF_CORE_READ(lock, c.flc_flags);
	} else {
		struct file_lock___flat *flat = (void *)lock;

		e->owner = (__u64)BPF_CORE_READ(flat, fl_owner);
		e->op = BPF_CORE_READ(flat, fl_type);
		file = (__u64)BPF_CORE_READ(flat, fl_file);
		flags = BPF_CORE_READ(flat, fl_flags);
	}
	e->inode = BPF_CORE_READ(inode, i_ino);
	e->start = BPF_CORE_READ(lock, fl_start);
	e->end = BPF_CORE_READ(lock, fl_end);
	e->ret = ret;
	/* locks_remove_file() leaves the flag out, and names the open file as owner all the same */
	if (kind == FL_LOCK_POSIX && (flags & FL_OFDLCK_BIT || e->owner == file))
		kind = FL_LOCK_OFD;
	e->kind = kind;
	e->wait = !!(flags & FL_SLEEP_BIT);
	e->device = device_folded(inode);
	event_submit(e);
	return 0;
}

/*
 * TP_PROTO(struct inode *inode, struct file_lock *fl, int ret)
 *
 * The owner is the open file: flock_make_lock().
 */
SEC("?tp_btf/flock_lock_inode")
int BPF_PROG(lock_flock, struct inode *inode, struct file_lock *lock, int ret)
{
	return lock_send(inode, lock, ret, FL_LOCK_FLOCK);
}

/*
 * TP_PROTO(struct inode *inode, struct file_lock *fl, int ret)
 *
 * The owner is the table of descriptors, or the open file with F_OFD_SETLK:
 * fcntl_setlk().  Where the request was joined to a lock that its owner already
 * had, start and end are those of the whole: posix_lock_inode().
 */
SEC("?tp_btf/posix_lock_inode")
int BPF_PROG(lock_posix, struct inode *inode, struct file_lock *lock, int ret)
{
	return lock_send(inode, lock, ret, FL_LOCK_POSIX);
}
