/* SPDX-License-Identifier: GPL-2.0 */
/* What sort of file it is. */
#ifndef FILE_BPF_H
#define FILE_BPF_H

#include "trace.bpf.h"

#define MODE_TYPE 0170000
#define MODE_FIFO 0010000
#define MODE_CHAR 0020000
#define MODE_DIR 0040000
#define MODE_BLOCK 0060000
#define MODE_REGULAR 0100000
#define MODE_SOCKET 0140000
#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534f434b
#define ANON_INODE_MAGIC 0x09041934 /* eventfd, epoll, ...; their mode says regular since 6.16 */

/* The superblock of all pipes, which is there for good: init_pipe_fs(); 0: not seen yet. */
__u64 pipe_superblock __weak = 0;

static __always_inline __u64 magic_of(__u64 superblock)
{
	__u64 magic;

	if (superblock == pipe_superblock)
		return PIPEFS_MAGIC;
	magic = BPF_CORE_READ((struct super_block *)superblock, s_magic);
	if (magic == PIPEFS_MAGIC)
		pipe_superblock = superblock;
	return magic;
}

struct inode_facts {
	__u64 superblock;
	__u64 number;
	__u16 mode;
};

/*
 * These stand near each other at the start of struct inode: one read takes them all.  The copy is
 * aligned as the inode is, and so its fields.
 */
static __always_inline void inode_read(struct inode *inode, struct inode_facts *facts)
{
	const __u64 at_superblock = bpf_core_field_offset(inode->i_sb);
	const __u64 at_number = bpf_core_field_offset(inode->i_ino);
	const __u64 at_mode = bpf_core_field_offset(inode->i_mode);
	__u64 start[12] = {};

	if (at_superblock > sizeof(start) - 8 || at_number > sizeof(start) - 8 ||
	    at_mode > sizeof(start) - 8) {
		facts->superblock = (__u64)BPF_CORE_READ(inode, i_sb);
		facts->number = BPF_CORE_READ(inode, i_ino);
		facts->mode = BPF_CORE_READ(inode, i_mode);
		return;
	}
	bpf_probe_read_kernel(start, sizeof(start), inode);
	facts->superblock = *(__u64 *)((void *)start + at_superblock);
	facts->number = *(__u64 *)((void *)start + at_number);
	facts->mode = *(__u16 *)((void *)start + at_mode);
}

/* Tells the file system of INODE from others: the numbers of inodes do not. */
static __always_inline __u8 device_folded(struct inode *inode)
{
	__u32 device = BPF_CORE_READ(inode, i_sb, s_dev);

	return device ^ device >> 8 ^ device >> 20;
}

/* enum fl_file_kind of the file behind INODE, FL_FILE_SOCKET for every socket; its number. */
static __always_inline __u8 file_kind(struct inode *inode, __u64 *number)
{
	struct inode_facts facts;
	__u64 magic;

	inode_read(inode, &facts);
	*number = facts.number;
	magic = magic_of(facts.superblock);
	switch (facts.mode & MODE_TYPE) {
	case MODE_FIFO:
		return magic == PIPEFS_MAGIC ? FL_FILE_PIPE : FL_FILE_FIFO;
	case MODE_CHAR:
		return FL_FILE_CHAR;
	case MODE_DIR:
		return FL_FILE_DIR;
	case MODE_BLOCK:
		return FL_FILE_BLOCK;
	case MODE_REGULAR:
		return magic == ANON_INODE_MAGIC ? FL_FILE_OTHER : FL_FILE_REGULAR;
	case MODE_SOCKET:
		/* the node in a directory can be opened with O_PATH, and is no socket */
		return magic == SOCKFS_MAGIC ? FL_FILE_SOCKET : FL_FILE_OTHER;
	}
	return FL_FILE_OTHER;
}

#endif /* FILE_BPF_H */
