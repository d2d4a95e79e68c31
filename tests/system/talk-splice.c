// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes that go from file to file without a buffer: each end of each pipe is told,
 * whichever descriptor of the call it is.
 */
#include "testlib.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define SENT 1009

static char bytes[SENT];

static void got(ssize_t n, ssize_t expected)
{
	if (n != expected)
		die("%zd bytes instead of %zd", n, expected);
}

static void message(const char *from, const char *to, const char *channel, long n)
{
	expect(n,
	       "SELECT sum(bytes) FROM message JOIN task AS f ON f.task = from_task"
	       " JOIN task AS t ON t.task = to_task"
	       " WHERE f.role = '%s' AND t.role = '%s' AND channel = '%s'",
	       from, to, channel);
}

/* What NAME, a child, does; the parent waits for it. */
static void child(const char *name, void (*act)(void))
{
	pid_t pid = must_fork();

	if (!pid) {
		fl_role(name);
		act();
		_exit(0);
	}
	reap(pid, 0);
}

static int first[2], second[2], third[2], pair[2], file;

static void write_first(void)
{
	got(write(first[1], bytes, SENT), SENT);
}

static void first_to_second(void)
{
	got(splice(first[0], NULL, second[1], NULL, 499, 0), 499);
	got(splice(first[0], NULL, second[1], NULL, SENT, 0), SENT - 499);
}

/* What is copied stays in the pipe that it is copied from. */
static void second_twice(void)
{
	got(tee(second[0], third[1], SENT, 0), SENT);
	got(splice(second[0], NULL, pair[1], NULL, SENT, 0), SENT);
}

static void read_all(void)
{
	got(read(third[0], bytes, SENT), SENT);
	got(splice(pair[0], NULL, first[1], NULL, SENT, 0), SENT);
}

/* The other way for each: from memory, from a file, into a file. */
static void give(void)
{
	struct iovec part = { bytes, 211 };
	off_t from = 0;

	got(vmsplice(second[1], &part, 1, 0), 211);
	got(sendfile(second[1], file, &from, 223), 223);
	got(sendfile(pair[1], file, &from, 227), 227);
	from = 0;
	got(splice(file, &from, second[1], NULL, 229, 0), 229);
	from = 0;
	got(copy_file_range(file, &from, file, &(off_t){ SENT }, 233, 0), 233);
}

static void take(void)
{
	struct iovec part = { bytes, SENT };

	got(vmsplice(first[0], &part, 1, 0), SENT);
	got(splice(second[0], NULL, file, &(loff_t){ 0 }, 211, 0), 211);
	got(read(second[0], bytes, SENT), 223 + 229);
	got(read(pair[0], bytes, SENT), 227);
}

int main(int argc, char **argv)
{
	test_start(argc, argv);
	must_pipe(first);
	must_pipe(second);
	must_pipe(third);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	file = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file < 0 || pwrite(file, bytes, SENT, 0) != SENT)
		die("a file of %d bytes", SENT);
	child("writer", write_first);
	child("mover", first_to_second);
	child("doubler", second_twice);
	child("reader", read_all);
	child("giver", give);
	child("taker", take);

	message("writer", "mover", "pipe", SENT);
	message("mover", "doubler", "pipe", SENT);
	message("doubler", "reader", "pipe", SENT);
	message("doubler", "reader", "unix", SENT);
	message("reader", "taker", "pipe", SENT);
	message("giver", "taker", "pipe", 211 + 223 + 229);
	message("giver", "taker", "unix", 227);
	expect(5L * SENT + 211 + 223 + 229 + 227, "SELECT sum(bytes) FROM message");
	return test_end();
}
