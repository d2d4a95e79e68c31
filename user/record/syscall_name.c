// SPDX-License-Identifier: GPL-2.0
#include "record/syscall_name.h"

#include <stddef.h>
#include <string.h>

#include "syscall_names.h"

#define NR_NAMES (sizeof(syscall_names) / sizeof(syscall_names[0]))

const char *syscall_name(unsigned int nr)
{
	return nr < NR_NAMES ? syscall_names[nr] : NULL;
}

int syscall_number(const char *name)
{
	size_t i;

	for (i = 0; i < NR_NAMES; i++)
		if (syscall_names[i] && !strcmp(syscall_names[i], name))
			return (int)i;
	return -1;
}
