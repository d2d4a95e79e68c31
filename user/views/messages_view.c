// SPDX-License-Identifier: GPL-2.0
/* The sequence diagram: lanes, and on their left what was sent. */
#include "views/messages_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/grid.h"
#include "report/report_part.h"
#include "base/text.h"
#include "views/traced.h"

#define LEAST_PITCH 8 /* from one lane to the next */
#define MOST_PITCH 26
#define ANY_WIDTH 120

enum { LANE_NONE = -1 };

struct lanes {
	int *of;   /* by index of task: lane, or LANE_NONE: in the one of the others */
	int *task; /* by lane; END_OUTSIDE for that of the outside, TL_NONE - 1 for the others */
	int n, outside, others, nr_others;
	int pitch, width;
};

struct marks {
	const char *line, *cross, *start, *start_left, *across, *right, *left, *lost;
};

static const struct marks unicode = { "│", "┼", "├", "┤", "─", ">", "<", "x" };
static const struct marks ascii = { "|", "+", "|", "|", "-", ">", "<", "x" };

struct talker {
	int task;
	long long bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct talker *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->task - y->task;
}

static int by_task(const void *a, const void *b)
{
	return ((const struct talker *)a)->task - ((const struct talker *)b)->task;
}

/* Who talks, most first.  The caller frees. */
static struct talker *find_talkers(const struct messages_view *m, size_t *n, bool *outside)
{
	size_t nr_tasks = m->t->nr_tasks, used = 0;
	struct talker *talkers = calloc(nr_tasks + 1, sizeof(*talkers));

	if (!talkers)
		return NULL;
	for (size_t i = 0; i < nr_tasks; i++)
		talkers[i] = (struct talker){ .task = (int)i, .bytes = -1 };
	for (size_t i = 0; i < m->nr_arrows; i++) {
		const struct arrow *arrow = &m->arrows[i];
		const int ends[2] = { arrow->from, arrow->to };

		for (int end = 0; end < 2; end++) {
			if (ends[end] == END_OUTSIDE)
				*outside = true;
			if (ends[end] < 0)
				continue;
			if (talkers[ends[end]].bytes < 0)
				talkers[ends[end]].bytes = 0;
			talkers[ends[end]].bytes =
				timeline_sum(talkers[ends[end]].bytes, arrow->bytes);
		}
	}
	for (size_t i = 0; i < nr_tasks; i++)
		if (talkers[i].bytes >= 0)
			talkers[used++] = talkers[i];
	qsort(talkers, used, sizeof(*talkers), by_bytes);
	*n = used;
	return talkers;
}

/* A lane each while there is room; the rest share one. */
static int set_lanes(const struct messages_view *m, struct lanes *lanes, int most)
{
	bool outside = false;
	size_t n, drawn;
	struct talker *talkers = find_talkers(m, &n, &outside);

	if (!talkers)
		return -ENOMEM;
	most -= outside;
	if (most < 3)
		most = 3;
	drawn = n <= (size_t)most ? n : (size_t)most - 1;
	lanes->of = calloc(m->t->nr_tasks + 1, sizeof(*lanes->of));
	lanes->task = calloc(drawn + 2, sizeof(*lanes->task));
	if (!lanes->of || !lanes->task) {
		free(talkers);
		return -ENOMEM;
	}
	for (size_t i = 0; i < m->t->nr_tasks; i++)
		lanes->of[i] = LANE_NONE;
	qsort(talkers, drawn, sizeof(*talkers), by_task);
	for (size_t i = 0; i < drawn; i++) {
		lanes->of[talkers[i].task] = lanes->n;
		lanes->task[lanes->n++] = talkers[i].task;
	}
	lanes->nr_others = (int)(n - drawn);
	lanes->others = lanes->nr_others ? lanes->n++ : LANE_NONE;
	lanes->outside = outside ? lanes->n++ : LANE_NONE;
	free(talkers);
	return 0;
}

static int lane_at(const struct lanes *lanes, int end)
{
	if (end == END_OUTSIDE)
		return lanes->outside;
	if (end < 0)
		return LANE_NONE;
	return lanes->of[end] == LANE_NONE ? lanes->others : lanes->of[end];
}

/* The two lines above lane I; the second may be empty. */
static void heading(const struct messages_view *m, const struct lanes *lanes, int i, char *name,
		    char *below, size_t size)
{
	*below = '\0';
	if (i == lanes->outside) {
		snprintf(name, size, "outside");
	} else if (i == lanes->others) {
		snprintf(name, size, "others");
		snprintf(below, size, "%d tasks", lanes->nr_others);
	} else {
		timeline_task(m->t, lanes->task[i], lanes->pitch - 1, name, size);
		snprintf(below, size, "%lld", m->t->tasks[lanes->task[i]].tid);
	}
}

static void print_headings(const struct messages_view *m, const struct lanes *lanes,
			   struct grid *grid, FILE *out, const struct report_style *style)
{
	char name[128], below[64];
	bool one_line = true;
	int left = lanes->width ? style->width - lanes->width : 0;

	for (int i = 0; i < lanes->n; i++) {
		heading(m, lanes, i, name, below, sizeof(below));
		if (text_width(name) + 1 + text_width(below) >= lanes->pitch)
			one_line = false;
	}
	fputs(report_ink(style, REPORT_BOLD), out);
	for (int line = one_line; line < 2; line++) {
		int blanks = 0;

		if (line) {
			grid_line(grid, -1, out, style);
			fputs("  ", out);
		} else {
			fprintf(out, "%*s", left, "");
		}
		for (int i = 0; i < lanes->n; i++) {
			char text[256];

			heading(m, lanes, i, name, below, sizeof(below));
			if (one_line)
				snprintf(text, sizeof(text), "%s%s%s", name, *below ? " " : "",
					 below);
			else
				snprintf(text, sizeof(text), "%s", line ? below : name);
			if (*text) {
				fprintf(out, "%*s%s", blanks, "", text);
				blanks = lanes->pitch - text_width(text);
			} else {
				blanks += lanes->pitch;
			}
		}
		putc('\n', out);
	}
	fputs(report_ink(style, REPORT_PLAIN), out);
}

/* Whether lane I has a life line at T_NS. */
static bool alive(const struct messages_view *m, const struct lanes *lanes, int i, long long t_ns)
{
	const struct tl_task *task;

	if (i == lanes->outside || i == lanes->others)
		return true;
	task = &m->t->tasks[lanes->task[i]];
	return task->start_ns <= t_ns && t_ns <= task->end_ns;
}

static void picture(const struct messages_view *m, const struct lanes *lanes,
		    const struct arrow *arrow, const struct marks *mark, FILE *out)
{
	int from = lane_at(lanes, arrow->from), to = lane_at(lanes, arrow->to);
	int x_from = from * lanes->pitch, x_to = to * lanes->pitch, blanks = 0;
	bool stays = from == to && to != LANE_NONE;

	if (to == LANE_NONE)
		x_to = x_from + 3; /* read by nobody */
	if (stays)
		x_to = x_from + 2;
	for (int x = 0; x <= (lanes->n - 1) * lanes->pitch + 3; x++) {
		int lane = x % lanes->pitch ? LANE_NONE : x / lanes->pitch;
		bool line = lane != LANE_NONE && lane < lanes->n &&
			    (alive(m, lanes, lane, arrow->start_ns) || lane == from || lane == to);
		const char *glyph = line ? mark->line : NULL;

		if (x == x_from)
			glyph = x_to > x_from ? mark->start : mark->start_left;
		else if (stays && x == x_to)
			glyph = mark->left;
		else if (to == LANE_NONE && x == x_to)
			glyph = mark->lost;
		else if (to != LANE_NONE && x == x_to)
			glyph = mark->line;
		else if (x_to > x_from && x == x_to - 1 && to != LANE_NONE && !stays)
			glyph = mark->right;
		else if (x_to < x_from && x == x_to + 1)
			glyph = mark->left;
		else if ((x > x_from && x < x_to) || (x < x_from && x > x_to))
			glyph = line ? mark->cross : mark->across;
		if (!glyph) {
			blanks++;
			continue;
		}
		fprintf(out, "%*s%s", blanks, "", glyph);
		blanks = 0;
	}
	putc('\n', out);
}

static void diagram(struct messages_view *m, FILE *out, const struct report_style *style)
{
	static const struct grid_column columns[] = {
		{ .name = "time ms", .right = true },
		{ .name = "stream" },
		{ .name = "", .right = true },
		{ .name = "bytes", .right = true },
		{ .name = "took", .right = true, .optional = true },
	};
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));
	struct lanes lanes = { 0 };
	struct report_style left = *style;

	if (!grid) {
		m->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < m->nr_arrows; i++) {
		const struct arrow *arrow = &m->arrows[i];
		char time[48], stream[48], n[40] = "", bytes[40], took[40] = "";

		if (arrow->n > 1) {
			text_count(n, sizeof(n) - 2, arrow->n);
			strcat(n, " x");
		}
		if (arrow->from >= 0 && arrow->to >= 0)
			text_duration(took, sizeof(took), arrow->end_ns - arrow->start_ns);
		grid_row(grid, (const char *const[]){
				       timeline_ms(m->t, time, sizeof(time), arrow->start_ns),
				       messages_stream(m, arrow->stream, arrow->channel, stream,
						       sizeof(stream)),
				       n,
				       text_count(bytes, sizeof(bytes), arrow->bytes),
				       took,
			       });
	}
	m->t->error = set_lanes(m, &lanes, (style->width - 30) / LEAST_PITCH);
	if (m->t->error || !lanes.n)
		goto out;
	left.width = style->width - (lanes.n * LEAST_PITCH + 2);
	grid_room(grid, &left);
	lanes.width = grid_room(grid, style);
	lanes.pitch = lanes.width / lanes.n;
	lanes.pitch = lanes.pitch < LEAST_PITCH ? LEAST_PITCH :
		      lanes.pitch > MOST_PITCH  ? MOST_PITCH :
						  lanes.pitch;
	print_headings(m, &lanes, grid, out, style);
	for (size_t i = 0; i < m->nr_arrows; i++) {
		grid_line(grid, (int)i, out, style);
		fputs("  ", out);
		picture(m, &lanes, &m->arrows[i], style->utf8 ? &unicode : &ascii, out);
	}
out:
	free(lanes.of);
	free(lanes.task);
	grid_free(grid);
}

int report_messages(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct timeline t = { .db = db, .style = *style };
	struct report_style sized = *style;
	struct messages_view m = { .t = &t };
	char n[32], streams[32], line[200];

	if (!sized.width)
		sized.width = ANY_WIDTH;
	timeline_load(&t);
	messages_load(&m);
	if (!t.error && !m.n && !traced_not(db, "messages", out, style))
		fputs("no messages: no bytes went through a pipe, FIFO or socket\n", out);
	if (!t.error && m.n) {
		snprintf(line, sizeof(line), "messages: %s through %s stream%s",
			 text_count(n, sizeof(n), m.n),
			 text_count(streams, sizeof(streams), (long long)m.nr_streams),
			 m.nr_streams == 1 ? "" : "s");
		report_wrap(out, &sized, line, 0, 4);
		diagram(&m, out, &sized);
		for (size_t i = 0; i < m.nr_arrows; i++) {
			if (m.arrows[i].to != END_UNREAD)
				continue;
			fputs("x  nobody read this\n", out);
			break;
		}
		if (m.hidden)
			fprintf(out, "%s messages are not drawn\n",
				text_count(n, sizeof(n), m.hidden));
		putc('\n', out);
		if (!t.error)
			messages_table(&m, out, &sized);
	}
	messages_release(&m);
	timeline_release(&t);
	return t.error ? t.error : report_flush(out);
}
