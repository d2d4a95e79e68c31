// SPDX-License-Identifier: GPL-2.0
/* The comparison as text. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "experiment/compare.h"
#include "experiment/noise.h"
#include "report/report_part.h"
#include "base/text.h"

#define ID_COLUMNS 24
#define VALUE_COLUMNS 20
#define REASON_COLUMNS 512

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

/* The clean run and the columns FROM to below TO. */
static void print_part(FILE *out, const struct claims *claims, const struct compare_column *columns,
		       const int *widths, size_t from, size_t to, int id, int expected)
{
	char text[240], safe[4 * ID_COLUMNS + 1];

	cell(out, "claims", id);
	cell(out, "expected", -expected);
	cell(out, noise_name(columns[0].source), -widths[0]);
	for (size_t c = from; c < to; c++)
		cell(out, noise_name(columns[c].source), -widths[c]);
	putc('\n', out);
	for (size_t i = 0; i < claims->nr_claims; i++) {
		if (!claims->claims[i].applies)
			continue;
		cell(out, text_escape(safe, sizeof(safe), claims->claims[i].id, ID_COLUMNS), id);
		cell(out, text_counts_in(text, sizeof(text), claims->claims[i].expected),
		     -expected);
		print_cell(text, sizeof(text), &columns[0], i);
		cell(out, text, -widths[0]);
		for (size_t c = from; c < to; c++) {
			print_cell(text, sizeof(text), &columns[c], i);
			cell(out, text, -widths[c]);
		}
		putc('\n', out);
	}
}

/* As many columns beside each other as WIDTH has room for, the others below. */
static void print_table(FILE *out, const struct claims *claims,
			const struct compare_column *columns, size_t n, int width)
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
	for (size_t c = 1, part; c == 1 || c < n; c += part) {
		int left = width - (id + 2) - (expected + 2) - (widths[0] + 2);

		part = 0;
		while (c + part < n && (!part || widths[c + part] <= left))
			left -= widths[c + part++] + 2;
		if (c > 1)
			putc('\n', out);
		print_part(out, claims, columns, widths, c, c + part, id, expected);
		part += !part;
	}
}

static bool is_broken(const struct compare_column *columns, size_t c, size_t i)
{
	return columns[c].verdicts && columns[c].verdicts[i].verdict == VERDICT_FAIL &&
	       columns[0].verdicts[i].verdict != VERDICT_FAIL;
}

/* Why a claim did not hold in column C; NULL: it did, or is not about this run. */
static const char *why(const struct claims *claims, const struct compare_column *columns, size_t c,
		       size_t i)
{
	const struct compare_verdict *v = &columns[c].verdicts[i];

	if (!claims->claims[i].applies || v->verdict == VERDICT_PASS)
		return NULL;
	if (is_broken(columns, c, i))
		return noise_rule(columns[c].source, claims->claims[i].sql);
	if (v->verdict == VERDICT_FAIL)
		return "They fail in the clean run, too.";
	return v->reason && *v->reason ? v->reason : "No reason was given.";
}

/* Claims A and B did not hold for one reason. */
static bool is_alike(const struct claims *claims, const struct compare_column *columns, size_t c,
		     size_t a, size_t b)
{
	const char *of_a = why(claims, columns, c, a), *of_b = why(claims, columns, c, b);

	return of_a && of_b && is_broken(columns, c, a) == is_broken(columns, c, b) &&
	       !strcmp(of_a, of_b);
}

/* One reason, with the claims that it explains; FIRST is the first of them. */
static void print_reason(FILE *out, const struct report_style *style, const struct claims *claims,
			 const struct compare_column *columns, size_t c, size_t first)
{
	char *ids = NULL, safe[4 * REASON_COLUMNS + 1];
	size_t size;
	FILE *memory = open_memstream(&ids, &size);

	if (!memory)
		return;
	fputs(is_broken(columns, c, first) ? "broken: " : "not decided: ", memory);
	for (size_t i = first; i < claims->nr_claims; i++)
		if (is_alike(claims, columns, c, first, i))
			fprintf(memory, "%s%s", i == first ? "" : ", ",
				text_escape(safe, sizeof(safe), claims->claims[i].id, ID_COLUMNS));
	fclose(memory);
	fputs("  ", out);
	report_wrap(out, style, ids ? ids : "", 2, 4);
	free(ids);
	fputs("    ", out);
	report_wrap(out, style,
		    text_escape(safe, sizeof(safe), why(claims, columns, c, first), REASON_COLUMNS),
		    4, 4);
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

		while (before < i && !is_alike(claims, columns, c, before, i))
			before++;
		if (before == i && why(claims, columns, c, i))
			print_reason(out, style, claims, columns, c, i);
	}
}

void compare_show(FILE *out, const struct claims *claims, const struct compare_column *columns,
		  size_t n, int width)
{
	const struct report_style style = { .width = width };

	print_table(out, claims, columns, n, width);
	for (size_t c = 1; c < n; c++)
		print_source(out, &style, claims, columns, c);
}
