// SPDX-License-Identifier: GPL-2.0
/* The drawing: life lines, what stands right of them, arrows from one to another. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/timeline_draw.h"

/* Put LEN bytes of S into at most ROOM columns from X on.  Returns where it ended. */
static int put(struct drawing *d, int x, const char *s, size_t len, int room, enum ink ink)
{
	const char *end = s + len;

	while (s < end && room > 0 && x < d->width) {
		uint32_t c;
		size_t bytes = text_char(s, &c);
		char one[8] = "";
		int width;

		memcpy(one, s, bytes);
		width = text_width(one);
		if (width > room || x + width > d->width)
			break;
		if (!width && x) {
			/* a combining character goes with the one before */
			struct glyph *before = &d->line[x - 1 - (d->line[x - 1].second ? 1 : 0)];

			if (before->s + before->len == s)
				before->len += (int)bytes;
		}
		for (int i = 0; i < width; i++)
			d->line[x + i] = (struct glyph){
				.s = s, .len = i ? 0 : (int)bytes, .second = i, .ink = ink
			};
		x += width;
		room -= width;
		s += bytes;
	}
	return x;
}

static void put_text(struct drawing *d, int x, const char *s, enum ink ink)
{
	put(d, x, s, strlen(s), d->width - x, ink);
}

static void flush_line(struct drawing *d)
{
	static const char *const codes[] = {
		[INK_PLAIN] = "0", [INK_BOLD] = "1",   [INK_DIM] = "2",
		[INK_GOOD] = "32", [INK_BAD] = "1;31", [INK_DOUBT] = "33",
	};
	enum ink ink = INK_PLAIN;
	int last = d->width;

	while (last > 0 && !d->line[last - 1].len && !d->line[last - 1].second)
		last--;
	for (int x = 0; x < last; x++) {
		const struct glyph *glyph = &d->line[x];

		if (d->t->style.colour && !glyph->second && glyph->ink != ink) {
			if (ink != INK_PLAIN)
				fputs("\033[0m", d->out);
			if (glyph->ink != INK_PLAIN)
				fprintf(d->out, "\033[%sm", codes[glyph->ink]);
			ink = glyph->ink;
		}
		if (glyph->len)
			fwrite(glyph->s, 1, (size_t)glyph->len, d->out);
		else if (!glyph->second)
			putc(' ', d->out);
	}
	if (ink != INK_PLAIN)
		fputs("\033[0m", d->out);
	putc('\n', d->out);
	memset(d->line, 0, (size_t)d->width * sizeof(*d->line));
}

static const char *life_line(const struct drawing *d, long long t_ns, const struct tl_task *task,
			     bool after)
{
	bool utf8 = d->t->style.utf8;
	bool exited = task->exit_ns != TL_NEVER &&
		      (after ? task->exit_ns <= t_ns : task->exit_ns < t_ns);

	if (task->start_ns > t_ns || task->end_ns < t_ns || (after && task->end_ns == t_ns))
		return NULL;
	if (exited)
		return utf8 ? "┊" : ":";
	return utf8 ? "│" : "|";
}

static void put_life_lines(struct drawing *d, long long t_ns, bool after)
{
	while (d->next < d->nr_order && d->t->tasks[d->order[d->next]].start_ns <= t_ns) {
		int task = d->order[d->next++];

		d->lanes[d->t->tasks[task].lane].task = task;
	}
	for (int i = 0; i < d->t->lanes; i++) {
		const struct lane *lane = &d->lanes[i];
		const char *bar;

		if (lane->task == TL_NONE)
			continue;
		bar = life_line(d, t_ns, &d->t->tasks[lane->task], after);
		if (bar)
			put_text(d, lane->x, bar, INK_DIM);
	}
}

/* An arrow in line from column X to the life line of lane LANE, or the other way. */
static void put_arrow(struct drawing *d, int x, int lane, bool rightwards)
{
	bool utf8 = d->t->style.utf8;
	int end = d->lanes[lane].x - 1;

	for (int i = x; i <= end; i++) {
		const char *s = utf8 ? d->line[i].len ? "┼" : "─" : d->line[i].len ? "+" : "-";

		if (rightwards ? i == end : i == x)
			s = rightwards ? ">" : "<";
		put_text(d, i, s, INK_DIM);
	}
}

struct piece {
	const char *s;
	enum ink ink;
	int lane, indent, arrow;
};

/* Put the next line of PIECE; *END is then where it ended. */
static void put_piece(struct drawing *d, struct piece *piece, int *end)
{
	const struct lane *lane = &d->lanes[piece->lane];
	int width = lane->width - piece->indent - piece->arrow;
	const char *next, *field;
	size_t len, title;
	int x;

	if (!piece->s || !*piece->s)
		return;
	if (width < 1)
		width = 1;
	len = timeline_line(piece->s, width, &next);
	x = put(d, lane->x + LINE_COLUMNS + piece->indent, piece->s, len, width, INK_PLAIN);
	if (end)
		*end = x;
	/* what a row is about is its first field */
	field = strstr(piece->s, "  ");
	title = field && field < piece->s + len ? (size_t)(field - piece->s) : len;
	put(d, lane->x + LINE_COLUMNS + piece->indent, piece->s, title, width, piece->ink);
	if (title < len || !strncmp(piece->s + len, "  ", 2))
		piece->ink = INK_PLAIN;
	piece->s = next;
}

static void put_time(struct drawing *d, long long t_ns)
{
	char now[40];
	size_t len;

	timeline_ms(d->t, now, sizeof(now), t_ns);
	if (!strcmp(now, d->shown))
		return;
	memcpy(d->shown, now, sizeof(d->shown));
	len = strlen(now);
	put(d, d->left - 2 - (int)len, d->shown, len, (int)len, INK_DIM);
}

static void draw_wide(struct drawing *d, const struct tl_event *event)
{
	const char *s = event->text ? event->text : "";
	int x = d->left + LEAST_TEXT < d->width ? d->left : 0;

	do {
		const char *next;
		size_t len = timeline_line(s, d->width - x, &next);

		put(d, x, s, len, d->width - x, event->ink);
		flush_line(d);
		s = next;
		x = d->left + LEAST_TEXT < d->width ? d->left + CONTINUED : 0;
	} while (*s);
}

static void draw_row(struct drawing *d, const struct tl_event *event)
{
	struct timeline *t = d->t;
	struct piece piece[2] = {
		{ .s = event->text, .ink = event->ink, .indent = event->indent },
		{ .s = event->to_text, .ink = event->ink },
	};
	bool first = true;
	int left = -1;

	if (event->order != ORDER_IDLE)
		put_time(d, event->t_ns);
	if (event->task == TL_NONE) {
		draw_wide(d, event);
		return;
	}
	piece[0].lane = t->tasks[event->task].lane;
	if (event->to != TL_NONE) {
		piece[1].lane = t->tasks[event->to].lane;
		left = piece[0].lane > piece[1].lane;
		piece[left].arrow = ARROW_COLUMNS;
	}
	for (;;) {
		int end = 0;

		put_life_lines(d, event->t_ns, !first);
		for (int i = 0; i < 2; i++)
			if (event->to != TL_NONE || i == 0)
				put_piece(d, &piece[i], i == left ? &end : NULL);
		if (first && left >= 0)
			put_arrow(d, end + 1, piece[!left].lane, left == 0);
		flush_line(d);
		if (!(piece[0].s && *piece[0].s) && !(piece[1].s && *piece[1].s))
			return;
		if (first)
			for (int i = 0; i < 2; i++)
				piece[i] = (struct piece){ piece[i].s, piece[i].ink, piece[i].lane,
							   piece[i].indent + CONTINUED, 0 };
		first = false;
	}
}

/* "empty 7055, child 7056", or how many where there is no room for their names. */
static char *name_lane(struct drawing *d, int i)
{
	struct timeline *t = d->t;
	int tasks = d->lanes[i].tasks, room = d->lanes[i].width + LINE_COLUMNS;
	char *names = NULL;

	for (size_t o = 0; o < d->nr_order && tasks <= MOST_NAMES; o++) {
		const struct tl_task *task = &t->tasks[d->order[o]];
		char *more, name[128];

		if (task->lane != i)
			continue;
		more = timeline_text(t, "%s%s%s %lld", names ? names : "", names ? ", " : "",
				     timeline_task(t, d->order[o], 0, name, sizeof(name)),
				     task->tid);
		free(names);
		names = more;
	}
	if (tasks == 1 || (names && text_width(names) <= room))
		return names;
	free(names);
	return timeline_text(t, "%d tasks in turn", tasks);
}

static void draw_heading(struct drawing *d)
{
	char **names = calloc((size_t)d->t->lanes, sizeof(*names));

	if (!names) {
		d->t->error = -ENOMEM;
		return;
	}
	put_text(d, d->left - 2 - (int)strlen("time ms"), "time ms", INK_DIM);
	for (int i = 0; i < d->t->lanes; i++) {
		names[i] = name_lane(d, i);
		if (names[i])
			put(d, d->lanes[i].x, names[i], strlen(names[i]),
			    d->lanes[i].width + LINE_COLUMNS, INK_BOLD);
	}
	flush_line(d);
	for (int i = 0; i < d->t->lanes; i++)
		free(names[i]);
	free(names);
}

/* What is not drawn as it is, and how to see it. */
static void draw_hint(struct drawing *d)
{
	struct timeline *t = d->t;
	struct tl_event event = { .ink = INK_DIM };
	char number[32], hidden[80] = "", left_out[80] = "", file[256];

	if (!t->hidden && !t->left_out)
		return;
	if (t->hidden)
		snprintf(hidden, sizeof(hidden), "%s task%s without a lane",
			 text_count(number, sizeof(number), t->hidden), t->hidden == 1 ? "" : "s");
	if (t->left_out)
		snprintf(left_out, sizeof(left_out), "%s%s rows left out", t->hidden ? ", " : "",
			 text_count(number, sizeof(number), t->left_out));
	text_escape_for(file, sizeof(file), t->style.file ? t->style.file : "FILE", 0,
			t->style.utf8);
	if (!t->style.rows)
		event.text = timeline_text(t,
					   "%s%s: a wider window has room for more, "
					   "faultline show --tree %s names them",
					   hidden, left_out, file);
	else if (t->style.file)
		event.text = timeline_text(t, "%s%s; to see all: faultline show --all %s", hidden,
					   left_out, file);
	else
		event.text = timeline_text(t,
					   "%s%s; to see all, keep the recording with -o FILE, "
					   "then: faultline show --all FILE",
					   hidden, left_out);
	draw_wide(d, &event);
	free(event.text);
}

void timeline_draw(struct timeline *t, FILE *out)
{
	struct drawing d = { .t = t, .out = out };

	if (t->error || !t->nr_tasks || !t->lanes)
		return;
	timeline_layout(&d);
	if (t->error)
		goto out;
	d.line = calloc((size_t)d.width + 1, sizeof(*d.line));
	if (!d.line) {
		t->error = -ENOMEM;
		goto out;
	}
	draw_heading(&d);
	for (size_t i = 0; i < t->nr_events && !ferror(out); i++)
		draw_row(&d, &t->events[i]);
	draw_hint(&d);
out:
	free(d.line);
	free(d.order);
	free(d.lanes);
}
