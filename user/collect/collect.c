// SPDX-License-Identifier: GPL-2.0
#include "collect/collect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/available.h"
#include "collect/collect_impl.h"
#include "event.h"
#include "collect/frames.h"
#include "base/identity.h"
#include "collect/loading.h"
#include "recording/recording.h"
#include "record/subjects.h"

/*
 * How often the ring buffer is looked at.  Programs never wake us: a wake-up is
 * an interrupt in the midst of what is being measured.
 */
#define DRAIN_MS 10

/* So much may wait in memory to be written: a part of what is available, and no more than this. */
#define WAITING_SHARE 8
#define WAITING_MOST (512ll << 20)

static int on_record(void *arg, void *data, size_t size)
{
	struct collect *c = arg;

	c->drained += size;
	if (!c->error)
		c->error = recording_append(c->rec, data, size);
	if (!c->error && c->frames)
		c->error = frames_learn(c->frames, data);
	return 0;
}

static void drain(void *c)
{
	ring_buffer__consume(((struct collect *)c)->ring);
}

/*
 * Tell the programs where the direct map is, so that they can read page tables: the place from
 * which a walk leads to a word that nothing else in memory has, at the same place in its page.
 * Returns NULL, or why they cannot.
 */
static const char *find_direct_map(const struct collect *c)
{
	/* memory may lie above holes in the physical address space */
	__u64 most_gib = 2 * ((__u64)get_phys_pages() * sysconf(_SC_PAGESIZE) >> 30) + 64;
	int fd = bpf_program__fd(c->parts[0]->progs.snapshot_direct_map);
	volatile __u64 word = 0;
	__u64 args[3] = { (uintptr_t)&word };
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (getrandom(&args[1], sizeof(args[1]), 0) != sizeof(args[1]))
		return "there is no random number to look for";
	word = args[1];
	do {
		if (bpf_prog_test_run_opts(fd, &run))
			return "the kernel runs no program for it";
		if (run.retval)
			return NULL;
	} while (++args[2] < most_gib);
	return "the kernel has its memory in no place that is known";
}

void collect_map_ring(struct collect *c)
{
	c->ring = ring_buffer__new(bpf_map__fd(c->skel->maps.ring), on_record, c, NULL);
	if (!c->ring)
		c->ring_errno = errno;
}

static int open_barrier(struct collect *c, bool cards)
{
	struct frames_calls calls = { .drain = drain,
				      .look = cards ? collect_look : NULL,
				      .arg = c };

	return frames_open(&c->frames, &calls, c->wants_pages);
}

int collect_open(struct collect **out, const struct collect_options *o, struct recording *rec)
{
	struct collect *c = calloc(1, sizeof(*c));

	*out = c;
	if (!c)
		return -ENOMEM;
	c->rec = rec;
	c->options = o;
	c->signal_fd = -1;
	c->wants_pages = o->subjects & SUBJECT_FRAMES;
	if (o->subjects & (SUBJECT_FRAMES | SUBJECT_CARDS))
		return open_barrier(c, o->subjects & SUBJECT_CARDS);
	return 0;
}

int collect_arm(struct collect *c, struct refusal *why)
{
	int err = collect_load(c, c->options, why);

	if (err)
		return err;
	c->no_page_tables = find_direct_map(c);
	collect_missed_begin(c);
	if (!c->ring)
		return loading_refuse(why, REFUSAL_RING, -c->ring_errno, "");
	err = completions_attach(&c->completions, c->parts[0]->progs.fault_done,
				 c->options->every_end);
	if (err)
		return loading_refuse(why, REFUSAL_ATTACH, err, "fault_done");
	c->snapshot = bpf_program__attach_iter(c->parts[0]->progs.snapshot_tasks, NULL);
	if (!c->snapshot)
		return loading_refuse(why, REFUSAL_ATTACH, -errno, "snapshot_tasks");
	return 0;
}

const char *collect_no_page_tables(const struct collect *c)
{
	return c->no_page_tables;
}

const char *collect_barrier(const struct collect *c)
{
	return c->frames ? frames_barrier(c->frames) : NULL;
}

bool collect_reads_frames(const struct collect *c)
{
	return c->wants_pages && collect_barrier(c);
}

int collect_follow(struct collect *c, pid_t tid)
{
	const struct bpf_map *tasks = c->skel->maps.tasks;
	struct fl_task_seed seed = { .task = 1, .process = 1, .syscall = FL_NO_SYSCALL };
	void *state = calloc(1, bpf_map__value_size(tasks));
	int pidfd = syscall(SYS_pidfd_open, tid, 0);
	union bpf_iter_link_info only = { .task.tid = (__u32)tid };
	struct timespec now;
	int err = 0;

	if (!state || pidfd < 0) {
		err = pidfd < 0 ? -errno : -ENOMEM;
		goto out;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	c->finish.start_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	memcpy(state, &seed, sizeof(seed));
	if (bpf_map_update_elem(bpf_map__fd(tasks), &pidfd, state, BPF_NOEXIST))
		err = -errno;
	else
		err = collect_iterate_over(c->parts[0]->progs.snapshot_tasks, &only);
out:
	if (pidfd >= 0)
		close(pidfd);
	free(state);
	return err;
}

void collect_hurry(struct collect *c)
{
	c->reader = urgency_begin(&c->before);
}

static size_t may_wait_bytes(void)
{
	long long share = available_memory() / WAITING_SHARE;

	return (size_t)(share < WAITING_MOST ? share : WAITING_MOST);
}

/* Page frames are no business of the thread that writes. */
static void writer_begins(void)
{
	identity_frames(IDENTITY_FRAMES_NEVER);
	urgency_help();
}

static void reap(struct collect *c, pid_t pid)
{
	struct rusage ru;
	int status;

	if (wait4(pid, &status, WNOHANG, &ru) != pid)
		return;
	c->reaped = true;
	c->wait_status = status;
	c->rusage = ru;
}

/* True when tracing is to stop before the tree has ended. */
static bool stop_asked(struct collect *c)
{
	struct signalfd_siginfo info;

	while (read(c->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		/* The terminal sent the first SIGINT to the traced tree as well: let it act. */
		if (info.ssi_signo == SIGINT && !c->interrupts++)
			continue;
		c->finish.stopped_by = info.ssi_signo;
		return true;
	}
	return false;
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

/*
 * How long the ring buffer can be left alone.  It fills in no time worth naming if a good
 * part of it was filled since the last look; the command's end is near its last task's.
 */
static int next_look_ms(const struct collect *c, bool command_ended)
{
	size_t ring = bpf_map__max_entries(c->skel->maps.ring);

	return command_ended || c->drained > ring / 8 ? 1 : DRAIN_MS;
}

int collect_run(struct collect *c, pid_t pid, int pidfd)
{
	struct pollfd wait_for[3] = { { .events = POLLIN },
				      { .events = POLLIN },
				      { .events = POLLIN } };
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	c->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	if (c->signal_fd < 0)
		return -errno;
	wait_for[0].fd = c->signal_fd;
	wait_for[1].fd = pidfd;
	wait_for[2].fd = c->frames ? frames_fd(c->frames) : -1;
	recording_write_behind(c->rec, may_wait_bytes(), writer_begins);
	for (time_t flushed = seconds(); !c->error;) {
		bool command_ended = pidfd < 0 || c->reaped;

		c->drained = 0;
		ring_buffer__consume(c->ring);

		if (!__atomic_load_n(&c->skel->data->live_tasks, __ATOMIC_ACQUIRE) && command_ended)
			break;
		int timeout = next_look_ms(c, command_ended);

		/* what a second ago was seen is on disk, whatever happens to us */
		if (seconds() != flushed) {
			flushed = seconds();
			c->error = recording_flush(c->rec);
		}
		timeout = completions_turn(&c->completions, timeout);
		wait_for[1].fd = command_ended ? -1 : pidfd;
		if (poll(wait_for, 3, timeout) < 0 && errno != EINTR)
			return -errno;
		if (wait_for[0].revents && stop_asked(c))
			break;
		if (wait_for[1].revents)
			reap(c, pid);
		if (wait_for[2].revents)
			c->error = frames_serve(c->frames, c->rec);
	}
	return c->error;
}

bool collect_wait_status(const struct collect *c, int *status, struct rusage *ru)
{
	*status = c->wait_status;
	*ru = c->rusage;
	return c->reaped;
}

static void detach(struct collect *c)
{
	completions_detach(&c->completions);
	collect_detach(c);
}

/* Whether WHAT could be had; WHY: why not. */
static int record_available(struct collect *c, const char *what, const char *why)
{
	char text[320] = "available";

	if (why)
		snprintf(text, sizeof(text), "unavailable: %s", why);
	return recording_set(c->rec, what, text);
}

/* What was asked for and could not be had. */
static int record_frames(struct collect *c)
{
	int err;

	if (!c->wants_pages)
		return 0;
	err = record_available(c, "frames", c->frames ? frames_why(c->frames) : NULL);
	frames_close(c->frames);
	c->frames = NULL;
	return err;
}

int collect_finish(struct collect *c)
{
	struct fl_finish *f = &c->finish;
	struct timespec now;
	int err;

	f->live_tasks = c->skel->data->live_tasks;
	collect_missed_end(c);
	detach(c);
	if (f->live_tasks) {
		/* what they wrote before goes first, to leave room */
		ring_buffer__consume(c->ring);
		/* tasks that are still there say how far they came */
		err = collect_iterate(c->snapshot);
		if (err && !c->error)
			c->error = err;
	}
	ring_buffer__consume(c->ring);
	urgency_end(&c->before);
	err = recording_settle(c->rec);
	if (err && !c->error)
		c->error = err;
	err = collect_append_maps(c);
	if (err && !c->error)
		c->error = err;

	clock_gettime(CLOCK_MONOTONIC, &now);
	f->event.t_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	f->event.type = FL_FINISH;
	f->wait_status = c->reaped ? c->wait_status : -1;
	f->ru_minflt = c->rusage.ru_minflt;
	f->ru_majflt = c->rusage.ru_majflt;
	f->ru_nvcsw = c->rusage.ru_nvcsw;
	f->ru_nivcsw = c->rusage.ru_nivcsw;
	if (!c->error)
		c->error = recording_append(c->rec, f, sizeof(*f));
	if (!c->error)
		c->error = recording_flush(c->rec);
	if (!c->error)
		c->error = recording_set_int(c->rec, "ring_bytes",
					     bpf_map__max_entries(c->skel->maps.ring));
	if (!c->error)
		c->error = recording_set(c->rec, "reader", c->reader);
	if (!c->error)
		c->error =
			recording_set(c->rec, "compiler", (const char *)c->skel->rodata->compiler);
	if (!c->error)
		c->error = record_available(c, "page_tables", c->no_page_tables);
	return c->error ? c->error : record_frames(c);
}

void collect_close(struct collect *c)
{
	if (!c)
		return;
	detach(c);
	frames_close(c->frames);
	bpf_link__destroy(c->snapshot);
	ring_buffer__free(c->ring);
	collect_unload(c);
	if (c->signal_fd >= 0)
		close(c->signal_fd);
	free(c);
}
