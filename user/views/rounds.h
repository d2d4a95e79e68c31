/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rounds: phases of a task in which n of its children, who all need the same CPU
 * time, come to their end.  From several of them, how turnaround and throughput go
 * with n, for as many CPUs as the children had.
 */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <stdio.h>

#include "views/lives.h"

/*
 * Two plots and their values, after an empty line; nothing where there are no two
 * rounds of different n.  0, -ENOMEM or -EIO.
 */
int rounds_print(struct lives *l, FILE *out, const struct report_style *style);

#endif
