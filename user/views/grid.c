// SPDX-License-Identifier: GPL-2.0
#include "views/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "base/text.h"

#define GAP 2
#define LEAST_WRAPPED 20
#define LEAST_CUT 4

struct grid {
	const struct grid_column *columns;
	int n;
	char **cells; /* by rows */
	size_t rows, room;
	int *widths;               /* of the columns; -1: left out */
	int *cells_widths, *whole; /* of the longest cell, without the heading; before any cut */
	bool fitted;
	int error;
};

struct grid *grid_new(const struct grid_column *columns, int n)
{
	struct grid *grid = calloc(1, sizeof(*grid));

	if (!grid)
		return NULL;
	grid->columns = columns;
	grid->n = n;
	/* three arrays */
	grid->widths = calloc(3 * (size_t)n, sizeof(*grid->widths));
	if (!grid->widths) {
		free(grid);
		return NULL;
	}
	grid->cells_widths = grid->widths + n;
	grid->whole = grid->cells_widths + n;
	for (int i = 0; i < n; i++)
		grid->widths[i] = text_width(columns[i].name);
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	for (size_t i = 0; i < grid->rows * (size_t)grid->n; i++)
		free(grid->cells[i]);
	free(grid->cells);
	free(grid->widths);
	free(grid);
}

void grid_row(struct grid *grid, const char *const *cells)
{
	size_t n = (size_t)grid->n;

	if (grid->error)
		return;
	if (grid->rows == grid->room) {
		size_t room = grid->room ? 2 * grid->room : 32;
		char **more = reallocarray(grid->cells, room * n, sizeof(*more));

		if (!more) {
			grid->error = -ENOMEM;
			return;
		}
		grid->cells = more;
		grid->room = room;
	}
	for (size_t i = 0; i < n; i++) {
		char *copy = strdup(cells[i] ? cells[i] : "");
		int width = copy ? text_width(copy) : 0;

		if (!copy)
			grid->error = -ENOMEM;
		grid->cells[grid->rows * n + i] = copy;
		if (width > grid->cells_widths[i])
			grid->cells_widths[i] = width;
		if (width > grid->widths[i])
			grid->widths[i] = width;
	}
	grid->rows++;
}

static int total(const struct grid *grid)
{
	int sum = 0;

	for (int i = 0; i < grid->n; i++)
		if (grid->widths[i] > 0)
			sum += grid->widths[i] + (sum ? GAP : 0);
	return sum;
}

/* What column I may be cut to. */
static int least_of(const struct grid *grid, int i)
{
	return grid->columns[i].least ? grid->columns[i].least : grid->widths[i];
}

/* The same where that does not do: no number is cut, but its heading is. */
static int last_least_of(const struct grid *grid, int i)
{
	return grid->columns[i].right && grid->cells_widths[i] > LEAST_CUT ? grid->cells_widths[i] :
									     LEAST_CUT;
}

/* The widest columns are cut until all fit: true. */
static bool cut_to(struct grid *grid, int width, int (*least)(const struct grid *grid, int i))
{
	while (total(grid) > width) {
		int widest = -1;

		for (int i = 0; i < grid->n; i++)
			if (grid->widths[i] > least(grid, i) &&
			    (widest < 0 || grid->widths[i] > grid->widths[widest]))
				widest = i;
		if (widest < 0)
			return false;
		grid->widths[widest]--;
	}
	return true;
}

/* Widths that fit into WIDTH, as far as it can be done. */
static void fit(struct grid *grid, int width)
{
	int last = grid->n - 1;

	if (grid->fitted || !width)
		return;
	grid->fitted = true;
	if (grid->columns[last].wrapped && total(grid) > width) {
		int least = grid->widths[last] < LEAST_WRAPPED ? grid->widths[last] : LEAST_WRAPPED;
		int over = total(grid) - width;

		grid->widths[last] = grid->widths[last] - over > least ? grid->widths[last] - over :
									 least;
	}
	for (int i = last; i >= 0 && total(grid) > width; i--)
		if (grid->columns[i].optional)
			grid->widths[i] = -1;
	memcpy(grid->whole, grid->widths, (size_t)grid->n * sizeof(*grid->widths));
	for (int i = last; !cut_to(grid, width, least_of) && i >= 0; i--) {
		if (!grid->columns[i].spare)
			continue;
		memcpy(grid->widths, grid->whole, (size_t)grid->n * sizeof(*grid->widths));
		grid->widths[i] = grid->whole[i] = -1;
	}
	cut_to(grid, width, last_least_of);
}

int grid_room(struct grid *grid, const struct report_style *style)
{
	int room;

	fit(grid, style->width);
	room = style->width - total(grid) - GAP;
	return room > 0 ? room : 0;
}

static const char *cell_at(const struct grid *grid, int row, int i)
{
	const char *cell = row < 0 ? grid->columns[i].name :
				     grid->cells[(size_t)row * (size_t)grid->n + (size_t)i];

	return cell ? cell : "";
}

/* CELL in WIDTH columns; where COLUMN says so its last word stays whole. */
static const char *cut(const char *cell, int width, bool keep_last, char *buf, size_t size)
{
	const char *last = keep_last ? strrchr(cell, ' ') : NULL;
	int rest = last ? width - text_width(last) : 0;
	char head[256];

	if (text_width(cell) <= width)
		return cell;
	/* safe already, so that nothing but the length changes */
	if (last && rest >= -1 && rest < 2)
		return last + 1;
	if (rest < 2)
		return text_escape_for(buf, size, cell, width, true);
	snprintf(head, sizeof(head), "%.*s", (int)(last - cell), cell);
	text_escape_for(buf, size, head, rest, true);
	snprintf(buf + strlen(buf), size - strlen(buf), "%s", last);
	return buf;
}

static void print(struct grid *grid, int row, FILE *out, const struct report_style *style)
{
	int x = 0;

	fit(grid, style->width);
	for (int i = 0; i < grid->n; i++) {
		const struct grid_column *column = &grid->columns[i];
		char buf[512];

		if (grid->widths[i] <= 0)
			continue;
		if (x)
			x += fprintf(out, "%*s", GAP, "");
		if (column->wrapped) {
			report_wrap(out, style, cell_at(grid, row, i), x, x);
			return;
		}
		text_pad(out,
			 cut(cell_at(grid, row, i), grid->widths[i], column->keep_last, buf,
			     sizeof(buf)),
			 column->right ? -grid->widths[i] : grid->widths[i]);
		x += grid->widths[i];
	}
}

void grid_line(struct grid *grid, int i, FILE *out, const struct report_style *style)
{
	print(grid, i, out, style);
}

/* Without blanks at the ends of lines. */
static int print_trimmed(struct grid *grid, int row, FILE *out, const struct report_style *style)
{
	char *text = NULL;
	size_t size, kept = 0;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return -ENOMEM;
	print(grid, row, memory, style);
	if (fclose(memory)) {
		free(text);
		return -ENOMEM;
	}
	for (size_t i = 0; i < size; i++) {
		if (text[i] == ' ')
			continue;
		if (text[i] != '\n')
			fprintf(out, "%.*s", (int)(i + 1 - kept), text + kept);
		else
			putc('\n', out);
		kept = i + 1;
	}
	if (!grid->columns[grid->n - 1].wrapped)
		putc('\n', out);
	free(text);
	return 0;
}

int grid_print(struct grid *grid, FILE *out, const struct report_style *style)
{
	for (int row = -1; row < (int)grid->rows && !grid->error; row++) {
		fputs(row < 0 ? report_ink(style, REPORT_BOLD) : "", out);
		grid->error = print_trimmed(grid, row, out, style);
		fputs(row < 0 ? report_ink(style, REPORT_PLAIN) : "", out);
	}
	return grid->error ? grid->error : report_flush(out);
}
