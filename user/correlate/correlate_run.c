// SPDX-License-Identifier: GPL-2.0
/* What is true of the whole run: is it whole, how long was it, what did wait4() say. */
#include <stdio.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"

static int set_text(struct correlation *c, const char *key, const char *value)
{
	return ROW_ADD(c, ROW_RUN, cell_text(key), cell_text(value));
}

static int set_int(struct correlation *c, const char *key, long long value)
{
	return ROW_ADD(c, ROW_RUN, cell_text(key), cell_int(value));
}

static void because(FILE *reason, __u64 n, const char *one, const char *many)
{
	if (!n)
		return;
	if (ftell(reason) > 0)
		fputs("; ", reason);
	if (n == 1)
		fputs(one, reason);
	else
		fprintf(reason, many, (unsigned long long)n);
}

static int write_status(struct correlation *c)
{
	__u64 ring = c->lost[FL_LOSS_RING], unreadable = 0, late = 0;
	size_t size = 0, i;
	char *text = NULL;
	FILE *reason = open_memstream(&text, &size);
	int err;

	if (!reason)
		return correlate_no_memory(c);
	if (ring < c->finish.lost)
		ring = c->finish.lost;
	for (i = 0; i <= FL_LAST_TYPE; i++) {
		unreadable += c->unreadable[i];
		late += c->late[i];
	}
	because(reason, !c->finished, "the recording was cut off: faultline did not reach its end",
		"");
	because(reason, ring, "1 record was lost: the ring buffer was full",
		"%llu records were lost: the ring buffer was full");
	because(reason, c->lost[FL_LOSS_RECURSION], "a BPF program did not run once",
		"BPF programs did not run %llu times");
	because(reason, c->lost[FL_LOSS_MAP], "a BPF map had no room once",
		"BPF maps had no room %llu times");
	because(reason, c->lost[FL_LOSS_UNTRACKED], "1 task could not be followed",
		"%llu tasks could not be followed");
	because(reason, c->lost[0], "1 loss of an unknown sort", "%llu losses of an unknown sort");
	because(reason, unreadable, "1 record could not be read", "%llu records could not be read");
	because(reason, late, "1 record came too late to be put in its place",
		"%llu records came too late to be put in their places");
	because(reason, ring ? 0 : c->unseen, "1 switch of a task was not seen",
		"%llu switches of tasks were not seen");
	because(reason, c->nr_unborn, "the start of 1 task was not seen",
		"the starts of %llu tasks were not seen");
	because(reason, c->finish.live_tasks, "1 task still ran when tracing stopped",
		"%llu tasks still ran when tracing stopped");
	fclose(reason);
	if (!text)
		return correlate_no_memory(c);
	err = set_text(c, "status", size ? "incomplete" : "complete");
	if (!err)
		err = set_text(c, "reason", text);
	free(text);
	return err;
}

/* Until the last task ended, or as far as the recording goes. */
static __u64 end_of_run(const struct correlation *c)
{
	if (!c->finished)
		return c->last_ns;
	return c->end_ns && !c->finish.live_tasks ? c->end_ns : c->finish.event.t_ns;
}

int run_finish(struct correlation *c)
{
	struct cell duration = cell_time(c, end_of_run(c));
	int err = write_status(c);

	if (!err)
		err = set_int(c, "duration_ns", duration.type == CELL_INT ? duration.i : 0);
	if (!err && c->start_ns)
		err = set_int(c, "start_ns", (long long)c->start_ns);
	if (err || !c->finished || c->finish.wait_status < 0)
		return err;
	err = set_int(c, "wait_status", c->finish.wait_status);
	if (!err)
		err = set_int(c, "rusage_minflt", c->finish.ru_minflt);
	if (!err)
		err = set_int(c, "rusage_majflt", c->finish.ru_majflt);
	if (!err)
		err = set_int(c, "rusage_nvcsw", c->finish.ru_nvcsw);
	if (!err)
		err = set_int(c, "rusage_nivcsw", c->finish.ru_nivcsw);
	return err;
}
