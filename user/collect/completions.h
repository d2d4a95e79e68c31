/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When faults end: software perf events that the kernel raises in
 * mm_account_fault() call a BPF program.  As soon as such an event is enabled,
 * each fault of its CPU costs about a tenth more, whatever the sampling period;
 * so unless each fault's cost is asked for, they are enabled for short windows
 * only, and what is timed then stands for the rest.
 */
#ifndef COMPLETIONS_H
#define COMPLETIONS_H

#include <stdbool.h>

struct bpf_link;
struct bpf_program;

struct completions {
	struct bpf_link **links;
	int *fds; /* owned by the links */
	int n;
	bool always;
	bool enabled;
	int rest_ms; /* until the next window */
};

/* Attach PROGRAM on each CPU, enabled: for good (ALWAYS) or as the first window.  0 or -errno. */
int completions_attach(struct completions *c, const struct bpf_program *program, bool always);

/*
 * Called before each sleep of at most TIMEOUT_MS: opens or closes a window where
 * it is time, and returns how long to sleep at most.
 */
int completions_turn(struct completions *c, int timeout_ms);

void completions_detach(struct completions *c);

#endif
