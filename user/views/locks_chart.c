// SPDX-License-Identifier: GPL-2.0
/*
 * A strip for each task and file: when it waited for a lock on it and when it was
 * inside; for each task and futex likewise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/locks_view.h"
#include "report/report_part.h"
#include "base/text.h"

#define MOST_SUBJECTS 6
#define MOST_TASKS 12
#define LEAST_STRIP 20
#define MOST_LABEL 24

enum cell { CELL_NONE, CELL_WAIT, CELL_READ, CELL_WRITE };

static const char *const marks[2][4] = {
	{ " ", ".", "r", "#" },
	{ " ", "·", "▒", "█" },
};

/* Objects of one file, or a futex. */
struct subject {
	int first, n; /* objects */
	long long requests, wait_ns;
	int most_inside; /* one of them */
	long long t_most_ns;
};

struct chart {
	const struct locks_view *v;
	FILE *out;
	const struct report_style *style;
	int label, width;
	struct subject *shown; /* in the order of the table */
	size_t nr_shown;
	unsigned char *cells;
	bool seen[4], ranged;
};

static int by_interest(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns < y->wait_ns ? 1 : -1;
	if (x->requests != y->requests)
		return x->requests < y->requests ? 1 : -1;
	return x->first - y->first;
}

static int in_order(const void *a, const void *b)
{
	return ((const struct subject *)a)->first - ((const struct subject *)b)->first;
}

/* Subjects with something to draw.  Objects of one file follow each other. */
static int choose(struct chart *c)
{
	const struct locks_view *v = c->v;

	c->shown = calloc(v->nr_objects + 1, sizeof(*c->shown));
	if (!c->shown)
		return -ENOMEM;
	for (size_t i = 0; i < v->nr_objects; i++) {
		const struct lock_object *object = &v->objects[i];
		struct subject *s = c->nr_shown ? &c->shown[c->nr_shown - 1] : NULL;

		if (!object->most_inside && !object->waits)
			continue;
		if (!s || v->objects[s->first].file != object->file) {
			s = &c->shown[c->nr_shown++];
			s->first = (int)i;
		}
		s->n++;
		s->requests += object->n;
		s->wait_ns = timeline_sum(s->wait_ns, object->wait_ns);
		if (object->most_inside > s->most_inside) {
			s->most_inside = object->most_inside;
			s->t_most_ns = object->t_most_ns;
		}
	}
	qsort(c->shown, c->nr_shown, sizeof(*c->shown), by_interest);
	if (c->nr_shown > MOST_SUBJECTS)
		c->nr_shown = MOST_SUBJECTS;
	qsort(c->shown, c->nr_shown, sizeof(*c->shown), in_order);
	return 0;
}

static int column(const struct chart *c, long long t_ns)
{
	double span = (double)(c->v->end_ns - c->v->start_ns);
	int x = span > 0 ? (int)((double)(t_ns - c->v->start_ns) / span * c->width) : 0;

	return x < 0 ? 0 : x >= c->width ? c->width - 1 : x;
}

static void fill(struct chart *c, unsigned char *cells, long long from_ns, long long to_ns,
		 enum cell cell)
{
	for (int x = column(c, from_ns); x <= column(c, to_ns); x++)
		if (cells[x] < cell)
			cells[x] = cell;
}

static bool is_of(const struct chart *c, const struct lock_row *row, const struct subject *s)
{
	return c->v->objects[row->object].file == c->v->objects[s->first].file;
}

static void strip(struct chart *c, const struct subject *s, int task)
{
	unsigned char *cells = c->cells;

	memset(cells, CELL_NONE, (size_t)c->width);
	for (size_t i = 0; i < c->v->nr_rows; i++) {
		const struct lock_row *row = &c->v->rows[i];

		if (row->task != task || !is_of(c, row, s))
			continue;
		if (row->slept)
			fill(c, cells, row->request_ns, row->waited_ns, CELL_WAIT);
		if (row->granted_ns != TL_NEVER)
			fill(c, cells, row->granted_ns,
			     row->released_ns == TL_NEVER ? c->v->end_ns : row->released_ns,
			     row->op == LOCK_READ ? CELL_READ : CELL_WRITE);
	}
}

static void print_strip(struct chart *c, const char *name)
{
	int end = c->width;
	char cut[128];

	while (end > 0 && c->cells[end - 1] == CELL_NONE)
		end--;
	fputs("  ", c->out);
	text_pad(c->out, text_escape_for(cut, sizeof(cut), name, c->label, true), c->label);
	fputs(end ? "  " : "", c->out);
	for (int x = 0; x < end; x++) {
		fputs(marks[c->style->utf8][c->cells[x]], c->out);
		c->seen[c->cells[x]] = true;
	}
	putc('\n', c->out);
}

/* "flock counter.lock: at most 1 inside at once" */
static void print_subject(const struct chart *c, const struct subject *s)
{
	const struct lock_object *object = &c->v->objects[s->first];
	bool futex = !strcmp(object->kind, "futex");
	char line[320], name[160], when[64] = "", time[48];

	snprintf(name, sizeof(name), "%s", object->name);
	if (s->n > 1) {
		char *range = strstr(name, " [");

		snprintf(range ? range : name + strlen(name), 40, ", %d ranges of bytes", s->n);
	}
	if (s->most_inside > 1)
		snprintf(when, sizeof(when), ", first at %s ms",
			 timeline_ms(c->v->t, time, sizeof(time), s->t_most_ns));
	if (s->most_inside)
		snprintf(line, sizeof(line), "%s %s: at most %d inside%s at once%s", object->kind,
			 name, s->most_inside, s->n > 1 ? " one of them" : "", when);
	else
		snprintf(line, sizeof(line), "%s%s%s", futex ? "" : object->kind, futex ? "" : " ",
			 name);
	report_wrap(c->out, c->style, line, 0, 4);
}

static void draw(struct chart *c, const struct subject *s)
{
	bool *done = calloc(c->v->t->nr_tasks + 1, sizeof(*done));
	int tasks = 0;

	if (!done) {
		c->v->t->error = -ENOMEM;
		return;
	}
	print_subject(c, s);
	for (size_t r = 0; r < c->v->nr_rows; r++) {
		const struct lock_row *row = &c->v->rows[r];
		char name[160];

		if (done[row->task] || !is_of(c, row, s) ||
		    (!row->slept && row->granted_ns == TL_NEVER))
			continue;
		done[row->task] = true;
		if (++tasks > MOST_TASKS)
			continue;
		strip(c, s, row->task);
		print_strip(c, locks_task(c->v, row->task, name, sizeof(name)));
	}
	if (tasks > MOST_TASKS)
		fprintf(c->out, "  %d more task%s\n", tasks - MOST_TASKS,
			tasks - MOST_TASKS == 1 ? "" : "s");
	free(done);
}

static void legend(const struct chart *c)
{
	static const char *const words[] = { "", "waits", "inside, to read", "inside alone" };
	const char *gap = "";

	fputs(report_ink(c->style, REPORT_DIM), c->out);
	for (int i = CELL_WAIT; i <= CELL_WRITE; i++) {
		if (!c->seen[i])
			continue;
		fprintf(c->out, "%s%s %s", gap, marks[c->style->utf8][i], words[i]);
		gap = "   ";
	}
	if (c->ranged)
		fprintf(c->out, "%s[first..last] bytes of the file", gap);
	fprintf(c->out, "%s\n", report_ink(c->style, REPORT_PLAIN));
}

/* The times at both ends of the strips. */
static void scale(const struct chart *c)
{
	char from[48], to[64];

	timeline_ms(c->v->t, from, sizeof(from), c->v->start_ns);
	timeline_ms(c->v->t, to, sizeof(to), c->v->end_ns);
	strcat(to, " ms");
	fputs(report_ink(c->style, REPORT_BOLD), c->out);
	fprintf(c->out, "  %-*s  %s", c->label, "from, to", from);
	fprintf(c->out, "%*s%s\n", c->width - text_width(from), to,
		report_ink(c->style, REPORT_PLAIN));
}

void locks_chart(const struct locks_view *v, FILE *out, const struct report_style *style)
{
	struct chart c = { .v = v, .out = out, .style = style, .label = 8 };

	if (choose(&c)) {
		v->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < v->nr_objects; i++)
		c.ranged |= v->objects[i].name && strstr(v->objects[i].name, " [");
	for (size_t i = 0; i < v->nr_rows; i++) {
		char name[160];
		int width = text_width(locks_task(v, v->rows[i].task, name, sizeof(name)));

		if (width > c.label)
			c.label = width < MOST_LABEL ? width : MOST_LABEL;
	}
	c.width = style->width - c.label - 4;
	if (c.width < LEAST_STRIP)
		c.width = LEAST_STRIP;
	c.cells = malloc((size_t)c.width);
	if (!c.cells)
		v->t->error = -ENOMEM;
	if (c.cells && c.nr_shown) {
		scale(&c);
		for (size_t i = 0; i < c.nr_shown && !v->t->error; i++)
			draw(&c, &c.shown[i]);
		legend(&c);
	}
	free(c.cells);
	free(c.shown);
}
