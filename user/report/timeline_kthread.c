// SPDX-License-Identifier: GPL-2.0
/* The kernel's own threads, which have no lane: who asks for one, its birth and its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/timeline.h"

void timeline_kthreads(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT coalesce(event, ''), t_ns, by_task, coalesce(tid, 0),"
		   "	coalesce(by_tid, 0), comm, by_comm FROM kthread WHERE t_ns IS NOT NULL");

	while (timeline_step(t, stmt)) {
		const char *event = (const char *)sqlite3_column_text(stmt, 0);
		long long t_ns = timeline_time_at(stmt, 1), tid = sqlite3_column_int64(stmt, 3),
			  by_tid = sqlite3_column_int64(stmt, 4);
		int by = timeline_task_at(t, stmt, 2);
		char *name = timeline_name(t, (const char *)sqlite3_column_text(stmt, 5), 16);
		char *by_name = timeline_name(t, (const char *)sqlite3_column_text(stmt, 6), 16);
		char *text = NULL;

		if (!timeline_drawn(t, by))
			by = TL_NONE;
		if (!name || !by_name || !event)
			t->error = -ENOMEM;
		else if (!strcmp(event, "ask") && by != TL_NONE)
			text = timeline_text(t, "wakes %s %lld", name, tid);
		else if (!strcmp(event, "ask"))
			text = timeline_text(t, "%s %lld wakes %s %lld", by_name, by_tid, name,
					     tid);
		else if (!strcmp(event, "born"))
			text = timeline_text(t, "%s %lld makes the kernel thread %s %lld", by_name,
					     by_tid, name, tid);
		else if (!strcmp(event, "stop"))
			text = timeline_text(t, "%s %lld tells %s %lld to end", by_name, by_tid,
					     name, tid);
		else
			text = timeline_text(t, "%s %lld ends", name, tid);
		if (text)
			timeline_add(t, by, t_ns, text);
		free(name);
		free(by_name);
	}
}
