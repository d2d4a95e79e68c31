// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "collect/collect_impl.h"

/* Let the iterator LINK go to its end; the records of its program go to the ring buffer. */
int collect_iterate(const struct bpf_link *link)
{
	char none[64];
	int fd = bpf_iter_create(bpf_link__fd(link)), err;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = read(fd, none, sizeof(none));
	while (n > 0 || (n < 0 && errno == EINTR));
	err = n < 0 ? -errno : 0;
	close(fd);
	return err;
}

int collect_iterate_over(const struct bpf_program *program, union bpf_iter_link_info *only)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, narrow, .link_info = only,
		    .link_info_len = sizeof(*only));
	struct bpf_link *link = bpf_program__attach_iter(program, &narrow);
	int err;

	if (!link)
		link = bpf_program__attach_iter(program, NULL);
	if (!link)
		return -errno;
	err = collect_iterate(link);
	bpf_link__destroy(link);
	return err;
}

void collect_look(void *arg, pid_t pid, unsigned long long now, unsigned short phase)
{
	struct collect *c = arg;
	const struct faultline_bpf *programs = c->parts[0];
	union bpf_iter_link_info leader = { .task.tid = (__u32)pid };
	union bpf_iter_link_info process = { .task.pid = (__u32)pid };
	int err;

	c->skel->bss->barrier_ns = now;
	c->skel->bss->barrier_phase = phase;
	__atomic_store_n(&c->skel->bss->barrier_tgid, (__u32)pid, __ATOMIC_RELEASE);
	err = collect_iterate_over(programs->progs.snapshot_card, &process);
	if (!err)
		err = collect_iterate_over(programs->progs.snapshot_vma, &leader);
	if (!err)
		err = collect_iterate_over(programs->progs.snapshot_file, &leader);
	if (err && !c->error)
		c->error = err;
}
