// SPDX-License-Identifier: GPL-2.0
#include "completions.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One millisecond in twenty: a cost of a tenth becomes one of a two-hundredth. */
#define WINDOW_MS 1
#define REST_MS 19

int completions_attach(struct completions *c, const struct bpf_program *program, bool always)
{
	static const __u64 events[] = { PERF_COUNT_SW_PAGE_FAULTS_MIN,
					PERF_COUNT_SW_PAGE_FAULTS_MAJ };
	int cpus = libbpf_num_possible_cpus();

	c->always = always;
	c->enabled = true;
	c->links = calloc(cpus * 2, sizeof(*c->links));
	c->fds = calloc(cpus * 2, sizeof(*c->fds));
	if (!c->links || !c->fds)
		return -ENOMEM;
	for (int i = 0; i < cpus * 2; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_SOFTWARE,
			.size = sizeof(attr),
			.config = events[i % 2],
			.sample_period = 1,
		};
		int fd = syscall(SYS_perf_event_open, &attr, -1, i / 2, -1, PERF_FLAG_FD_CLOEXEC);

		if (fd < 0) {
			if (errno == ENODEV) /* a CPU that is not online */
				continue;
			return -errno;
		}
		c->links[c->n] = bpf_program__attach_perf_event(program, fd);
		if (!c->links[c->n]) {
			int err = -errno;

			close(fd);
			return err;
		}
		c->fds[c->n++] = fd;
	}
	return 0;
}

int completions_turn(struct completions *c, int timeout_ms)
{
	if (c->always || !c->n)
		return timeout_ms;
	if (!c->enabled && c->rest_ms > 0) {
		if (timeout_ms > c->rest_ms)
			timeout_ms = c->rest_ms;
		c->rest_ms -= timeout_ms;
		return timeout_ms;
	}
	c->enabled = !c->enabled;
	for (int i = 0; i < c->n; i++)
		ioctl(c->fds[i], c->enabled ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
	c->rest_ms = REST_MS;
	return c->enabled && timeout_ms > WINDOW_MS ? WINDOW_MS : timeout_ms;
}

void completions_detach(struct completions *c)
{
	for (int i = 0; i < c->n; i++)
		bpf_link__destroy(c->links[i]);
	free(c->links);
	free(c->fds);
	*c = (struct completions){ 0 };
}
