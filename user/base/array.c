// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>

#define LEAST_ROOM 8

int array_grow(void *arrayp, size_t n, size_t size)
{
	void **array = arrayp, *grown;

	/* full at each power of two */
	if (n & (n - 1) || (n && n < LEAST_ROOM))
		return 0;
	grown = reallocarray(*array, n ? 2 * n : LEAST_ROOM, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}
