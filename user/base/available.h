/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that a run may take. */
#ifndef AVAILABLE_H
#define AVAILABLE_H

/*
 * Bytes that can be had without swapping, and without passing a limit of the
 * control groups that we are in; -1: not known.
 */
long long available_memory(void);

/* The two parts of it, for tests: of a text as /proc/meminfo, of a group's folder. */
long long available_in_meminfo(const char *path);

/*
 * The least that the control group with the folder FOLDER and those above it, up to
 * TOP, leave; -1: none of them has a limit.  FOLDER begins with TOP.  A group's own
 * figure is its limit less what it uses, but for pages of files that nobody looked at
 * lately, which the kernel gives up first.
 */
long long available_in_group(const char *folder, const char *top);

#endif
