// SPDX-License-Identifier: GPL-2.0
/* The comparison as text. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "compare.h"
#include "noise.h"
#include "report_part.h"
#include "text.h"

#define ID_COLUMNS 24
#define VALUE_COLUMNS 20

static const char *const words[] = {
	[VERDICT_PENDING] = "-",  [VERDICT_PASS] = "",           [VERDICT_FAIL] = "FAIL ",
	[VERDICT_SKIP] = "SKIP ", [VERDICT_INCONCLUSIVE] = "? ",
};

/* "25,600"; "FAIL 50" */
static void print_cell(char *buf, size_t size, const struct compare_column *column, size_t i)
{
	char safe[4 * VALUE_COLUMNS + 1], value[160];
	const struct compare_verdict *v;

	if (!column->verdicts) {
		snprintf(buf, size, "-");
		return;
	}
	v = &column->verdicts[i];
	text_escape(safe, sizeof(safe), v->verdict == VERDICT_SKIP ? "" : v->observed,
		    VALUE_COLUMNS);
	snprintf(buf, size, "%s%s", words[v->verdict], text_counts_in(value, sizeof(value), safe));
}

static void cell(FILE *out, const char *text, int width)
{
	text_pad(out, text, width);
	fputs("  ", out);
}

static int wider(int width, const char *text)
{
	int w = text_width(text);

	return w > width ? w : width;
}

static void print_table(FILE *out, const struct claims *claims,
			const struct compare_column *columns, size_t n)
{
	int widths[n], id = wider(0, "claims"), expected = wider(0, "expected");
	char text[240], safe[4 * ID_COLUMNS + 1];

	for (size_t c = 0; c < n; c++)
		widths[c] = wider(0, noise_name(columns[c].source));
	for (size_t i = 0; i < claims->nr_claims; i++) {
		if (!claims->claims[i].applies)
			continue;
		id = wider(id, text_escape(safe, sizeof(safe), claims->claims[i].id, ID_COLUMNS));
		expected = wider(expected,
				 text_counts_in(text, sizeof(text), claims->claims[i].expected));
		for (size_t c = 0; c < n; c++) {
			print_cell(text, sizeof(text), &columns[c], i);
			widths[c] = wider(widths[c], text);
		}
	}
	cell(out, "claims", id);
	cell(out, "expected", -expected);
	for (size_t c = 0; c < n; c++)
		cell(out, noise_name(columns[c].source), -widths[c]);
	putc('\n', out);
	for (size_t i = 0; i < claims->nr_claims; i++) {
		if (!claims->claims[i].applies)
			continue;
		cell(out, text_escape(safe, sizeof(safe), claims->claims[i].id, ID_COLUMNS), id);
		cell(out, text_counts_in(text, sizeof(text), claims->claims[i].expected),
		     -expected);
		for (size_t c = 0; c < n; c++) {
			print_cell(text, sizeof(text), &columns[c], i);
			cell(out, text, -widths[c]);
		}
		putc('\n', out);
	}
}

static bool is_broken(const struct compare_column *columns, size_t c, size_t i)
{
	return columns[c].verdicts && columns[c].verdicts[i].verdict == VERDICT_FAIL &&
	       columns[0].verdicts[i].verdict != VERDICT_FAIL;
}

/* One rule, with the claims that it explains. */
static void print_rule(FILE *out, const struct report_style *style, const struct claims *claims,
		       const struct compare_column *columns, size_t c, size_t first)
{
	const char *rule = noise_rule(columns[c].source, claims->claims[first].sql);
	char *ids = NULL, safe[4 * ID_COLUMNS + 1];
	size_t size;
	FILE *memory = open_memstream(&ids, &size);

	if (!memory)
		return;
	for (size_t i = first; i < claims->nr_claims; i++)
		if (is_broken(columns, c, i) &&
		    noise_rule(columns[c].source, claims->claims[i].sql) == rule)
			fprintf(memory, "%s%s", i == first ? "broken: " : ", ",
				text_escape(safe, sizeof(safe), claims->claims[i].id, ID_COLUMNS));
	fclose(memory);
	fputs("  ", out);
	report_wrap(out, style, ids ? ids : "", 2, 4);
	free(ids);
	fputs("    ", out);
	report_wrap(out, style, rule, 4, 4);
}

static void print_source(FILE *out, const struct report_style *style, const struct claims *claims,
			 const struct compare_column *columns, size_t c)
{
	size_t held = 0, broken = 0, other = 0;
	char line[320];

	for (size_t i = 0; columns[c].verdicts && i < claims->nr_claims; i++) {
		if (!claims->claims[i].applies)
			continue;
		if (columns[c].verdicts[i].verdict == VERDICT_PASS)
			held++;
		else if (is_broken(columns, c, i))
			broken++;
		else
			other++;
	}
	putc('\n', out);
	snprintf(line, sizeof(line), "%s: %s", noise_name(columns[c].source),
		 noise_what(columns[c].source));
	report_wrap(out, style, line, 0, 4);
	if (!columns[c].verdicts) {
		snprintf(line, sizeof(line), "cannot be had here: %s",
			 columns[c].cannot ? columns[c].cannot : "the run failed");
		fputs("  ", out);
		report_wrap(out, style, line, 2, 4);
		return;
	}
	fprintf(out, "  %zu held, %zu broke", held, broken);
	if (other)
		fprintf(out, ", %zu not decided", other);
	putc('\n', out);
	for (size_t i = 0; i < claims->nr_claims; i++) {
		size_t before = 0;

		if (!is_broken(columns, c, i))
			continue;
		while (before < i &&
		       !(is_broken(columns, c, before) &&
			 noise_rule(columns[c].source, claims->claims[before].sql) ==
				 noise_rule(columns[c].source, claims->claims[i].sql)))
			before++;
		if (before == i)
			print_rule(out, style, claims, columns, c, i);
	}
}

void compare_show(FILE *out, const struct claims *claims, const struct compare_column *columns,
		  size_t n, int width)
{
	const struct report_style style = { .width = width };

	print_table(out, claims, columns, n);
	for (size_t c = 1; c < n; c++)
		print_source(out, &style, claims, columns, c);
}
