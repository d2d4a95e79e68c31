// SPDX-License-Identifier: GPL-2.0
/* Which fields a card has, at which moment, and how their values read. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "views/card_impl.h"
#include "report/report_part.h"
#include "base/text.h"

/*
 * The number that tasks with the same one share, and who they are at that moment.
 * Threads that have no card yet have those of their process.
 */
#define SHARED_BY(column)                                                                          \
	"CASE WHEN k." column " IS NOT NULL THEN 'number ' || k." column " ||"                     \
	" coalesce((SELECT ', shared with ' || group_concat(coalesce(o.role, o.comm) || ' ' ||"    \
	" o.tid, ', ') FROM task o WHERE o.task <> t.task AND o.start_ns <= k.t_ns AND"            \
	" coalesce(o.exit_ns, k.t_ns) >= k.t_ns AND coalesce((SELECT c." column " FROM card c"     \
	" WHERE c.task = o.task AND c.t_ns <= k.t_ns ORDER BY c.t_ns DESC, c.rowid DESC LIMIT 1)," \
	" CASE WHEN o.process = t.process THEN k." column " END) = k." column "), '') END"

const struct card_field card_fields[] = {
	{ .what = "Who it is" },
	{ "pid", "id of the thread", CARD_TEXT, "t.tid" },
	{ "tgid", "id of the process", CARD_TEXT, "t.pid" },
	{ "comm", "name of the program", CARD_TEXT, "t.comm" },
	{ "group_leader", "first thread of the process", CARD_TASK, "t.process" },
	{ "flags", "what the kernel notes of it", CARD_FLAGS, "k.flags" },

	{ .what = "Kin" },
	{ "real_parent", "who is told when it ends", CARD_PARENT,
	  "k.parent_task, k.parent_tid, t.parent_task" },
	{ "children", "that it has not waited for", CARD_TEXT,
	  "coalesce(k.children, (SELECT count(*) FROM task c WHERE c.parent_task = t.task AND"
	  " c.created_by <> 'thread') || ' created in all')" },
	{ "signal->nr_threads", "threads of its process", CARD_TEXT,
	  "coalesce(k.threads, (SELECT count(*) FROM task c WHERE c.process = t.process)"
	  " || ' in all')" },

	{ .what = "State" },
	{ "__state", "what it does", CARD_STATE,
	  "k.state, (SELECT state || coalesce(' in ' || why, '') FROM state s"
	  " WHERE s.task = t.task AND state NOT IN ('zombie', 'dead')"
	  " ORDER BY start_ns DESC, rowid DESC LIMIT 1)" },
	{ "exit_state", "zombie or dead, in the end", CARD_TEXT,
	  "coalesce(nullif(k.exit_state, 0) || '', CASE WHEN k.rowid THEN 'none yet' END, (SELECT state"
	  " FROM state s WHERE s.task = t.task AND state IN ('zombie', 'dead')"
	  " ORDER BY start_ns DESC, rowid DESC LIMIT 1))" },
	{ "exit_code", "in the end, as wait4() gives it", CARD_TEXT,
	  "coalesce('killed by signal ' || nullif(t.exit_signal, 0), 'exit ' || t.exit_code)" },

	{ .what = "Scheduling" },
	{ "prio", "less is more urgent; 120 is nice 0", CARD_TEXT,
	  "coalesce(k.prio, (SELECT new_prio FROM priority p WHERE p.task = t.task"
	  " ORDER BY t_ns DESC, rowid DESC LIMIT 1))" },
	{ "static_prio", "from the nice value alone", CARD_TEXT, "k.static_prio" },
	{ "policy", "of scheduling", CARD_TEXT,
	  "CASE k.policy WHEN 0 THEN 'SCHED_OTHER' WHEN 1 THEN 'SCHED_FIFO' WHEN 2 THEN 'SCHED_RR'"
	  " WHEN 3 THEN 'SCHED_BATCH' WHEN 5 THEN 'SCHED_IDLE' WHEN 6 THEN 'SCHED_DEADLINE'"
	  " WHEN 7 THEN 'SCHED_EXT' ELSE k.policy END" },
	{ "se.load", "weight from the nice value; 1,048,576 is nice 0", CARD_COUNT, "k.weight" },
	{ "se.vruntime", "CPU time by weight: its place in the queue", CARD_COUNT, "k.vruntime" },
	{ "se.deadline", "by when it is to have its next slice", CARD_COUNT, "k.deadline" },
	{ "se.sum_exec_runtime", "CPU time", CARD_DURATION,
	  "coalesce(k.sum_exec_runtime, (SELECT CAST(total(end_ns - start_ns) AS INTEGER)"
	  " FROM state s WHERE s.task = t.task AND state = 'running' HAVING count(*) > 0))" },
	{ "cpus_mask", "CPUs that it may use", CARD_CPUS,
	  "k.cpus_mask, (SELECT 'ran on ' || group_concat(cpu, ' ') FROM (SELECT DISTINCT cpu FROM state s"
	  " WHERE s.task = t.task AND state = 'running' AND cpu IS NOT NULL ORDER BY cpu"
	  " LIMIT 32))" },
	{ "nvcsw", "switches: it gave the CPU up", CARD_COUNT, "coalesce(k.nvcsw, t.nvcsw)" },
	{ "nivcsw", "switches: the CPU was taken", CARD_COUNT, "coalesce(k.nivcsw, t.nivcsw)" },

	{ .what = "Times" },
	{ "start_time", "after the start of the run", CARD_MOMENT, "t.start_ns" },
	{ "utime", "in user mode, as ticks found it", CARD_DURATION, "k.utime" },
	{ "stime", "in the kernel, as ticks found it", CARD_DURATION, "k.stime" },

	{ .what = "Memory" },
	{ "mm", "its address space", CARD_TEXT, SHARED_BY("mm") },
	{ "mm->map_count", "mappings", CARD_COUNT, "k.map_count" },
	{ "mm->total_vm", "pages of address space", CARD_COUNT, "k.total_vm" },
	{ "mm->rss_stat", "resident pages, as last seen", CARD_TEXT,
	  "(SELECT printf('%,d anonymous, %,d of files, %,d shared, %,d bytes of page tables',"
	  " anon, file, shmem, page_tables_bytes) FROM rss r WHERE r.task = t.task"
	  " AND t_ns <= coalesce(k.t_ns, t_ns) ORDER BY t_ns DESC, rowid DESC LIMIT 1)" },
	{ "mm->start_code", "the program's instructions, from and to", CARD_ADDRESSES,
	  "k.start_code, k.end_code" },
	{ "mm->start_data", "the last part of its data", CARD_ADDRESSES,
	  "k.start_data, k.end_data" },
	{ "mm->start_brk", "its heap", CARD_ADDRESSES, "k.start_brk, k.brk" },
	{ "mm->start_stack", "where its stack began", CARD_ADDRESSES, "k.start_stack" },
	{ "min_flt", "faults without a read from disk", CARD_COUNT,
	  "coalesce(k.min_flt, t.min_flt)" },
	{ "maj_flt", "faults with one", CARD_COUNT, "coalesce(k.maj_flt, t.maj_flt)" },

	{ .what = "Files and signals" },
	{ "fs", "root and working folder, whose name is", CARD_TEXT, "k.cwd" },
	{ "files", "open files, by descriptor", CARD_TEXT,
	  "k.open_files || ' open; ' || " SHARED_BY("files") },
	{ "sighand", "what signals do", CARD_TEXT, SHARED_BY("sighand") },
	{ "pending", "signals that wait for this thread", CARD_SIGNALS, "k.pending" },
	{ "signal->shared_pending", "for any of the process", CARD_SIGNALS, "k.shared_pending" },
	{ "blocked", "signals that must wait", CARD_SIGNALS, "k.blocked" },

	{ .what = "Registers" },
	{ "thread.sp", "its kernel stack, while it does not run", CARD_ADDRESSES, "k.thread_sp" },
	{ "pt_regs", "as it entered the kernel last", CARD_TEXT, "k.registers" },
};
const size_t card_nr_fields = sizeof(card_fields) / sizeof(card_fields[0]);

static int no_such_moment(const struct card *c, const char *phase, char *why, size_t why_size)
{
	char safe[128], has[200] = "", name[160];
	sqlite3_stmt *stmt;
	int rc, err = report_prepare(c->db, &stmt,
				     "SELECT DISTINCT phase FROM card WHERE task = ?1 AND phase"
				     " IS NOT NULL AND moment <> 'exit' ORDER BY t_ns LIMIT 7");

	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, c->l.t.tasks[c->task].id);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		size_t used = strlen(has);

		text_escape_for(safe, sizeof(safe), report_column(stmt, 0), 20, c->style->utf8);
		snprintf(has + used, sizeof(has) - used, "%s%s", used ? ", " : "", safe);
	}
	sqlite3_finalize(stmt);
	text_escape_for(safe, sizeof(safe), phase, 32, c->style->utf8);
	snprintf(why, why_size, "%s has no card of phase %s; it has %s",
		 lives_name(&c->l, c->task, name, sizeof(name), 0), safe,
		 *has ? has : "none: trace it, or run the experiment with -o");
	return rc == SQLITE_DONE ? -ENOENT : -EIO;
}

int card_choose(struct card *c, const char *phase, char *why, size_t why_size)
{
	sqlite3_stmt *stmt;
	int rc, err = report_prepare(
			c->db, &stmt,
			"SELECT rowid, t_ns, moment = 'barrier' FROM card WHERE task = ?1 AND"
			" (?2 IS NULL OR (phase = ?2 AND moment <> 'exit'))"
			" ORDER BY t_ns DESC, rowid DESC LIMIT 1");

	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, c->l.t.tasks[c->task].id);
	sqlite3_bind_text(stmt, 2, phase, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		c->row = sqlite3_column_int64(stmt, 0);
		c->t_ns = sqlite3_column_int64(stmt, 1);
		c->barrier = sqlite3_column_int(stmt, 2);
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
	return phase && !c->row ? no_such_moment(c, phase, why, why_size) : 0;
}

char *card_moment(const struct card *c, char *buf, size_t size)
{
	char phase[160] = "", moment[40] = "";
	sqlite3_stmt *stmt;

	buf[0] = '\0';
	if (!c->row ||
	    report_prepare(c->db, &stmt, "SELECT phase, moment FROM card WHERE rowid = ?1"))
		return buf;
	sqlite3_bind_int64(stmt, 1, c->row);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		text_escape_for(phase, sizeof(phase), report_column(stmt, 0), 32, c->style->utf8);
		snprintf(moment, sizeof(moment), "%s", report_column(stmt, 1));
	}
	sqlite3_finalize(stmt);
	if (!strcmp(moment, "exit"))
		snprintf(buf, size, "as it began to exit");
	else if (!strcmp(moment, "barrier"))
		snprintf(buf, size, "at a barrier%s%s", *phase ? " in phase " : "", phase);
	else if (*phase)
		snprintf(buf, size, "at the start of phase %s", phase);
	else
		snprintf(buf, size, "at the end of a phase");
	size -= strlen(buf);
	snprintf(buf + strlen(buf), size, ", %.3f ms", (double)c->t_ns / 1e6);
	return buf;
}

static void format_signals(const struct card *c, unsigned long long set, char *buf, size_t size)
{
	size_t used = 0;
	char name[40];

	snprintf(buf, size, "none");
	for (int signo = 1; signo <= 64 && used < size; signo++)
		if (set >> (signo - 1) & 1)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
						 timeline_signal(name, sizeof(name), signo));
	(void)c;
}

static void format_cpus(unsigned long long set, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "none of the first 64");
	if (set == ~0ULL)
		snprintf(buf, size, "all");
	for (int cpu = 0; cpu < 64 && used < size && set != ~0ULL; cpu++)
		if (set >> cpu & 1)
			used += (size_t)snprintf(buf + used, size - used, "%s%d", used ? " " : "",
						 cpu);
}

/* include/linux/sched.h; those that say something to who looks from outside. */
static void format_flags(unsigned long long flags, char *buf, size_t size)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} bits[] = {
		{ 0x4, "PF_EXITING" },        { 0x10, "PF_IO_WORKER" }, { 0x40, "PF_FORKNOEXEC" },
		{ 0x100, "PF_SUPERPRIV" },    { 0x400, "PF_SIGNALED" }, { 0x200000, "PF_KTHREAD" },
		{ 0x400000, "PF_RANDOMIZE" },
	};
	size_t used = (size_t)snprintf(buf, size, "%llx", flags);

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]) && used < size; i++)
		if (flags & bits[i].bit)
			used += (size_t)snprintf(buf + used, size - used, " %s", bits[i].name);
}

static const char *state_word(long long state)
{
	if (!state)
		return "runs, or can run (TASK_RUNNING)";
	if (state & 1)
		return "waits (TASK_INTERRUPTIBLE: S)";
	if (state & 2)
		return state & 0x100 ? "waits (TASK_KILLABLE: D)" :
		       state & 0x400 ? "waits (TASK_IDLE: I)" :
				       "waits (TASK_UNINTERRUPTIBLE: D)";
	return state & 4    ? "stopped (TASK_STOPPED: T)" :
	       state & 8    ? "stopped by a debugger (TASK_TRACED: t)" :
	       state & 0x80 ? "dead (TASK_DEAD)" :
			      "another one";
}

static void format_task(const struct card *c, long long id, char *buf, size_t size)
{
	int i = timeline_find(&c->l.t, id);

	if (i == c->task)
		snprintf(buf, size, "itself");
	else if (i == TL_NONE)
		snprintf(buf, size, "task %lld", id);
	else
		lives_name(&c->l, i, buf, size, 0);
}

static void format_parent(const struct card *c, sqlite3_stmt *stmt, char *buf, size_t size)
{
	if (sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		format_task(c, sqlite3_column_int64(stmt, 0), buf, size);
	else if (sqlite3_column_type(stmt, 1) != SQLITE_NULL)
		snprintf(buf, size, "%lld, outside the recording", sqlite3_column_int64(stmt, 1));
	else {
		format_task(c, sqlite3_column_int64(stmt, 2), buf, size);
		snprintf(buf + strlen(buf), size - strlen(buf), " when it was created");
	}
}

static void format(const struct card *c, const struct card_field *field, sqlite3_stmt *stmt,
		   char *buf, size_t size)
{
	bool first = sqlite3_column_type(stmt, 0) != SQLITE_NULL;
	long long n = sqlite3_column_int64(stmt, 0);
	int text = 0;

	switch (field->form) {
	case CARD_COUNT:
		text_count(buf, size, n);
		return;
	case CARD_MOMENT:
		snprintf(buf, size, "%.3f ms", (double)n / 1e6);
		return;
	case CARD_DURATION:
		text_duration(buf, size, n);
		return;
	case CARD_TASK:
		format_task(c, n, buf, size);
		return;
	case CARD_PARENT:
		format_parent(c, stmt, buf, size);
		return;
	case CARD_ADDRESSES:
		if (sqlite3_column_count(stmt) > 1)
			snprintf(buf, size, "%llx-%llx", (unsigned long long)n,
				 (unsigned long long)sqlite3_column_int64(stmt, 1));
		else
			snprintf(buf, size, "%llx", (unsigned long long)n);
		return;
	case CARD_FLAGS:
		format_flags((unsigned long long)n, buf, size);
		return;
	case CARD_SIGNALS:
		format_signals(c, (unsigned long long)n, buf, size);
		return;
	case CARD_STATE:
		if (first)
			snprintf(buf, size, "%llx: %s", (unsigned long long)n, state_word(n));
		text = 1;
		break;
	case CARD_CPUS:
		if (first)
			format_cpus((unsigned long long)n, buf, size);
		text = 1;
		break;
	case CARD_TEXT:
		first = false;
		break;
	}
	if (!first)
		text_escape_for(buf, size, report_column(stmt, text), 400, c->style->utf8);
}

int card_value(const struct card *c, const struct card_field *field, char *buf, size_t size,
	       bool *known)
{
	char sql[1400];
	sqlite3_stmt *stmt;
	int err, rc;

	*known = false;
	snprintf(sql, sizeof(sql),
		 "SELECT %s FROM task t LEFT JOIN card k ON k.rowid = ?2 WHERE t.task = ?1",
		 field->sql);
	err = report_prepare(c->db, &stmt, sql);
	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, c->l.t.tasks[c->task].id);
	sqlite3_bind_int64(stmt, 2, c->row);
	rc = sqlite3_step(stmt);
	for (int i = 0; rc == SQLITE_ROW && i < sqlite3_column_count(stmt); i++)
		*known |= sqlite3_column_type(stmt, i) != SQLITE_NULL;
	if (*known)
		format(c, field, stmt, buf, size);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}
