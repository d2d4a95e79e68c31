// SPDX-License-Identifier: GPL-2.0
#include "collect/completions.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * One millisecond in twenty: a cost of a fifth becomes one of a hundredth.  The longer the
 * run, the rarer the windows, since to open one is work for each CPU: the kernel makes the
 * event and patches its own text (the static key of perf_sw_event()).
 */
#define WINDOW_MS 1
#define REST_MS 19
#define REST_PART 50 /* of the time so far, once that is longer */
#define LONGEST_REST_MS 1000

static int rest_after(int waited_ms)
{
	int rest_ms = waited_ms / REST_PART;

	if (rest_ms < REST_MS)
		return REST_MS;
	return rest_ms < LONGEST_REST_MS ? rest_ms : LONGEST_REST_MS;
}

static int event_open(__u64 event, int cpu, int program)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = event,
		.sample_period = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* EVENT on each CPU that is online. */
static int events_open(struct completions *c, __u64 event, int *fds)
{
	for (int cpu = 0; cpu < c->cpus; cpu++) {
		int fd = event_open(event, cpu, c->program);

		if (fd < 0 && fd != -ENODEV)
			return fd;
		fds[cpu] = fd < 0 ? -1 : fd;
	}
	return 0;
}

static void events_close(const struct completions *c, int *fds)
{
	for (int cpu = 0; cpu < c->cpus; cpu++) {
		if (fds[cpu] >= 0)
			close(fds[cpu]);
		fds[cpu] = -1;
	}
}

static int *no_events(int cpus)
{
	int *fds = malloc(cpus * sizeof(*fds));

	for (int cpu = 0; fds && cpu < cpus; cpu++)
		fds[cpu] = -1;
	return fds;
}

int completions_attach(struct completions *c, const struct bpf_program *program, bool always)
{
	int err;

	c->cpus = libbpf_num_possible_cpus();
	c->program = bpf_program__fd(program);
	c->always = always;
	c->minor = no_events(c->cpus);
	c->major = no_events(c->cpus);
	if (!c->minor || !c->major)
		return -ENOMEM;
	err = events_open(c, PERF_COUNT_SW_PAGE_FAULTS_MAJ, c->major);
	if (!err)
		err = events_open(c, PERF_COUNT_SW_PAGE_FAULTS_MIN, c->minor);
	c->open = true;
	return err;
}

int completions_turn(struct completions *c, int timeout_ms)
{
	if (c->always || !c->minor)
		return timeout_ms;
	if (!c->open && c->rest_ms > 0) {
		if (timeout_ms > c->rest_ms)
			timeout_ms = c->rest_ms;
		c->rest_ms -= timeout_ms;
		return timeout_ms;
	}
	c->open = !c->open;
	if (!c->open) {
		events_close(c, c->minor);
		c->rest_ms = rest_after(c->waited_ms);
		if (c->waited_ms < REST_PART * LONGEST_REST_MS)
			c->waited_ms += c->rest_ms;
		return timeout_ms;
	}
	/* the sample is smaller where a window cannot be opened */
	if (events_open(c, PERF_COUNT_SW_PAGE_FAULTS_MIN, c->minor))
		events_close(c, c->minor);
	return timeout_ms > WINDOW_MS ? WINDOW_MS : timeout_ms;
}

void completions_detach(struct completions *c)
{
	if (c->minor)
		events_close(c, c->minor);
	if (c->major)
		events_close(c, c->major);
	free(c->minor);
	free(c->major);
	*c = (struct completions){ 0 };
}
