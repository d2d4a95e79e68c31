/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long faults took, as a histogram for each phase, region, kind and via.  It
 * has only those whose end was seen, which is a sample of all; so a cell for
 * which there is no room is no loss, only a smaller sample.
 */
#ifndef COST_BPF_H
#define COST_BPF_H

#include "trace.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 14);
	__type(key, struct fl_cost_key);
	__type(value, __u64);
} costs SEC(".maps") __weak;

static __always_inline __u16 cost_class(__u64 ns)
{
	__u32 left = ns > 0xffffffff ? 0xffffffff : ns, exponent = 0;
	int step;

	if (left < 1 << FL_COST_BITS)
		return left;
	UNROLLED
	for (step = 16; step; step >>= 1) {
		if (left >> (FL_COST_BITS + step)) {
			left >>= step;
			exponent += step;
		}
	}
	return ((exponent + 1) << FL_COST_BITS) + (left & ((1 << FL_COST_BITS) - 1));
}

/* The pending fault, whose end was seen, is entered in the open run. */
SHARED int cost_count(struct task_state *s)
{
	struct fl_cost_key key = {};
	__u64 one = 1, *n;

	if (!s || s->pending.end_ns < s->pending.t_ns)
		return 0;
	key.phase = s->run.phase;
	key.region = s->run.region;
	key.kind = s->run.kind;
	key.via = s->run.via;
	key.class = cost_class(s->pending.end_ns - s->pending.t_ns);
	n = bpf_map_lookup_elem(&costs, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&costs, &key, &one, BPF_NOEXIST);
	return 0;
}

#endif /* COST_BPF_H */
