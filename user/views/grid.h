/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables as text: columns as wide as their cells.  Where they are too wide, what
 * is optional goes first, then the longest cells are cut.  Numbers never are, so
 * that a table of many may still be too wide.
 */
#ifndef GRID_H
#define GRID_H

#include <stdio.h>

#include "report/report.h"

struct grid_column {
	const char *name;
	int least;      /* cells may be cut to so many columns; 0: they are not */
	bool right;     /* numbers */
	bool keep_last; /* the last word stays where a cell is cut */
	bool optional;  /* left out where there is no room, the last such column first */
	bool spare;     /* left out where others would be cut below their least, the last first */
	bool wrapped;   /* the last column alone: its text goes on below itself */
};

struct grid;

/* COLUMNS stays the caller's and must outlive the grid.  NULL: no memory. */
struct grid *grid_new(const struct grid_column *columns, int n);
void grid_free(struct grid *grid);

/*
 * A row of N cells, copied; NULL is empty.  The text is safe already.  An error
 * is kept until grid_print().
 */
void grid_row(struct grid *grid, const char *const *cells);

/* Columns left on the right for more than the grid; at least 0. */
int grid_room(struct grid *grid, const struct report_style *style);

/*
 * One line: row I without a newline, or the heading for I = -1, each cell as
 * wide as its column.  For who draws something to the right of it.
 */
void grid_line(struct grid *grid, int i, FILE *out, const struct report_style *style);

/* The heading and all rows.  0, -ENOMEM or an error of OUT. */
int grid_print(struct grid *grid, FILE *out, const struct report_style *style);

#endif
