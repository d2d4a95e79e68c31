// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/lives.h"
#include "views/progress_view.h"
#include "report/report_part.h"
#include "views/rounds.h"
#include "views/states_view.h"
#include "base/text.h"
#include "views/traced.h"

#define MOST_LINES 8 /* more cannot be told apart */
#define HEIGHT 16
#define LEFT 8 /* " 100% | " */
#define MOST_WIDTH 400
#define WIDE 100
#define LEAST_NAME 8
#define MOST_NAME 24

/* A character of braille has two dots across and four down. */
#define DOTS_X 2
#define DOTS_Y 4

struct cell {
	unsigned char dots; /* of braille, as in its code point */
	char letter;        /* 0: none */
	const char *ink;
};

struct plot {
	struct lives l;
	FILE *out;
	const struct report_style *style;
	struct states_slices slices;
	int tasks[MOST_LINES];
	int nr;
	int others;
	long long others_ns;
	struct cell cells[HEIGHT][MOST_WIDTH];
};

static const char *const inks[] = {
	REPORT_GOOD, REPORT_DOUBT, REPORT_BAD, REPORT_BOLD, REPORT_DIM,
};

static const char *ink_of(int n)
{
	return inks[(size_t)n % (sizeof(inks) / sizeof(inks[0]))];
}

/* Those that ran longest, in the order of creation. */
static void choose(struct plot *p)
{
	for (size_t i = 0; i < p->l.t.nr_tasks; i++) {
		long long running = p->l.lives[i].sums[DOING_RUNNING], least = LLONG_MAX;
		int which = -1;

		if (running <= 0)
			continue;
		if (p->nr < MOST_LINES) {
			p->tasks[p->nr++] = (int)i;
			continue;
		}
		for (int n = 0; n < p->nr; n++)
			if (p->l.lives[p->tasks[n]].sums[DOING_RUNNING] < least) {
				least = p->l.lives[p->tasks[n]].sums[DOING_RUNNING];
				which = n;
			}
		p->others++;
		if (running <= least) {
			p->others_ns = timeline_sum(p->others_ns, running);
			continue;
		}
		p->others_ns = timeline_sum(p->others_ns, least);
		for (int n = which; n < p->nr - 1; n++)
			p->tasks[n] = p->tasks[n + 1];
		p->tasks[p->nr - 1] = (int)i;
	}
}

/* How far NS of WHOLE are up in a plot of HEIGHTS steps, 0 at the bottom. */
static int height(long long ns, long long whole, int heights)
{
	return whole > 0 ? (int)((__int128)ns * (heights - 1) / whole) : 0;
}

static void dot(struct plot *p, int n, int x, int y)
{
	static const unsigned char bits[DOTS_Y][DOTS_X] = {
		{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 }
	};
	bool utf8 = p->style->utf8;
	int column = utf8 ? x / DOTS_X : x;
	int row = HEIGHT - 1 - (utf8 ? y / DOTS_Y : y);
	struct cell *cell = &p->cells[row][column];

	if (utf8)
		cell->dots |= bits[DOTS_Y - 1 - y % DOTS_Y][x % DOTS_X];
	else
		cell->letter = (char)('A' + n);
	cell->ink = ink_of(n);
}

/* Line N, from where its task was created to where it ended. */
static void draw(struct plot *p, int n)
{
	const struct life *life = &p->l.lives[p->tasks[n]];
	struct states_slices dots = p->slices;
	int heights = HEIGHT * (p->style->utf8 ? DOTS_Y : 1), before = 0, last = 0;
	long long had = 0; /* by all rows before the current one */
	size_t row = 0;

	dots.columns *= p->style->utf8 ? DOTS_X : 1;
	for (int x = 0; x < dots.columns; x++) {
		long long t = states_edge(&dots, x + 1), now;
		int y;

		while (row < life->nr_rows && life->rows[row].end_ns <= t) {
			if (life->rows[row].doing == DOING_RUNNING)
				had += life->rows[row].end_ns - life->rows[row].start_ns;
			row++;
		}
		now = had;
		if (row < life->nr_rows && life->rows[row].doing == DOING_RUNNING &&
		    life->rows[row].start_ns < t)
			now += t - life->rows[row].start_ns;
		if (t <= life->start_ns || states_edge(&dots, x) >= life->end_ns)
			continue;
		y = height(now, life->sums[DOING_RUNNING], heights);
		for (int step = before < y ? before + 1 : y; step <= y; step++)
			dot(p, n, x, step);
		before = y;
		last = x;
	}
	if (p->style->utf8) {
		/* its letter where it ends, beside those of others */
		int column = last / DOTS_X, up = HEIGHT - 1 - before / DOTS_Y;

		while (column > 0 && p->cells[up][column].letter)
			column--;
		p->cells[up][column].letter = (char)('A' + n);
		p->cells[up][column].ink = ink_of(n);
	}
}

static void print_cell(const struct plot *p, const struct cell *cell)
{
	if (!cell->letter && !cell->dots) {
		putc(' ', p->out);
		return;
	}
	fputs(report_ink(p->style, cell->ink), p->out);
	if (cell->letter) {
		putc(cell->letter, p->out);
	} else {
		unsigned int c = 0x2800U + cell->dots;

		fprintf(p->out, "%c%c%c", (char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
			(char)(0x80 | (c & 0x3f)));
	}
	fputs(report_ink(p->style, REPORT_PLAIN), p->out);
}

static void print_plot(const struct plot *p)
{
	for (int row = 0; row < HEIGHT; row++) {
		int last = p->slices.columns;

		while (last > 0 && !p->cells[row][last - 1].letter && !p->cells[row][last - 1].dots)
			last--;
		if (row == 0 || row == HEIGHT - 1 || row == HEIGHT / 2)
			fprintf(p->out, "%4d%%", row == 0 ? 100 : row == HEIGHT - 1 ? 0 : 50);
		else
			fprintf(p->out, "%5s", "");
		fprintf(p->out, " %s", p->style->utf8 ? "│" : "|");
		if (last)
			putc(' ', p->out);
		for (int x = 0; x < last; x++)
			print_cell(p, &p->cells[row][x]);
		putc('\n', p->out);
	}
	states_print_axis(&p->slices, p->out, p->style, LEFT);
}

static void print_keys(const struct plot *p)
{
	int room = p->style->width ? p->style->width - 52 : MOST_NAME;
	char name[160], safe[160], one[40], two[40], text[300];
	bool gaps = false;

	room = room < LEAST_NAME ? LEAST_NAME : room > MOST_NAME ? MOST_NAME : room;

	putc('\n', p->out);
	for (int n = 0; n < p->nr; n++) {
		const struct life *life = &p->l.lives[p->tasks[n]];

		gaps |= life->sums[DOING_UNKNOWN] > 0;
		fprintf(p->out, "%s%c%s ", report_ink(p->style, ink_of(n)), 'A' + n,
			report_ink(p->style, REPORT_PLAIN));
		lives_name(&p->l, p->tasks[n], name, sizeof(name), 0);
		text_pad(p->out, text_escape_for(safe, sizeof(safe), name, room, p->style->utf8),
			 room);
		fprintf(p->out, "  %9s of CPU time in %9s%s\n",
			text_duration(one, sizeof(one), life->sums[DOING_RUNNING]),
			text_duration(two, sizeof(two), life->end_ns - life->start_ns),
			life->sums[DOING_UNKNOWN] ? " ?" : "");
	}
	if (p->others)
		fprintf(p->out, "%d more with %s\n", p->others,
			text_duration(one, sizeof(one), p->others_ns));
	if (gaps) {
		snprintf(text, sizeof(text),
			 "? the recording does not know all that it did: 100%% is what was seen");
		report_wrap(p->out, p->style, text, 0, 2);
	}
}

static void print_sums(const struct plot *p)
{
	long long turnaround = 0, span = p->l.end_ns - p->l.begin_ns;
	char time[40], whole[40], rate[32], text[200];
	int ended = 0;

	for (size_t i = 0; i < p->l.t.nr_tasks; i++)
		if (p->l.lives[i].ended) {
			ended++;
			turnaround = timeline_sum(turnaround,
						  p->l.lives[i].end_ns - p->l.lives[i].start_ns);
		}
	if (!ended)
		return;
	snprintf(text, sizeof(text),
		 "average turnaround %s   throughput %s tasks a second (%d ended in %s)",
		 text_duration(time, sizeof(time), turnaround / ended),
		 text_rate(rate, sizeof(rate), span > 0 ? 1e9 * ended / (double)span : 0.0), ended,
		 text_duration(whole, sizeof(whole), span));
	putc('\n', p->out);
	report_wrap(p->out, p->style, text, 0, 2);
}

int report_progress(sqlite3 *db, FILE *out, const struct report_style *style)
{
	int width = style->width ? style->width - LEFT : WIDE;
	struct plot *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->out = out;
	p->style = style;
	err = lives_load(&p->l, db, style);
	errno = 0;
	if (!err)
		choose(p);
	if (!err && !p->nr) {
		if (!traced_not(db, "states", out, style))
			report_wrap(out, style, "No task ran while states were recorded.", 0, 2);
	} else if (!err) {
		p->slices.begin_ns = p->l.begin_ns;
		p->slices.span_ns = p->l.end_ns > p->l.begin_ns ? p->l.end_ns - p->l.begin_ns : 1;
		p->slices.columns = width > MOST_WIDTH ? MOST_WIDTH : width;
		for (int n = 0; n < p->nr; n++)
			draw(p, n);
		report_wrap(
			out, style,
			"How much of its CPU time each task has had: it climbs while it runs, and"
			" is flat while others run or it waits.",
			0, 0);
		putc('\n', out);
		print_plot(p);
		print_keys(p);
		print_sums(p);
		err = rounds_print(&p->l, out, style);
	}
	lives_free(&p->l);
	free(p);
	return err ? err : report_flush(out);
}
