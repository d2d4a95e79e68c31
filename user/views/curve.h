/* SPDX-License-Identifier: GPL-2.0 */
/* A curve drawn with characters. */
#ifndef CURVE_H
#define CURVE_H

#include <stddef.h>
#include <stdio.h>

#include "report/report.h"

#define CURVE_ROWS 6
#define CURVE_DOTS (4 * CURVE_ROWS) /* braille has four to a row */

/*
 * The area below N values, none negative, which fills COLUMNS columns and
 * CURVE_ROWS rows.  Beside the first row stands TOP, beside the last ZERO, both
 * right in LABEL columns.  With braille where STYLE has UTF-8, else with "#".
 */
void curve_print(FILE *out, const struct report_style *style, const double *values, size_t n,
		 int columns, int label, const char *top, const char *zero);

#endif
