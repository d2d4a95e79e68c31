/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which VMA an address lies in.
 *
 * bpf_find_vma() takes mmap_lock, and inside an exception, where interrupts are
 * off, it must give it back through irq_work: 12 us in a virtual machine.  So
 * the maple tree of the address space is walked here without a lock.  Its nodes
 * are freed after an RCU grace period (MT_FLAGS_USE_RCU) and programs run under
 * RCU, so that what is read is a node that was valid a moment ago; a change at
 * the same moment can give the answer from before it.
 */
#ifndef VMA_BPF_H
#define VMA_BPF_H

#include "trace.bpf.h"

#define VM_WRITE_BIT 0x00000002
#define VM_EXEC_BIT 0x00000004
#define VM_ACCESS_BITS 0x00000007 /* VM_READ, VM_WRITE, VM_EXEC */
#define VM_SHARED_BIT 0x00000008
#define VM_GROWSDOWN_BIT 0x00000100
#define VM_UFFD_MISSING_BIT 0x00000200
#define VM_UFFD_BITS 0x00001200 /* VM_UFFD_MISSING, VM_UFFD_WP */
#define VM_HUGETLB_BIT 0x00400000
#define VM_HUGEPAGE_BIT 0x20000000
#define VM_NOHUGEPAGE_BIT 0x40000000

#define TMPFS_MAGIC 0x01021994
#define PAGE_BYTES 4096 /* x86 */
#define RLIMIT_STACK 3

/* Height of a tree whose leaves hold at least 8 of up to 65,530 mappings; see mas_mab_wr_height. */
#define MAPLE_LEVELS 8

/*
 * The slot of node ENTRY that covers ADDRESS, as mtree_range_walk() finds it:
 * pivots rise, each is the last index of its slot, and a zero ends them.  The
 * slot behind it, where the node has one, is left in s->scratch.
 */
SHARED __u64 maple_slot(struct task_state *s, __u64 entry, __u64 address)
{
	const struct maple_node *node = (void *)(entry & ~0xffULL);
	bool ranges = ((entry >> 3) & 0xf) == maple_arange_64;
	__u64 pivots[16] = {}, slots[2] = {}, place;
	__u32 last = ranges ? 9 : 15, i = 0, k;

	if (ranges)
		bpf_core_read(pivots, sizeof(node->ma64.pivot), &node->ma64.pivot);
	else
		bpf_core_read(pivots, sizeof(node->mr64.pivot), &node->mr64.pivot);
	/*
	 * How many pivots are below ADDRESS, without a branch that would double
	 * the verifier's work: p < a where the difference of p - 1 and a - 1 is
	 * negative, and a zero less one is never below.
	 */
	UNROLLED
	for (k = 0; k < 15; k++)
		i += (((pivots[k] - 1) & ~(1ULL << 63)) - (address - 1)) >> 63;
	place = ranges ? bpf_core_field_offset(node->ma64.slot) :
			 bpf_core_field_offset(node->mr64.slot);
	bpf_probe_read_kernel(slots, i < last ? sizeof(slots) : sizeof(slots[0]),
			      (void *)node + place + i * sizeof(slots[0]));
	if (s)
		s->scratch = slots[1];
	return slots[0];
}

/* Whether the VMA above ADDRESS is a stack that may grow down to it: acct_stack_growth(). */
static __always_inline bool stack_reaches(struct vm_area_struct *above, __u64 address)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return (__u32)BPF_CORE_READ(above, vm_flags) & VM_GROWSDOWN_BIT &&
	       BPF_CORE_READ(above, vm_end) - (address & -PAGE_BYTES) <=
		       BPF_CORE_READ(task, signal, rlim[RLIMIT_STACK].rlim_cur);
}

static __always_inline struct vm_area_struct *vma_at(struct task_state *s, struct mm_struct *mm,
						     __u64 address)
{
	__u64 entry = (__u64)BPF_CORE_READ(mm, mm_mt.ma_root), next;
	int level;

	/* xa_is_node(): the root is a node and not a single entry */
	if ((entry & 3) != 2)
		return NULL;
	for (level = 0; level < MAPLE_LEVELS; level++) {
		bool leaf = ((entry >> 3) & 0xf) <= maple_leaf_64;

		entry = maple_slot(s, entry, address);
		if (leaf || entry <= 4096)
			break;
	}
	if (entry)
		return (void *)entry;
	/* A gap: only a stack that grows down to the address can be meant. */
	next = s->scratch;
	if (next > 4096 && (next & 3) == 0 && stack_reaches((void *)next, address))
		return (void *)next;
	return NULL;
}

#define PATH_DEPTH 32

static const struct object_path no_path = {};

struct path_walk {
	struct object_path *path;
	struct dentry *dentry;
	struct mount *mount;
	__u32 used;
	bool whole;
};

/* Called by the kernel for each step, so that the verifier goes through one. */
static long path_step(__u32 i, void *arg)
{
	struct path_walk *w = arg;
	struct dentry *dentry = w->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount *mount = w->mount;
	__u32 used = w->used;
	const unsigned char *name;
	long n;

	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root) || dentry == parent) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = above;
		w->whole = above == mount;
		return w->whole;
	}
	name = BPF_CORE_READ(dentry, d_name.name);
	/* the verifier of 6.1 forgets what is known of a number that is put on the stack */
	barrier_var(used);
	if (used >= OBJECT_PATH_LEN)
		return 1;
	n = bpf_probe_read_kernel_str(w->path->names + used, 256, name);
	if (n <= 0)
		return 1;
	w->used = used + n;
	w->dentry = parent;
	return 0;
}

/*
 * The way from FILE to the root, in map object_paths.  Where it leaves a file system it goes on
 * at the mount point; a file that is in no folder, such as a memfd, has none.
 */
SHARED int object_find_path(__u64 file, __u32 id)
{
	struct vfsmount *seen = BPF_CORE_READ((struct file *)file, f_path.mnt);
	struct path_walk w = {};

	bpf_map_update_elem(&object_paths, &id, &no_path, BPF_NOEXIST);
	w.path = bpf_map_lookup_elem(&object_paths, &id);
	if (!w.path)
		return 0;
	w.dentry = BPF_CORE_READ((struct file *)file, f_path.dentry);
	/* 0, but a number that the verifier knows it would follow from step to step */
	w.used = *(volatile __u32 *)&w.path->start;
	w.mount = (void *)seen - bpf_core_field_offset(struct mount, mnt);
	bpf_loop(PATH_DEPTH, path_step, &w, 0);
	if (!w.whole)
		w.path->names[0] = 0;
	return 0;
}

/* Not inline: its stack is not needed while the tree is walked. */
static __noinline __u32 object_id(struct inode *inode, struct file *file, bool *shmem)
{
	struct object_key key = {};
	struct object_value *found, fresh = {};

	key.inode = BPF_CORE_READ(inode, i_ino);
	key.device = BPF_CORE_READ(inode, i_sb, s_dev);
	found = bpf_map_lookup_elem(&objects, &key);
	if (!found) {
		const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);

		fresh.id = __sync_fetch_and_add(&last_object, 1) + 1;
		fresh.shmem = BPF_CORE_READ(inode, i_sb, s_magic) == TMPFS_MAGIC;
		bpf_probe_read_kernel_str(fresh.name, sizeof(fresh.name), name);
		/* where another CPU was first, its entry is found */
		bpf_map_update_elem(&objects, &key, &fresh, BPF_NOEXIST);
		found = bpf_map_lookup_elem(&objects, &key);
		if (!found) {
			loss_count(LOSS_MAP + FL_MAP_OBJECTS, bpf_ktime_get_ns());
			return 0xffffffff;
		}
		if (found->id == fresh.id)
			object_find_path((__u64)file, fresh.id);
	}
	*shmem = found->shmem;
	return found->id;
}

/* A number since 6.4, a seqcount_t since 6.13. */
struct mm_struct___number {
	int mm_lock_seq;
} __attribute__((preserve_access_index));

struct mm_sequence___count {
	unsigned int sequence;
} __attribute__((preserve_access_index));

struct mm_struct___count {
	struct mm_sequence___count mm_lock_seq;
} __attribute__((preserve_access_index));

/*
 * Changes whenever somebody has locked MM to change its VMAs (mmap_write_lock()), by whatever
 * call: an ioctl() of userfaultfd, a close() or another process as well.  0 before 6.4, where only
 * calls of class FL_CALL_MAPS are known to.
 */
static __always_inline __u32 mm_sequence(struct mm_struct *mm)
{
	struct mm_struct___number *number = (void *)mm;
	struct mm_struct___count *count = (void *)mm;

	if (bpf_core_field_exists(count->mm_lock_seq.sequence))
		return count->mm_lock_seq.sequence;
	if (bpf_core_field_exists(number->mm_lock_seq))
		return number->mm_lock_seq;
	return 0;
}

static __always_inline void vma_forget(struct task_state *s)
{
	s->mm = 0;
	s->region = 0;
	s->low = 0;
	s->high = 0;
	s->mm_sequence = 0;
	__builtin_memset(&s->vma, 0, sizeof(s->vma));
}

/* Cut the cache of the current task for ADDRESS to the region R or to what is beside it. */
SHARED int region_cut(struct task_state *s, const struct named_region *r, __u64 address)
{
	if (!s || !r)
		return 0;
	if (address >= r->start && address < r->end) {
		s->region = r->name;
		if (r->start > s->low)
			s->low = r->start;
		if (r->end < s->high)
			s->high = r->end;
	} else if (r->end <= address && r->end > s->low) {
		s->low = r->end;
	} else if (r->start > address && r->start < s->high) {
		s->high = r->start;
	}
	return 0;
}

/*
 * Fill the cache of the current task for ADDRESS: its VMA, cut to the named region that holds
 * the address or to the gap between regions.
 */
SHARED int vma_cache_fill(struct task_state *s, __u64 address)
{
	struct mm_struct *mm = current_mm();
	struct vm_area_struct *vma;
	struct named_regions *named;
	struct file *file;
	__u32 process;
	int i;

	if (!s || !mm)
		return 0;
	process = s->process;
	vma_forget(s);
	s->generation_slot = generation_slot(as_number(s, mm));
	s->generation = generations[s->generation_slot & (NR_GENERATIONS - 1)];
	vma = vma_at(s, mm, address);
	if (vma) {
		s->vma.start = BPF_CORE_READ(vma, vm_start);
		s->vma.end = BPF_CORE_READ(vma, vm_end);
		s->vma.flags = BPF_CORE_READ(vma, vm_flags);
		file = BPF_CORE_READ(vma, vm_file);
		if (file) {
			s->vma.offset = BPF_CORE_READ(vma, vm_pgoff) * PAGE_BYTES;
			s->vma.object =
				object_id(BPF_CORE_READ(file, f_inode), file, &s->vma.shmem);
		} else {
			/* not vma_is_anonymous(): see _install_special_mapping() */
			s->vma.special = BPF_CORE_READ(vma, vm_ops) != NULL;
		}
		s->mm = (__u64)mm;
	}
	s->low = s->vma.start;
	s->high = s->vma.end;
	named = bpf_map_lookup_elem(&regions, &process);
	if (!named)
		return 0;
	UNROLLED
	for (i = 0; i < NR_REGIONS; i++)
		if (named->slot[i].name)
			region_cut(s, &named->slot[i], address);
	return 0;
}

/* MM is the current one. */
static __always_inline void vma_locate(struct task_state *s, struct mm_struct *mm, __u64 address)
{
	__u32 sequence = mm_sequence(mm);

	if (address >= s->low && address < s->high && (__u64)mm == s->mm &&
	    s->generation == generations[s->generation_slot & (NR_GENERATIONS - 1)] &&
	    s->mm_sequence == sequence)
		return;
	vma_cache_fill(s, address);
	s->mm_sequence = sequence;
}

#endif /* VMA_BPF_H */
