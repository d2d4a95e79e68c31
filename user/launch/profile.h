/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clean profile of experiments: what adds faults of its own is switched off
 * in the process that becomes the workload, before its execve.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stddef.h>

enum {
	PROFILE_PIN = 1 << 0,  /* one CPU: no pages parked in another CPU's batch */
	PROFILE_THP = 1 << 1,  /* no huge pages */
	PROFILE_CORE = 1 << 2, /* no core file */
	PROFILE_RSEQ = 1 << 3, /* no restartable sequences, see profile_tunables() */
	PROFILE_CLEAN = PROFILE_PIN | PROFILE_THP | PROFILE_CORE | PROFILE_RSEQ,
	/* what an experiment about noise changes (noise.h) */
	PROFILE_FIXED = 1 << 4, /* the same addresses in each run */
	PROFILE_HUGE = 1 << 5,  /* PROFILE_HUGE_VARIABLE tells the workload to ask for huge pages */
	PROFILE_MOVE = 1 << 6,  /* all tasks go from CPU to CPU (mover.h) */
};

#define PROFILE_HUGE_VARIABLE "FAULTLINE_HUGE"
#define PROFILE_CPUS_VARIABLE "FAULTLINE_CPUS"

/*
 * The CPUs that we may use, as in "0,1,5", for a workload that is pinned to one of
 * them and needs another.  NULL: out of memory, or not known.  The caller frees.
 */
char *profile_list_cpus(void);

/*
 * The CPU for the workload, the last that we may use, and one for the tracer:
 * another, or -1 (anywhere) where there is no other.
 */
void profile_cpus(int *workload, int *tracer);

/*
 * Set the parts of PROFILE that belong to a process, in this one; CPU -1: do not
 * pin.  Returns what could not be set.
 */
unsigned int profile_apply(unsigned int profile, int cpu);

/*
 * GLIBC_TUNABLES with restartable sequences off (the kernel writes to the
 * thread's rseq area on its own, which faults); OLD may be NULL.  The caller
 * frees.
 */
char *profile_tunables(const char *old);

/*
 * "pinned to CPU 1, no huge pages, ...; could not be set: ..." into BUF, which is
 * returned: PROFILE, of which MISSING could not be set.
 */
char *profile_describe(char *buf, size_t size, unsigned int profile, int cpu, unsigned int missing);

#endif
