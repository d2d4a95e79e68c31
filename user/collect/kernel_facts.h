/* SPDX-License-Identifier: GPL-2.0 */
/* What the BPF programs must be told about the running kernel. */
#ifndef KERNEL_FACTS_H
#define KERNEL_FACTS_H

#include <stdbool.h>

struct kernel_facts {
	unsigned int gfp_movable; /* bits of gfp_t */
	unsigned int gfp_zero;
	unsigned int gfp_account;
	unsigned int gfp_write;
	unsigned int gfp_noretry;
	long long preempt_count_from_rq; /* distance of the per-CPU variables, bytes; 0: unknown */
	unsigned long long entry_address_bits; /* of a page table's entry, those with an address */
	bool thp_always;                       /* /sys/kernel/mm/transparent_hugepage/enabled */
	bool thp_never;
	bool has_swap;
	unsigned int word_type; /* id of a struct that begins with a number of 64 bits; 0: unknown */
	bool preemptible; /* a task can be preempted inside a tracepoint (__DECLARE_TRACE(), 7.0) */
};

struct kernel_types;

/* From the kernel's types, /sys and /proc. */
void kernel_facts_read(struct kernel_facts *facts, const struct kernel_types *types);

#endif
