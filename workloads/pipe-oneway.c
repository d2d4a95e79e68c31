// SPDX-License-Identifier: GPL-2.0
/*
 * pipe-oneway: a pipe carries bytes one way, for as long as somebody holds its ends
 *
 *	wrong.end	the end for reading refuses to be written
 *	greet		a parent writes "Greetings" (10 bytes with the NUL), its child reads them
 *	answer		an answer needs a second pipe
 *	eof		a reader sees the end only after the last end for writing is closed,
 *			and the last one here is its own, which it forgot (eof.early)
 *	broken		without a reader, a write raises SIGPIPE, or fails if that is ignored
 *	pipeline	what a shell builds for `first | second | third`
 *	shell		and a true one: free | awk '(NR==2){print $2}', where both are installed
 *
 * pipe() comes before fork(): the two ends become four, of the same two open files,
 * and each side closes the one that it does not use.
 */
#include "workload.h"

#include "kernel.h"

static const char greeting[10] = "Greetings";

static void send_greeting(int fd)
{
	if (write(fd, greeting, sizeof(greeting)) != sizeof(greeting))
		fail("write the greeting");
}

static void receive_greeting(int fd)
{
	char text[sizeof(greeting)];

	if (read(fd, text, sizeof(text)) != sizeof(text) || memcmp(text, greeting, sizeof(text)))
		fail("read the greeting");
}

static void talk_child(int there[2], int back[2], int closed)
{
	char byte;

	fl_phase("greet");
	receive_greeting(there[0]);
	fl_phase("answer");
	send_greeting(back[1]);
	fl_phase("");

	await(closed); /* the parent's ends of `there` are */
	if (fcntl(there[0], F_SETFL, O_NONBLOCK))
		fail("fcntl");
	fl_phase("eof.early");
	if (read(there[0], &byte, 1) != -1 || errno != EAGAIN)
		fail("a read before the last end for writing was closed");
	fl_phase("eof");
	close_end(there[1]);
	if (read(there[0], &byte, 1) != 0)
		fail("a read after the last end for writing was closed");
	fl_phase("");
}

static void talk(void)
{
	int there[2], back[2], closed[2];
	pid_t child;

	make_pipe(there);
	make_pipe(back);
	make_pipe(closed);
	if (fork_child(&child, "child")) {
		close_end(back[0]);
		talk_child(there, back, closed[0]);
		_exit(0);
	}
	close_end(back[1]);

	fl_phase("wrong.end");
	if (write(there[0], greeting, sizeof(greeting)) != -1 || errno != EBADF)
		fail("a write to the end for reading");
	fl_phase("greet");
	close_end(there[0]);
	send_greeting(there[1]);
	fl_phase("answer");
	receive_greeting(back[0]);
	fl_phase("close");
	close_end(there[1]);
	fl_phase("");
	tell(closed[1]);
	wait_for(child);
	close_end(back[0]);
	close_end(closed[0]);
	close_end(closed[1]);
}

/* Write to a pipe that nobody can read; returns the writer's status. */
static int write_broken(const char *role, void (*on_sigpipe)(int))
{
	pid_t child;
	int ends[2];

	make_pipe(ends);
	close_end(ends[0]);
	if (fork_child(&child, role)) {
		signal(SIGPIPE, on_sigpipe);
		fl_phase("broken");
		if (write(ends[1], greeting, sizeof(greeting)) != -1 || errno != EPIPE)
			fail("a write without a reader");
		_exit(0);
	}
	close_end(ends[1]);
	return wait_status(child);
}

/* One process of the pipeline: -1 for IN in the first, for OUT in the last. */
static void stage(int in, int out, long bytes)
{
	static char buffer[4096];

	while (bytes) {
		long n = bytes < (long)sizeof(buffer) ? bytes : (long)sizeof(buffer);
		if (in >= 0)
			n = read(in, buffer, n);
		if (n <= 0 || (out >= 0 && write(out, buffer, n) != n))
			fail("pass %ld bytes on", bytes);
		bytes -= n;
	}
}

static void pipeline(long stages, long bytes)
{
	pid_t pids[stages];
	char role[32];
	int in = -1;

	for (long i = 0; i < stages; i++) {
		int ends[2] = { -1, -1 };

		if (i < stages - 1)
			make_pipe(ends);
		snprintf(role, sizeof(role), "stage.%ld", i + 1);
		if (fork_child(&pids[i], role)) {
			if (ends[0] >= 0)
				close_end(ends[0]);
			stage(in, ends[1], bytes);
			_exit(0);
		}
		if (in >= 0)
			close_end(in);
		if (ends[1] >= 0)
			close_end(ends[1]);
		in = ends[0];
	}
	for (long i = 0; i < stages; i++)
		wait_for(pids[i]);
}

/* The second field of free's second line is the memory of this machine, in kB. */
static void shell(void)
{
	char text[32];
	ssize_t n;
	int output[2];
	pid_t child;

	make_pipe(output);
	if (fork_child(&child, "shell")) {
		if (dup2(output[1], STDOUT_FILENO) < 0)
			_exit(127);
		close_end(output[0]);
		close_end(output[1]);
		execlp("sh", "sh", "-c", "free | awk '(NR==2){print $2}'", (char *)NULL);
		_exit(127);
	}
	close_end(output[1]);
	n = read(output[0], text, sizeof(text) - 1);
	close_end(output[0]);
	if (!wait_status(child) && n > 0) {
		text[n] = 0;
		fl_value("free", atol(text));
		fl_value("memory", proc_kb("/proc/meminfo", "MemTotal"));
	}
}

int main(int argc, char **argv)
{
	int status;

	(void)argc;
	workload_start(argv);
	fl_role("parent");

	talk();

	status = write_broken("killed", SIG_DFL);
	errno = 0;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGPIPE)
		fail("SIGPIPE did not end the writer");
	if (write_broken("deaf", SIG_IGN))
		fail("the writer that ignores SIGPIPE failed");

	fl_phase("pipeline");
	pipeline(param("stages"), param("bytes"));
	fl_phase("shell");
	shell();
	fl_phase("");
	return 0;
}
