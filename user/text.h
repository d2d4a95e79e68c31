/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers, times and names as people read them.  Each returns BUF. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdio.h>

/* 25600 -> "25,600" */
char *text_count(char *buf, size_t size, long long n);

/* Three figures and a unit: "1.61 us", "41.2 ms". */
char *text_duration(char *buf, size_t size, long long ns);

/* Columns that UTF-8 string S takes on a terminal; invalid bytes count as one. */
int text_width(const char *s);

/*
 * A name from outside made safe for a terminal or a page: printable characters
 * stay, control characters, escape sequences, bidirectional overrides and
 * invalid UTF-8 become \xNN.  At most MAX columns, cut with "~" (0: no limit).
 */
char *text_escape(char *buf, size_t size, const char *s, int max);

/* S as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void text_json(FILE *out, const char *s);

/* Cell width of N columns: pads S with blanks on the right (or left, if N < 0). */
void text_pad(FILE *out, const char *s, int n);

#endif
