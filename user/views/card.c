// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/btf.h>

#include "card.h"
#include "lives.h"
#include "report_part.h"
#include "text.h"
#include "timeline_draw.h"

#define FIELD_COLUMNS 20
#define OFFSET_COLUMNS 6
#define MOST_COLUMNS 110

enum form {
	FORM_TEXT,
	FORM_COUNT,
	FORM_MOMENT,   /* ns since the run's start */
	FORM_DURATION, /* ns */
	FORM_TASK,     /* an id of table task */
};

/*
 * A field of task_struct, what it is for, and the value that the recording has:
 * an expression over its row t of table task.  A field without a name heads a section.
 */
static const struct field {
	const char *name, *what;
	enum form form;
	const char *sql; /* NULL: the recording never has it */
} fields[] = {
	{ .what = "Who it is" },
	{ "pid", "id of the thread", FORM_TEXT, "t.tid" },
	{ "tgid", "id of the process", FORM_TEXT, "t.pid" },
	{ "comm", "name of the program", FORM_TEXT, "t.comm" },
	{ "group_leader", "first thread of the process", FORM_TASK, "t.process" },

	{ .what = "Kin" },
	{ "real_parent", "when it was created", FORM_TASK, "t.parent_task" },
	{ "children", "processes created below it", FORM_TEXT,
	  "(SELECT count(*) FROM task c WHERE c.parent_task = t.task AND"
	  " c.created_by <> 'thread')" },
	{ "thread_node", "threads of its process, all in all", FORM_TEXT,
	  "(SELECT count(*) FROM task c WHERE c.process = t.process)" },

	{ .what = "State" },
	{ "__state", "last one in the recording", FORM_TEXT,
	  "(SELECT state || coalesce(' in ' || why, '') FROM state s WHERE s.task = t.task"
	  " AND state NOT IN ('zombie', 'dead') ORDER BY start_ns DESC, rowid DESC LIMIT 1)" },
	{ "exit_state", "last one in the recording", FORM_TEXT,
	  "(SELECT state FROM state s WHERE s.task = t.task AND state IN ('zombie', 'dead')"
	  " ORDER BY start_ns DESC, rowid DESC LIMIT 1)" },
	{ "exit_code", "as wait4() gives it", FORM_TEXT,
	  "coalesce('killed by signal ' || nullif(t.exit_signal, 0), 'exit ' || t.exit_code)" },

	{ .what = "Scheduling" },
	{ "prio", "as last lent; less is more urgent", FORM_TEXT,
	  "(SELECT new_prio FROM priority p WHERE p.task = t.task"
	  " ORDER BY t_ns DESC, rowid DESC LIMIT 1)" },
	{ "static_prio", "from the nice value", FORM_TEXT, NULL },
	{ "policy", "of scheduling", FORM_TEXT, NULL },
	{ "se.vruntime", "CPU time by weight: its place in the queue", FORM_TEXT, NULL },
	{ "se.sum_exec_runtime", "CPU time between its switches", FORM_DURATION,
	  "(SELECT CAST(total(end_ns - start_ns) AS INTEGER) FROM state s"
	  " WHERE s.task = t.task AND state = 'running' HAVING count(*) > 0)" },
	{ "cpus_mask", "CPUs that it may use; it ran on these", FORM_TEXT,
	  "(SELECT group_concat(cpu, ' ') FROM (SELECT DISTINCT cpu FROM state s"
	  " WHERE s.task = t.task AND state = 'running' AND cpu IS NOT NULL ORDER BY cpu"
	  " LIMIT 32))" },
	{ "nvcsw", "switches: it gave the CPU up", FORM_COUNT, "t.nvcsw" },
	{ "nivcsw", "switches: the CPU was taken", FORM_COUNT, "t.nivcsw" },

	{ .what = "Times" },
	{ "start_time", "after the start of the run", FORM_MOMENT, "t.start_ns" },
	{ "utime", "CPU time in user mode", FORM_TEXT, NULL },
	{ "stime", "CPU time in the kernel", FORM_TEXT, NULL },

	{ .what = "Memory" },
	{ "mm", "resident pages, as last seen", FORM_TEXT,
	  "(SELECT printf('%,d anonymous, %,d of files, %,d shared, %,d bytes of page tables',"
	  " anon, file, shmem, page_tables_bytes) FROM rss r WHERE r.task = t.task"
	  " ORDER BY t_ns DESC, rowid DESC LIMIT 1)" },
	{ "min_flt", "faults without a read from disk", FORM_COUNT, "t.min_flt" },
	{ "maj_flt", "faults with one", FORM_COUNT, "t.maj_flt" },

	{ .what = "Files and signals" },
	{ "fs", "root and working folder", FORM_TEXT, NULL },
	{ "files", "open files, by descriptor", FORM_TEXT, NULL },
	{ "signal", "signals delivered to it", FORM_COUNT,
	  "nullif((SELECT count(*) FROM signal s WHERE s.receiver_task = t.task AND"
	  " delivered_ns IS NOT NULL), 0)" },
	{ "blocked", "signals that must wait", FORM_TEXT, NULL },

	{ .what = "Registers" },
	{ "thread.sp", "its kernel stack, while it does not run", FORM_TEXT, NULL },
};

struct card {
	struct lives l;
	int task;
	sqlite3 *db;
	FILE *out;
	const struct report_style *style;
	const struct btf *btf;
	int value_columns;
};

static void format(const struct card *c, const struct field *field, sqlite3_stmt *stmt, char *buf,
		   size_t size)
{
	long long n = sqlite3_column_int64(stmt, 0);
	char number[64];
	int i;

	switch (field->form) {
	case FORM_TEXT:
		text_escape_for(buf, size, report_column(stmt, 0), 200, c->style->utf8);
		break;
	case FORM_COUNT:
		text_count(buf, size, n);
		break;
	case FORM_MOMENT:
		snprintf(buf, size, "%.3f ms", (double)n / 1e6);
		break;
	case FORM_DURATION:
		snprintf(buf, size, "%s", text_duration(number, sizeof(number), n));
		break;
	case FORM_TASK:
		i = timeline_find(&c->l.t, n);
		if (i == c->task)
			snprintf(buf, size, "itself");
		else if (i == TL_NONE)
			snprintf(buf, size, "task %lld", n);
		else
			lives_name(&c->l, i, buf, size, 0);
		break;
	}
}

/* What the recording has for FIELD; *KNOWN false: nothing.  0 or a negative errno. */
static int value_of(const struct card *c, const struct field *field, char *buf, size_t size,
		    bool *known)
{
	char sql[600];
	sqlite3_stmt *stmt;
	int err, rc;

	*known = false;
	if (!field->sql)
		return 0;
	snprintf(sql, sizeof(sql), "SELECT %s FROM task t WHERE t.task = ?1", field->sql);
	err = report_prepare(c->db, &stmt, sql);
	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, c->l.t.tasks[c->task].id);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
		format(c, field, stmt, buf, size);
		*known = true;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

struct box {
	const char *top[3], *middle[3], *bottom[3], *across, *down;
};

static const struct box *box_of(const struct card *c)
{
	static const struct box utf8 = {
		{ "┌", "┬", "┐" }, { "├", "┼", "┤" }, { "└", "┴", "┘" }, "─", "│"
	};
	static const struct box ascii = {
		{ "+", "+", "+" }, { "+", "+", "+" }, { "+", "+", "+" }, "-", "|"
	};

	return c->style->utf8 ? &utf8 : &ascii;
}

/* A line across the box, with TITLE in it. */
static void rule(const struct card *c, const char *const *corners, const char *title)
{
	const struct box *box = box_of(c);
	const int widths[] = { FIELD_COLUMNS + 2, OFFSET_COLUMNS + 2, c->value_columns + 2 };
	int titled = *title ? text_width(title) + 3 : 0;

	fputs(corners[0], c->out);
	for (int i = 0; i < 3; i++) {
		int from = 0;

		if (!i && titled) {
			fprintf(c->out, "%s %s%s%s ", box->across,
				report_ink(c->style, REPORT_BOLD), title,
				report_ink(c->style, REPORT_PLAIN));
			from = titled;
		}
		for (int x = from; x < widths[i]; x++)
			fputs(box->across, c->out);
		fputs(i < 2 ? corners[1] : corners[2], c->out);
	}
	putc('\n', c->out);
}

static void row(const struct card *c, const char *name, const char *offset, const char *value,
		const char *ink)
{
	const char *down = box_of(c)->down, *next = value;

	do {
		size_t bytes = timeline_line(value, c->value_columns, &next);
		char *piece = strndup(value, bytes);

		fprintf(c->out, "%s ", down);
		text_pad(c->out, name, FIELD_COLUMNS);
		fprintf(c->out, " %s ", down);
		text_pad(c->out, offset, -OFFSET_COLUMNS);
		fprintf(c->out, " %s %s", down, report_ink(c->style, ink));
		text_pad(c->out, piece ? piece : "", c->value_columns);
		fprintf(c->out, "%s %s\n", report_ink(c->style, REPORT_PLAIN), down);
		free(piece);
		name = offset = "";
		if (next == value)
			break;
		value = next;
	} while (*value);
}

static int print_fields(const struct card *c)
{
	bool first = true;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *field = &fields[i];
		char value[900], text[1100], offset[32] = "-";
		bool known;
		long bytes;
		int err;

		if (!field->name) {
			rule(c, first ? box_of(c)->top : box_of(c)->middle, field->what);
			first = false;
			continue;
		}
		err = value_of(c, field, value, sizeof(value), &known);
		if (err)
			return err;
		bytes = c->btf ? card_offset(c->btf, "task_struct", field->name) : -ENOENT;
		if (bytes >= 0)
			text_count(offset, sizeof(offset), bytes);
		if (known)
			snprintf(text, sizeof(text), "%s  (%s)", value, field->what);
		else
			snprintf(text, sizeof(text), "?  (%s)", field->what);
		row(c, field->name, offset, text, known ? REPORT_PLAIN : REPORT_DIM);
	}
	rule(c, box_of(c)->bottom, "");
	return 0;
}

/* "running 20.2 ms, ready ..." */
static void print_states(const struct card *c)
{
	const struct life *life = &c->l.lives[c->task];
	char text[400] = "", time[40];

	for (int i = 0; i < NR_DOING; i++) {
		size_t used = strlen(text);

		if (life->sums[i] > 0)
			snprintf(text + used, sizeof(text) - used, "%s%s %s", used ? ", " : "",
				 lives_word((enum doing)i),
				 text_duration(time, sizeof(time), life->sums[i]));
	}
	if (!life->nr_rows)
		return;
	fputs("its life  ", c->out);
	report_wrap(c->out, c->style, text, 10, 10);
}

/* "zero-fill 7, copy 5": what the ledger has. */
static int print_faults(const struct card *c)
{
	char text[800] = "", kind[80], number[32];
	sqlite3_stmt *stmt;
	int rc, err = report_prepare(
			c->db, &stmt,
			"SELECT kind, CAST(total(n) AS INTEGER) FROM fault_count WHERE task = ?1"
			" GROUP BY kind ORDER BY 2 DESC, 1 LIMIT 30");

	if (err)
		return err;
	sqlite3_bind_int64(stmt, 1, c->l.t.tasks[c->task].id);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		size_t used = strlen(text);

		timeline_kind(kind, sizeof(kind), report_column(stmt, 0), c->style->utf8);
		snprintf(text + used, sizeof(text) - used, "%s%s %s", used ? ", " : "",
			 text_count(number, sizeof(number), sqlite3_column_int64(stmt, 1)), kind);
	}
	if (*text) {
		fputs("faults    ", c->out);
		report_wrap(c->out, c->style, text, 10, 10);
	}
	return report_end(stmt, rc, c->out);
}

static void print_foot(const struct card *c, const char *kernel)
{
	char text[500], here[128], recorded[160];

	text_escape_for(here, sizeof(here), kernel, 60, c->style->utf8);
	report_run_text(c->db, c->style, "kernel", recorded, sizeof(recorded), "");
	if (!c->btf)
		snprintf(text, sizeof(text),
			 "-: this kernel does not tell where its fields are (no"
			 " /sys/kernel/btf/vmlinux).");
	else
		snprintf(
			text, sizeof(text),
			"Offsets are bytes from the start of struct task_struct in Linux %s, which runs"
			" here%s%s%s.",
			here,
			*recorded && strcmp(recorded, here) != 0 ? "; the recording is of " : "",
			*recorded && strcmp(recorded, here) != 0 ? recorded : "",
			*recorded && strcmp(recorded, here) != 0 ? ", where they may differ" : "");
	fputs(report_ink(c->style, REPORT_DIM), c->out);
	report_wrap(c->out, c->style, text, 0, 0);
	report_wrap(c->out, c->style, "?: the recording does not have it.", 0, 0);
	fputs(report_ink(c->style, REPORT_PLAIN), c->out);
}

static void print_head(const struct card *c)
{
	const struct tl_task *task = &c->l.t.tasks[c->task];
	long size = c->btf ? card_size(c->btf, "task_struct") : -ENOENT;
	char name[160], text[900], bytes[40];

	snprintf(text, sizeof(text), "%s%s%s", lives_name(&c->l, c->task, name, sizeof(name), 0),
		 task->exe ? "   exec " : "", task->exe ? task->exe : "");
	fputs(report_ink(c->style, REPORT_BOLD), c->out);
	report_wrap(c->out, c->style, text, 0, 2);
	fputs(report_ink(c->style, REPORT_PLAIN), c->out);
	if (size >= 0)
		fprintf(c->out, "struct task_struct, %s bytes\n",
			text_count(bytes, sizeof(bytes), size));
}

int card_render(sqlite3 *db, const char *who, FILE *out, const struct report_style *style,
		const struct btf *btf, const char *kernel, char *why, size_t why_size)
{
	int width = style->width && style->width < MOST_COLUMNS ? style->width : MOST_COLUMNS;
	struct card c = { .db = db, .out = out, .style = style, .btf = btf };
	int err = lives_load(&c.l, db, style);

	errno = 0;
	c.value_columns = width - FIELD_COLUMNS - OFFSET_COLUMNS - 10;
	if (!err) {
		c.task = lives_find(&c.l, who, why, why_size);
		err = c.task == TL_NONE ? -ENOENT : 0;
	}
	if (!err) {
		print_head(&c);
		err = print_fields(&c);
	}
	if (!err) {
		print_states(&c);
		err = print_faults(&c);
	}
	if (!err)
		print_foot(&c, kernel);
	lives_free(&c.l);
	return err ? err : report_flush(out);
}

int report_card(sqlite3 *db, const char *who, FILE *out, const struct report_style *style,
		char *why, size_t why_size)
{
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	struct utsname name = { .release = "?" };
	int err;

	uname(&name);
	err = card_render(db, who, out, style, btf, name.release, why, why_size);
	btf__free(btf);
	return err;
}
