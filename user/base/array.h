/* SPDX-License-Identifier: GPL-2.0 */
/* Arrays that grow: their room follows from the number of elements. */
#ifndef ARRAY_H
#define ARRAY_H

#include <stddef.h>

/*
 * Make room for one more element of SIZE bytes behind the N of an array that has grown by this
 * alone.  ARRAYP is the address of the pointer to it, which is NULL or of any room for N 0.
 * 0 or -ENOMEM; then the array is as before.
 */
int array_grow(void *arrayp, size_t n, size_t size);

#endif
