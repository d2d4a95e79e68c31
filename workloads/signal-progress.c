// SPDX-License-Identifier: GPL-2.0
/*
 * signal-progress: a signal asks a busy program how far it is
 *
 * As `dd` does on SIGUSR1: a copier moves a file byte by byte, and another process
 * interrupts it now and then.  The handler answers how many bytes have been copied,
 * and the copy goes on as if nothing had been.
 *
 * The answer is exact.  A signal is delivered on the way back to user mode
 * (exit_to_user_mode_loop()), so that a read() has happened either as a whole or
 * not at all when the handler runs.  But a variable that the copier raises after
 * each read() would be one short if the signal came between the two; the file
 * offset is raised by the read itself, so the handler asks for that.
 *
 * The asker waits for each answer before it asks again, since a second SIGUSR1
 * would melt into one that is still pending.
 */
#include "workload.h"

#include <time.h>

static int source, answer[2];
static volatile sig_atomic_t reports;

static void report(int signo)
{
	long bytes = lseek(source, 0, SEEK_CUR);
	char line[64];
	int length;

	(void)signo;
	fl_value("bytes", bytes);
	/* Safe in a handler only because the copier itself formats nothing. */
	length = snprintf(line, sizeof(line), "%ld bytes copied\n", bytes);
	if (write(STDERR_FILENO, line, length) != length)
		fail("write the answer");
	reports++;
	tell(answer[1]);
}

static void ask(pid_t copier, long signals, long pause_us)
{
	struct timespec pause = { .tv_nsec = pause_us * 1000 };

	while (signals--) {
		nanosleep(&pause, NULL);
		if (kill(copier, SIGUSR1))
			fail("kill");
		await(answer[0]);
	}
}

static void copy_byte(int from, int to)
{
	char byte;

	if (read(from, &byte, 1) != 1)
		fail("read from the source");
	if (write(to, &byte, 1) != 1)
		fail("write to /dev/null");
}

int main(int argc, char **argv)
{
	struct sigaction on_request = { .sa_handler = report, .sa_flags = SA_RESTART };
	int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	long signals;
	pid_t asker;

	(void)argc;
	workload_start(argv);
	signals = param("signals");
	fl_role("copier");

	/* A file of zeros that takes no memory and has no end within the deadline. */
	source = memfd_create("source", MFD_CLOEXEC);
	if (source < 0 || ftruncate(source, 1L << 32) || sink < 0)
		fail("open source and sink");
	make_pipe(answer);
	if (sigaction(SIGUSR1, &on_request, NULL))
		fail("sigaction");

	if (fork_child(&asker, "asker")) {
		ask(getppid(), signals, param("pause_us"));
		_exit(0);
	}
	fl_phase("copy");
	while (reports < signals)
		copy_byte(source, sink);
	fl_phase("");
	wait_for(asker);
	return 0;
}
