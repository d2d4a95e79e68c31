// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "collect/urgency.h"

#include <linux/types.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BEST_NICE (-20)
#define SHORT_SLICE_NS 100000 /* the least that __setparam_fair() takes, since 6.12 */
#define RESET_ON_FORK 1       /* SCHED_FLAG_RESET_ON_FORK */

/* struct sched_attr, which headers of the kernel and the C library have by turns. */
struct attributes {
	__u32 size;
	__u32 policy;
	__u64 flags;
	__s32 nice;
	__u32 priority;
	__u64 runtime_ns, deadline_ns, period_ns;
};

static bool set(unsigned int policy, unsigned int priority, int nice, unsigned long long slice_ns)
{
	struct attributes a = { .size = sizeof(a),
				.policy = policy,
				.flags = RESET_ON_FORK,
				.nice = nice,
				.priority = priority,
				.runtime_ns = slice_ns };

	return !syscall(SYS_sched_setattr, 0, &a, 0);
}

/* A process that is real-time already is traced as such, and its reader must come first. */
static unsigned int above(const struct attributes *a)
{
	const unsigned int most = (unsigned int)sched_get_priority_max(SCHED_FIFO);

	return a->priority < most ? a->priority + 1 : most;
}

const char *urgency_begin(struct urgency *before)
{
	const struct rlimit any_nice = { 20 - BEST_NICE, 20 - BEST_NICE };
	struct attributes a = { .size = sizeof(a) };

	*before = (struct urgency){ 0 };
	setrlimit(RLIMIT_NICE, &any_nice);
	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) || a.policy == SCHED_DEADLINE)
		return "ordinary";
	*before = (struct urgency){ .policy = a.policy,
				    .priority = a.priority,
				    .nice = a.nice,
				    .slice_ns = a.runtime_ns,
				    .changed = true };
	if (set(SCHED_FIFO, above(&a), 0, 0))
		return "fifo";
	if (a.policy == SCHED_FIFO || a.policy == SCHED_RR) {
		before->changed = false;
		return "ordinary";
	}
	if (set(SCHED_OTHER, 0, BEST_NICE, SHORT_SLICE_NS))
		return "nice";
	before->changed = set(SCHED_OTHER, 0, a.nice, SHORT_SLICE_NS);
	return "ordinary";
}

void urgency_end(const struct urgency *before)
{
	if (before->changed)
		set(before->policy, before->priority, before->nice, before->slice_ns);
}

void urgency_help(void)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), BEST_NICE);
}
