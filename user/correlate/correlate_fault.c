// SPDX-License-Identifier: GPL-2.0
/* Faults and the ledger, pages, resident memory, losses. */
#include <errno.h>
#include <stdint.h>

#include "correlate/correlate_private.h"
#include "record/names.h"
#include "record/records.h"

bool fault_readable(const struct fl_event *event, size_t size)
{
	const struct fl_fault_run *run = (const struct fl_fault_run *)event;

	return size >= sizeof(*run) &&
	       (!run->each || (run->each == run->n && run->each <= FL_EACH_MOST &&
			       size >= FL_FAULT_RUN_SIZE(run->each)));
}

/* Which class of the histogram has NS; see struct fl_cost_key. */
static __u16 cost_class(__u32 ns)
{
	unsigned int exponent = 0;

	if (ns < 1 << FL_COST_BITS)
		return ns;
	for (; ns >> (FL_COST_BITS + 1); ns >>= 1)
		exponent++;
	return ((exponent + 1) << FL_COST_BITS) + (ns & ((1 << FL_COST_BITS) - 1));
}

/* The kernel makes no histogram of faults that it tells one by one. */
static int cost_count(struct correlation *c, const struct fl_fault_run *run, __u32 busy_ns)
{
	struct fl_cost_key key = {
		.phase = run->phase,
		.region = run->region,
		.kind = run->kind,
		.via = run->via,
		.class = cost_class(busy_ns),
	};
	uintptr_t n;
	__u64 cell;

	if (!busy_ns)
		return 0;
	memcpy(&cell, &key, sizeof(cell));
	n = (uintptr_t)map_get(&c->costs, cell) + 1;
	return map_set(&c->costs, cell, (void *)n) ? correlate_no_memory(c) : 0;
}

#define MOST_DIGITS 20 /* of 64 bits */

/* N numbers as decimals, each of as many digits as the largest needs. */
static struct cell cell_numbers(char *text, const __u64 *numbers, unsigned int n)
{
	__u64 most = 0, rest;
	int digits = 1;
	unsigned int i;

	for (i = 0; i < n; i++)
		most = numbers[i] > most ? numbers[i] : most;
	for (; most > 9; most /= 10)
		digits++;
	for (i = 0; i < n; i++) {
		rest = numbers[i];
		for (int at = digits; at--; rest /= 10)
			text[i * digits + at] = (char)('0' + rest % 10);
	}
	return (struct cell){ .type = CELL_TEXT, .size = (int)n * digits, .p = text };
}

static __u64 since_start(const struct correlation *c, __u64 t_ns)
{
	return t_ns > c->start_ns ? t_ns - c->start_ns : 0;
}

/* The times of a run's faults as three cells: see table fault_run. */
struct times {
	struct cell step, starts, busies;
	char text[2][FL_EACH_MOST * MOST_DIGITS];
};

static int read_times(struct correlation *c, const struct fl_fault_run *run, struct times *out)
{
	const struct fl_fault_time *times = (const void *)(run + 1);
	__u64 starts[FL_EACH_MOST], busies[FL_EACH_MOST];
	__u64 t = run->start_ns, step = UINT64_MAX;
	unsigned int i;
	int err = 0;

	out->step = out->starts = out->busies = cell_null();
	for (i = 0; i < run->each && !err; i++) {
		t += times[i].gap_ns;
		starts[i] = since_start(c, t) - since_start(c, run->start_ns);
		busies[i] = times[i].busy_ns;
		t += busies[i];
		if (i && starts[i] / i < step)
			step = starts[i] / i;
		err = cost_count(c, run, times[i].busy_ns);
	}
	/* a single one is told by its row */
	if (err || run->each < 2)
		return err;
	for (i = 0; i < run->each; i++)
		starts[i] -= i * step;
	out->step = cell_int((long long)step);
	out->starts = cell_numbers(out->text[0], starts, run->each);
	out->busies = cell_numbers(out->text[1], busies, run->each);
	return 0;
}

/* ORDER as in struct fl_ledger_key; an earlier faultline wrote 0. */
static struct cell cell_order(__u8 order)
{
	return order ? cell_int(order - 1) : cell_null();
}

static int fault_run(struct correlation *c, const struct fl_fault_run *run)
{
	__u64 start = run->start_ns < run->event.t_ns ? run->start_ns : run->event.t_ns;
	int err = task_need(c, run->event.task);
	struct times times;

	if (!err)
		err = read_times(c, run, &times);
	if (err)
		return err;
	return ROW_ADD(c, ROW_FAULT_RUN, cell_id(run->event.task),
		       cell_text(correlate_name(c, run->phase)),
		       cell_text(correlate_name(c, run->region)), cell_text(names_kind(run->kind)),
		       cell_text(names_via(run->via)), cell_int(run->major), cell_time(c, start),
		       cell_time(c, run->event.t_ns),
		       run->address ? cell_int((long long)run->address) : cell_null(),
		       cell_int(run->stride), cell_int(run->n),
		       run->ip ? cell_int((long long)run->ip) : cell_null(),
		       run->vma_end ? cell_int((long long)run->vma_start) : cell_null(),
		       run->vma_end ? cell_int((long long)run->vma_end) : cell_null(),
		       run->vma_end ? cell_int(run->vma_flags) : cell_null(),
		       cell_text(correlate_object(c, run->object)),
		       cell_int((long long)run->busy_ns), cell_int(run->busy_n),
		       run->object ? cell_int((long long)run->vma_offset) : cell_null(),
		       cell_text(correlate_syscall(c, run->syscall)), cell_int(run->error),
		       times.step, times.starts, times.busies, cell_order(run->order));
}

static int ledger(struct correlation *c, const struct fl_ledger *cell)
{
	const struct fl_ledger_key *key = &cell->key;
	int err = task_need(c, key->task);

	if (err || !c->finished)
		return err;
	return ROW_ADD(c, ROW_FAULT_COUNT, cell_id(key->task),
		       cell_text(correlate_name(c, key->phase)),
		       cell_text(correlate_name(c, key->region)), cell_text(names_kind(key->kind)),
		       cell_text(names_via(key->via)), cell_int(key->major),
		       cell_text(correlate_syscall(c, key->syscall)), cell_int((long long)cell->n),
		       cell_order(key->order));
}

static int pages(struct correlation *c, const struct fl_pages *cell)
{
	const struct fl_pages_key *key = &cell->key;
	__u16 call = key->syscall < FL_NO_SYSCALL ? key->syscall : FL_NO_SYSCALL;
	int err = task_need(c, key->task);

	if (err)
		return err;
	return ROW_ADD(c, ROW_PAGE_ALLOC, cell_id(key->task),
		       cell_text(correlate_name(c, key->phase)),
		       cell_text(names_page_use(key->use)), cell_int(key->order),
		       cell_int(key->zeroed), cell_int((long long)cell->n),
		       cell_text(correlate_syscall(c, call)));
}

/* Where class CLASS begins, ns; see struct fl_cost_key. */
static long long cost_floor(unsigned int class)
{
	const unsigned int whole = 1 << FL_COST_BITS, exponent = class >> FL_COST_BITS;

	if (exponent < 1 || exponent > 32)
		return exponent ? INT64_MAX : class;
	return (long long)(whole + (class & (whole - 1))) << (exponent - 1);
}

static int cost(struct correlation *c, const struct fl_cost_key *key, __u64 n)
{
	return ROW_ADD(c, ROW_FAULT_COST, cell_text(correlate_name(c, key->phase)),
		       cell_text(correlate_name(c, key->region)), cell_text(names_kind(key->kind)),
		       cell_text(names_via(key->via)), cell_int(cost_floor(key->class)),
		       cell_int(cost_floor(key->class + 1U)), cell_int((long long)n));
}

static int rss(struct correlation *c, const struct fl_rss *rss)
{
	int err = task_need(c, rss->event.task);

	if (err)
		return err;
	return ROW_ADD(c, ROW_RSS, cell_id(rss->event.task), cell_time(c, rss->event.t_ns),
		       cell_int(rss->anon), cell_int(rss->file), cell_int(rss->shmem),
		       cell_int(rss->swap), cell_int((long long)rss->page_tables_bytes),
		       cell_int((long long)rss->total_vm));
}

static int loss(struct correlation *c, const struct fl_loss *loss)
{
	struct cell kind = cell_chars(loss->name, sizeof(loss->name));

	if (!loss->n)
		return 0;
	c->lost[loss->what <= FL_LOSS_UNTRACKED ? loss->what : 0] += loss->n;
	if (loss->what == FL_LOSS_RING)
		kind = cell_text(records_word(loss->kind));
	else if (loss->what == FL_LOSS_MAP)
		kind = cell_text(names_map(loss->kind));
	return ROW_ADD(c, ROW_LOSS, cell_text(names_loss(loss->what)), kind,
		       cell_int(loss->event.cpu), cell_time(c, loss->first_ns),
		       cell_time(c, loss->event.t_ns), cell_int((long long)loss->n));
}

int fault_record(struct correlation *c, const struct fl_event *event)
{
	switch (event->type) {
	case FL_FAULT_RUN:
		return fault_run(c, (const struct fl_fault_run *)event);
	case FL_LEDGER:
		return ledger(c, (const struct fl_ledger *)event);
	case FL_PAGES:
		return pages(c, (const struct fl_pages *)event);
	case FL_FAULT_COST:
		return cost(c, &((const struct fl_fault_cost *)event)->key,
			    ((const struct fl_fault_cost *)event)->n);
	case FL_RSS:
		return rss(c, (const struct fl_rss *)event);
	case FL_LOSS:
		return loss(c, (const struct fl_loss *)event);
	}
	return 0;
}

/*
 * The ledger is written in one go before the end mark, so without the mark it
 * may be there in part: then the runs that were sent are all that is known.
 */
static int count_runs(struct correlation *c)
{
	if (!sqlite3_exec(
		    c->db,
		    "INSERT INTO fault_count (task, phase, region, kind, via, major, syscall, n,"
		    " page_order)"
		    " SELECT task, phase, region, kind, via, major, syscall, sum(n), page_order"
		    " FROM fault_run GROUP BY 1, 2, 3, 4, 5, 6, 7, 9",
		    NULL, NULL, NULL))
		return 0;
	return correlate_fail(c, -EIO, "cannot fill the tables of the recording: %s",
			      sqlite3_errmsg(c->db));
}

static int counted_costs(struct correlation *c)
{
	struct fl_cost_key key;
	int err = 0;

	for (size_t i = 0; i < c->costs.size && !err; i++) {
		uintptr_t n = (uintptr_t)c->costs.slots[i].value;

		memcpy(&key, &c->costs.slots[i].key, sizeof(key));
		if (n)
			err = cost(c, &key, n);
	}
	return err;
}

int fault_finish(struct correlation *c)
{
	int i, err = counted_costs(c);

	for (i = 0; i <= FL_LAST_TYPE && !err; i++)
		if (c->unreadable[i])
			err = ROW_ADD(c, ROW_LOSS, cell_text("record"), cell_text(records_word(i)),
				      cell_null(), cell_null(), cell_null(),
				      cell_int((long long)c->unreadable[i]));
	for (i = 0; i <= FL_LAST_TYPE && !err; i++)
		if (c->late[i])
			err = ROW_ADD(c, ROW_LOSS, cell_text("late"), cell_text(records_word(i)),
				      cell_null(), cell_null(), cell_null(),
				      cell_int((long long)c->late[i]));
	if (!err && c->unseen)
		err = ROW_ADD(c, ROW_LOSS, cell_text("unseen"), cell_text("switch"), cell_null(),
			      cell_null(), cell_null(), cell_int((long long)c->unseen));
	return err || c->finished ? err : count_runs(c);
}
