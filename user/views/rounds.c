// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_part.h"
#include "views/rounds.h"
#include "base/text.h"

#define MOST_CPUS 64
#define MOST_SERIES 9 /* a digit each */
#define ROWS 9
#define LABEL 9 /* "1.05 sec" */
#define LEAST_COLUMNS 16
#define MOST_COLUMNS 60
#define WIDE 100

/* Work counts as the same within this factor, and a CPU as had with this part of a round's time. */
#define ALIKE 1.33
#define LEAST_PART 0.1

struct round {
	int n, cpus;
	double turnaround_ns; /* mean, from the start of the phase or the later creation */
	double rate;          /* ended a second */
	double work_ns;       /* mean CPU time in the phase */
	int same;             /* rounds that were added up here */
};

struct rounds {
	struct lives *l;
	struct round *list;
	size_t nr;
	FILE *out;
	const struct report_style *style;
};

static long long overlap(const struct lives_row *row, long long start_ns, long long end_ns)
{
	long long from = row->start_ns > start_ns ? row->start_ns : start_ns;
	long long to = row->end_ns < end_ns ? row->end_ns : end_ns;

	return to > from ? to - from : 0;
}

/* The children of task PARENT that ended from START_NS to END_NS; round.n is 0: none. */
static struct round measure(const struct lives *l, int parent, long long start_ns, long long end_ns)
{
	double busy[MOST_CPUS] = { 0 }, work = 0;
	struct round round = { .same = 1 };
	long long last = start_ns;

	for (size_t i = 0; i < l->t.nr_tasks; i++) {
		const struct tl_task *task = &l->t.tasks[i];
		const struct life *life = &l->lives[i];
		long long begun = life->start_ns > start_ns ? life->start_ns : start_ns;

		if (task->parent != parent || task->process != (int)i ||
		    task->exit_ns == TL_NEVER || task->exit_ns < begun || task->exit_ns > end_ns)
			continue;
		round.n++;
		round.turnaround_ns += (double)(task->exit_ns - begun);
		if (task->exit_ns > last)
			last = task->exit_ns;
		for (size_t n = 0; n < life->nr_rows; n++) {
			const struct lives_row *row = &life->rows[n];
			double ran = (double)overlap(row, start_ns, end_ns);

			if (row->doing != DOING_RUNNING || row->cpu < 0 || row->cpu >= MOST_CPUS)
				continue;
			busy[row->cpu] += ran;
			work += ran;
		}
	}
	for (int cpu = 0; cpu < MOST_CPUS; cpu++)
		round.cpus += busy[cpu] > LEAST_PART * work;
	if (round.n && round.cpus && last > start_ns) {
		round.turnaround_ns /= round.n;
		round.work_ns = work / round.n;
		round.rate = 1e9 * round.n / (double)(last - start_ns);
	} else {
		round.n = 0;
	}
	return round;
}

static int add(struct rounds *r, struct round round)
{
	struct round *list;

	for (size_t i = 0; i < r->nr; i++) {
		struct round *known = &r->list[i];

		if (known->n != round.n || known->cpus != round.cpus)
			continue;
		known->turnaround_ns = (known->turnaround_ns * known->same + round.turnaround_ns) /
				       (known->same + 1);
		known->rate = (known->rate * known->same + round.rate) / (known->same + 1);
		known->same++;
		return 0;
	}
	list = reallocarray(r->list, r->nr + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	r->list = list;
	r->list[r->nr++] = round;
	return 0;
}

static int load(struct rounds *r)
{
	sqlite3_stmt *stmt = timeline_prepare(
		&r->l->t,
		"SELECT task, start_ns, end_ns FROM phase WHERE typeof(start_ns) = 'integer'"
		" AND typeof(end_ns) = 'integer' ORDER BY start_ns LIMIT 1000");
	double work = 0;
	int err = 0;

	while (timeline_step(&r->l->t, stmt)) {
		int parent = timeline_task_at(&r->l->t, stmt, 0);
		struct round round = { 0 };

		if (parent != TL_NONE && !err)
			round = measure(r->l, parent, timeline_time_at(stmt, 1),
					timeline_time_at(stmt, 2));
		if (!round.n)
			continue;
		/* rounds of other work are no rounds of this */
		if (!work)
			work = round.work_ns;
		if (round.work_ns <= work * ALIKE && work <= round.work_ns * ALIKE)
			err = add(r, round);
	}
	return err ? err : r->l->t.error;
}

static int by_cpus_and_n(const void *a, const void *b)
{
	const struct round *one = a, *two = b;

	if (one->cpus != two->cpus)
		return one->cpus < two->cpus ? -1 : 1;
	return (one->n > two->n) - (one->n < two->n);
}

struct plot {
	const struct rounds *r;
	int columns, least_n, most_n;
	double most[2];
	char cells[2][ROWS][MOST_COLUMNS];
};

static double value(const struct round *round, int which)
{
	return which ? round->rate : round->turnaround_ns;
}

static int column(const struct plot *p, double n)
{
	return (int)((n - p->least_n) * (p->columns - 1) / (p->most_n - p->least_n) + 0.5);
}

static int row(const struct plot *p, int which, double v)
{
	return ROWS - 1 - (int)(v * (ROWS - 1) / p->most[which] + 0.5);
}

/* Points are the number of their CPUs, between them a line; where several meet, an asterisk. */
static void draw(struct plot *p, int which)
{
	const struct rounds *r = p->r;

	memset(p->cells[which], ' ', sizeof(p->cells[which]));
	for (size_t i = 1; i < r->nr; i++) {
		const struct round *a = &r->list[i - 1], *b = &r->list[i];
		int from = column(p, a->n), to = column(p, b->n);

		for (int x = from; a->cpus == b->cpus && x < to; x++)
			p->cells[which][row(p, which,
					    value(a, which) + (value(b, which) - value(a, which)) *
								      (x - from) / (to - from))][x] =
				'.';
	}
	for (size_t i = 0; i < r->nr; i++) {
		const struct round *round = &r->list[i];
		char *cell =
			&p->cells[which][row(p, which, value(round, which))][column(p, round->n)];
		char mark = (char)(round->cpus > MOST_SERIES ? '+' : '0' + round->cpus);

		*cell = *cell == ' ' || *cell == '.' || *cell == mark ? mark : '*';
	}
}

/* "1    2         4": as many as have room. */
static void print_axis(const struct plot *p)
{
	int x = 0;

	for (int n = p->least_n; n <= p->most_n; n++) {
		char label[16];
		int at = column(p, n), len = snprintf(label, sizeof(label), "%d", n);
		bool is_one = false;

		for (size_t i = 0; i < p->r->nr; i++)
			is_one |= p->r->list[i].n == n;
		if (!is_one || at < x || at + len > p->columns + LABEL)
			continue;
		fprintf(p->r->out, "%*s%s", at - x, "", label);
		x = at + len;
	}
	fprintf(p->r->out, "%*s", p->columns > x ? p->columns - x : 0, "");
}

static void print_plots(const struct plot *p)
{
	const struct report_style *style = p->r->style;
	const char *bar = style->utf8 ? "│" : "|";
	FILE *out = p->r->out;
	char top[2][40], rate[32];

	text_duration(top[0], sizeof(top[0]), (long long)p->most[0]);
	text_rate(rate, sizeof(rate), p->most[1]);
	snprintf(top[1], sizeof(top[1]), "%s/s", rate);
	fprintf(out, "%s%*s  %-*s%*s  %s%s\n", report_ink(style, REPORT_BOLD), LABEL, "",
		p->columns + 1, "mean turnaround", LABEL, "", "throughput",
		report_ink(style, REPORT_PLAIN));
	for (int y = 0; y < ROWS; y++) {
		for (int which = 0; which < 2; which++) {
			int last = p->columns;

			text_pad(out, !y ? top[which] : y == ROWS - 1 ? "0" : "", -LABEL);
			fprintf(out, " %s", bar);
			while (which && last > 0 && p->cells[which][y][last - 1] == ' ')
				last--;
			fprintf(out, "%.*s", last, p->cells[which][y]);
			if (!which)
				putc(' ', out);
		}
		putc('\n', out);
	}
	fprintf(out, "%*s  ", LABEL, "at once");
	print_axis(p);
	fprintf(out, " %*s  ", LABEL, "at once");
	print_axis(p);
	putc('\n', out);
}

/* "2 CPUs: 2 at once 104 ms, 19.2 a second; ..." */
static void print_values(const struct rounds *r)
{
	char text[1200], time[40], rate[32];

	for (size_t i = 0, j; i < r->nr; i = j) {
		size_t used = (size_t)snprintf(text, sizeof(text), "%d CPU%s: ", r->list[i].cpus,
					       r->list[i].cpus == 1 ? "" : "s");

		for (j = i; j < r->nr && r->list[j].cpus == r->list[i].cpus; j++)
			if (used < sizeof(text))
				used += (size_t)snprintf(
					text + used, sizeof(text) - used,
					"%s%d at once %s, %s a second", j > i ? "; " : "",
					r->list[j].n,
					text_duration(time, sizeof(time),
						      (long long)r->list[j].turnaround_ns),
					text_rate(rate, sizeof(rate), r->list[j].rate));
		report_wrap(r->out, r->style, text, 0, 2);
	}
}

static void print_all(struct rounds *r)
{
	int width = r->style->width ? r->style->width : WIDE;
	struct plot *p = calloc(1, sizeof(*p));

	if (!p) {
		r->l->t.error = -ENOMEM;
		return;
	}
	p->r = r;
	p->least_n = r->list[0].n;
	for (size_t i = 0; i < r->nr; i++) {
		const struct round *round = &r->list[i];

		p->least_n = round->n < p->least_n ? round->n : p->least_n;
		p->most_n = round->n > p->most_n ? round->n : p->most_n;
		for (int which = 0; which < 2; which++)
			if (value(round, which) > p->most[which])
				p->most[which] = value(round, which);
	}
	p->columns = width / 2 - LABEL - 4;
	if (p->columns > MOST_COLUMNS)
		p->columns = MOST_COLUMNS;
	if (p->columns < LEAST_COLUMNS)
		p->columns = LEAST_COLUMNS;
	if (p->most_n > p->least_n) {
		putc('\n', r->out);
		report_wrap(
			r->out, r->style,
			"Processes of equal work in one phase: a figure is the number of CPUs that"
			" they had, * where several meet.",
			0, 0);
		putc('\n', r->out);
		draw(p, 0);
		draw(p, 1);
		print_plots(p);
		print_values(r);
	}
	free(p);
}

int rounds_print(struct lives *l, FILE *out, const struct report_style *style)
{
	struct rounds r = { .l = l, .out = out, .style = style };
	int err = load(&r);

	if (!err && r.nr > 1) {
		qsort(r.list, r.nr, sizeof(*r.list), by_cpus_and_n);
		print_all(&r);
		err = l->t.error;
	}
	free(r.list);
	return err;
}
