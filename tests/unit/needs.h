/* SPDX-License-Identifier: GPL-2.0 */
/* What a machine or a container may lack; a test that needs it is skipped there. */
#ifndef TEST_NEEDS_H
#define TEST_NEEDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static inline void needs_proc(void)
{
	if (access("/proc/self/stat", R_OK)) {
		print_message("/proc is not mounted here\n");
		skip();
	}
}

#endif
