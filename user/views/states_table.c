// SPDX-License-Identifier: GPL-2.0
/* What the states of each task sum up to, and the run as a whole. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "views/states_view.h"
#include "base/text.h"

#define CELL 24

/* Columns from left to right; the one of the highest number goes first where all do not fit. */
enum column {
	COLUMN_TURNAROUND,
	COLUMN_RESPONSE,
	COLUMN_RUNNING,
	COLUMN_READY,
	COLUMN_WAITING,
	COLUMN_DEEP,
	COLUMN_STOPPED,
	COLUMN_ZOMBIE,
	COLUMN_UNKNOWN,
	COLUMN_SHARE,
	COLUMN_VOLUNTARY,
	COLUMN_INVOLUNTARY,
	NR_COLUMNS,
};

static const struct {
	const char *heading;
	int drop; /* 0: never */
} columns[NR_COLUMNS] = {
	[COLUMN_TURNAROUND] = { "turnaround", 0 }, [COLUMN_RESPONSE] = { "response", 3 },
	[COLUMN_RUNNING] = { "running", 0 },       [COLUMN_READY] = { "ready", 0 },
	[COLUMN_WAITING] = { "waiting", 0 },       [COLUMN_DEEP] = { "in D", 3 },
	[COLUMN_STOPPED] = { "stopped", 4 },       [COLUMN_ZOMBIE] = { "zombie", 5 },
	[COLUMN_UNKNOWN] = { "unknown", 0 },       [COLUMN_SHARE] = { "CPU", 1 },
	[COLUMN_VOLUNTARY] = { "gave up", 2 },     [COLUMN_INVOLUNTARY] = { "forced", 2 },
};

struct table {
	const struct states_view *v;
	char (*cells)[NR_COLUMNS][CELL];
	bool shown[NR_COLUMNS];
	int widths[NR_COLUMNS], gap;
	bool means;
};

struct sums {
	long long turnaround, response, deep, doing[NR_DOING], nvcsw, nivcsw;
	int tasks, responses, counted;
	bool alive;
};

static void add(struct sums *s, const struct life *life)
{
	s->tasks++;
	s->turnaround = timeline_sum(s->turnaround, life->end_ns - life->start_ns);
	s->alive |= !life->ended;
	for (int i = 0; i < NR_DOING; i++)
		s->doing[i] = timeline_sum(s->doing[i], life->sums[i]);
	s->deep = timeline_sum(s->deep, life->deep_ns);
	if (life->response_ns != TL_NEVER) {
		s->responses++;
		s->response = timeline_sum(s->response, life->response_ns);
	}
	if (life->nvcsw >= 0 && life->nivcsw >= 0) {
		s->counted++;
		s->nvcsw = timeline_sum(s->nvcsw, life->nvcsw);
		s->nivcsw = timeline_sum(s->nivcsw, life->nivcsw);
	}
}

static void time_cell(struct table *t, int row, enum column column, long long ns, int n)
{
	if (n && (ns || column <= COLUMN_WAITING))
		text_duration(t->cells[row][column], CELL, ns / n);
	else
		snprintf(t->cells[row][column], CELL, "-");
	if (ns)
		t->shown[column] = true;
}

static void fill(struct table *t, int row, const struct sums *s)
{
	const struct {
		enum column column;
		long long ns;
	} states[] = {
		{ COLUMN_RUNNING, s->doing[DOING_RUNNING] },
		{ COLUMN_READY, s->doing[DOING_READY] },
		{ COLUMN_WAITING, s->doing[DOING_WAITING] },
		{ COLUMN_DEEP, s->deep },
		{ COLUMN_STOPPED, s->doing[DOING_STOPPED] },
		{ COLUMN_ZOMBIE, s->doing[DOING_ZOMBIE] },
		{ COLUMN_UNKNOWN, s->doing[DOING_UNKNOWN] },
	};
	char number[CELL - 1];

	time_cell(t, row, COLUMN_TURNAROUND, s->turnaround, s->tasks);
	if (s->alive) /* and so it is more than that */
		snprintf(t->cells[row][COLUMN_TURNAROUND], CELL, "> %s",
			 text_duration(number, sizeof(number), s->turnaround / s->tasks));
	time_cell(t, row, COLUMN_RESPONSE, s->response, s->responses);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		time_cell(t, row, states[i].column, states[i].ns, s->tasks);
	snprintf(t->cells[row][COLUMN_SHARE], CELL, "%.1f%%",
		 lives_percent(s->doing[DOING_RUNNING], s->turnaround));
	for (int forced = 0; forced < 2; forced++) {
		char *cell = t->cells[row][COLUMN_VOLUNTARY + forced];
		long long n = forced ? s->nivcsw : s->nvcsw;

		if (!s->counted)
			snprintf(cell, CELL, "-");
		else
			text_count(cell, CELL, n / s->counted);
	}
}

/* How wide the table is, with columns as wide as their cells. */
static int measure(struct table *t)
{
	int wide = t->v->label_columns;

	for (int i = 0; i < NR_COLUMNS; i++) {
		t->widths[i] = (int)strlen(columns[i].heading);
		for (int row = 0; row < t->v->nr_lanes; row++)
			if (text_width(t->cells[row][i]) > t->widths[i])
				t->widths[i] = text_width(t->cells[row][i]);
		if (t->shown[i])
			wide += t->gap + t->widths[i];
	}
	return wide;
}

/* Let columns stand closer and leave some out until WIDTH suffices. */
static void fit(struct table *t, int width)
{
	t->gap = 2;
	for (int drop = 5; measure(t) > width && width && drop > 0; drop--) {
		if (drop == 3 && t->gap == 2) {
			t->gap = 1;
			drop++;
			continue;
		}
		for (int i = 0; i < NR_COLUMNS; i++)
			if (columns[i].drop == drop)
				t->shown[i] = false;
	}
	/* only times that cannot be are as long as that */
	for (int i = NR_COLUMNS - 1; i > 0 && width && measure(t) > width; i--)
		t->shown[i] = false;
}

static void print_row(const struct table *t, const char *label, const char *ink,
		      const char *(*cell)(const struct table *, int, int), int row)
{
	FILE *out = t->v->out;

	fputs(report_ink(t->v->style, ink), out);
	text_pad(out, label, t->v->label_columns);
	for (int i = 0; i < NR_COLUMNS; i++)
		if (t->shown[i]) {
			fprintf(out, "%*s", t->gap, "");
			text_pad(out, cell(t, row, i), -t->widths[i]);
		}
	fprintf(out, "%s\n", report_ink(t->v->style, REPORT_PLAIN));
}

static const char *heading(const struct table *t, int row, int column)
{
	(void)t;
	(void)row;
	return columns[column].heading;
}

static const char *cell(const struct table *t, int row, int column)
{
	return t->cells[row][column];
}

static void line(const struct states_view *v, const char *name, const char *text)
{
	fprintf(v->out, "%-13s", name);
	report_wrap(v->out, v->style, text, 13, 13);
}

/* Jain's index of what each got of what it could have used: 1 if all got the same. */
static void print_fairness(const struct states_view *v)
{
	double sum = 0, squares = 0;
	int n = 0;
	char text[200];

	for (size_t i = 0; i < v->l.t.nr_tasks; i++) {
		double running = (double)v->l.lives[i].sums[DOING_RUNNING];
		double wanted = running + (double)v->l.lives[i].sums[DOING_READY];
		double share = wanted > 0 ? running / wanted : 0;

		if (running <= 0)
			continue;
		sum += share;
		squares += share * share;
		n++;
	}
	if (!n)
		return;
	snprintf(text, sizeof(text),
		 "%.3f   Jain's index over %d task%s of running / (running + ready); 1: all got the"
		 " same share of what they could use",
		 sum * sum / (n * squares), n, n == 1 ? "" : "s");
	line(v, "fairness", text);
}

static void print_run(const struct states_view *v)
{
	long long span = v->l.end_ns - v->l.begin_ns, busy = 0, turnaround = 0;
	char text[300], one[40], two[40], rate[32];
	int ended = 0;

	for (size_t i = 0; i < v->l.t.nr_tasks; i++) {
		const struct life *life = &v->l.lives[i];

		busy = timeline_sum(busy, life->sums[DOING_RUNNING]);
		if (life->ended) {
			turnaround = timeline_sum(turnaround, life->end_ns - life->start_ns);
			ended++;
		}
	}
	text_duration(one, sizeof(one), busy);
	text_duration(two, sizeof(two), span);
	if (v->l.cpus)
		snprintf(text, sizeof(text), "%.1f%%   %s of CPU time in %s on %d CPU%s",
			 lives_percent(busy, span) / v->l.cpus, one, two, v->l.cpus,
			 v->l.cpus == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "%s of CPU time in %s", one, two);
	line(v, "utilisation", text);
	print_fairness(v);
	if (ended) {
		snprintf(text, sizeof(text), "%s on average; %d task%s ended, %s a second",
			 text_duration(one, sizeof(one), turnaround / ended), ended,
			 ended == 1 ? "" : "s",
			 text_rate(rate, sizeof(rate),
				   span > 0 ? 1e9 * ended / (double)span : 0.0));
		line(v, "turnaround", text);
	}
}

static void print_words(const struct table *t)
{
	static const struct {
		enum column column;
		const char *text;
	} words[] = {
		{ COLUMN_TURNAROUND, "turnaround: from creation to end" },
		{ COLUMN_RESPONSE, "response: until it first ran" },
		{ COLUMN_DEEP, "in D: of waiting, what no signal ends but one that kills" },
		{ COLUMN_SHARE, "CPU: running / turnaround" },
		{ COLUMN_VOLUNTARY, "gave up, forced: voluntary and involuntary switches that the"
				    " kernel counted" },
		{ COLUMN_UNKNOWN, "unknown: the recording does not say" },
	};
	char text[400] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		bool starts = words[i].column == COLUMN_VOLUNTARY;

		if (!t->shown[words[i].column])
			continue;
		if (starts && used) {
			states_note(t->v, text);
			used = 0;
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
					 used ? "   " : "", words[i].text);
	}
	states_note(t->v, text);
	if (t->means)
		states_note(t->v, "A row of several tasks has the mean of each.");
}

int states_table(const struct states_view *v)
{
	struct table t = { .v = v };

	t.cells = calloc((size_t)v->nr_lanes + 1, sizeof(*t.cells));
	if (!t.cells)
		return -ENOMEM;
	for (int i = 0; i < NR_COLUMNS; i++)
		t.shown[i] = i != COLUMN_DEEP && i != COLUMN_STOPPED && i != COLUMN_ZOMBIE &&
			     i != COLUMN_UNKNOWN;
	for (int lane = 0; lane < v->nr_lanes; lane++) {
		struct sums sums = { 0 };

		for (size_t i = 0; i < v->l.t.nr_tasks; i++)
			if (v->lane_of[i] == lane)
				add(&sums, &v->l.lives[i]);
		fill(&t, lane, &sums);
		t.means |= sums.tasks > 1;
	}
	fit(&t, v->style->width);
	putc('\n', v->out);
	print_row(&t, "", REPORT_BOLD, heading, 0);
	for (int lane = 0; lane < v->nr_lanes; lane++)
		print_row(&t, v->lanes[lane].label, REPORT_PLAIN, cell, lane);
	print_words(&t);
	putc('\n', v->out);
	print_run(v);
	free(t.cells);
	return 0;
}
