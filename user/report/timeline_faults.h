/* SPDX-License-Identifier: GPL-2.0 */
/* Faults alike, summed up, and how a row of the timeline says them. */
#ifndef TIMELINE_FAULTS_H
#define TIMELINE_FAULTS_H

#include "report/timeline.h"

/* Faults that differ in nothing that the timeline tells, but for address and time. */
struct tl_sum {
	char kind[20], region[40], syscall[24];
	char place[40]; /* the mapping, where no region is named; "": not known */
	char via;
	bool major, counted, in_region;
	unsigned long long vma_start, vma_end; /* of the last one; 0: in a region, or none */
	long long n, start_ns, end_ns, wall_ns, busy_ns, busy_n;
	long long elsewhere; /* faults in other mappings since the last one */
};

struct tl_sums {
	struct tl_sum *sums;
	size_t nr;
};

/* Append a copy of ONE, or add ONE to the sum at TO. */
void timeline_sum_new(struct timeline *t, struct tl_sums *sums, const struct tl_sum *one);
void timeline_sum_add(struct tl_sum *to, const struct tl_sum *one);

/* Rows of task I for SUMS, their columns aligned; ALL: every sum of that stretch. */
void timeline_sum_rows(struct timeline *t, int i, const struct tl_sums *sums,
		       const struct tl_sums *all);

/*
 * "37 faults (21 file, 9 zero-fill)", or "37 other faults ..."; SUMS are sorted by number.
 * *START_NS and *END_NS are set to the first and the last of them.
 */
char *timeline_sum_text(struct timeline *t, struct tl_sums *sums, bool others, long long *start_ns,
			long long *end_ns);

/* " until 53.125 ms" where something stands between START_NS and END_NS of task I, else "". */
char *timeline_until(const struct timeline *t, int i, long long start_ns, long long end_ns,
		     char *buf, size_t size);

#endif
