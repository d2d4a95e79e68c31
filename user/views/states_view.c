// SPDX-License-Identifier: GPL-2.0
/* The chart: lanes of tasks and CPUs, the ready queue, and what the letters mean. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "views/states_view.h"
#include "base/text.h"
#include "views/traced.h"

#define MOST_CPUS 16
#define MOST_COLUMNS 400
#define WIDE 100 /* columns of a chart without a limit */

static const char plain[] = REPORT_PLAIN;

/* What is drawn: what tasks do, and of waiting that which is deaf to signals by itself. */
enum { DRAWN_DEEP = NR_DOING, NR_DRAWN };

static const struct glyph {
	char letter;
	const char *ink;
} glyphs[NR_DRAWN] = {
	[DOING_NEW] = { 'n', REPORT_BOLD },     [DOING_READY] = { 'r', REPORT_DOUBT },
	[DOING_RUNNING] = { 'R', REPORT_GOOD }, [DOING_WAITING] = { 'S', REPORT_DIM },
	[DOING_STOPPED] = { 'T', REPORT_BAD },  [DOING_ZOMBIE] = { 'z', REPORT_BOLD },
	[DOING_DEAD] = { ' ', plain },          [DOING_UNKNOWN] = { '?', REPORT_BAD },
	[DRAWN_DEEP] = { 'D', REPORT_BAD },
};

/* What a column is drawn as if two took the same time of it: the first. */
static const int order[] = {
	DOING_RUNNING, DOING_READY,  DRAWN_DEEP, DOING_WAITING,
	DOING_STOPPED, DOING_ZOMBIE, DOING_NEW,  DOING_UNKNOWN,
};

long long states_edge(const struct states_slices *s, int i)
{
	return s->begin_ns + (long long)((__int128)s->span_ns * i / s->columns);
}

void states_spread(const struct states_slices *s, long long start_ns, long long end_ns,
		   long long *sums, int stride)
{
	long long from = start_ns - s->begin_ns;
	int i = from <= 0 ? 0 : (int)((__int128)from * s->columns / s->span_ns);

	for (; i < s->columns && states_edge(s, i) < end_ns; i++) {
		long long edge = states_edge(s, i), next = states_edge(s, i + 1);
		long long first = start_ns > edge ? start_ns : edge;
		long long last = end_ns < next ? end_ns : next;

		if (last > first)
			sums[(size_t)i * (size_t)stride] =
				timeline_sum(sums[(size_t)i * (size_t)stride], last - first);
	}
}

struct states_axis states_axis(const struct states_slices *s)
{
	static const struct {
		long long ns;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	long long end = s->begin_ns + s->span_ns;
	struct states_axis axis = { .step_ns = 1 };
	int unit = 0;

	/* 1, 2, 5, 10, ...: the first whose labels have room */
	for (int i = 0; axis.step_ns < LLONG_MAX / 10; i++) {
		char label[32];

		unit = 0;
		while (axis.step_ns < units[unit].ns)
			unit++;
		text_count(label, sizeof(label), end / units[unit].ns);
		if ((__int128)axis.step_ns * s->columns / s->span_ns >= (int)strlen(label) + 3)
			break;
		axis.step_ns = axis.step_ns / (i % 3 == 1 ? 2 : 1) * (i % 3 == 1 ? 5 : 2);
	}
	axis.unit_ns = units[unit].ns;
	axis.unit = units[unit].name;
	return axis;
}

void states_print_axis(const struct states_slices *s, FILE *out, const struct report_style *style,
		       int left)
{
	struct states_axis axis = states_axis(s);
	long long t = s->begin_ns / axis.step_ns * axis.step_ns;
	int x = 0;

	if (t < s->begin_ns)
		t += axis.step_ns;
	fprintf(out, "%stime %-*s", report_ink(style, REPORT_DIM), left - 5, axis.unit);
	for (; t < s->begin_ns + s->span_ns; t += axis.step_ns) {
		int at = (int)((__int128)(t - s->begin_ns) * s->columns / s->span_ns);
		char label[40];

		text_count(label, sizeof(label), t / axis.unit_ns);
		if (at < x)
			continue;
		if (at + 1 + (int)strlen(label) > s->columns)
			break;
		fprintf(out, "%*s|%s", at - x, "", label);
		x = at + 1 + (int)strlen(label);
		/* the last step may lead over the end of what a number can hold */
		if (t > LLONG_MAX - axis.step_ns)
			break;
	}
	fprintf(out, "%s\n", report_ink(style, REPORT_PLAIN));
}

struct chart {
	struct states_view *v;
	struct states_slices slices;
	long long *sums; /* by column, then by state, or by lane */
	bool seen[NR_DRAWN];
	bool seen_minor, seen_idle;
};

static void add_row(const struct lives_row *row, void *arg)
{
	struct chart *c = arg;

	if (row->doing != DOING_DEAD)
		states_spread(&c->slices, row->start_ns, row->end_ns,
			      c->sums + (row->deep ? DRAWN_DEEP : (int)row->doing), NR_DRAWN);
}

static void print_label(const struct chart *c, const char *text)
{
	const struct report_style *style = c->v->style;

	fputs(report_ink(style, REPORT_BOLD), c->v->out);
	text_pad(c->v->out, text, c->v->label_columns);
	fprintf(c->v->out, "%s ", report_ink(style, REPORT_PLAIN));
}

/* LETTERS up to the last that is not blank, each in its ink. */
static void print_letters(const struct chart *c, const char *letters, const char *const *inks)
{
	const char *ink = plain;
	int last = c->slices.columns;

	while (last > 0 && letters[last - 1] == ' ')
		last--;
	for (int i = 0; i < last; i++) {
		if (inks[i] != ink && letters[i] != ' ') {
			fputs(report_ink(c->v->style, REPORT_PLAIN), c->v->out);
			if (inks[i] != plain)
				fputs(report_ink(c->v->style, inks[i]), c->v->out);
			ink = inks[i];
		}
		putc(letters[i], c->v->out);
	}
	fprintf(c->v->out, "%s\n", ink == plain ? "" : report_ink(c->v->style, REPORT_PLAIN));
}

/*
 * What stands for a column: of the states in it that with the most time not drawn
 * yet, here and in the columns before.  So a task that runs for a seventh of a
 * time that is longer than a few columns has an R in each seventh.
 */
static int choose(const long long *sums, double *credit)
{
	int best = DOING_DEAD;
	double total = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		total += (double)sums[order[i]];
	if (total <= 0)
		return DOING_DEAD;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		credit[order[i]] += (double)sums[order[i]] / total;
		if (sums[order[i]] > 0 &&
		    (best == DOING_DEAD || credit[order[i]] > credit[best] + 1e-9))
			best = order[i];
	}
	credit[best] -= 1;
	return best;
}

static void print_lane(struct chart *c, int lane)
{
	const struct states_view *v = c->v;
	char letters[MOST_COLUMNS];
	const char *inks[MOST_COLUMNS];
	double credit[NR_DRAWN] = { 0 };

	memset(c->sums, 0, (size_t)c->slices.columns * NR_DRAWN * sizeof(*c->sums));
	for (size_t i = 0; i < v->l.t.nr_tasks; i++)
		if (v->lane_of[i] == lane)
			lives_each(&v->l, (int)i, add_row, c);
	for (int x = 0; x < c->slices.columns; x++) {
		int drawn = choose(c->sums + (size_t)x * NR_DRAWN, credit);

		letters[x] = glyphs[drawn].letter;
		inks[x] = glyphs[drawn].ink;
		c->seen[drawn] = true;
	}
	print_label(c, v->lanes[lane].label);
	print_letters(c, letters, inks);
}

/* The time that CPU ran each lane, by column; what it ran in all is returned. */
static long long sum_cpu(struct chart *c, int cpu)
{
	const struct states_view *v = c->v;
	long long all = 0;

	memset(c->sums, 0, (size_t)c->slices.columns * MOST_LANES * sizeof(*c->sums));
	for (size_t i = 0; i < v->l.t.nr_tasks; i++) {
		const struct life *life = &v->l.lives[i];

		for (size_t n = 0; n < life->nr_rows; n++) {
			const struct lives_row *row = &life->rows[n];

			if (row->doing != DOING_RUNNING || row->cpu != cpu)
				continue;
			states_spread(&c->slices, row->start_ns, row->end_ns,
				      c->sums + v->lane_of[i], MOST_LANES);
			all = timeline_sum(all, row->end_ns - row->start_ns);
		}
	}
	return all;
}

static void print_cpu(struct chart *c, int cpu)
{
	char letters[MOST_COLUMNS], name[64];
	const char *inks[MOST_COLUMNS];
	long long busy = sum_cpu(c, cpu);

	for (int x = 0; x < c->slices.columns; x++) {
		const long long *sums = c->sums + (size_t)x * MOST_LANES;
		long long width = states_edge(&c->slices, x + 1) - states_edge(&c->slices, x);
		int most = 0;

		for (int lane = 1; lane < c->v->nr_lanes; lane++)
			if (sums[lane] > sums[most])
				most = lane;
		inks[x] = plain;
		if (!sums[most]) {
			letters[x] = '.';
			inks[x] = REPORT_DIM;
			c->seen_idle = true;
		} else if (sums[most] >= width - sums[most]) {
			letters[x] = c->v->lanes[most].key;
		} else {
			letters[x] = (char)(c->v->lanes[most].key - 'A' + 'a');
			c->seen_minor = true;
		}
	}
	snprintf(name, sizeof(name), "CPU %-3d %3.0f%%", cpu,
		 lives_percent(busy, c->slices.span_ns));
	print_label(c, name);
	print_letters(c, letters, inks);
}

static int by_number(const void *a, const void *b)
{
	long long one = *(const long long *)a, two = *(const long long *)b;

	return (one > two) - (one < two);
}

/* The CPUs that ran a task, ascending, into CPUS; returns how many there are. */
static int find_cpus(const struct lives *l, int *cpus)
{
	int count = 0, last = -1;

	for (;;) {
		int next = INT_MAX;

		for (size_t i = 0; i < l->nr_rows; i++)
			if (l->rows[i].doing == DOING_RUNNING && l->rows[i].cpu > last &&
			    l->rows[i].cpu < next)
				next = l->rows[i].cpu;
		if (next == INT_MAX || count > 4 * MOST_CPUS)
			return count;
		if (count < MOST_CPUS)
			cpus[count] = next;
		count++;
		last = next;
	}
}

/* The most tasks that were ready at one moment; -1: no memory. */
static long long most_ready(const struct lives *l)
{
	long long *starts = calloc(2 * l->nr_rows + 1, sizeof(*starts)), *ends, most = 0;
	size_t count = 0, ended = 0;

	if (!starts)
		return -1;
	ends = starts + l->nr_rows;
	for (size_t i = 0; i < l->nr_rows; i++) {
		if (l->rows[i].doing != DOING_READY || l->rows[i].end_ns == l->rows[i].start_ns)
			continue;
		starts[count] = l->rows[i].start_ns;
		ends[count++] = l->rows[i].end_ns;
	}
	qsort(starts, count, sizeof(*starts), by_number);
	qsort(ends, count, sizeof(*ends), by_number);
	for (size_t i = 0; i < count; i++) {
		while (ended < count && ends[ended] <= starts[i])
			ended++;
		if ((long long)(i + 1 - ended) > most)
			most = (long long)(i + 1 - ended);
	}
	free(starts);
	return most;
}

/* The mean length of the ready queue in each slice, as heights below TOP. */
static int print_ready(struct chart *c, long long *most, long long *top)
{
	static const char *const bars[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const digits[] = { " ", "1", "2", "3", "4", "5", "6", "7", "8", "9" };
	const struct lives *l = &c->v->l;
	bool utf8 = c->v->style->utf8;
	int levels = utf8 ? 8 : 9, last = 0;
	double mean[MOST_COLUMNS];

	*most = most_ready(l);
	*top = 1;
	if (*most < 0)
		return -ENOMEM;
	memset(c->sums, 0, (size_t)c->slices.columns * sizeof(*c->sums));
	for (size_t i = 0; i < l->nr_rows; i++)
		if (l->rows[i].doing == DOING_READY)
			states_spread(&c->slices, l->rows[i].start_ns, l->rows[i].end_ns, c->sums,
				      1);
	for (int x = 0; x < c->slices.columns; x++) {
		long long width = states_edge(&c->slices, x + 1) - states_edge(&c->slices, x);

		mean[x] = width ? (double)c->sums[x] / (double)width : 0;
		while (mean[x] > (double)*top)
			++*top;
		if (mean[x] > 0)
			last = x + 1;
	}
	print_label(c, "ready queue");
	/* one step is one task where the steps suffice */
	if (!utf8 && *top < levels)
		levels = (int)*top;
	fputs(report_ink(c->v->style, REPORT_DOUBT), c->v->out);
	for (int x = 0; x < last; x++) {
		double height = mean[x] * levels / (double)*top;
		int level = (int)(height + 0.5);

		if (height > 0 && level == 0)
			level = 1;
		fputs(utf8 ? bars[level] : digits[level], c->v->out);
	}
	fprintf(c->v->out, "%s\n", report_ink(c->v->style, REPORT_PLAIN));
	return 0;
}

void states_note(const struct states_view *v, const char *text)
{
	fputs(report_ink(v->style, REPORT_DIM), v->out);
	report_wrap(v->out, v->style, text, 0, 2);
	fputs(report_ink(v->style, REPORT_PLAIN), v->out);
}

static void print_legend(const struct chart *c, long long most, long long top)
{
	char text[400] = "", number[32], highest[32];

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		size_t used = strlen(text);

		if (c->seen[order[i]])
			snprintf(text + used, sizeof(text) - used, "%s%c %s", used ? "   " : "",
				 glyphs[order[i]].letter,
				 order[i] == DRAWN_DEEP ? "waiting, deaf to signals" :
							  lives_word((enum doing)order[i]));
	}
	states_note(c->v, text);
	snprintf(text, sizeof(text), "CPU: whom it ran%s%s",
		 c->seen_minor ? "; a small letter: less than half of the time" : "",
		 c->seen_idle ? "; . nobody, or others than these tasks" : "");
	states_note(c->v, text);
	snprintf(text, sizeof(text), "ready queue: its mean length, %s is %s; at most %s at once",
		 c->v->style->utf8 ? "a full column" :
		 top < 9           ? "a digit" :
				     "9",
		 !c->v->style->utf8 && top < 9 ? "its number" :
						 text_count(number, sizeof(number), top),
		 text_count(highest, sizeof(highest), most));
	states_note(c->v, text);
}

static int print_chart(struct states_view *v)
{
	int width = v->style->width ? v->style->width - v->label_columns - 2 : WIDE;
	struct chart c = { .v = v };
	char text[200], span[40], slice[40], count[32];
	int cpus[MOST_CPUS], nr_cpus = find_cpus(&v->l, cpus), err;
	long long most, top;

	c.slices = (struct states_slices){
		.begin_ns = v->l.begin_ns,
		.span_ns = v->l.end_ns > v->l.begin_ns ? v->l.end_ns - v->l.begin_ns : 1,
		.columns = width > MOST_COLUMNS ? MOST_COLUMNS : width,
	};
	if (c.slices.span_ns < c.slices.columns)
		c.slices.columns = (int)c.slices.span_ns;
	c.sums = calloc((size_t)c.slices.columns * MOST_LANES, sizeof(*c.sums));
	if (!c.sums)
		return -ENOMEM;
	snprintf(text, sizeof(text),
		 "%s task%s in %s. A column is %s; several states in one take turns.",
		 text_count(count, sizeof(count), (long long)v->l.t.nr_tasks),
		 v->l.t.nr_tasks == 1 ? "" : "s",
		 text_duration(span, sizeof(span), c.slices.span_ns),
		 text_duration(slice, sizeof(slice), c.slices.span_ns / c.slices.columns));
	states_note(v, text);
	putc('\n', v->out);
	states_print_axis(&c.slices, v->out, v->style, v->label_columns + 1);
	for (int lane = 0; lane < v->nr_lanes; lane++)
		print_lane(&c, lane);
	putc('\n', v->out);
	for (int i = 0; i < nr_cpus && i < MOST_CPUS; i++)
		print_cpu(&c, cpus[i]);
	err = print_ready(&c, &most, &top);
	free(c.sums);
	if (err)
		return err;
	if (nr_cpus > MOST_CPUS)
		fprintf(v->out, "... and %s%d more CPUs\n", nr_cpus > 4 * MOST_CPUS ? "over " : "",
			(nr_cpus > 4 * MOST_CPUS ? 4 * MOST_CPUS : nr_cpus) - MOST_CPUS);
	putc('\n', v->out);
	print_legend(&c, most, top);
	return 0;
}

int report_states(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct states_view v = { .out = out, .style = style };
	int err = lives_load(&v.l, db, style);

	errno = 0;
	if (!err && !v.l.nr_rows) {
		traced_explain(db, "states", out, style);
		goto out;
	}
	if (!err)
		err = states_lanes(&v);
	if (!err)
		err = print_chart(&v);
	if (!err)
		err = states_table(&v);
	if (!err && v.l.odd) {
		char text[200], count[32];

		snprintf(text, sizeof(text),
			 "%s rows of table state cannot be (they overlap others, or end before they"
			 " start); they are left out or cut.",
			 text_count(count, sizeof(count), v.l.odd));
		states_note(&v, text);
	}
out:
	states_lanes_free(&v);
	lives_free(&v.l);
	return err ? err : report_flush(out);
}
