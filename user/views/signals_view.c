// SPDX-License-Identifier: GPL-2.0
#include "views/signals_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "views/grid.h"
#include "report/report_part.h"
#include "base/text.h"
#include "views/traced.h"

#define MOST_LOOK_BACK 1024
#define NO_LIMIT (1 << 20)
#define MOST_SUMS 40
#define ANY_WIDTH 120

/* Signals alike that are one line. */
struct line {
	long long signo;
	bool kernel, blocked;
	int from, to; /* from: TL_NONE where the kernel sends, or somebody outside */
	char who[32]; /* that somebody */
	char cause[96];
	const char *general; /* the cause of all, where they differ */
	const char *outcome;
	long long n, start_ns, waited_ns, nr_waited;
};

struct sum {
	long long signo;
	int to;
	long long sent, delivered, coalesced, ignored, lost, pending, blocked, longest_ns;
};

struct signals_view {
	struct timeline *t;
	struct sig_context context;
	struct line *lines;
	size_t nr_lines, room_lines;
	struct sum *sums;
	size_t nr_sums, room_sums;
	struct sum total;
	long long hidden;
};

/* Room for one more of SIZE bytes at the end of *ARRAY. */
static bool grow(struct timeline *t, void *array, size_t n, size_t *room, size_t size)
{
	void **at = array, *more;

	if (n < *room)
		return true;
	more = reallocarray(*at, *room ? 2 * *room : 64, size);
	if (!more) {
		t->error = -ENOMEM;
		return false;
	}
	*at = more;
	*room = *room ? 2 * *room : 64;
	return true;
}

static void copy_column(char *to, size_t size, sqlite3_stmt *stmt, int i)
{
	text_escape_for(to, size, report_column(stmt, i), (int)size - 1, false);
}

static sqlite3_stmt *prepare_signals(struct timeline *t)
{
	return timeline_prepare(
		t, "SELECT signo, code, sender_task, receiver_task, generated_ns, delivered_ns,"
		   "	result, action, sender_comm, coalesce(generated_ns, delivered_ns) AS at "
		   "FROM signal WHERE at IS NOT NULL ORDER BY at, rowid");
}

static struct sig sig_at(struct timeline *t, sqlite3_stmt *stmt)
{
	struct sig sig = {
		.signo = sqlite3_column_int64(stmt, 0),
		.code = sqlite3_column_int64(stmt, 1),
		.from = timeline_task_at(t, stmt, 2),
		.to = timeline_task_at(t, stmt, 3),
		.generated_ns = timeline_time_at(stmt, 4),
		.delivered_ns = timeline_time_at(stmt, 5),
	};

	copy_column(sig.result, sizeof(sig.result), stmt, 6);
	copy_column(sig.action, sizeof(sig.action), stmt, 7);
	return sig;
}

static struct line line_of(struct signals_view *v, sqlite3_stmt *stmt)
{
	struct sig sig = sig_at(v->t, stmt);
	struct line line = {
		.signo = sig.signo,
		.to = sig.to,
		.n = 1,
		.start_ns = timeline_time_at(stmt, 9),
		.blocked = signals_blocked(&v->context, &sig),
		.outcome = signals_outcome(&v->context, &sig),
	};

	line.general =
		signals_cause(&v->context, &sig, &line.kernel, line.cause, sizeof(line.cause));
	line.from = line.kernel ? TL_NONE : sig.from;
	if (!line.kernel && sig.from == TL_NONE)
		text_escape_for(line.who, sizeof(line.who), report_column(stmt, 8), 16,
				v->t->style.utf8);
	if (sig.generated_ns != TL_NEVER && sig.delivered_ns != TL_NEVER) {
		line.waited_ns = sig.delivered_ns - sig.generated_ns;
		line.nr_waited = 1;
	}
	return line;
}

static bool alike(const struct line *a, const struct line *b)
{
	return a->signo == b->signo && a->from == b->from && a->to == b->to &&
	       a->kernel == b->kernel && a->blocked == b->blocked && a->general == b->general &&
	       a->outcome == b->outcome && !strcmp(a->who, b->who);
}

/* False where there would be more than LIMIT lines; see messages_load.c. */
static bool fold_one(struct signals_view *v, const struct line *one, size_t look_back, size_t limit)
{
	for (size_t back = 1; back <= look_back && back <= v->nr_lines; back++) {
		struct line *line = &v->lines[v->nr_lines - back];

		if (!alike(line, one))
			continue;
		if (strcmp(line->cause, one->cause) != 0)
			snprintf(line->cause, sizeof(line->cause), "%s", line->general);
		line->n++;
		line->waited_ns = timeline_sum(line->waited_ns, one->waited_ns);
		line->nr_waited += one->nr_waited;
		return true;
	}
	if (v->nr_lines >= limit)
		return false;
	if (grow(v->t, &v->lines, v->nr_lines, &v->room_lines, sizeof(*v->lines)))
		v->lines[v->nr_lines++] = *one;
	return true;
}

static bool fold(struct signals_view *v, size_t look_back, size_t limit, bool last)
{
	sqlite3_stmt *stmt = prepare_signals(v->t);

	v->nr_lines = 0;
	v->hidden = 0;
	while (timeline_step(v->t, stmt)) {
		struct line one = line_of(v, stmt);

		if (fold_one(v, &one, look_back, limit))
			continue;
		v->hidden++;
		if (!last) {
			sqlite3_finalize(stmt);
			return false;
		}
	}
	return true;
}

static void count(struct sum *sum, const struct sig *sig, bool blocked)
{
	bool queued = !strcmp(sig->result, "delivered") || !strcmp(sig->result, "lose_info");

	sum->sent++;
	sum->coalesced += !strcmp(sig->result, "already_pending");
	sum->ignored += !strcmp(sig->result, "ignored") || !strcmp(sig->action, "ignore");
	sum->lost += !strcmp(sig->result, "overflow_fail");
	sum->delivered += sig->delivered_ns != TL_NEVER && strcmp(sig->action, "ignore") != 0;
	sum->pending += queued && sig->delivered_ns == TL_NEVER;
	sum->blocked += blocked;
	if (sig->delivered_ns != TL_NEVER &&
	    sig->delivered_ns - sig->generated_ns > sum->longest_ns)
		sum->longest_ns = sig->delivered_ns - sig->generated_ns;
}

static void add_up(struct signals_view *v)
{
	sqlite3_stmt *stmt = prepare_signals(v->t);

	while (timeline_step(v->t, stmt)) {
		struct sig sig = sig_at(v->t, stmt);
		bool blocked = signals_blocked(&v->context, &sig);
		size_t i;

		if (sig.generated_ns == TL_NEVER)
			continue; /* nobody sent it: its thread ends with the others */
		count(&v->total, &sig, blocked);
		for (i = 0; i < v->nr_sums; i++)
			if (v->sums[i].signo == sig.signo && v->sums[i].to == sig.to)
				break;
		if (i == v->nr_sums) {
			if (i == MOST_SUMS ||
			    !grow(v->t, &v->sums, i, &v->room_sums, sizeof(*v->sums)))
				continue;
			v->sums[v->nr_sums++] = (struct sum){ .signo = sig.signo, .to = sig.to };
		}
		count(&v->sums[i], &sig, blocked);
	}
}

static char *name_task(const struct timeline *t, int i, char *buf, size_t size)
{
	char name[128];

	if (i == TL_NONE)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%s %lld", timeline_task(t, i, 0, name, sizeof(name)),
			 t->tasks[i].tid);
	return buf;
}

static void lines(struct signals_view *v, FILE *out, const struct report_style *style)
{
	static const struct grid_column columns[] = {
		{ .name = "time ms", .right = true },
		{ .name = "", .right = true },
		{ .name = "signal" },
		{ .name = "from", .least = 8, .keep_last = true },
		{ .name = "to", .least = 8, .keep_last = true },
		{ .name = "waited", .right = true },
		{ .name = "why, and what it did", .wrapped = true },
	};
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));

	if (!grid) {
		v->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < v->nr_lines; i++) {
		const struct line *line = &v->lines[i];
		char time[48], n[40] = "", signo[32], from[160], to[160], waited[48] = "",
			       what[256];

		if (line->n > 1) {
			text_count(n, sizeof(n) - 2, line->n);
			strcat(n, " x");
		}
		if (line->kernel)
			snprintf(from, sizeof(from), "kernel");
		else if (*line->who)
			snprintf(from, sizeof(from), "%s (outside)", line->who);
		else if (line->from == line->to)
			snprintf(from, sizeof(from), "itself");
		else
			name_task(v->t, line->from, from, sizeof(from));
		if (line->nr_waited)
			text_duration(waited, sizeof(waited), line->waited_ns / line->nr_waited);
		snprintf(what, sizeof(what), "%s %s %s%s", line->cause, style->utf8 ? "→" : "->",
			 line->outcome,
			 !line->blocked  ? "" :
			 line->nr_waited ? ", was blocked" :
					   ", blocked");
		grid_row(grid, (const char *const[]){
				       timeline_ms(v->t, time, sizeof(time), line->start_ns),
				       n,
				       timeline_signal(signo, sizeof(signo), line->signo),
				       from,
				       name_task(v->t, line->to, to, sizeof(to)),
				       waited,
				       what,
			       });
	}
	v->t->error = grid_print(grid, out, style);
	grid_free(grid);
}

static void sum_row(struct grid *grid, const char *signal, const char *to, const struct sum *sum)
{
	const long long numbers[] = { sum->sent, sum->delivered, sum->coalesced, sum->ignored,
				      sum->lost, sum->pending,   sum->blocked };
	enum { N = sizeof(numbers) / sizeof(numbers[0]) };
	char text[N][32], longest[32] = "";
	const char *cells[N + 3] = { signal, to };

	for (int i = 0; i < N; i++)
		cells[i + 2] = text_count(text[i], sizeof(text[i]), numbers[i]);
	if (sum->delivered)
		text_duration(longest, sizeof(longest), sum->longest_ns);
	cells[N + 2] = longest;
	grid_row(grid, cells);
}

static void sums(const struct signals_view *v, FILE *out, const struct report_style *style)
{
	static const struct grid_column columns[] = {
		{ .name = "signal" },
		{ .name = "to", .least = 8, .keep_last = true },
		{ .name = "sent", .right = true },
		{ .name = "delivered", .right = true },
		{ .name = "coalesced", .right = true },
		{ .name = "ignored", .right = true },
		{ .name = "lost", .right = true },
		{ .name = "never", .right = true },
		{ .name = "blocked", .right = true },
		{ .name = "longest", .right = true, .optional = true },
	};
	struct grid *grid = grid_new(columns, sizeof(columns) / sizeof(columns[0]));

	if (!grid) {
		v->t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < v->nr_sums; i++) {
		char signo[32], to[160];

		sum_row(grid, timeline_signal(signo, sizeof(signo), v->sums[i].signo),
			name_task(v->t, v->sums[i].to, to, sizeof(to)), &v->sums[i]);
	}
	if (v->nr_sums > 1)
		sum_row(grid, "total", "", &v->total);
	v->t->error = grid_print(grid, out, style);
	grid_free(grid);
}

static void load(struct signals_view *v)
{
	struct timeline *t = v->t;
	size_t limit = t->style.rows > 0 ? (size_t)t->style.rows : NO_LIMIT;

	timeline_load(t);
	signals_context(&v->context, t);
	for (size_t look_back = 1; !t->error; look_back *= 2) {
		bool last = look_back > MOST_LOOK_BACK;

		if (fold(v, look_back, limit, last) || last)
			break;
	}
	add_up(v);
}

int report_signals(sqlite3 *db, FILE *out, const struct report_style *style)
{
	struct timeline t = { .db = db, .style = *style };
	struct signals_view v = { .t = &t };
	struct report_style sized = *style;
	char n[32];

	if (!sized.width)
		sized.width = ANY_WIDTH;
	load(&v);
	if (!t.error && !v.nr_lines && !traced_not(db, "signals", out, style))
		fputs("no signals\n", out);
	if (!t.error && v.nr_lines) {
		fprintf(out, "signals: %s sent\n", text_count(n, sizeof(n), v.total.sent));
		lines(&v, out, &sized);
		if (v.hidden)
			fprintf(out, "%s signals are not listed\n",
				text_count(n, sizeof(n), v.hidden));
	}
	if (!t.error && v.nr_sums) {
		putc('\n', out);
		sums(&v, out, &sized);
	}
	free(v.lines);
	free(v.sums);
	signals_context_release(&v.context);
	timeline_release(&t);
	return t.error ? t.error : report_flush(out);
}
