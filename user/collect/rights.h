/* SPDX-License-Identifier: GPL-2.0 */
/* What this process may ask of the kernel, and what can keep it from that although it may. */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What is lacking to load programs that trace ("CAP_BPF and CAP_PERFMON"); NULL: nothing.
 * bpf_prog_load() asks for both, or for CAP_SYS_ADMIN, in the initial user namespace.
 */
const char *rights_lacking(void);

/* "root" or the capabilities, where nothing is lacking. */
const char *rights_held(void);

/* What to do where something is lacking, into BUF, which is returned. */
char *rights_remedy(char *buf, size_t size);

/* True in a user namespace of its own, where capabilities are none over the kernel. */
bool rights_of_namespace(void);

/* lockdown=confidentiality: BPF must not read kernel memory (bpf_base_func_proto()). */
bool rights_locked_down(void);

/* A filter of system calls (seccomp) is set for this process, as containers do. */
bool rights_filtered(void);

#endif
