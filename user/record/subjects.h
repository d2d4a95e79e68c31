/* SPDX-License-Identifier: GPL-2.0 */
/* What can be traced: the subjects, their words, the tables that each fills and its programs. */
#ifndef SUBJECTS_H
#define SUBJECTS_H

#include <stddef.h>

/* Subjects of the kernel; each is a set of BPF programs.  Faults, tasks and calls are always there. */
enum {
	SUBJECT_PAGES = 1 << 0, /* mm_page_alloc as table page_alloc */
	SUBJECT_RSS = 1 << 1,
	SUBJECT_STATES = 1 << 2,
	SUBJECT_SIGNALS = 1 << 3,
	SUBJECT_LOCKS = 1 << 4,
	SUBJECT_MESSAGES = 1 << 5,
	SUBJECT_CALLS = 1 << 6,  /* every system call, not only those of the life cycle */
	SUBJECT_DATA = 1 << 7,   /* the start of small buffers of read and write */
	SUBJECT_FRAMES = 1 << 8, /* page frames at barriers (frames.h) */
	/* task_struct at phases, at exits and at barriers, and there mappings and open files */
	SUBJECT_CARDS = 1 << 9,
	SUBJECT_KTHREADS = 1 << 10, /* births and ends of kernel threads */
	SUBJECT_DEFAULT = SUBJECT_PAGES | SUBJECT_RSS | SUBJECT_STATES | SUBJECT_SIGNALS |
			  SUBJECT_LOCKS | SUBJECT_MESSAGES | SUBJECT_CARDS,
	SUBJECT_ALL = (1 << 11) - 1,
};

/* "states, signals": SUBJECTS in words, as run.subjects has them, into BUF, which is returned. */
char *subjects_words(char *buf, size_t size, unsigned int wanted);

/* The subjects without which nothing is in COLUMN of TABLE; 0: it is always there. */
unsigned int subjects_of_column(const char *table, const char *column);

/* The subjects that a BPF program of this name serves. */
#define SUBJECT_ALWAYS (~0u) /* and what is there where none is asked for: counts of faults */
unsigned int subjects_of_program(const char *name);

#endif
