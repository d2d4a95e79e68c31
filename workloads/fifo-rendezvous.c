// SPDX-License-Identifier: GPL-2.0
/*
 * fifo-rendezvous: a FIFO is a pipe with a name, and open() waits for the other side
 *
 * Two processes that know nothing but a path:
 *	reader		opens it to read, and waits in open() until somebody writes
 *	writer		opens it to write, and sends lines
 * Neither has a descriptor that the other one has, so only the name brings them
 * together (the few pipes that our parent uses to say "go on" are closed before).
 *
 *	none		to open it to write without waiting fails while nobody reads
 *	after		when both have ended the name is still there, and is no file with data
 *	both		to open it to read and to write does not wait (Linux only); what is
 *			written then comes back to the writer: there is one stream, not two
 */
#include "tasks.h"

#include "folder.h"

#include <sys/stat.h>

#define NAME "meeting"

static int open_fifo(int flags)
{
	int fd = open(NAME, flags | O_CLOEXEC);

	if (fd < 0)
		fail("open the FIFO");
	return fd;
}

/* Nothing is left but stdin, stdout and stderr. */
static void become_a_stranger(void)
{
	if (close_range(3, ~0U, 0))
		fail("close_range");
}

static void reader(long lines)
{
	long line;
	int fd;

	become_a_stranger();
	fl_phase("meet");
	fd = open_fifo(O_RDONLY);
	fl_phase("lines");
	for (long i = 0; i < lines; i++) {
		if (read(fd, &line, sizeof(line)) != sizeof(line))
			fail("read a line");
		fl_value("line", line);
	}
	fl_phase("end");
	if (read(fd, &line, sizeof(line)))
		fail("the end of the FIFO");
	fl_phase("");
}

static void writer(long lines)
{
	int fd;

	become_a_stranger();
	fl_phase("meet");
	fd = open_fifo(O_WRONLY);
	fl_phase("lines");
	for (long i = 0; i < lines; i++) {
		if (write(fd, &i, sizeof(i)) != sizeof(i))
			fail("write a line");
	}
	fl_phase("");
}

static void meet(long lines)
{
	pid_t reading, writing;

	if (fork_child(&reading, "reader")) {
		reader(lines);
		_exit(0);
	}
	wait_until_state(reading, 'S'); /* in open(): there is nothing else to wait for */
	if (fork_child(&writing, "writer")) {
		writer(lines);
		_exit(0);
	}
	wait_for(reading);
	wait_for(writing);
}

static void both_ways(void)
{
	pid_t child;

	if (fork_child(&child, "both")) {
		int fd;

		fl_phase("both");
		fd = open_fifo(O_RDWR);
		tell(fd);
		await(fd);
		fl_phase("");
		_exit(0);
	}
	wait_for(child);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { NAME, NULL };
	struct stat status;

	(void)argc;
	workload_start(argv);
	stay_on_this_cpu();
	fl_role("parent");
	if (!enter_folder(names))
		return 0;

	fl_phase("make");
	if (mkfifo(NAME, 0600)) {
		leave_folder();
		return 0;
	}
	fl_value("fifo", 1);
	fl_phase("none");
	if (open(NAME, O_WRONLY | O_NONBLOCK | O_CLOEXEC) != -1 || errno != ENXIO)
		fail("open a FIFO that nobody reads");
	fl_phase("");

	meet(param("lines"));

	fl_phase("after");
	if (stat(NAME, &status))
		fail("stat the FIFO");
	fl_value("is.fifo", S_ISFIFO(status.st_mode));
	fl_value("bytes", status.st_size);
	fl_phase("");

	both_ways();
	leave_folder();
	return 0;
}
