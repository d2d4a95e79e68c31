/* SPDX-License-Identifier: GPL-2.0 */
/* What faultline says to people about itself; all of it goes to stderr. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>

/*
 * "faultline: what failed: why; what to do" as one line in one write.  FORMAT is
 * the part after "faultline: ".  Control characters in it come out as \xNN.
 */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The line that message() writes, with its newline, into BUF; returns its length.
 */
size_t message_format(char *buf, size_t size, const char *text);

/*
 * Of NAMES (ends with NULL) the one nearest to NAME by insertions, deletions,
 * replacements and swaps of neighbours, if it is near enough to be a slip of the
 * finger; else NULL.
 */
const char *message_nearest(const char *name, const char *const *names);

#endif
