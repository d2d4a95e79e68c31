/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs hang on, and functions of the kernel that they call, found among the kernel's types that are walked
 * anyway.  libbpf would read all of them for itself, once for each object: ten
 * megabytes and a quarter of the time of a start.
 */
#ifndef TRACEPOINTS_H
#define TRACEPOINTS_H

#include <linux/types.h>

struct bpf_object;
struct bpf_object_skeleton;
struct bpf_program;
struct kernel_types;

/*
 * Before any object is opened: from now on libbpf asks here what programs in the
 * sections "tp_btf/NAME" and "iter/NAME" hang on.  Once for the process; 0 or -errno.
 */
int tracepoints_register(void);

/*
 * Find those of the programs in OBJECT, for all objects with the same programs
 * that are loaded later.  One that is not there makes that load fail, with -ESRCH.
 */
void tracepoints_find(const struct kernel_types *types, const struct bpf_object *object);

/* The id of what the programs in SECTION hang on; 0: the kernel has no such thing. */
__u32 tracepoints_id(const char *section);

/* The same for a function, enum fl_kernel_function. */
__u32 tracepoints_function(unsigned int function);

/*
 * Attach what is loaded and hangs on a tracepoint; detached with the skeleton.  0, or -errno
 * with the program that could not be attached in BAD.
 */
int tracepoints_attach(const struct bpf_object_skeleton *skeleton, const struct bpf_program **bad);

#endif
