/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When faults end: software perf events that the kernel raises in
 * mm_account_fault() call a BPF program.  As soon as such an event exists, be it
 * disabled, each fault on any CPU costs a twentieth more, and a tenth more while it
 * is enabled, whatever the sampling period.  Major faults take long enough not to
 * mind; for minor ones the events are opened for short windows only, which get rarer
 * as the run goes on, unless each fault's cost is asked for, and what is timed then
 * stands for the rest.
 */
#ifndef COMPLETIONS_H
#define COMPLETIONS_H

#include <stdbool.h>

struct bpf_program;

struct completions {
	int program; /* of who loaded it */
	int *minor;  /* one for each CPU; -1: none */
	int *major;
	int cpus;
	bool always;
	bool open;     /* of minor faults */
	int rest_ms;   /* until the next window */
	int waited_ms; /* between windows so far, as far as it matters */
};

/* Call PROGRAM on each CPU, at minor faults for good (ALWAYS) or for the first window.  0 or -errno. */
int completions_attach(struct completions *c, const struct bpf_program *program, bool always);

/*
 * Called before each sleep of at most TIMEOUT_MS: opens or closes a window where
 * it is time, and returns how long to sleep at most.
 */
int completions_turn(struct completions *c, int timeout_ms);

void completions_detach(struct completions *c);

#endif
