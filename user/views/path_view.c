// SPDX-License-Identifier: GPL-2.0
/* The path as people read it: a line for each stay with one task, the short ones together. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/path_view.h"
#include "report/report_part.h"
#include "base/text.h"
#include "views/traced.h"

#define MOST_PARTS 8
#define MOST_NAMES 3
#define NAME_COLUMNS 14
#define LEAST_TIME 10
#define LEAST_LENGTH 9
#define LEAST_NAME 6
#define LEAST_TEXT 18
#define SHORT_LINES 40 /* where the style sets no limit */

/* Steps first..last-1, all of one task, or several such stays that are short. */
struct stay {
	size_t first, last, stays;
	long long length_ns;
};

/* A part of a stay: in one state, for one reason. */
struct part {
	const char *why, *ended_by; /* NULL: none */
	long long ns;
	enum doing doing;
	bool woken; /* by ended_by */
	bool on_its_way;
};

struct running {
	int cpu, task;
	long long start_ns, end_ns;
};

struct view {
	struct lives l;
	struct path path;
	struct stay *stays;
	size_t nr_stays;
	struct running *running; /* of all tasks, by CPU and start */
	size_t nr_running;
	long long *behind; /* by task: what it ran while one that holds the path was ready */
	int task, time_columns, length_columns, task_columns;
	FILE *out;
	const struct report_style *style;
};

static int by_cpu(const void *a, const void *b)
{
	const struct running *one = a, *two = b;

	if (one->cpu != two->cpu)
		return one->cpu < two->cpu ? -1 : 1;
	return (one->start_ns > two->start_ns) - (one->start_ns < two->start_ns);
}

static int find_running(struct view *v)
{
	v->running = calloc(v->l.nr_rows + 1, sizeof(*v->running));
	v->behind = calloc(v->l.t.nr_tasks + 1, sizeof(*v->behind));
	if (!v->running || !v->behind)
		return -ENOMEM;
	for (size_t i = 0; i < v->l.t.nr_tasks; i++) {
		const struct life *life = &v->l.lives[i];

		for (size_t n = 0; n < life->nr_rows; n++)
			if (life->rows[n].doing == DOING_RUNNING && life->rows[n].cpu >= 0)
				v->running[v->nr_running++] = (struct running){
					.cpu = life->rows[n].cpu,
					.task = (int)i,
					.start_ns = life->rows[n].start_ns,
					.end_ns = life->rows[n].end_ns,
				};
	}
	qsort(v->running, v->nr_running, sizeof(*v->running), by_cpu);
	return 0;
}

/* Who ran on the CPU whose queue STEP was on. */
static void add_behind(struct view *v, const struct path_step *step)
{
	size_t low = 0, high = v->nr_running;
	int cpu = step->row ? step->row->cpu : -1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct running *r = &v->running[middle];

		/* rows of different tasks may overlap in what was made up; then some are missed */
		if (r->cpu < cpu || (r->cpu == cpu && r->end_ns <= step->start_ns))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < v->nr_running; low++) {
		const struct running *r = &v->running[low];
		long long start = r->start_ns > step->start_ns ? r->start_ns : step->start_ns;
		long long end = r->end_ns < step->end_ns ? r->end_ns : step->end_ns;

		if (r->cpu != cpu || r->start_ns >= step->end_ns)
			break;
		if (end > start)
			v->behind[r->task] = timeline_sum(v->behind[r->task], end - start);
	}
}

static const char *ender(const struct path_step *step)
{
	const struct lives_row *row = step->row;

	if (!row || (step->doing != DOING_WAITING && step->doing != DOING_STOPPED))
		return NULL;
	if (row->open)
		return "not over";
	if (row->waker_comm)
		return row->waker_comm;
	return row->waker == TL_NONE ? "timer or device" : NULL;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Sum up the steps of STAY.  The last part is for all that find no other. */
static int collect(struct view *v, const struct stay *stay, struct part *parts)
{
	int nr = 0;

	memset(v->behind, 0, v->l.t.nr_tasks * sizeof(*v->behind));
	for (size_t n = stay->first; n < stay->last; n++) {
		const struct path_step *step = &v->path.steps[n];
		bool off = step->doing == DOING_WAITING;
		struct part part = {
			.doing = step->doing,
			.why = off && step->row && !step->on_its_way ? step->row->why : NULL,
			.ended_by = step->on_its_way ? NULL : ender(step),
			.woken = step->row && step->row->waker_comm,
			.on_its_way = step->on_its_way,
			.ns = step->end_ns - step->start_ns,
		};
		int i = 0;

		if (step->doing == DOING_READY)
			add_behind(v, step);
		while (i < nr &&
		       (parts[i].doing != part.doing || parts[i].on_its_way != part.on_its_way ||
			!same(parts[i].why, part.why) || !same(parts[i].ended_by, part.ended_by)))
			i++;
		if (i < nr) {
			parts[i].ns += part.ns;
		} else if (nr < MOST_PARTS) {
			parts[nr++] = part;
		} else {
			parts[nr - 1].ns += part.ns;
			parts[nr - 1].why = "more";
			parts[nr - 1].ended_by = NULL;
		}
	}
	return nr;
}

/* " (rival 68.3 ms, others 2.70 ms)": who had the CPU for READY_NS. */
static void print_behind(struct view *v, FILE *to, long long ready_ns)
{
	long long rest = ready_ns;
	char name[128], time[40];
	bool any = false;

	for (int n = 0; n < 2; n++) {
		size_t most = 0;

		for (size_t i = 1; i < v->l.t.nr_tasks; i++)
			if (v->behind[i] > v->behind[most])
				most = i;
		if (v->behind[most] * 20 < ready_ns)
			break;
		fprintf(to, "%s%s %s", any ? ", " : " (the CPU ran ",
			lives_name(&v->l, (int)most, name, sizeof(name), NAME_COLUMNS),
			text_duration(time, sizeof(time), v->behind[most]));
		rest -= v->behind[most];
		v->behind[most] = 0;
		any = true;
	}
	/* tasks that are not traced, and traced ones that had little of it each */
	if (rest > ready_ns / 20)
		fprintf(to, "%sothers %s", any ? ", " : " (the CPU ran ",
			text_duration(time, sizeof(time), rest));
	if (any || rest > ready_ns / 20)
		putc(')', to);
}

static int by_length(const void *a, const void *b)
{
	const struct part *one = a, *two = b;

	return (one->ns < two->ns) - (one->ns > two->ns);
}

static void print_parts(struct view *v, FILE *to, const struct stay *stay)
{
	struct part parts[MOST_PARTS];
	int nr = collect(v, stay, parts);
	char time[40];

	qsort(parts, (size_t)nr, sizeof(*parts), by_length);
	for (int i = 0; i < nr; i++) {
		const struct part *part = &parts[i];

		fprintf(to, "%s%s", i ? ", " : "",
			part->on_its_way ? "wake-up on its way" : lives_word(part->doing));
		if (part->why)
			fprintf(to, " in %s", part->why);
		fprintf(to, " %s", text_duration(time, sizeof(time), part->ns));
		if (part->ended_by)
			fprintf(to, " (%s%s)", part->woken ? "woken by " : "", part->ended_by);
		if (part->doing == DOING_READY && part->ns >= stay->length_ns / 10)
			print_behind(v, to, part->ns);
	}
}

/* What STAY ended with: whom it woke or created. */
static void print_link(const struct view *v, FILE *to, const struct stay *stay)
{
	const struct path_step *last = &v->path.steps[stay->last - 1];
	char name[128];

	if (last->next == TL_NONE)
		return;
	lives_name(&v->l, last->next, name, sizeof(name), NAME_COLUMNS);
	if (last->created)
		fprintf(to, "; creates %s", name);
	else
		fprintf(to, "; wakes %s%s%s", name, last->woke_from ? " from " : "",
			last->woke_from ? last->woke_from : "");
}

/* "57 short stays: sort 5420, tail 5422, ..." */
static void print_many(const struct view *v, FILE *to, const struct stay *stay)
{
	int seen[MOST_NAMES], nr = 0;
	bool more = false;
	char name[128];

	fprintf(to, "%zu short stays (", stay->stays);
	for (size_t n = stay->first; n < stay->last && !more; n++) {
		int task = v->path.steps[n].task, i = 0;

		while (i < nr && seen[i] != task)
			i++;
		if (i < nr)
			continue;
		more = nr == MOST_NAMES;
		if (more)
			break;
		seen[nr++] = task;
		fprintf(to, "%s%s", nr > 1 ? ", " : "",
			lives_name(&v->l, task, name, sizeof(name), NAME_COLUMNS));
	}
	fprintf(to, "%s): ", more ? ", ..." : "");
}

static int print_stay(struct view *v, const struct stay *stay)
{
	const struct path_step *first = &v->path.steps[stay->first];
	bool own = stay->stays == 1 && first->task == v->task;
	int left = v->time_columns + v->length_columns + v->task_columns + 6;
	char name[128], safe[128], time[48], *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return -ENOMEM;
	if (stay->stays > 1)
		print_many(v, memory, stay);
	print_parts(v, memory, stay);
	print_link(v, memory, stay);
	if (fclose(memory)) {
		free(text);
		return -ENOMEM;
	}
	snprintf(time, sizeof(time), "%.3f", (double)first->start_ns / 1e6);
	text_pad(v->out, time, -v->time_columns);
	fputs("  ", v->out);
	text_pad(v->out, text_duration(time, sizeof(time), stay->length_ns), -v->length_columns);
	fputs("  ", v->out);
	if (stay->stays > 1)
		snprintf(name, sizeof(name), "...");
	else
		lives_name(&v->l, first->task, name, sizeof(name), NAME_COLUMNS);
	fputs(report_ink(v->style, own ? REPORT_BOLD : REPORT_PLAIN), v->out);
	text_pad(v->out, text_escape_for(safe, sizeof(safe), name, v->task_columns, v->style->utf8),
		 v->task_columns);
	fprintf(v->out, "%s  ", report_ink(v->style, REPORT_PLAIN));
	report_wrap(v->out, v->style, text, left, left);
	free(text);
	return 0;
}

static int find_stays(struct view *v)
{
	v->stays = calloc(v->path.nr + 1, sizeof(*v->stays));
	if (!v->stays)
		return -ENOMEM;
	for (size_t n = 0; n < v->path.nr; n++) {
		const struct path_step *step = &v->path.steps[n];
		struct stay *stay;

		if (!n || v->path.steps[n - 1].task != step->task)
			v->stays[v->nr_stays++] = (struct stay){ .first = n, .stays = 1 };
		stay = &v->stays[v->nr_stays - 1];
		stay->last = n + 1;
		stay->length_ns += step->end_ns - step->start_ns;
	}
	return 0;
}

static int longest_first(const void *a, const void *b)
{
	long long one = *(const long long *)a, two = *(const long long *)b;

	return (one < two) - (one > two);
}

/* The longest get lines of their own, what lies between is told together. */
static int fold_stays(struct view *v)
{
	size_t lines = v->style->rows > 0 ? (size_t)v->style->rows * 2 / 3 : SHORT_LINES, kept = 0;
	long long *lengths, least;
	bool open = false;

	if (v->nr_stays <= lines)
		return 0;
	lengths = calloc(v->nr_stays, sizeof(*lengths));
	if (!lengths)
		return -ENOMEM;
	for (size_t i = 0; i < v->nr_stays; i++)
		lengths[i] = v->stays[i].length_ns;
	qsort(lengths, v->nr_stays, sizeof(*lengths), longest_first);
	least = lengths[lines / 2];
	free(lengths);
	for (size_t i = 0; i < v->nr_stays; i++) {
		struct stay stay = v->stays[i];

		if (stay.length_ns > least) {
			v->stays[kept++] = stay;
			open = false;
		} else if (open) {
			v->stays[kept - 1].last = stay.last;
			v->stays[kept - 1].stays++;
			v->stays[kept - 1].length_ns += stay.length_ns;
		} else {
			v->stays[kept++] = stay;
			open = true;
		}
	}
	v->nr_stays = kept;
	return 0;
}

/* "running 20.2 ms (21 %), ready ...", of LENGTH_NS */
static void print_sums(const struct view *v, const char *head, const long long *sums,
		       long long length_ns)
{
	char text[400] = "", time[40];
	int left = 2 + (int)strlen("on the path  ");

	for (int i = 0; i < NR_DOING; i++) {
		size_t used = strlen(text);

		if (sums[i] <= 0 || i == DOING_ZOMBIE || i == DOING_DEAD)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s",
					 used ? ", " : "", lives_word((enum doing)i),
					 text_duration(time, sizeof(time), sums[i]));
		if (sums[i] > length_ns / 1000)
			snprintf(text + used, sizeof(text) - used, " (%.1f%%)",
				 lives_percent(sums[i], length_ns));
	}
	fprintf(v->out, "  %-*s", left - 2, head);
	report_wrap(v->out, v->style, text, left, left);
}

static void print_head(const struct view *v)
{
	const struct life *life = &v->l.lives[v->task];
	long long sums[NR_DOING] = { 0 }, length = life->end_ns - life->start_ns;
	char name[128], text[300], time[40], ns[40];

	for (size_t n = 0; n < v->path.nr; n++)
		sums[v->path.steps[n].doing] += v->path.steps[n].end_ns - v->path.steps[n].start_ns;
	snprintf(text, sizeof(text), "Why %s took %s (%s ns) from its creation to its end%s",
		 lives_name(&v->l, v->task, name, sizeof(name), 0),
		 text_duration(time, sizeof(time), length), text_count(ns, sizeof(ns), length),
		 life->ended ? "" : ", which the recording does not have");
	fputs(report_ink(v->style, REPORT_BOLD), v->out);
	report_wrap(v->out, v->style, text, 0, 4);
	fputs(report_ink(v->style, REPORT_PLAIN), v->out);
	print_sums(v, "itself", life->sums, length);
	print_sums(v, "on the path", sums, length);
	fputs(report_ink(v->style, REPORT_DIM), v->out);
	report_wrap(
		v->out, v->style,
		"The path leads from a wait to the task whose wake-up ended it, and from a birth to"
		" the creator. Its times add up to those from creation to end.",
		0, 0);
	fprintf(v->out, "%s\n", report_ink(v->style, REPORT_PLAIN));
}

static void widen(int *columns, int width)
{
	if (width > *columns)
		*columns = width;
}

static void lay_out(struct view *v)
{
	int most;

	v->time_columns = LEAST_TIME;
	v->length_columns = LEAST_LENGTH;
	v->task_columns = LEAST_NAME;
	for (size_t i = 0; i < v->nr_stays; i++) {
		const struct stay *stay = &v->stays[i];
		const struct path_step *first = &v->path.steps[stay->first];
		char text[128];

		widen(&v->time_columns,
		      snprintf(text, sizeof(text), "%.3f", (double)first->start_ns / 1e6));
		text_duration(text, sizeof(text), stay->length_ns);
		widen(&v->length_columns, text_width(text));
		if (stay->stays > 1)
			continue;
		lives_name(&v->l, first->task, text, sizeof(text), NAME_COLUMNS);
		widen(&v->task_columns, text_width(text));
	}
	most = v->style->width - v->time_columns - v->length_columns - 6 - LEAST_TEXT;
	if (v->style->width && v->task_columns > most)
		v->task_columns = most > LEAST_NAME ? most : LEAST_NAME;
}

static int print_path(struct view *v)
{
	int err;

	lay_out(v);
	print_head(v);
	fprintf(v->out, "%s%*s  %*s  %-*s  what held it up%s\n", report_ink(v->style, REPORT_BOLD),
		v->time_columns, "time ms", v->length_columns, "for", v->task_columns, "task",
		report_ink(v->style, REPORT_PLAIN));
	for (size_t i = 0; i < v->nr_stays; i++) {
		err = print_stay(v, &v->stays[i]);
		if (err)
			return err;
	}
	return 0;
}

int report_path(sqlite3 *db, const char *who, FILE *out, const struct report_style *style,
		char *why, size_t why_size)
{
	struct view v = { .out = out, .style = style };
	int err = lives_load(&v.l, db, style);

	errno = 0;
	if (!err) {
		v.task = lives_find(&v.l, who, why, why_size);
		err = v.task == TL_NONE ? -ENOENT : 0;
	}
	if (!err && !v.l.nr_rows && traced_not(db, "states", out, style))
		goto out;
	if (!err)
		err = path_walk(&v.path, &v.l, v.task);
	if (!err)
		err = find_running(&v);
	if (!err)
		err = find_stays(&v);
	if (!err)
		err = fold_stays(&v);
	if (!err)
		err = print_path(&v);
out:
	free(v.path.steps);
	free(v.stays);
	free(v.running);
	free(v.behind);
	lives_free(&v.l);
	return err ? err : report_flush(out);
}
