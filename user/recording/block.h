/* SPDX-License-Identifier: GPL-2.0 */
/* A block of raw records as it lies in a recording: one Zstandard frame. */
#ifndef BLOCK_H
#define BLOCK_H

#include <stddef.h>

#define BLOCK_SIZE (128 << 10) /* bytes of records in a block, at most */

struct block_codec;

/* NULL: no memory. */
struct block_codec *block_codec_new(void);
void block_codec_free(struct block_codec *codec);

/*
 * Compress SIZE bytes, at most BLOCK_SIZE.  *PACKED belongs to the codec and
 * lasts until its next call.  0 or -ENOMEM.
 */
int block_pack(struct block_codec *codec, const void *data, size_t size, const void **packed,
	       size_t *packed_size);

/*
 * The records of a block, whoever wrote it; aligned for any record.  A block
 * that is no frame is taken as it is: older recordings are not compressed.
 * *DATA belongs to the codec and lasts until its next call.  0, -ENOMEM, or
 * -EINVAL for a damaged frame or one that is larger than it may be.
 */
int block_unpack(struct block_codec *codec, const void *packed, size_t packed_size,
		 const void **data, size_t *size);

#endif
