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

/* enum fl_file_kind of the file behind INODE, FL_FILE_SOCKET for every socket. */
static __always_inline __u8 file_kind(struct inode *inode)
{
	__u64 magic = BPF_CORE_READ(inode, i_sb, s_magic);

	switch (BPF_CORE_READ(inode, i_mode) & MODE_TYPE) {
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
