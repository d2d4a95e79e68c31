/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recordings built by hand: one function for each record, and a comparison of
 * whole tables.  Times are in nanoseconds after T0, the opening of the gate.
 */
#ifndef TEST_RECORD_H
#define TEST_RECORD_H

#include <setjmp.h>
#include <stdbool.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/correlate.h"
#include "event.h"
#include "schema.h"
#include "record/syscall_name.h"

#define T0 1000000ULL /* so that an absolute time never looks like a relative one */

struct stream_of_records {
	sqlite3 *db;
	unsigned char block[1 << 16];
	size_t used;
	char why[256];
};

static inline struct stream_of_records *records_new(void)
{
	struct stream_of_records *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	assert_int_equal(sqlite3_open(":memory:", &r->db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(r->db, schema_sql, NULL, NULL, NULL), SQLITE_OK);
	return r;
}

static inline void records_free(struct stream_of_records *r)
{
	assert_int_equal(sqlite3_close(r->db), SQLITE_OK);
	free(r);
}

/* Everything so far becomes a block; also blocks that are no whole records. */
static inline void put_block(struct stream_of_records *r, const void *data, size_t size)
{
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(r->db, "INSERT INTO raw (data) VALUES (?)", -1, &stmt,
					    NULL),
			 SQLITE_OK);
	sqlite3_bind_blob(stmt, 1, data, (int)size, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
}

static inline void records_flush(struct stream_of_records *r)
{
	if (r->used)
		put_block(r, r->block, r->used);
	r->used = 0;
}

static inline void put(struct stream_of_records *r, const void *record, uint32_t size)
{
	uint32_t header[2] = { size, 0 };
	size_t padded = (size + 7) & ~7UL;

	if (sizeof(r->block) - r->used < sizeof(header) + padded)
		records_flush(r);
	memcpy(r->block + r->used, header, sizeof(header));
	memcpy(r->block + r->used + sizeof(header), record, size);
	r->used += sizeof(header) + padded;
}

#define PUT(r, ...) put(r, &(__VA_ARGS__), sizeof(__VA_ARGS__))
#define EVENT(t, id, what)                                                                         \
	{                                                                                          \
		.t_ns = T0 + (t), .task = (id), .type = (what)                                     \
	}
#define EVENT_ON(t, id, what, on)                                                                  \
	{                                                                                          \
		.t_ns = T0 + (t), .task = (id), .type = (what), .cpu = (on)                        \
	}

static inline uint16_t call_number(const char *name)
{
	int nr = syscall_number(name);

	assert_true(nr >= 0);
	return (uint16_t)nr;
}

/* The command, known since before the gate opened. */
static inline void put_command(struct stream_of_records *r, uint32_t tid)
{
	struct fl_task_new e = {
		.event = EVENT(-7ULL, 1, FL_TASK_NEW),
		.process = 1,
		.tid = tid,
		.pid = tid,
		.syscall = FL_NO_SYSCALL,
		.base_min = 11,
		.comm = "faultline",
	};

	PUT(r, e);
}

static inline void put_new(struct stream_of_records *r, uint64_t t, uint32_t task, uint32_t creator,
			   uint32_t tid, uint64_t flags)
{
	struct fl_task_new e = {
		.event = EVENT(t, task, FL_TASK_NEW),
		.clone_flags = flags,
		.creator = creator,
		.process = task,
		.tid = tid,
		.pid = tid,
		.parent = creator,
		.syscall = call_number("clone"),
		.comm = "prog",
	};

	PUT(r, e);
}

static inline void put_thread(struct stream_of_records *r, uint64_t t, uint32_t task,
			      uint32_t creator, uint32_t process, uint32_t tid, uint32_t pid)
{
	struct fl_task_new e = {
		.event = EVENT(t, task, FL_TASK_NEW),
		.clone_flags = 0x3d0f00,
		.creator = creator,
		.process = process,
		.tid = tid,
		.pid = pid,
		.syscall = call_number("clone3"),
		.comm = "prog",
	};

	PUT(r, e);
}

static inline void put_exec(struct stream_of_records *r, uint64_t t, uint32_t task,
			    uint32_t old_tid, uint32_t tid, const char *comm, const char *path)
{
	struct fl_task_exec e = {
		.event = EVENT(t, task, FL_TASK_EXEC),
		.old_tid = old_tid,
		.tid = tid,
	};

	snprintf(e.comm, sizeof(e.comm), "%s", comm);
	snprintf(e.path, sizeof(e.path), "%s", path);
	PUT(r, e);
}

static inline void put_exit(struct stream_of_records *r, uint64_t t, uint32_t task, int status,
			    unsigned int group_dead)
{
	struct fl_task_exit e = {
		.event = EVENT(t, task, FL_TASK_EXIT),
		.status = status,
		.group_dead = group_dead,
	};

	PUT(r, e);
}

static inline void put_end(struct stream_of_records *r, uint64_t t, uint32_t task, uint64_t min_flt,
			   uint64_t maj_flt, unsigned int alive)
{
	struct fl_task_end e = {
		.event = EVENT(t, task, FL_TASK_END),
		.min_flt = min_flt,
		.maj_flt = maj_flt,
		.nvcsw = 3,
		.nivcsw = 2,
		.alive = alive,
	};

	PUT(r, e);
}

static inline void put_mark(struct stream_of_records *r, uint64_t t, uint32_t task, uint16_t op,
			    uint16_t id, const char *name, uint64_t a, uint64_t b)
{
	struct fl_mark e = {
		.event = EVENT(t, task, FL_MARK),
		.op = op,
		.name_id = id,
		.by_task = task,
		.a = a,
		.b = b,
	};

	snprintf(e.name, sizeof(e.name), "%s", name);
	PUT(r, e);
}

static inline void put_call(struct stream_of_records *r, uint64_t start, uint64_t end,
			    uint32_t task, const char *name, int64_t ret, uint64_t a0, uint64_t a1,
			    uint64_t a2, uint64_t a3)
{
	struct fl_syscall e = {
		.event = EVENT(end, task, FL_SYSCALL),
		.start_ns = T0 + start,
		.ret = ret,
		.args = { a0, a1, a2, a3 },
		.nr = call_number(name),
	};

	PUT(r, e);
}

/* A call on a file: a read or write of RET bytes. */
static inline void put_io(struct stream_of_records *r, uint64_t start, uint64_t end, uint32_t task,
			  const char *name, int64_t ret, uint8_t kind, uint64_t file)
{
	struct fl_syscall e = {
		.event = EVENT(end, task, FL_SYSCALL),
		.start_ns = T0 + start,
		.ret = ret,
		.args = { 3 },
		.nr = call_number(name),
		.file_kind = kind,
		.file = file,
	};

	PUT(r, e);
}

static inline void put_in(struct stream_of_records *r, uint64_t t, uint32_t task, uint16_t cpu)
{
	struct fl_event e = EVENT_ON(t, task, FL_SWITCH_IN, cpu);

	PUT(r, e);
}

static inline void put_out(struct stream_of_records *r, uint64_t t, uint32_t task, uint16_t cpu,
			   uint32_t prev_state, const char *call)
{
	struct fl_switch_out e = {
		.event = EVENT_ON(t, task, FL_SWITCH_OUT, cpu),
		.prev_state = prev_state,
		.syscall = call ? call_number(call) : FL_NO_SYSCALL,
		.preempt = !prev_state,
	};

	PUT(r, e);
}

static inline void put_wake(struct stream_of_records *r, uint64_t t, uint32_t task, uint32_t waker)
{
	struct fl_waking e = {
		.event = EVENT(t, task, FL_WAKING),
		.waker = waker,
		.waker_tid = waker * 100,
		.waker_comm = "waker",
	};

	PUT(r, e);
}

static inline void put_ready(struct stream_of_records *r, uint64_t t, uint32_t task,
			     unsigned int is_new, unsigned int cpu)
{
	struct fl_ready e = {
		.event = EVENT(t, task, FL_READY),
		.target_cpu = cpu,
		.is_new = is_new,
	};

	PUT(r, e);
}

static inline void put_generate(struct stream_of_records *r, uint64_t t, uint32_t sender,
				uint32_t receiver, int signo, unsigned int result,
				unsigned int group)
{
	struct fl_signal_generate e = {
		.event = EVENT(t, receiver, FL_SIGNAL_GENERATE),
		.sender = sender,
		.signo = signo,
		.result = result,
		.group = group,
		.sender_comm = "sender",
	};

	PUT(r, e);
}

static inline void put_deliver(struct stream_of_records *r, uint64_t t, uint32_t task, int signo,
			       uint64_t handler)
{
	struct fl_signal_deliver e = {
		.event = EVENT(t, task, FL_SIGNAL_DELIVER),
		.signo = signo,
		.handler = handler,
	};

	PUT(r, e);
}

static inline void put_lock(struct stream_of_records *r, uint64_t t, uint32_t task, uint64_t owner,
			    uint8_t kind, uint8_t op, uint64_t start, uint64_t end, int ret)
{
	struct fl_file_lock e = {
		.event = EVENT(t, task, FL_FILE_LOCK),
		.inode = 47,
		.owner = owner,
		.start = start,
		.end = end,
		.ret = ret,
		.kind = kind,
		.op = op,
	};

	PUT(r, e);
}

static inline void put_finish(struct stream_of_records *r, uint64_t t, uint32_t live)
{
	struct fl_finish e = {
		.event = EVENT(t, 0, FL_FINISH),
		.start_ns = T0,
		.ru_minflt = 53,
		.ru_majflt = 5,
		.ru_nvcsw = 7,
		.ru_nivcsw = 3,
		.live_tasks = live,
	};

	PUT(r, e);
}

static inline void correlate_now(struct stream_of_records *r)
{
	int err;

	records_flush(r);
	err = correlate(r->db, r->why, sizeof(r->why));
	if (err)
		print_error("%s\n", r->why);
	assert_int_equal(err, 0);
}

/* The rows of QUERY, "a|b|c" each, NULL as "-", must be EXPECTED: NULL-terminated, nothing else. */
static inline void assert_rows_at(sqlite3 *db, const char *query, const char *const *expected,
				  const char *file, int line)
{
	sqlite3_stmt *stmt;
	char row[1024];
	size_t used, i = 0;
	bool wrong = false;
	int column;

	if (sqlite3_prepare_v2(db, query, -1, &stmt, NULL))
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	for (;;) {
		bool more = sqlite3_step(stmt) == SQLITE_ROW;

		if (!more && !expected[i])
			break;
		for (column = 0, used = 0; more && column < sqlite3_column_count(stmt); column++) {
			const char *text = (const char *)sqlite3_column_text(stmt, column);

			used += (size_t)snprintf(row + used, sizeof(row) - used, "%s%s",
						 column ? "|" : "", text ? text : "-");
			if (used >= sizeof(row))
				used = sizeof(row) - 1;
		}
		if (!more || !expected[i] || strcmp(row, expected[i])) {
			print_error("row %zu is      \"%s\"\n      expected \"%s\"\n", i,
				    more ? row : "(none)", expected[i] ? expected[i] : "(none)");
			wrong = true;
		}
		if (expected[i])
			i++;
	}
	sqlite3_finalize(stmt);
	if (wrong)
		_fail(file, line);
}

#define ASSERT_ROWS(r, query, ...)                                                                 \
	assert_rows_at((r)->db, query, (const char *const[]){ __VA_ARGS__, NULL }, __FILE__,       \
		       __LINE__)
#define ASSERT_NO_ROWS(r, query)                                                                   \
	assert_rows_at((r)->db, query, (const char *const[]){ NULL }, __FILE__, __LINE__)

#endif
