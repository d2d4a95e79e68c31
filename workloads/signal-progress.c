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
 *
 * With mode=dd the copier is the dd that is installed, from /dev/zero.  Its handler
 * only makes a note; it prints what it has counted before its next read or write.
 */
#include "workload.h"

#include <ctype.h>
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

static void copy_ourselves(long signals, long pause_us)
{
	struct sigaction on_request = { .sa_handler = report, .sa_flags = SA_RESTART };
	int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t asker;

	fl_role("copier");
	/* A file of zeros that takes no memory and has no end within the deadline. */
	source = memfd_create("source", MFD_CLOEXEC);
	if (source < 0 || ftruncate(source, 1L << 32) || sink < 0)
		fail("open source and sink");
	make_pipe(answer);
	if (sigaction(SIGUSR1, &on_request, NULL))
		fail("sigaction");

	fl_phase("copy"); /* before anybody asks */
	if (fork_child(&asker, "asker")) {
		fl_phase("");
		ask(getppid(), signals, pause_us);
		_exit(0);
	}
	while (reports < signals)
		copy_byte(source, sink);
	fl_phase("");
	wait_for(asker);
}

/* Whether PID has a handler for SIGNO, as /proc tells; false as well when it has ended. */
static int handles(pid_t pid, int signo)
{
	unsigned long long caught = 0;
	char path[32], line[256];
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "SigCgt: %llx", &caught) == 1)
			break;
	}
	if (status)
		fclose(status);
	return caught >> (signo - 1) & 1;
}

/* "7001+0 records in", "7001+0 records out", "7001 bytes copied, ..."; returns the first number. */
static long read_report(FILE *from)
{
	char line[256];
	long bytes = -1;

	for (int i = 0; i < 3; i++) {
		if (!fgets(line, sizeof(line), from))
			fail("read what dd says");
		if (!i && isdigit((unsigned char)line[0]))
			bytes = strtol(line, NULL, 10);
	}
	return bytes;
}

static void start_dd(void)
{
	int sink = open("/dev/null", O_WRONLY);

	/* dd's own answers go to the asker. */
	if (sink < 0 || dup2(sink, STDOUT_FILENO) < 0 || dup2(answer[1], STDERR_FILENO) < 0)
		fail("descriptors of dd");
	close_end(answer[0]);
	close_end(answer[1]);
	setenv("LC_ALL", "C", 1);
	fl_phase("copy");
	execlp("dd", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", (char *)NULL);
	_exit(127);
}

static void ask_dd(long signals, long pause_us)
{
	struct timespec pause = { .tv_nsec = pause_us * 1000 };
	pid_t copier;
	FILE *from;

	fl_role("asker");
	make_pipe(answer);
	if (fork_child(&copier, "copier"))
		start_dd();
	close_end(answer[1]);
	from = fdopen(answer[0], "r");
	if (!from)
		fail("fdopen");
	while (!handles(copier, SIGUSR1)) {
		siginfo_t end = { 0 };

		if (waitid(P_PID, copier, &end, WEXITED | WNOHANG | WNOWAIT))
			fail("waitid");
		if (end.si_pid)
			return; /* there is no dd, or none that answers */
		nanosleep(&pause, NULL);
	}
	fl_value("dd", 1);
	while (signals--) {
		nanosleep(&pause, NULL);
		if (kill(copier, SIGUSR1))
			fail("kill");
		fl_value("bytes", read_report(from));
	}
	if (kill(copier, SIGTERM) || wait_status(copier) != SIGTERM)
		fail("end dd");
}

int main(int argc, char **argv)
{
	(void)argc;
	workload_start(argv);
	if (strcmp(param_word("mode"), "dd"))
		copy_ourselves(param("signals"), param("pause_us"));
	else
		ask_dd(param("signals"), param("pause_us"));
	return 0;
}
