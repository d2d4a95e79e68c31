/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a program is written: a function of its own for the verifier, a call of the
 * kernel, a loop, and BPF_PROG(), which keeps each program on its CPU.
 */
#ifndef PROGRAM_BPF_H
#define PROGRAM_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.h"

/* Its numbers alone: what distributions add to a version can be a line. */
#define WORDS(...) #__VA_ARGS__
#define CLANG_VERSION(major, minor, patch) WORDS(clang major.minor.patch)
#define COMPILER CLANG_VERSION(__clang_major__, __clang_minor__, __clang_patchlevel__)

/*
 * A function that the verifier checks once by itself instead of anew for each
 * call, which keeps loading fast.  It can be handed numbers and plain memory
 * only, and must expect NULL.
 */
#define SHARED __weak __attribute__((noinline))

/*
 * A call of a function of the kernel, enum fl_kernel_function, with one argument.  User
 * space puts its id in (tracepoints.h).  Were it named as an extern, libbpf would read
 * all of the kernel's types for each object, called or not.
 */
#define KERNEL_CALL(function, argument)                                                            \
	asm volatile("r1 = %[arg]; .byte 0x85, 0x20, 0, 0; .long %[which]"                         \
		     :                                                                             \
		     : [arg] "r"(argument), [which] "i"(function)                                  \
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory")

/*
 * Where a task can be preempted in the middle of a program, what the next task on
 * that CPU does is not seen meanwhile: a program does not run twice on a CPU at once
 * (__bpf_trace_run()).  So each one holds its CPU from its first to its last step.
 */
static __noinline __attribute__((unused)) int cpu_hold(void)
{
	KERNEL_CALL(FL_PREEMPT_DISABLE, 0);
	return 0;
}

/*
 * With interrupts off preempt_schedule() does nothing, so that a task which is to go meanwhile
 * goes when the program is no longer running, with the next preempt_enable() (migrate_enable()).
 */
static __noinline __attribute__((unused)) int cpu_release(void)
{
	unsigned long flags;

	KERNEL_CALL(FL_IRQ_SAVE, &flags);
	KERNEL_CALL(FL_PREEMPT_ENABLE, 0);
	KERNEL_CALL(FL_IRQ_RESTORE, &flags);
	return 0;
}

struct bpf_subprog_info___sleep {
	bool might_sleep : 1;
} __attribute__((preserve_access_index));

/* The verifier lets who holds a CPU call SHARED functions since it sees which can sleep, 6.15. */
#define CPU_CAN_BE_HELD bpf_core_field_exists(((struct bpf_subprog_info___sleep *)0)->might_sleep)

/* Set by user space: tracepoints leave preemption on, __DECLARE_TRACE() since 7.0. */
const volatile bool preemptible __weak = false;

/* clang-format off */
#undef BPF_PROG
#define BPF_PROG(name, args...)								\
	name(unsigned long long *ctx);							\
	static __always_inline int ____##name(unsigned long long *ctx, ##args);		\
	int name(unsigned long long *ctx)						\
	{										\
		int ret;								\
											\
		if (preemptible && CPU_CAN_BE_HELD)					\
			cpu_hold();							\
		_Pragma("GCC diagnostic push")						\
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")			\
		ret = ____##name(___bpf_ctx_cast(args));				\
		_Pragma("GCC diagnostic pop")						\
		if (preemptible && CPU_CAN_BE_HELD)					\
			cpu_release();							\
		return ret;								\
	}										\
	static __always_inline int ____##name(unsigned long long *ctx, ##args)
/* clang-format on */

/* A loop over a few slots: unrolled, the verifier need not track its counter, which is slow. */
#define UNROLLED _Pragma("clang loop unroll(full)")

#endif
