// SPDX-License-Identifier: GPL-2.0
/*
 * Futexes: each call is a row of table `lock`.  A wait that ended with 0 was
 * blocked by the task whose wake-up on the same address was under way when it
 * ended: that task had what the other waited for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate_private.h"

struct futex {
	__u64 key_address;
	__u32 key_process; /* 0: shared between processes */
	__u32 task;
	const struct fl_syscall *call;
	__u32 waker;
};

int futex_call(struct correlation *c, const struct task *task, const struct fl_syscall *call)
{
	bool private = call->args[1] & 128; /* FUTEX_PRIVATE_FLAG */
	int err = correlate_grow(c, &c->futexes, c->nr_futexes, sizeof(*c->futexes));

	if (err)
		return err;
	c->futexes[c->nr_futexes++] = (struct futex){
		.key_address = call->args[0],
		.key_process = private && task->group ? task->group->id : 0,
		.task = task->id,
		.call = call,
	};
	return 0;
}

/* By address, and there by the time of the call. */
static int compare_futexes(const void *a, const void *b)
{
	const struct futex *x = a, *y = b;

	if (x->key_process != y->key_process)
		return x->key_process < y->key_process ? -1 : 1;
	if (x->key_address != y->key_address)
		return x->key_address < y->key_address ? -1 : 1;
	if (x->call->start_ns != y->call->start_ns)
		return x->call->start_ns < y->call->start_ns ? -1 : 1;
	return x->call->event.t_ns < y->call->event.t_ns ?
		       -1 :
		       x->call->event.t_ns > y->call->event.t_ns;
}

static const char *futex_op(const struct fl_syscall *call)
{
	static const char *const words[] = {
		"wait",           "wake",        "fd",          "requeue",
		"cmp_requeue",    "wake_op",     "lock_pi",     "unlock_pi",
		"trylock_pi",     "wait_bitset", "wake_bitset", "wait_requeue_pi",
		"cmp_requeue_pi", "lock_pi2",
	};
	unsigned int op = call->args[1] & 127;

	return op < sizeof(words) / sizeof(words[0]) ? words[op] : "unknown";
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

static bool same_futex(const struct futex *a, const struct futex *b)
{
	return a->key_process == b->key_process && a->key_address == b->key_address;
}

/*
 * The latest wake-up that began before WAIT ended; WAKES are those of its
 * address in the order of their beginnings.
 */
static __u32 waker(const struct futex *wait, const struct futex *const *wakes, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (wakes[middle]->call->start_ns <= wait->call->event.t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || wakes[low - 1]->call->event.t_ns < wait->call->start_ns ||
	    wakes[low - 1]->task == wait->task)
		return 0;
	return wakes[low - 1]->task;
}

static int futex_row(struct correlation *c, const struct futex *futex)
{
	const struct fl_syscall *call = futex->call;
	char object[40];

	snprintf(object, sizeof(object), "futex:0x%" PRIx64, (uint64_t)futex->key_address);
	return ROW_ADD(c, ROW_LOCK, cell_int(futex->task), cell_text("futex"), cell_text(object),
		       cell_text(futex_op(call)), cell_time(c, call->start_ns),
		       call->ret >= 0 ? cell_time(c, call->event.t_ns) : cell_null(), cell_null(),
		       cell_id(futex->waker), cell_int(call->ret), cell_null(), cell_null(),
		       cell_null());
}

int futex_finish(struct correlation *c)
{
	const struct futex **wakes;
	size_t from, to, i, n;
	int err = 0;

	if (!c->nr_futexes)
		return 0;
	wakes = calloc(c->nr_futexes, sizeof(*wakes));
	if (!wakes)
		return correlate_no_memory(c);
	qsort(c->futexes, c->nr_futexes, sizeof(*c->futexes), compare_futexes);
	for (from = 0; from < c->nr_futexes; from = to) {
		for (to = from, n = 0;
		     to < c->nr_futexes && same_futex(&c->futexes[to], &c->futexes[from]); to++)
			if (futex_wakes(c->futexes[to].call))
				wakes[n++] = &c->futexes[to];
		for (i = from; i < to; i++)
			if (futex_waits(c->futexes[i].call) && !c->futexes[i].call->ret)
				c->futexes[i].waker = waker(&c->futexes[i], wakes, n);
	}
	free(wakes);
	for (i = 0; i < c->nr_futexes && !err; i++)
		err = futex_row(c, &c->futexes[i]);
	return err;
}

void futex_free(struct correlation *c)
{
	free(c->futexes);
}
