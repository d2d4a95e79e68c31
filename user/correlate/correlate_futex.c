// SPDX-License-Identifier: GPL-2.0
/*
 * Futexes: each call is a row of table `lock`.  A wait that ended with 0 was
 * blocked by the task whose wake-up on the same address was under way when it
 * ended: that task had what the other waited for.
 *
 * A wake-up may end, and so be told of, after the wait that it ended.  So a wait
 * stays open for as long as the longest of all wake-ups took.  An earlier one is
 * of use only to waits that are not told of yet, and for them the one that began
 * last stands for all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"

struct wake {
	__u64 start_ns, end_ns;
	__u32 task; /* 0: none */
};

struct wait {
	struct wait *next;   /* that ended after it, on whatever futex ... */
	struct wait *same;   /* ... and on the same */
	struct futex *futex; /* NULL: its process is gone */
	__u64 address, op, start_ns, end_ns;
	__u32 task;
	struct wake wake; /* the latest that began before the wait ended */
};

/* In its process's map, by address; in a common one if it is shared between processes. */
struct futex {
	struct wake latest;
	struct wait *waits, **tail; /* that are open, in the order of their ends */
};

struct futexes {
	__u64 longest_ns; /* of the wake-ups in this recording */
	struct map shared;
	struct wait *waits, **tail; /* that are open, in the order of their ends */
};

static struct futexes *futexes_of(struct correlation *c)
{
	if (!c->futexes) {
		c->futexes = calloc(1, sizeof(*c->futexes));
		if (c->futexes)
			c->futexes->tail = &c->futexes->waits;
	}
	return c->futexes;
}

static struct futex *futex_get(struct correlation *c, const struct task *task,
			       const struct fl_syscall *call)
{
	bool private = call->args[1] & 128; /* FUTEX_PRIVATE_FLAG */
	struct map *map = private && task->group ? &task->group->futexes : &c->futexes->shared;
	struct futex *futex = map_get(map, call->args[0]);

	if (futex)
		return futex;
	futex = calloc(1, sizeof(*futex));
	if (!futex)
		return NULL;
	futex->tail = &futex->waits;
	if (!map_set(map, call->args[0], futex))
		return futex;
	free(futex);
	return NULL;
}

static const char *futex_op(__u64 op)
{
	static const char *const words[] = {
		"wait",           "wake",        "fd",          "requeue",
		"cmp_requeue",    "wake_op",     "lock_pi",     "unlock_pi",
		"trylock_pi",     "wait_bitset", "wake_bitset", "wait_requeue_pi",
		"cmp_requeue_pi", "lock_pi2",
	};
	unsigned int number = op & 127;

	return number < sizeof(words) / sizeof(words[0]) ? words[number] : "unknown";
}

static bool futex_wakes(const struct fl_syscall *call)
{
	switch (call->args[1] & 127) {
	case 1: /* FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_WAKE_BITSET */
	case 3:
	case 4:
	case 5:
	case 10:
		return call->ret > 0;
	case 7: /* FUTEX_UNLOCK_PI */
		return !call->ret;
	}
	return false;
}

static bool futex_waits(const struct fl_syscall *call)
{
	switch (call->args[1] & 127) {
	case 0: /* FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET, FUTEX_LOCK_PI2 */
	case 6:
	case 9:
	case 13:
		return true;
	}
	return false;
}

static int futex_row(struct correlation *c, __u32 task, __u64 address, __u64 op, __u64 start_ns,
		     __u64 end_ns, __s64 ret, __u32 waker)
{
	char object[40];

	snprintf(object, sizeof(object), "futex:0x%" PRIx64, (uint64_t)address);
	return ROW_ADD(c, ROW_LOCK, cell_int(task), cell_text("futex"), cell_text(object),
		       cell_text(futex_op(op)), cell_time(c, start_ns),
		       ret >= 0 ? cell_time(c, end_ns) : cell_null(), cell_null(), cell_id(waker),
		       cell_int(ret), cell_null(), cell_null(), cell_null());
}

/* The wait that ended first becomes a row. */
static int close_wait(struct correlation *c)
{
	struct futexes *f = c->futexes;
	struct wait *wait = f->waits;
	const struct wake *wake = &wait->wake;
	bool by_it = wake->task && wake->task != wait->task && wake->end_ns >= wait->start_ns;
	int err;

	f->waits = wait->next;
	if (!f->waits)
		f->tail = &f->waits;
	if (wait->futex) {
		wait->futex->waits = wait->same;
		if (!wait->same)
			wait->futex->tail = &wait->futex->waits;
	}
	err = futex_row(c, wait->task, wait->address, wait->op, wait->start_ns, wait->end_ns, 0,
			by_it ? wake->task : 0);
	free(wait);
	return err;
}

static int open_wait(struct correlation *c, struct futex *futex, const struct task *task,
		     const struct fl_syscall *call)
{
	struct futexes *f = c->futexes;
	struct wait *wait = malloc(sizeof(*wait));

	if (!wait)
		return correlate_no_memory(c);
	*wait = (struct wait){
		.futex = futex,
		.address = call->args[0],
		.op = call->args[1],
		.start_ns = call->start_ns,
		.end_ns = call->event.t_ns,
		.task = task->id,
		.wake = futex->latest,
	};
	*f->tail = wait;
	f->tail = &wait->next;
	*futex->tail = wait;
	futex->tail = &wait->same;
	return 0;
}

static void replace_earlier(struct wake *wake, const struct wake *by)
{
	if (!wake->task || by->start_ns > wake->start_ns ||
	    (by->start_ns == wake->start_ns && by->end_ns >= wake->end_ns))
		*wake = *by;
}

static void woke(struct futex *futex, const struct task *task, const struct fl_syscall *call)
{
	const struct wake wake = { call->start_ns, call->event.t_ns, task->id };
	struct wait *wait;

	replace_earlier(&futex->latest, &wake);
	for (wait = futex->waits; wait; wait = wait->same)
		if (wake.start_ns <= wait->end_ns)
			replace_earlier(&wait->wake, &wake);
}

int futex_look(struct correlation *c, const struct fl_syscall *call)
{
	struct futexes *f = futexes_of(c);

	if (!f)
		return correlate_no_memory(c);
	if (futex_wakes(call) && call->event.t_ns > call->start_ns &&
	    call->event.t_ns - call->start_ns > f->longest_ns)
		f->longest_ns = call->event.t_ns - call->start_ns;
	return 0;
}

int futex_call(struct correlation *c, const struct task *task, const struct fl_syscall *call)
{
	__u64 now = call->event.t_ns;
	struct futexes *f = futexes_of(c);
	struct futex *futex;
	int err = 0;

	if (!f)
		return correlate_no_memory(c);
	while (f->waits && now > f->longest_ns && f->waits->end_ns < now - f->longest_ns && !err)
		err = close_wait(c);
	if (err)
		return err;
	if (futex_wakes(call) || (futex_waits(call) && !call->ret)) {
		futex = futex_get(c, task, call);
		if (!futex)
			return correlate_no_memory(c);
		if (futex_waits(call))
			return open_wait(c, futex, task, call);
		woke(futex, task, call);
	}
	return futex_row(c, task->id, call->args[0], call->args[1], call->start_ns, now, call->ret,
			 0);
}

static void forget_futexes(struct map *map)
{
	struct futex *futex;
	struct wait *wait;
	size_t at = 0;

	while ((futex = map_next(map, &at))) {
		for (wait = futex->waits; wait; wait = wait->same)
			wait->futex = NULL;
		free(futex);
	}
	map_free(map);
}

void futex_end(struct process *process)
{
	forget_futexes(&process->futexes);
}

int futex_finish(struct correlation *c)
{
	int err = 0;

	while (c->futexes && c->futexes->waits && !err)
		err = close_wait(c);
	return err;
}

void futex_free(struct correlation *c)
{
	struct futexes *f = c->futexes;
	struct wait *wait;

	if (!f)
		return;
	forget_futexes(&f->shared);
	while ((wait = f->waits)) {
		f->waits = wait->next;
		free(wait);
	}
	free(f);
}
