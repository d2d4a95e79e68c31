// SPDX-License-Identifier: GPL-2.0
/* Rows into tables. */
#include <errno.h>
#include <stdint.h>

#include "correlate/correlate_private.h"

static const char *const inserts[NR_ROWS] = {
	[ROW_RUN] = "INSERT OR REPLACE INTO run (key, value) VALUES (?,?)",
	[ROW_TASK] = "INSERT INTO task (task, tid, pid, parent_task, created_by, clone_flags,"
		     " comm, exe, role, start_ns, exec_ns, exit_ns, reaped_ns, exit_code,"
		     " exit_signal, base_min, base_maj, min_flt, maj_flt, nvcsw, nivcsw, process,"
		     " creator_task, group_dead)"
		     " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ROW_PHASE] = "INSERT INTO phase (task, name, start_ns, end_ns) VALUES (?,?,?,?)",
	[ROW_REGION] = "INSERT INTO region (task, name, start, length, t_ns) VALUES (?,?,?,?,?)",
	[ROW_VALUE] = "INSERT INTO value (task, phase, name, value, t_ns) VALUES (?,?,?,?,?)",
	[ROW_FAULT_COUNT] = "INSERT INTO fault_count (task, phase, region, kind, via, major,"
			    " syscall, n, page_order) VALUES (?,?,?,?,?,?,?,?,?)",
	[ROW_FAULT_RUN] = "INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns,"
			  " end_ns, address, stride, n, ip, vma_start, vma_end, vma_flags, object,"
			  " busy_ns, busy_n, vma_offset, syscall, error, step_ns, starts,"
			  " busies, page_order)"
			  " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ROW_PAGE_ALLOC] = "INSERT INTO page_alloc (task, phase, use, page_order, zeroed, n,"
			   " syscall) VALUES (?,?,?,?,?,?,?)",
	[ROW_RSS] = "INSERT INTO rss (task, t_ns, anon, file, shmem, swap, page_tables_bytes,"
		    " total_vm) VALUES (?,?,?,?,?,?,?,?)",
	[ROW_STATE] = "INSERT INTO state (task, state, why, cpu, start_ns, end_ns, waker_task,"
		      " waker_comm, sleep, waking_ns) VALUES (?,?,?,?,?,?,?,?,?,?)",
	[ROW_SYSCALL] = "INSERT INTO syscall (task, phase, name, start_ns, end_ns, ret, args, data,"
			" file_kind, file) VALUES (?,?,?,?,?,?,?,?,?,?)",
	[ROW_SIGNAL] = "INSERT INTO signal (signo, code, sender_task, receiver_task, generated_ns,"
		       " result, delivered_ns, action, sender_comm) VALUES (?,?,?,?,?,?,?,?,?)",
	[ROW_LOCK] = "INSERT INTO lock (task, kind, object, op, request_ns, granted_ns,"
		     " released_ns, blocked_by, ret, owner, first_byte, last_byte)"
		     " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
	[ROW_MESSAGE] = "INSERT INTO message (channel, object, from_task, to_task, bytes, sent_ns,"
			" received_ns, cut_bytes) VALUES (?,?,?,?,?,?,?,?)",
	[ROW_LOSS] = "INSERT INTO loss (what, kind, cpu, first_ns, last_ns, n)"
		     " VALUES (?,?,?,?,?,?)",
	[ROW_FRAME] = "INSERT INTO frame (task, phase, region, page, pfn, mapcount, flags, t_ns)"
		      " VALUES (?,?,?,?,?,?,?,?)",
	[ROW_PRIORITY] = "INSERT INTO priority (task, t_ns, old_prio, new_prio, donor_task)"
			 " VALUES (?,?,?,?,?)",
	[ROW_SOCK_STATE] = "INSERT INTO sock_state (task, t_ns, sock, family, sport, dport,"
			   " old_state, new_state) VALUES (?,?,?,?,?,?,?,?)",
	[ROW_KTHREAD] = "INSERT INTO kthread (t_ns, event, tid, comm, parent_tid, has_mm, by_task,"
			" by_tid, by_comm) VALUES (?,?,?,?,?,?,?,?,?)",
	[ROW_PACKET] = "INSERT INTO packet (task, t_ns, protocol, sport, dport, len, payload,"
		       " tcp_flags) VALUES (?,?,?,?,?,?,?,?)",
	[ROW_CARD] = "INSERT INTO card (task, t_ns, phase, moment, state, exit_state, exit_code,"
		     " flags, policy, prio, static_prio, weight, vruntime, deadline,"
		     " sum_exec_runtime, cpus_mask, nvcsw, nivcsw, start_ns, utime, stime,"
		     " parent_tid, parent_task, children, threads, mm, start_code, end_code,"
		     " start_data, end_data, start_brk, brk, start_stack, total_vm, map_count,"
		     " min_flt, maj_flt, files, open_files, fs, cwd, sighand, pending,"
		     " shared_pending, blocked, thread_sp, registers)"
		     " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
		     "?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ROW_REPARENT] = "INSERT INTO reparent (task, t_ns, old_parent_task, new_parent_task,"
			 " new_tid, new_comm, seen_ns) VALUES (?,?,?,?,?,?,?)",
	[ROW_VMA] = "INSERT INTO vma (task, phase, t_ns, start, length, rights, part, path,"
		    " path_offset, flags) VALUES (?,?,?,?,?,?,?,?,?,?)",
	[ROW_OPEN_FILE] = "INSERT INTO open_file (task, phase, t_ns, fd, kind, path, flags,"
			  " position, close_on_exec) VALUES (?,?,?,?,?,?,?,?,?)",
	[ROW_MAPPED_FILE] = "INSERT INTO mapped_file (name, path, device, inode) VALUES (?,?,?,?)",
	[ROW_FREED] = "INSERT INTO freed (task, t_ns) VALUES (?,?)",
	[ROW_FAULT_COST] =
		"INSERT INTO fault_cost (phase, region, kind, via, least_ns, below_ns, n)"
		" VALUES (?,?,?,?,?,?,?)",
};

struct cell cell_time(const struct correlation *c, __u64 t_ns)
{
	__u64 since = t_ns > c->start_ns ? t_ns - c->start_ns : 0;

	if (!t_ns)
		return cell_null();
	return cell_int(since > INT64_MAX ? INT64_MAX : (long long)since);
}

static void bind(sqlite3_stmt *stmt, int column, const struct cell *cell)
{
	switch (cell->type) {
	case CELL_NULL:
		sqlite3_bind_null(stmt, column);
		break;
	case CELL_INT:
		sqlite3_bind_int64(stmt, column, cell->i);
		break;
	case CELL_TEXT:
		sqlite3_bind_text(stmt, column, cell->p, cell->size, SQLITE_STATIC);
		break;
	case CELL_BLOB:
		sqlite3_bind_blob(stmt, column, cell->p, cell->size, SQLITE_STATIC);
		break;
	}
}

static int row_fail(struct correlation *c)
{
	int code = sqlite3_errcode(c->db);

	return correlate_fail(c,
			      code == SQLITE_FULL  ? -ENOSPC :
			      code == SQLITE_NOMEM ? -ENOMEM :
						     -EIO,
			      "cannot fill the tables of the recording: %s", sqlite3_errmsg(c->db));
}

int row_add(struct correlation *c, enum row row, const struct cell *cells, int n)
{
	sqlite3_stmt *stmt = c->stmts[row];
	int i;

	if (!stmt) {
		if (sqlite3_prepare_v3(c->db, inserts[row], -1, SQLITE_PREPARE_PERSISTENT, &stmt,
				       NULL))
			return row_fail(c);
		c->stmts[row] = stmt;
	}
	for (i = 0; i < n; i++)
		bind(stmt, i + 1, &cells[i]);
	sqlite3_step(stmt);
	return sqlite3_reset(stmt) ? row_fail(c) : 0;
}

int row_task(struct correlation *c, __u32 id, struct cell *exit)
{
	sqlite3_stmt **stmt = &c->find_task;
	int code;

	if (!*stmt && sqlite3_prepare_v3(c->db, "SELECT exit_ns FROM task WHERE task = ?", -1,
					 SQLITE_PREPARE_PERSISTENT, stmt, NULL))
		return row_fail(c);
	sqlite3_bind_int64(*stmt, 1, id);
	code = sqlite3_step(*stmt);
	if (code == SQLITE_ROW && exit)
		*exit = sqlite3_column_type(*stmt, 0) == SQLITE_NULL ?
				cell_null() :
				cell_int(sqlite3_column_int64(*stmt, 0));
	sqlite3_reset(*stmt);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : row_fail(c);
}

int row_name_lock(struct correlation *c, const char *number, const char *path)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(c->db,
			       "UPDATE lock SET object = ?2 WHERE object = ?1 AND kind <> 'futex'",
			       -1, &stmt, NULL))
		return row_fail(c);
	sqlite3_bind_text(stmt, 1, number, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
	sqlite3_step(stmt);
	return sqlite3_finalize(stmt) ? row_fail(c) : 0;
}

void row_free(struct correlation *c)
{
	int i;

	for (i = 0; i < NR_ROWS; i++)
		sqlite3_finalize(c->stmts[i]);
	sqlite3_finalize(c->find_task);
}
