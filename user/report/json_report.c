// SPDX-License-Identifier: GPL-2.0
/* The report as one JSON document; docs/json.md is its description. */
#include <errno.h>

#include "views/frame_view.h"
#include "base/json_writer.h"
#include "report/report.h"
#include "report/report_part.h"
#include "views/surplus.h"

/* Grows when a member changes its meaning or goes; new members do not change it. */
#define SCHEMA_VERSION 1

static const struct {
	const char *key, *sql;
} tables[] = {
	{ "tasks", "SELECT * FROM task ORDER BY task" },
	{ "reparents", "SELECT * FROM reparent ORDER BY t_ns, task" },
	{ "freed", "SELECT * FROM freed ORDER BY t_ns, task" },
	{ "cards", "SELECT * FROM card ORDER BY t_ns, task" },
	{ "vmas", "SELECT * FROM vma ORDER BY t_ns, task, start" },
	{ "open_files", "SELECT * FROM open_file ORDER BY t_ns, task, fd" },
	{ "phases", "SELECT * FROM phase ORDER BY start_ns, task" },
	{ "regions", "SELECT * FROM region ORDER BY t_ns, task" },
	{ "values", "SELECT * FROM value ORDER BY t_ns, task" },
	{ "fault_counts",
	  "SELECT * FROM fault_count ORDER BY task, phase, region, kind, via, major,"
	  " syscall" },
	{ "faults", "SELECT * FROM fault ORDER BY start_ns, task" },
	{ "mapped_files", "SELECT * FROM mapped_file ORDER BY name, path, device, inode" },
	{ "fault_costs", "SELECT * FROM fault_cost ORDER BY phase, region, kind, via, least_ns" },
	{ "reconcile", "SELECT * FROM reconcile ORDER BY task" },
	{ "page_allocs", "SELECT * FROM page_alloc ORDER BY task, phase, use, page_order" },
	{ "rss", "SELECT * FROM rss ORDER BY t_ns, task" },
	{ "states", "SELECT task, state, why, count(*) AS n, sum(end_ns - start_ns) AS total_ns,"
		    " max(end_ns - start_ns) AS longest_ns FROM state GROUP BY task, state, why"
		    " ORDER BY task, state, why" },
	{ "priorities", "SELECT * FROM priority ORDER BY t_ns, task" },
	{ "signals", "SELECT * FROM signal ORDER BY generated_ns" },
	{ "locks", "SELECT * FROM lock ORDER BY request_ns" },
	{ "messages", "SELECT channel, object, from_task, to_task, count(*) AS n,"
		      " sum(bytes) AS bytes, sum(cut_bytes) AS cut_bytes,"
		      " min(sent_ns) AS first_ns, max(received_ns) AS last_ns"
		      " FROM message GROUP BY channel, object, from_task, to_task"
		      " ORDER BY first_ns" },
	{ "sock_states", "SELECT * FROM sock_state ORDER BY t_ns" },
	{ "packets", "SELECT task, protocol, sport, dport, tcp_flags, count(*) AS n,"
		     " sum(payload) AS payload, sum(len) AS len, min(t_ns) AS first_ns,"
		     " max(t_ns) AS last_ns FROM packet"
		     " GROUP BY task, protocol, sport, dport, tcp_flags ORDER BY first_ns" },
	{ "kthreads", "SELECT * FROM kthread ORDER BY t_ns" },
	{ "claims", "SELECT * FROM claim ORDER BY rowid" },
	{ "notes", "SELECT * FROM note ORDER BY rowid" },
	{ "loss", "SELECT * FROM loss ORDER BY first_ns, what, kind, cpu" },
};

static int write_run(struct json *j, sqlite3 *db, const char *key, const char *sql)
{
	sqlite3_stmt *stmt;
	int rc;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return sqlite3_errcode(db) == SQLITE_NOMEM ? -ENOMEM : -EIO;
	json_open(j, key, '{');
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 0);

		json_column(j, name ? name : "", stmt, 1);
	}
	json_close(j, '}');
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

struct frames_json {
	struct json *json;
	sqlite3_stmt *distinct; /* page frames behind one region of one process at one barrier */
};

static int write_frame(const struct frame_view *view, void *arg)
{
	struct frames_json *f = arg;
	long long gone = view->counts[FRAME_ABSENT] + view->counts[FRAME_SWAP];

	sqlite3_bind_int64(f->distinct, 1, view->t_ns);
	sqlite3_bind_int64(f->distinct, 2, view->task);
	sqlite3_bind_text(f->distinct, 3, view->region, -1, SQLITE_STATIC);
	if (sqlite3_step(f->distinct) != SQLITE_ROW)
		return -EIO;
	json_open(f->json, NULL, '{');
	json_int(f->json, "t_ns", view->t_ns);
	json_int(f->json, "task", view->task);
	json_string(f->json, "phase", view->phase);
	json_string(f->json, "region", view->region);
	json_int(f->json, "pages", (long long)view->nr_pages);
	json_int(f->json, "present", (long long)view->nr_pages - gone);
	json_column(f->json, "frames", f->distinct, 0);
	for (enum frame_class class = 0; class < NR_FRAME_CLASSES; class ++)
		json_int(f->json, frame_view_name(class), view->counts[class]);
	json_int(f->json, "least_sharers", view->least_sharers);
	json_int(f->json, "most_sharers", view->most_sharers);
	json_close(f->json, '}');
	sqlite3_reset(f->distinct);
	return 0;
}

/* As the strips of the text: what the pages of each region are, at each barrier. */
static int write_frames(struct json *j, sqlite3 *db)
{
	struct frames_json f = { .json = j };
	int err;

	err = report_prepare(db, &f.distinct,
			     "SELECT count(DISTINCT pfn) FROM frame"
			     " WHERE t_ns = ?1 AND task = ?2 AND region IS ?3");
	if (err)
		return err;
	json_open(j, "frames", '[');
	err = frame_view_each(db, write_frame, &f);
	json_close(j, ']');
	sqlite3_finalize(f.distinct);
	return err;
}

static int write_outside(const struct surplus *row, void *arg)
{
	struct json *j = arg;

	json_open(j, NULL, '{');
	json_int(j, "task", row->task);
	json_string(j, "phase", row->phase);
	json_string(j, "kind", row->kind);
	json_string(j, "via", row->via);
	json_int(j, "major", row->major);
	json_string(j, "syscall", row->syscall);
	json_int(j, "start_ns", row->start_ns);
	json_int(j, "n", row->n);
	if (row->has_address)
		json_int(j, "address", (long long)row->address);
	else
		json_string(j, "address", NULL);
	json_string(j, "where", row->where);
	json_string(j, "by", *row->by ? row->by : NULL);
	json_close(j, '}');
	return 0;
}

int report_json(sqlite3 *db, FILE *out)
{
	struct json j = { .out = out };
	int err;

	errno = 0;
	json_open(&j, NULL, '{');
	json_int(&j, "schema", SCHEMA_VERSION);
	err = write_run(&j, db, "run",
			"SELECT key, value FROM run WHERE key NOT GLOB 'param.*' "
			"ORDER BY key");
	if (!err)
		err = write_run(&j, db, "params",
				"SELECT substr(key, 7), value FROM run "
				"WHERE key GLOB 'param.*' ORDER BY key");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !err; i++)
		err = json_rows(&j, tables[i].key, db, tables[i].sql);
	if (!err)
		err = write_frames(&j, db);
	if (!err) {
		json_open(&j, "outside", '[');
		err = surplus_each(db, NULL, write_outside, &j);
		json_close(&j, ']');
	}
	if (err)
		return err;
	json_close(&j, '}');
	return report_flush(out);
}
