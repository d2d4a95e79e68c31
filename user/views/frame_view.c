// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "views/frame_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name, *utf8, *ascii;
} looks[NR_FRAME_CLASSES] = {
	[FRAME_PRIVATE] = { "private", "█", "#" }, [FRAME_SHARED] = { "shared", "▒", "=" },
	[FRAME_ZERO] = { "zero", "0", "0" },       [FRAME_HUGE] = { "huge", "▓", "H" },
	[FRAME_SWAP] = { "swapped", "~", "~" },    [FRAME_ABSENT] = { "absent", "·", "." },
};

const char *frame_view_mark(enum frame_class class, bool utf8)
{
	return utf8 ? looks[class].utf8 : looks[class].ascii;
}

const char *frame_view_name(enum frame_class class)
{
	return looks[class].name;
}

static bool has(const char *flags, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = flags; (at = strstr(at, word)); at += length)
		if ((at == flags || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

/* A file may have large folios, too, but those are not what the process asked for. */
static enum frame_class classify(const char *flags)
{
	if (!has(flags, "present"))
		return has(flags, "swap") ? FRAME_SWAP : FRAME_ABSENT;
	if (has(flags, "zero"))
		return FRAME_ZERO;
	if (has(flags, "huge") || (has(flags, "thp") && !has(flags, "file")))
		return FRAME_HUGE;
	return has(flags, "exclusive") ? FRAME_PRIVATE : FRAME_SHARED;
}

struct reading {
	struct frame_view view;
	char *phase, *region;
	size_t room;
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static const char *text_at(sqlite3_stmt *stmt, int i)
{
	return (const char *)sqlite3_column_text(stmt, i);
}

static bool continues(const struct reading *r, sqlite3_stmt *stmt)
{
	return r->view.nr_pages && r->view.t_ns == sqlite3_column_int64(stmt, 0) &&
	       r->view.task == sqlite3_column_int64(stmt, 1) &&
	       same_text(r->region, text_at(stmt, 2)) && same_text(r->phase, text_at(stmt, 3));
}

static int copy_text(char **to, const char *from)
{
	free(*to);
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int begin(struct reading *r, sqlite3_stmt *stmt)
{
	int err = copy_text(&r->region, text_at(stmt, 2));

	if (!err)
		err = copy_text(&r->phase, text_at(stmt, 3));
	r->view = (struct frame_view){
		.t_ns = sqlite3_column_int64(stmt, 0),
		.task = sqlite3_column_int64(stmt, 1),
		.region = r->region,
		.phase = r->phase,
		.classes = r->view.classes,
	};
	return err;
}

static int add_page(struct reading *r, sqlite3_stmt *stmt)
{
	const char *flags = text_at(stmt, 4);
	enum frame_class class = classify(flags ? flags : "");
	struct frame_view *view = &r->view;
	long long sharers = sqlite3_column_int64(stmt, 5);

	if (view->nr_pages == r->room) {
		size_t room = r->room ? 2 * r->room : 4096;
		unsigned char *classes = realloc(view->classes, room);

		if (!classes)
			return -ENOMEM;
		view->classes = classes;
		r->room = room;
	}
	view->classes[view->nr_pages++] = class;
	if (class == FRAME_SHARED) {
		if (!view->counts[class] || sharers < view->least_sharers)
			view->least_sharers = sharers;
		if (!view->counts[class] || sharers > view->most_sharers)
			view->most_sharers = sharers;
	}
	view->counts[class]++;
	return 0;
}

int frame_view_each(sqlite3 *db, int (*fn)(const struct frame_view *view, void *arg), void *arg)
{
	struct reading r = { 0 };
	sqlite3_stmt *stmt;
	int rc, err = 0;

	rc = sqlite3_prepare_v2(db,
				"SELECT t_ns, task, region, phase, flags, mapcount FROM frame "
				"ORDER BY rowid",
				-1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
	while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (!continues(&r, stmt)) {
			if (r.view.nr_pages)
				err = fn(&r.view, arg);
			if (!err)
				err = begin(&r, stmt);
		}
		if (!err)
			err = add_page(&r, stmt);
	}
	if (!err && rc != SQLITE_DONE)
		err = rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
	if (!err && r.view.nr_pages)
		err = fn(&r.view, arg);
	sqlite3_finalize(stmt);
	free(r.view.classes);
	free(r.phase);
	free(r.region);
	return err;
}

static enum frame_class most_of(const unsigned char *classes, size_t n)
{
	size_t counts[NR_FRAME_CLASSES] = { 0 };
	enum frame_class most = 0;

	for (size_t i = 0; i < n; i++)
		if (classes[i] < NR_FRAME_CLASSES)
			counts[classes[i]]++;
	for (enum frame_class class = 1; class < NR_FRAME_CLASSES; class ++)
		if (counts[class] > counts[most])
			most = class;
	return most;
}

char *frame_view_strip(char *buf, size_t size, const struct frame_view *view, int width, bool utf8)
{
	size_t cells = (size_t)width < view->nr_pages ? (size_t)width : view->nr_pages, used, i;

	used = (size_t)snprintf(buf, size, "|");
	for (i = 0; i < cells && used < size; i++) {
		size_t from = i * view->nr_pages / cells, to = (i + 1) * view->nr_pages / cells;

		used += (size_t)snprintf(buf + used, size - used, "%s",
					 frame_view_mark(most_of(view->classes + from, to - from),
							 utf8));
	}
	if (used < size)
		snprintf(buf + used, size - used, "|");
	return buf;
}

static void count(char *text, size_t size, const struct frame_view *view, enum frame_class class)
{
	char number[32], least[32], most[32];

	text_count(number, sizeof(number), view->counts[class]);
	text_count(least, sizeof(least), view->least_sharers);
	text_count(most, sizeof(most), view->most_sharers);
	if (class != FRAME_SHARED || view->least_sharers < 1)
		snprintf(text, size, "%s %s", number, frame_view_name(class));
	else if (view->least_sharers == view->most_sharers)
		snprintf(text, size, "%s shared by %s", number, least);
	else
		snprintf(text, size, "%s shared by %s to %s", number, least, most);
}

char *frame_view_counts(char *buf, size_t size, const struct frame_view *view)
{
	static const enum frame_class order[] = { FRAME_SHARED, FRAME_PRIVATE, FRAME_HUGE,
						  FRAME_ZERO,   FRAME_SWAP,    FRAME_ABSENT };
	size_t used = 0, i;

	buf[0] = '\0';
	for (i = 0; i < sizeof(order) / sizeof(order[0]) && used < size; i++) {
		char one[128];

		if (!view->counts[order[i]])
			continue;
		count(one, sizeof(one), view, order[i]);
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", one);
	}
	return buf;
}
