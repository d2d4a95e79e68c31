/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers, times and names as people read them.  Each char * returned is BUF. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* 25600 -> "25,600" */
char *text_count(char *buf, size_t size, long long n);

/* The numbers inside S, four digits and more, with separators: "<= 51200" -> "<= 51,200". */
char *text_counts_in(char *buf, size_t size, const char *s);

/* Three figures and a unit: "1.61 us", "41.2 ms". */
char *text_duration(char *buf, size_t size, long long ns);

/* Three figures of how many a second: "0.25", "19.2", "2,900". */
char *text_rate(char *buf, size_t size, double rate);

/* "812 bytes", "64.0 KiB", "4.19 MiB". */
char *text_size(char *buf, size_t size, long long bytes);

/*
 * The character of UTF-8 that S starts with: its code point into *C, its bytes
 * returned.  0 at the end of S.  A byte that starts no valid character counts
 * alone, with *C = UINT32_MAX.
 */
size_t text_char(const char *s, uint32_t *c);

/* Columns that UTF-8 string S takes on a terminal; invalid bytes count as one. */
int text_width(const char *s);

/*
 * A name from outside made safe for a terminal or a page: printable characters
 * stay, control characters, escape sequences, bidirectional overrides and
 * invalid UTF-8 become \xNN.  At most MAX columns, cut with "~" (0: no limit).
 */
char *text_escape(char *buf, size_t size, const char *s, int max);

/* The same, and for a terminal that shows ASCII only where UTF8 is false. */
char *text_escape_for(char *buf, size_t size, const char *s, int max, bool utf8);

/* S as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void text_json(FILE *out, const char *s);

/* Cell width of N columns: pads S with blanks on the right (or left, if N < 0). */
void text_pad(FILE *out, const char *s, int n);

#endif
