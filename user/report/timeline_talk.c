// SPDX-License-Identifier: GPL-2.0
/*
 * What tasks do to each other: signals, locks, messages.  Those alike between
 * the same two, with nothing else in between, are one row.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "report/timeline.h"

#define LOOK_BACK 64  /* sums that may still grow */
#define MOST_SINGLE 8 /* so few signals have a row each ... */
#define FEW_SINGLE 3  /* ... and so few locks and messages */

struct one {
	long long start_ns, end_ns, bytes, took_ns;
};

/* A sum of things that do not differ in any of the first members. */
struct talk {
	int from, to; /* TL_NONE: somebody without a lane */
	size_t from_stretch, to_stretch;
	char what[96];  /* "SIGUSR1", "flock write counter.lock", "pipe" */
	char how[64];   /* how it ended */
	char who[48];   /* the other side, where it has no lane */
	char whose[48]; /* of a task in a group: its name, in the lane of its parent */

	long long n, bytes, start_ns, end_ns, took_ns;
	bool together; /* one row, however few */
	struct one each[MOST_SINGLE];
};

struct talks {
	struct timeline *t;
	struct talk *talks;
	size_t nr;
};

static bool same(const struct talk *a, const struct talk *b)
{
	return a->from == b->from && a->to == b->to && a->from_stretch == b->from_stretch &&
	       a->to_stretch == b->to_stretch && !strcmp(a->what, b->what) &&
	       !strcmp(a->how, b->how) && !strcmp(a->who, b->who) && !strcmp(a->whose, b->whose);
}

static void add(struct talks *all, struct talk *one)
{
	struct timeline *t = all->t;

	if (one->from != TL_NONE)
		one->from_stretch = timeline_times_until(&t->tasks[one->from].hard, one->start_ns);
	if (one->to != TL_NONE)
		one->to_stretch = timeline_times_until(&t->tasks[one->to].hard, one->start_ns);
	if (one->end_ns < one->start_ns)
		one->end_ns = one->start_ns;
	for (size_t back = 1; back <= LOOK_BACK && back <= all->nr; back++) {
		struct talk *talk = &all->talks[all->nr - back];

		if (!same(talk, one))
			continue;
		if (talk->n < MOST_SINGLE)
			talk->each[talk->n] = (struct one){ one->start_ns, one->end_ns, one->bytes,
							    one->took_ns };
		talk->n++;
		talk->bytes = timeline_sum(talk->bytes, one->bytes);
		talk->took_ns = timeline_sum(talk->took_ns, one->took_ns);
		if (one->end_ns > talk->end_ns)
			talk->end_ns = one->end_ns;
		return;
	}
	if (array_grow(&all->talks, all->nr, sizeof(*all->talks))) {
		t->error = -ENOMEM;
		return;
	}
	one->n = 1;
	one->each[0] = (struct one){ one->start_ns, one->end_ns, one->bytes, one->took_ns };
	all->talks[all->nr++] = *one;
}

/* "4712", with the name where the task has no lane that shows it. */
static void name_task(char *buf, size_t size, const struct timeline *t, int i)
{
	char name[128];

	if (i == TL_NONE)
		snprintf(buf, size, "outside");
	else if (timeline_drawn(t, i))
		snprintf(buf, size, "%lld", t->tasks[i].tid);
	else if (t->groups[t->tasks[i].group].members > 1)
		timeline_task(t, i, 0, buf, size); /* which of them does not matter */
	else
		snprintf(buf, size, "%s %lld", timeline_task(t, i, 0, name, sizeof(name)),
			 t->tasks[i].tid);
}

static void copy_name(const struct timeline *t, char *to, size_t size, sqlite3_stmt *stmt, int i,
		      int max)
{
	const char *from = (const char *)sqlite3_column_text(stmt, i);

	text_escape_for(to, size, from ? from : "", max, t->style.utf8);
}

/* In whose lane task I is told about when it has none of its own; TL_NONE: in no one's. */
static int teller(const struct timeline *t, int i)
{
	int parent = i == TL_NONE || t->tasks[i].group == TL_NONE ?
			     TL_NONE :
			     t->groups[t->tasks[i].group].parent;

	return timeline_drawn(t, parent) ? parent : TL_NONE;
}

/* Fill both sides of a talk; false: neither has a lane. */
static bool set_sides(const struct timeline *t, struct talk *talk, int from, int to)
{
	talk->from = timeline_drawn(t, from) ? from : TL_NONE;
	talk->to = timeline_drawn(t, to) ? to : TL_NONE;
	if (talk->from == TL_NONE)
		name_task(talk->who, sizeof(talk->who), t, from);
	else if (talk->to == TL_NONE)
		name_task(talk->who, sizeof(talk->who), t, to);
	return talk->from != TL_NONE || talk->to != TL_NONE;
}

/* "5 x SIGUSR1", "worker: 5 x SIGUSR1" */
static void what(char *buf, size_t size, const struct talk *talk)
{
	char number[32];

	snprintf(buf, size, "%s%s%s%s%s", talk->whose, *talk->whose ? ": " : "",
		 talk->n == 1 ? "" : text_count(number, sizeof(number), talk->n),
		 talk->n == 1 ? "" : " x ", talk->what);
}

static void finish(struct talks *all, int single,
		   void (*show)(struct timeline *t, const struct talk *talk))
{
	for (size_t i = 0; i < all->nr && !all->t->error; i++) {
		struct talk *talk = &all->talks[i];
		long long n = talk->n;

		if (n > single || talk->together) {
			show(all->t, talk);
			continue;
		}
		for (talk->n = 1; n-- > 0;) {
			const struct one *one = &talk->each[n];

			talk->start_ns = one->start_ns;
			talk->end_ns = one->end_ns;
			talk->bytes = one->bytes;
			talk->took_ns = one->took_ns;
			show(all->t, talk);
		}
	}
	free(all->talks);
}

static void show_signal(struct timeline *t, const struct talk *talk)
{
	struct tl_event *event;
	char name[192], after[48] = "", number[32];

	what(name, sizeof(name), talk);
	if (talk->n == 1 && talk->took_ns > 0 && !talk->together)
		snprintf(after, sizeof(after), " after %s",
			 text_duration(number, sizeof(number), talk->took_ns));
	if (talk->from != TL_NONE && talk->from == talk->to) {
		event = timeline_add(t, talk->to, talk->start_ns,
				     timeline_text(t, "%s to itself  %s", name, talk->how));
	} else if (talk->to == TL_NONE) {
		event = timeline_add(t, talk->from, talk->start_ns,
				     timeline_text(t, "%s -> %s  %s", name, talk->who, talk->how));
	} else if (talk->from == TL_NONE) {
		event = timeline_add(t, talk->to, talk->start_ns,
				     timeline_text(t, "%s <- %s  %s%s", name, talk->who, talk->how,
						   after));
	} else {
		event = timeline_add(t, talk->from, talk->start_ns,
				     timeline_text(t, "%s -> %lld", name, t->tasks[talk->to].tid));
		event->to = talk->to;
		event->to_text = timeline_text(t, "%s  %s%s", name, talk->how, after);
	}
	event->end_ns = talk->end_ns;
}

static const char *signal_end(const char *result, const char *action)
{
	if (!strcmp(result, "already_pending"))
		return "already pending: not queued";
	if (!strcmp(result, "overflow_fail") || !strcmp(result, "lose_info"))
		return "no room in the queue";
	if (!strcmp(result, "ignored") || !strcmp(action, "ignore"))
		return "ignored";
	if (!strcmp(action, "handler"))
		return "handler runs";
	if (!strcmp(action, "default"))
		return "default action";
	return "never delivered";
}

static void add_signals(struct timeline *t)
{
	struct talks all = { .t = t };
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT signo, code, sender_task, receiver_task, generated_ns, delivered_ns,"
		   "	coalesce(result, ''), coalesce(action, ''), coalesce(sender_comm, '') "
		   "FROM signal WHERE generated_ns IS NOT NULL ORDER BY generated_ns");

	while (timeline_step(t, stmt)) {
		struct talk one = { .start_ns = timeline_time_at(stmt, 4) };
		long long signo = sqlite3_column_int64(stmt, 0),
			  delivered = timeline_time_at(stmt, 5);
		const char *result = (const char *)sqlite3_column_text(stmt, 6);
		const char *action = (const char *)sqlite3_column_text(stmt, 7);
		int sender = timeline_task_at(t, stmt, 2), receiver = timeline_task_at(t, stmt, 3);

		if (!result || !action || (signo == SIGCHLD && strcmp(action, "handler")))
			continue; /* each exit sends one, and hardly anybody listens */
		if (!set_sides(t, &one, sender, receiver)) {
			one.to = teller(t, receiver);
			if (one.to == TL_NONE)
				continue;
			name_task(one.whose, sizeof(one.whose), t, receiver);
		}
		/* positive codes are the kernel's own, in the name of whoever ran */
		if (sqlite3_column_int64(stmt, 1) > 0) {
			one.from = TL_NONE;
			one.together = signo == SIGCHLD;
			snprintf(one.who, sizeof(one.who), "%s",
				 one.together ? "children" : "the kernel");
			if (one.to == TL_NONE)
				continue;
		} else if (sender == TL_NONE) {
			copy_name(t, one.who, sizeof(one.who), stmt, 8, 16);
		}
		timeline_signal(one.what, sizeof(one.what), signo);
		snprintf(one.how, sizeof(one.how), "%s", signal_end(result, action));
		if (delivered != TL_NEVER) {
			one.end_ns = delivered;
			one.took_ns = delivered - one.start_ns;
		}
		add(&all, &one);
	}
	finish(&all, MOST_SINGLE, show_signal);
}

static void show_lock(struct timeline *t, const struct talk *talk)
{
	struct tl_event *event;
	char name[192], number[32];

	what(name, sizeof(name), talk);
	if (*talk->how)
		event = timeline_add(t, talk->from, talk->start_ns,
				     timeline_text(t, "%s  %s%s%s", name, talk->how,
						   *talk->who ? ", held by " : "", talk->who));
	else if (talk->took_ns)
		event = timeline_add(
			t, talk->from, talk->start_ns,
			timeline_text(t, "%s  waited %s%s%s", name,
				      text_duration(number, sizeof(number), talk->took_ns),
				      *talk->who ? " for " : "", talk->who));
	else
		event = timeline_add(t, talk->from, talk->start_ns, timeline_text(t, "%s", name));
	event->end_ns = talk->end_ns;
}

static void add_locks(struct timeline *t)
{
	struct talks all = { .t = t };
	/* releases and futex wakes are the other end of what is shown */
	sqlite3_stmt *stmt = timeline_prepare(
		t,
		"SELECT task, kind, coalesce(object, ''), op, request_ns, granted_ns, blocked_by, ret,"
		"	blocked_by IS NOT NULL OR op LIKE 'wait%' OR op LIKE 'lock%' "
		"FROM lock WHERE request_ns IS NOT NULL AND coalesce(op, '') <> 'unlock'"
		"	AND NOT (kind = 'futex' AND op NOT LIKE 'wait%' AND op NOT LIKE 'lock%') "
		"ORDER BY request_ns");

	while (timeline_step(t, stmt)) {
		struct talk one = { .to = TL_NONE, .start_ns = timeline_time_at(stmt, 4) };
		long long granted = timeline_time_at(stmt, 5), ret = sqlite3_column_int64(stmt, 7);
		char kind[16], object[48], op[16];
		bool futex;

		one.from = timeline_task_at(t, stmt, 0);
		if (!timeline_drawn(t, one.from)) {
			int hidden = one.from;

			one.from = teller(t, hidden);
			if (one.from == TL_NONE)
				continue;
			name_task(one.whose, sizeof(one.whose), t, hidden);
		}
		copy_name(t, kind, sizeof(kind), stmt, 1, 12);
		copy_name(t, object, sizeof(object), stmt, 2, 24);
		copy_name(t, op, sizeof(op), stmt, 3, 12);
		futex = !strcmp(kind, "futex");
		snprintf(one.what, sizeof(one.what), "%s %s%s%s", kind, op,
			 futex || !*object ? "" : " ", futex ? "" : object);
		if (sqlite3_column_type(stmt, 6) != SQLITE_NULL)
			name_task(one.who, sizeof(one.who), t, timeline_task_at(t, stmt, 6));
		if (ret < 0 && !futex) {
			const char *name = ret > -4096 ? strerrorname_np((int)-ret) : NULL;

			snprintf(one.how, sizeof(one.how), "refused%s%s", name ? ": " : "",
				 name ? name : "");
		}
		if (granted != TL_NEVER) {
			one.end_ns = granted;
			if (sqlite3_column_int(stmt, 8) && granted > one.start_ns)
				one.took_ns = granted - one.start_ns;
		} else if (!*one.how) {
			snprintf(one.how, sizeof(one.how), "never granted");
		}
		add(&all, &one);
	}
	finish(&all, FEW_SINGLE, show_lock);
}

static bool lives(const struct timeline *t, int i, long long t_ns)
{
	return t->tasks[i].start_ns <= t_ns && t_ns <= t->tasks[i].end_ns;
}

static void show_message(struct timeline *t, const struct talk *talk)
{
	char number[32], bytes[32], amount[80];
	struct tl_event *event;

	text_size(bytes, sizeof(bytes), talk->bytes);
	if (talk->n == 1)
		snprintf(amount, sizeof(amount), "%s", bytes);
	else
		snprintf(amount, sizeof(amount), "%s messages  %s",
			 text_count(number, sizeof(number), talk->n), bytes);
	if (talk->from != TL_NONE && talk->from == talk->to) {
		event = timeline_add(t, talk->to, talk->start_ns,
				     timeline_text(t, "%s to itself  %s", talk->what, amount));
	} else if (talk->from != TL_NONE && talk->to != TL_NONE &&
		   !lives(t, talk->to, talk->start_ns)) {
		/* it reads later what was written before it was there */
		event = timeline_add(t, talk->from, talk->start_ns,
				     timeline_text(t, "%s -> %lld  %s", talk->what,
						   t->tasks[talk->to].tid, amount));
	} else if (talk->to == TL_NONE) {
		event = timeline_add(t, talk->from, talk->start_ns,
				     timeline_text(t, "%s -> %s  %s", talk->what, talk->who,
						   amount));
	} else if (talk->from == TL_NONE) {
		event = timeline_add(t, talk->to, talk->start_ns,
				     timeline_text(t, "%s <- %s  %s", talk->what, talk->who,
						   amount));
	} else {
		event = timeline_add(t, talk->from, talk->start_ns,
				     timeline_text(t, "%s -> %lld  %s", talk->what,
						   t->tasks[talk->to].tid, amount));
		event->to = talk->to;
		event->to_text =
			timeline_text(t, "%s <- %lld", talk->what, t->tasks[talk->from].tid);
	}
	event->end_ns = talk->end_ns;
}

static void add_messages(struct timeline *t)
{
	struct talks all = { .t = t };
	sqlite3_stmt *stmt =
		timeline_prepare(t, "SELECT coalesce(channel, '?'), from_task, to_task, bytes,"
				    "	coalesce(sent_ns, received_ns) AS at, received_ns "
				    "FROM message WHERE at IS NOT NULL ORDER BY at");

	while (timeline_step(t, stmt)) {
		struct talk one = {
			.start_ns = timeline_time_at(stmt, 4),
			.end_ns = timeline_time_at(stmt, 5),
			.bytes = sqlite3_column_int64(stmt, 3),
		};

		if (!set_sides(t, &one, timeline_task_at(t, stmt, 1), timeline_task_at(t, stmt, 2)))
			continue;
		copy_name(t, one.what, sizeof(one.what), stmt, 0, 12);
		add(&all, &one);
	}
	finish(&all, FEW_SINGLE, show_message);
}

/* What the program itself counted. */
static void add_values(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT task, name, value, t_ns FROM value WHERE t_ns IS NOT NULL");

	while (timeline_step(t, stmt)) {
		int i = timeline_task_at(t, stmt, 0);
		char name[64], number[32];
		struct tl_event *event;

		if (!timeline_drawn(t, i))
			continue;
		copy_name(t, name, sizeof(name), stmt, 1, 24);
		event = timeline_add(t, i, timeline_time_at(stmt, 3),
				     timeline_text(t, "%s = %s", name,
						   text_count(number, sizeof(number),
							      sqlite3_column_int64(stmt, 2))));
		event->indent = 2;
	}
}

void timeline_talk(struct timeline *t)
{
	add_signals(t);
	add_locks(t);
	add_messages(t);
	add_values(t);
}
