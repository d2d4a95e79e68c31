// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/btf.h>

#include "views/card.h"
#include "views/card_impl.h"
#include "views/lives.h"
#include "report/report_part.h"
#include "base/text.h"
#include "report/timeline_draw.h"

#define FIELD_COLUMNS 22
#define OFFSET_COLUMNS 6
#define MOST_COLUMNS 110

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

/* Where the last struct on the way of NAME has it: "mm->brk" in mm_struct. */
static long offset_of(const struct btf *btf, const char *name)
{
	static const char *const structs[][2] = { { "mm->", "mm_struct" },
						  { "signal->", "signal_struct" } };

	if (!btf)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
		if (!strncmp(name, structs[i][0], strlen(structs[i][0])))
			return card_offset(btf, structs[i][1], name + strlen(structs[i][0]));
	return card_offset(btf, "task_struct", name);
}

static int print_fields(const struct card *c)
{
	bool first = true;

	for (size_t i = 0; i < card_nr_fields; i++) {
		const struct card_field *field = &card_fields[i];
		char value[900], text[1100], offset[32] = "-";
		bool known;
		long bytes;
		int err;

		if (!field->name) {
			rule(c, first ? box_of(c)->top : box_of(c)->middle, field->what);
			first = false;
			continue;
		}
		err = card_value(c, field, value, sizeof(value), &known);
		if (err)
			return err;
		bytes = offset_of(c->btf, field->name);
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
			"Offsets are bytes from the start of struct task_struct, behind -> from that of"
			" its own struct, in Linux %s, which runs here%s%s%s.",
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
	char name[160], exe[512] = "", text[900], moment[240], bytes[40];

	if (task->exe)
		text_escape_for(exe, sizeof(exe), task->exe, 0, c->style->utf8);
	snprintf(text, sizeof(text), "%s%s%s", lives_name(&c->l, c->task, name, sizeof(name), 0),
		 task->exe ? "   exec " : "", exe);
	fputs(report_ink(c->style, REPORT_BOLD), c->out);
	report_wrap(c->out, c->style, text, 0, 2);
	fputs(report_ink(c->style, REPORT_PLAIN), c->out);
	text[0] = '\0';
	if (size >= 0)
		snprintf(text, sizeof(text), "struct task_struct, %s bytes",
			 text_count(bytes, sizeof(bytes), size));
	if (*card_moment(c, moment, sizeof(moment)))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			 *text ? ", " : "", moment);
	if (*text)
		report_wrap(c->out, c->style, text, 0, 2);
}

int card_render(sqlite3 *db, const char *who, const char *phase, FILE *out,
		const struct report_style *style, const struct btf *btf, const char *kernel,
		char *why, size_t why_size)
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
	if (!err)
		err = card_choose(&c, phase, why, why_size);
	if (!err) {
		print_head(&c);
		err = print_fields(&c);
	}
	if (!err) {
		print_states(&c);
		err = print_faults(&c);
	}
	if (!err) {
		print_foot(&c, kernel);
		err = card_map(&c);
	}
	lives_free(&c.l);
	return err ? err : report_flush(out);
}

int report_card(sqlite3 *db, const char *who, const char *phase, FILE *out,
		const struct report_style *style, char *why, size_t why_size)
{
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	struct utsname name = { .release = "?" };
	int err;

	uname(&name);
	err = card_render(db, who, phase, out, style, btf, name.release, why, why_size);
	btf__free(btf);
	return err;
}
