/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the collector alone. */
#ifndef COLLECT_IMPL_H
#define COLLECT_IMPL_H

#include <stdbool.h>
#include <sys/resource.h>

#include "completions.h"
#include "event.h"
#include "faultline.skel.h"

struct collect {
	struct faultline_bpf *skel;
	struct ring_buffer *ring;
	struct completions completions;
	struct bpf_link *snapshot;
	struct recording *rec;
	struct frames *frames; /* NULL: nobody asked for them */
	struct fl_finish finish;
	int signal_fd;
	int interrupts;
	bool reaped;
	int wait_status;
	struct rusage rusage;
	int error;	/* the first of the recording */
	unsigned long long missed[64];	/* runs of each program that the kernel skipped */
};

/* Before detaching: how often each program was skipped (bpf_prog_info.recursion_misses). */
void collect_missed_runs(struct collect *c);

/* Append names, objects, ledger, page counts and losses.  0 or -errno of the recording or a map. */
int collect_append_maps(struct collect *c);

#endif
