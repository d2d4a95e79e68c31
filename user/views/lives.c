// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "views/lives.h"
#include "report/report_part.h"
#include "base/text.h"

#define WORD_COLUMNS 24
#define MOST_CPU 99999 /* more than any kernel has */

static const char *const words[NR_DOING] = {
	"new", "ready", "running", "waiting", "stopped", "zombie", "dead", "not known",
};

const char *lives_word(enum doing doing)
{
	return words[doing];
}

double lives_percent(long long part, long long whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* One copy of each word, however many rows have it. */
static const char *word(struct lives *l, sqlite3_stmt *stmt, int i)
{
	const char *text = (const char *)sqlite3_column_text(stmt, i);
	char safe[4 * WORD_COLUMNS + 1], *copy, **found;

	if (!text)
		return NULL;
	text_escape_for(safe, sizeof(safe), text, WORD_COLUMNS, l->t.style.utf8);
	found = tfind(safe, &l->words, by_text);
	if (found)
		return *found;
	copy = strdup(safe);
	if (copy && tsearch(copy, &l->words, by_text))
		return copy;
	free(copy);
	l->t.error = -ENOMEM;
	return NULL;
}

static enum doing doing_of(const char *text)
{
	enum doing doing = DOING_NEW;

	while (doing < DOING_UNKNOWN && (!text || strcmp(text, words[doing]) != 0))
		doing++;
	return doing;
}

static bool is_deep(const char *sleep)
{
	return sleep && (!strcmp(sleep, "uninterruptible") || !strcmp(sleep, "killable"));
}

static struct lives_row *room(struct lives *l)
{
	if (l->nr_rows == l->room_rows) {
		size_t count = l->room_rows ? 2 * l->room_rows : 256;
		struct lives_row *rows = reallocarray(l->rows, count, sizeof(*rows));

		if (!rows) {
			l->t.error = -ENOMEM;
			return NULL;
		}
		l->rows = rows;
		l->room_rows = count;
	}
	return &l->rows[l->nr_rows];
}

/* Rows come by task and start; one that cannot be is cut or left out. */
static void load_row(struct lives *l, sqlite3_stmt *stmt, int *task_before)
{
	int task = timeline_task_at(&l->t, stmt, 0);
	struct lives_row *row = room(l), *before = NULL;
	enum doing doing = doing_of((const char *)sqlite3_column_text(stmt, 1));
	long long cpu = sqlite3_column_type(stmt, 3) == SQLITE_NULL ? -1 :
								      sqlite3_column_int64(stmt, 3);

	if (!row)
		return;
	*row = (struct lives_row){
		.doing = doing,
		.cpu = cpu < 0 || cpu > MOST_CPU ? -1 : (int)cpu,
		.start_ns = timeline_time_at(stmt, 4),
		.end_ns = timeline_time_at(stmt, 5),
		.waker = timeline_task_at(&l->t, stmt, 6),
	};
	row->why = word(l, stmt, 2);
	row->waker_comm = word(l, stmt, 7);
	row->deep = doing == DOING_WAITING && is_deep((const char *)sqlite3_column_text(stmt, 8));
	row->open = row->end_ns == TL_NEVER;
	if (row->open)
		row->end_ns = LLONG_MAX;
	if (task == TL_NONE || doing == DOING_UNKNOWN || row->start_ns == TL_NEVER ||
	    row->end_ns < row->start_ns) {
		l->odd++;
		return;
	}
	if (*task_before == task && l->nr_rows)
		before = &l->rows[l->nr_rows - 1];
	if (before && row->start_ns < before->end_ns) {
		l->odd++;
		row->start_ns = before->end_ns;
		if (row->end_ns <= row->start_ns)
			return;
	}
	*task_before = task;
	l->lives[task].nr_rows++;
	l->nr_rows++;
}

/* The last moment that is known, for rows that were open then. */
static void settle_end(struct lives *l)
{
	l->end_ns = l->t.duration_ns;
	for (size_t i = 0; i < l->nr_rows; i++) {
		const struct lives_row *row = &l->rows[i];
		long long known = row->open ? row->start_ns : row->end_ns;

		if (known > l->end_ns)
			l->end_ns = known;
		if (row->start_ns < l->begin_ns)
			l->begin_ns = row->start_ns;
	}
	for (size_t i = 0; i < l->t.nr_tasks; i++)
		if (l->t.tasks[i].start_ns < l->begin_ns)
			l->begin_ns = l->t.tasks[i].start_ns;
	for (size_t i = 0; i < l->nr_rows; i++)
		if (l->rows[i].open)
			l->rows[i].end_ns = l->end_ns;
	if (l->end_ns < l->begin_ns)
		l->end_ns = l->begin_ns;
}

static void settle_life(struct lives *l, size_t i)
{
	struct life *life = &l->lives[i];
	const struct tl_task *task = &l->t.tasks[i];
	long long known = 0;

	life->start_ns = task->start_ns;
	if (life->nr_rows && life->rows[0].start_ns < life->start_ns)
		life->start_ns = life->rows[0].start_ns;
	life->response_ns = TL_NEVER;
	life->ended = task->exit_ns != TL_NEVER;
	life->end_ns = life->ended ? task->exit_ns : l->end_ns;
	for (size_t n = life->nr_rows; n-- > 0;) {
		const struct lives_row *row = &life->rows[n];

		/* after do_exit() began it still runs, until the last switch */
		if (row->doing < DOING_ZOMBIE) {
			if (life->ended && row->end_ns > life->end_ns)
				life->end_ns = row->end_ns;
			break;
		}
		life->ended = true;
		life->end_ns = row->start_ns;
	}
	if (life->end_ns < life->start_ns)
		life->end_ns = life->start_ns;
	for (size_t n = 0; n < life->nr_rows; n++) {
		const struct lives_row *row = &life->rows[n];

		life->sums[row->doing] += row->end_ns - row->start_ns;
		if (row->deep)
			life->deep_ns += row->end_ns - row->start_ns;
		if (row->doing < DOING_ZOMBIE)
			known += row->end_ns - row->start_ns;
		if (row->doing == DOING_RUNNING && life->response_ns == TL_NEVER)
			life->response_ns = row->start_ns - life->start_ns;
	}
	/* a zombie in the middle, of a recording that was made up */
	known = life->end_ns - life->start_ns - known;
	life->sums[DOING_UNKNOWN] = known > 0 ? known : 0;
}

static void load_switches(struct lives *l)
{
	sqlite3_stmt *stmt = timeline_prepare(
		&l->t, "SELECT task, coalesce(nvcsw, -1), coalesce(nivcsw, -1) FROM task");

	while (timeline_step(&l->t, stmt)) {
		int i = timeline_task_at(&l->t, stmt, 0);

		if (i == TL_NONE)
			continue;
		l->lives[i].nvcsw = sqlite3_column_int64(stmt, 1);
		l->lives[i].nivcsw = sqlite3_column_int64(stmt, 2);
	}
}

int lives_load(struct lives *l, sqlite3 *db, const struct report_style *style)
{
	const struct lives_row *rows;
	int task_before = TL_NONE;
	sqlite3_stmt *stmt;
	long long cpus = 0;

	*l = (struct lives){ .t = { .db = db, .style = *style } };
	timeline_load(&l->t);
	if (l->t.error)
		return l->t.error;
	l->lives = calloc(l->t.nr_tasks ? l->t.nr_tasks : 1, sizeof(*l->lives));
	if (!l->lives)
		return l->t.error = -ENOMEM;
	load_switches(l);
	stmt = timeline_prepare(
		&l->t,
		"SELECT task, state, why, cpu, start_ns, end_ns, waker_task, waker_comm, "
		"sleep FROM state WHERE typeof(task) = 'integer' AND typeof(start_ns) = 'integer' "
		"ORDER BY task, start_ns, rowid");
	while (timeline_step(&l->t, stmt))
		load_row(l, stmt, &task_before);
	if (l->t.error)
		return l->t.error;
	if (report_run_number(db, "cpus", &cpus) && cpus > 0 && cpus < INT_MAX)
		l->cpus = (int)cpus;
	settle_end(l);
	rows = l->rows;
	for (size_t i = 0; i < l->t.nr_tasks; i++) {
		l->lives[i].rows = rows;
		rows += l->lives[i].nr_rows;
		settle_life(l, i);
	}
	return 0;
}

void lives_free(struct lives *l)
{
	timeline_release(&l->t);
	free(l->lives);
	free(l->rows);
	tdestroy(l->words, free);
}

void lives_each(const struct lives *l, int i, void (*fn)(const struct lives_row *row, void *arg),
		void *arg)
{
	const struct life *life = &l->lives[i];
	struct lives_row gap = { .doing = DOING_UNKNOWN, .cpu = -1, .waker = TL_NONE };
	long long before = life->start_ns;

	for (size_t n = 0; n <= life->nr_rows; n++) {
		const struct lives_row *row = n < life->nr_rows ? &life->rows[n] : NULL;
		long long next = row ? row->start_ns : life->end_ns;

		if (next > before) {
			gap.start_ns = before;
			gap.end_ns = next;
			fn(&gap, arg);
		}
		if (row && row->end_ns > row->start_ns)
			fn(row, arg);
		if (row)
			before = row->end_ns;
	}
}

long long lives_row_before(const struct lives *l, int i, long long t_ns)
{
	const struct life *life = &l->lives[i];
	size_t low = 0, high = life->nr_rows;

	/* the last one that starts before T_NS and has a length */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (life->rows[middle].start_ns < t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	while (low > 0 && life->rows[low - 1].end_ns == life->rows[low - 1].start_ns)
		low--;
	return low > 0 && life->rows[low - 1].end_ns >= t_ns ? (long long)low - 1 : -1;
}

char *lives_name(const struct lives *l, int i, char *buf, size_t size, int max)
{
	const struct tl_task *task = &l->t.tasks[i];
	char name[128];

	snprintf(buf, size, "%s %lld", timeline_task(&l->t, i, max, name, sizeof(name)), task->tid);
	return buf;
}

enum match { BY_ROLE, BY_TID, BY_ID, BY_COMM, NR_MATCHES };

static bool matches(const struct lives *l, size_t i, enum match how, const char *who,
		    long long number)
{
	const struct tl_task *task = &l->t.tasks[i];
	char shown[128];
	bool named = !strcmp(task->name, who) ||
		     !strcmp(timeline_task(&l->t, (int)i, 0, shown, sizeof(shown)), who);

	switch (how) {
	case BY_ROLE:
		return task->has_role && named;
	case BY_TID:
		return number >= 0 && task->tid == number;
	case BY_ID:
		return number >= 0 && task->id == number;
	default:
		return named;
	}
}

int lives_find(const struct lives *l, const char *who, char *why, size_t why_size)
{
	bool only_id = !strncmp(who, "task:", 5);
	const char *digits = only_id ? who + 5 : who;
	char safe[128], *end, ids[128] = "";
	long long number;

	errno = 0;
	number = strtoll(digits, &end, 10);
	if (errno || end == digits || *end || *digits < '0' || *digits > '9')
		number = -1;
	text_escape_for(safe, sizeof(safe), who, 40, l->t.style.utf8);
	for (enum match how = only_id ? BY_ID : BY_ROLE; how < NR_MATCHES; how++) {
		int found = TL_NONE, count = 0;

		for (size_t i = 0; i < l->t.nr_tasks; i++) {
			size_t used = strlen(ids);

			if (!matches(l, i, how, who, number))
				continue;
			if (count++ < 5)
				snprintf(ids + used, sizeof(ids) - used, " task:%lld",
					 l->t.tasks[i].id);
			found = (int)i;
		}
		if (count > 1) {
			snprintf(why, why_size, "%d tasks are called %s; choose one of:%s%s", count,
				 safe, ids, count > 5 ? " ..." : "");
			return TL_NONE;
		}
		if (count)
			return found;
	}
	snprintf(why, why_size, "there is no task %s; \"faultline show --tree\" lists them", safe);
	return TL_NONE;
}
