// SPDX-License-Identifier: GPL-2.0
/*
 * A region of 23 pages: 7 never touched, 5 read, 11 written.  Then fork: both see
 * the same frames; the child writes 3 of the written pages and 2 of those that
 * were read, and ends.  At each barrier the program looks at /proc itself and
 * states, for each process, page by page:
 *
 *   frame ROLE PHASE PAGE PFN MAPCOUNT FLAGS
 *	what table frame must have; MAPCOUNT - for the zero page
 *
 * With "held" as second argument it does something else: it connects to the
 * barrier, says so on fifo `up`, and waits like any other until faultline lets go
 * or is gone; which it says on `up` as well.
 */
#include "testlib.h"

#include "faultline-barrier.h"

#define UNTOUCHED 7
#define READ 5
#define WRITTEN 11
#define ALL (UNTOUCHED + READ + WRITTEN)
#define FIRST_WRITTEN (UNTOUCHED + READ)
#define COPIED 3 /* of the written pages, by the child */
#define FILLED 2 /* of those that were only read, by the child */

static char *pages;

/* The frame behind page I of process PID, as /proc tells root. */
static unsigned long frame(pid_t pid, int i)
{
	unsigned long entry;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	if (pread(fd, &entry, sizeof(entry), (off_t)((unsigned long)pages / PAGE + i) * 8) != 8)
		die("reading %s", path);
	close(fd);
	return entry & ((1UL << 55) - 1);
}

/* COPIED and FILLED of the child's first pages of each sort are its own. */
static void state_frames(const char *role, pid_t pid, const char *phase, int sharers, int copied,
			 int filled)
{
	int is_child = !strcmp(role, "child");

	for (int i = 0; i < ALL; i++) {
		const char *own = "present anon exclusive";
		int of_its_own = i >= FIRST_WRITTEN ? i < FIRST_WRITTEN + copied :
						      is_child && i < UNTOUCHED + filled;

		if (i < UNTOUCHED)
			truth("frame %s %s %d - - ", role, phase, i);
		else if (i < FIRST_WRITTEN && !of_its_own)
			truth("frame %s %s %d %lu - present zero", role, phase, i, frame(pid, i));
		else
			truth("frame %s %s %d %lu %d %s", role, phase, i, frame(pid, i),
			      of_its_own ? 1 : sharers,
			      of_its_own || sharers == 1 ? own : "present anon");
	}
}

static void child(void)
{
	fl_role("child");
	fl_phase("shared");
	fl_barrier();
	state_frames("main", getppid(), "shared", 2, 0, 0);
	state_frames("child", getpid(), "shared", 2, 0, 0);
	for (int i = 0; i < COPIED; i++)
		if (frame(getpid(), FIRST_WRITTEN + i) != frame(getppid(), FIRST_WRITTEN + i))
			die("page %d is not shared", i);

	fl_phase("copied");
	write_pages(pages + FIRST_WRITTEN * PAGE, COPIED);
	write_pages(pages + UNTOUCHED * PAGE, FILLED);
	fl_barrier();
	state_frames("main", getppid(), "copied", 2, COPIED, FILLED);
	state_frames("child", getpid(), "copied", 2, COPIED, FILLED);
	_exit(0);
}

static void say(const char *fifo, const char *word)
{
	int fd = open(fifo, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, word, strlen(word)) != (ssize_t)strlen(word))
		die("%s", fifo);
	close(fd);
}

static int held(void)
{
	int go = open("go", O_RDONLY | O_CLOEXEC), fd;
	char c;

	if (go < 0 || read(go, &c, 1) != 1)
		die("go");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (const struct sockaddr *)&fl_barrier_to_.address, fl_barrier_to_.length))
		die("connect to the barrier");
	say("up", "waits\n");
	if (read(fd, &c, 1) > 0)
		die("the barrier says something");
	fl_barrier();
	say("up", "went-on\n");
	return 0;
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_start(argc, argv);
	fl_barrier_prepare();
	fl_barrier_warm_up();
	if (argc > 2 && !strcmp(argv[2], "held"))
		return held();
	pages = map_region("heap", ALL);
	read_pages(pages + UNTOUCHED * PAGE, READ);
	write_pages(pages + FIRST_WRITTEN * PAGE, WRITTEN);

	/* the barrier itself faults nowhere, in whatever is named or is not */
	measure("alone");
	fl_barrier();
	if (measured("main"))
		die("the barrier faulted");
	state_frames("main", getpid(), "alone", 1, 0, 0);

	pid = must_fork();
	if (!pid)
		child();
	reap(pid, 0);
	fl_phase("kept");
	fl_barrier();
	state_frames("main", getpid(), "kept", 1, 0, 0);
	fl_phase("");
	truth_write();
	return 0;
}
