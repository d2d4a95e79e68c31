/* SPDX-License-Identifier: GPL-2.0 */
/* Names of this architecture's system calls. */
#ifndef SYSCALL_NAME_H
#define SYSCALL_NAME_H

/* NULL: no such call. */
const char *syscall_name(unsigned int nr);

/* -1: this architecture has no call of that name. */
int syscall_number(const char *name);

#endif
