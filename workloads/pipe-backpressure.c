// SPDX-License-Identifier: GPL-2.0
/*
 * pipe-backpressure: a pipe holds so much, and then the writer waits
 *
 * A pipe is a ring of 16 slots, a page each (PIPE_DEF_BUFFERS).  A write takes slots;
 * the rest of a write that does not fill its last page goes on in the page where the
 * write before ended, if it fits there as a whole (pipe_write()).  What is read frees a
 * slot when the last byte of its page is gone (pipe_read()).
 *
 *	bytes		single bytes until the pipe is full
 *	pages		the same with whole pages
 *	odd		the same with pages and a bit, which leave holes
 *	part, whole	a full pipe takes a byte not after a part of a page was read, but
 *			after the page is gone
 *	packets		with O_DIRECT each write is a packet that has a slot to itself
 *	size		F_SETPIPE_SZ makes more slots: a power of two
 *	fill, wait	a writer that may wait does so when there is no slot, and the reader
 *			wakes it by freeing one
 *
 * Where nothing should sleep, O_NONBLOCK says "full" (EAGAIN) instead.
 */
#include "tasks.h"

#include "kernel.h"

#define SLOTS 16
#define BIT 904 /* twice and more fit into a page, and no number of them fills it */

static char *buffer;

static void make_full_pipe(int ends[2], int flags, const char *phase, size_t bytes)
{
	if (pipe2(ends, O_NONBLOCK | flags))
		fail("pipe2");
	fl_phase(phase);
	while (write(ends[1], buffer, bytes) > 0)
		;
	if (errno != EAGAIN)
		fail("fill a pipe");
	fl_phase("");
}

static void read_bytes(int fd, size_t bytes)
{
	if (read(fd, buffer, bytes) != (ssize_t)bytes)
		fail("read %zu bytes", bytes);
}

static void close_pipe(int ends[2])
{
	close_end(ends[0]);
	close_end(ends[1]);
}

static void capacity(void)
{
	size_t page = workload.page_size;
	int ends[2];

	make_full_pipe(ends, 0, "bytes", 1);
	close_pipe(ends);
	make_full_pipe(ends, 0, "odd", page + BIT);
	close_pipe(ends);

	make_full_pipe(ends, 0, "pages", page);
	read_bytes(ends[0], page - 1);
	fl_phase("part");
	if (write(ends[1], buffer, 1) != -1 || errno != EAGAIN)
		fail("a byte found room in a full pipe");
	fl_phase("");
	read_bytes(ends[0], 1);
	fl_phase("whole");
	if (write(ends[1], buffer, 1) != 1)
		fail("write a byte to a pipe with a free slot");
	fl_phase("");
	close_pipe(ends);
}

static void packets(void)
{
	int ends[2];

	make_full_pipe(ends, O_DIRECT, "packets", 1);
	fl_phase("unpack");
	while (read(ends[0], buffer, workload.page_size) > 0)
		;
	fl_phase("");
	close_pipe(ends);
}

static void resize(long pages)
{
	int ends[2];

	make_pipe(ends);
	fl_phase("size");
	fl_value("size", fcntl(ends[1], F_GETPIPE_SZ));
	fl_value("resized", fcntl(ends[1], F_SETPIPE_SZ, pages * workload.page_size));
	fl_phase("");
	close_pipe(ends);
}

static void backpressure(void)
{
	size_t page = workload.page_size;
	pid_t writer;
	int ends[2];

	make_pipe(ends);
	if (fork_child(&writer, "writer")) {
		fl_phase("fill");
		for (int i = 0; i < SLOTS; i++) {
			if (write(ends[1], buffer, page) != (ssize_t)page)
				fail("write a page");
		}
		fl_phase("wait");
		tell(ends[1]);
		fl_phase("");
		_exit(0);
	}
	wait_until_state(writer, 'S');
	fl_phase("free.part");
	read_bytes(ends[0], page - 1);
	fl_phase("");
	wait_until_state(writer, 'S');
	fl_phase("free.whole");
	read_bytes(ends[0], 1);
	fl_phase("");
	wait_for(writer);
	close_pipe(ends);
}

int main(int argc, char **argv)
{
	(void)argc;
	workload_start(argv);
	stay_on_this_cpu();
	fl_role("reader");
	fl_value("release", kernel_release());
	buffer = checked_mmap(NULL, workload.page_size + BIT, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	resize(param("pages"));
	capacity();
	packets();
	backpressure();
	return 0;
}
