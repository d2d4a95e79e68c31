// SPDX-License-Identifier: GPL-2.0
#include "recording/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* Blocks are written between two looks at the ring buffer: fast comes before small. */
#define LEVEL 3

struct block_codec {
	ZSTD_CCtx *compress;
	ZSTD_DCtx *expand;
	char *buffer;
	size_t room;
};

struct block_codec *block_codec_new(void)
{
	return calloc(1, sizeof(struct block_codec));
}

void block_codec_free(struct block_codec *codec)
{
	if (!codec)
		return;
	ZSTD_freeCCtx(codec->compress);
	ZSTD_freeDCtx(codec->expand);
	free(codec->buffer);
	free(codec);
}

static int make_room(struct block_codec *codec, size_t size)
{
	char *grown;

	if (size <= codec->room)
		return 0;
	grown = realloc(codec->buffer, size);
	if (!grown)
		return -ENOMEM;
	codec->buffer = grown;
	codec->room = size;
	return 0;
}

int block_pack(struct block_codec *codec, const void *data, size_t size, const void **packed,
	       size_t *packed_size)
{
	size_t n;

	if (!codec->compress)
		codec->compress = ZSTD_createCCtx();
	if (!codec->compress || make_room(codec, ZSTD_compressBound(size)))
		return -ENOMEM;
	n = ZSTD_compressCCtx(codec->compress, codec->buffer, codec->room, data, size, LEVEL);
	if (ZSTD_isError(n))
		return -ENOMEM; /* the room suffices, so nothing else is left */
	*packed = codec->buffer;
	*packed_size = n;
	return 0;
}

int block_unpack(struct block_codec *codec, const void *packed, size_t packed_size,
		 const void **data, size_t *size)
{
	unsigned long long whole = ZSTD_getFrameContentSize(packed, packed_size);
	size_t n;

	if (whole == ZSTD_CONTENTSIZE_ERROR) {
		/* plain records start with their size, which is never the magic number of a frame */
		if (make_room(codec, packed_size))
			return -ENOMEM;
		memcpy(codec->buffer, packed, packed_size);
		*data = codec->buffer;
		*size = packed_size;
		return 0;
	}
	if (whole > BLOCK_SIZE)
		return -EINVAL;
	if (!codec->expand)
		codec->expand = ZSTD_createDCtx();
	if (!codec->expand || make_room(codec, BLOCK_SIZE))
		return -ENOMEM;
	n = ZSTD_decompressDCtx(codec->expand, codec->buffer, codec->room, packed, packed_size);
	if (ZSTD_isError(n))
		return -EINVAL;
	*data = codec->buffer;
	*size = n;
	return 0;
}
