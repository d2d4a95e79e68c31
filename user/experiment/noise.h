/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sources of noise: what the clean profile keeps away from an experiment, put
 * back one at a time, and the rules that say what it then does to the counts.
 */
#ifndef NOISE_H
#define NOISE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	NOISE_THP = 1 << 0,
	NOISE_MIGRATE = 1 << 1,
	NOISE_DYNAMIC = 1 << 2,
	NOISE_RSEQ = 1 << 3,
	NOISE_NO_PIN = 1 << 4,
	NOISE_ASLR = 1 << 5,
};

/*
 * "thp,migrate" into *BITS, NOISE_*.  0, or -EINVAL with a sentence in
 * WHY.  A name may come twice.
 */
int noise_parse(const char *list, unsigned int *bits, char *why, size_t why_size);

/* The sources one after the other: the one behind SOURCE in BITS, 0 at the end; first: noise_next(bits, 0). */
unsigned int noise_next(unsigned int bits, unsigned int source);

/* "thp"; and what is different with it, as in "huge pages are allowed and asked for". */
const char *noise_name(unsigned int source);
const char *noise_what(unsigned int source);

/*
 * PROFILE_* of profile.h for a run with SOURCE (0: the clean one).  COMPARED: all
 * sources of the comparison; some noise is there in every ordinary run, and has
 * to be taken from the clean one for the difference to show.
 */
unsigned int noise_profile(unsigned int source, unsigned int compared);

/*
 * True if this machine and the experiment with program PROGRAM can have the
 * noise, else a sentence in WHY.  For NOISE_DYNAMIC the dynamically linked build
 * is DIRECTORY-OF-PROGRAM/dynamic/NAME: its path into OTHER, else PROGRAM.
 */
bool noise_possible(unsigned int source, const char *program, char *other, size_t other_size,
		    char *why, size_t why_size);

/* The same question from facts alone: the content of transparent_hugepage/enabled, CPUs that may be used. */
bool noise_has_huge_pages(const char *enabled);

/*
 * Why a claim that asks SQL breaks under SOURCE: the rule that knows most of it.
 * Never NULL.
 */
const char *noise_rule(unsigned int source, const char *sql);

#endif
