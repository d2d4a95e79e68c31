/* SPDX-License-Identifier: GPL-2.0 */
/* What the BPF programs do at each system call: a table, from the subjects asked for. */
#ifndef CALLS_H
#define CALLS_H

#include "event.h"

/*
 * Fill CLASS, indexed by system call number, with bits of enum fl_call_class.
 * SUBJECTS are the SUBJECT_* of collect.h.  Calls of the life cycle and changes
 * of the address space are always recorded; a number without a bit costs
 * nothing when it is called.  A call that this architecture lacks is left out.
 */
void calls_classify(unsigned int subjects, __u16 class[FL_NR_CALLS]);

#endif
