// SPDX-License-Identifier: GPL-2.0
/*
 * load REPORT cow|zero BYTES     touch memory; cow: a forked child then writes to all of it
 * load REPORT pipe CALLS         two processes hand one byte back and forth
 * load REPORT mutex TURNS        two threads fight for one mutex
 * load REPORT spawn N            fork and exec a program that does nothing, one after the other
 * load REPORT procs N            fork a child that touches a few pages, one after the other
 * load REPORT hold FIFO          do nothing until the FIFO's writer closes it
 * load REPORT command ARG...     run a command
 *
 * What `make bench` traces.  The program measures itself: REPORT gets one line of
 * CLOCK_MONOTONIC at main and at the end, CPU time of both modes with children, and
 * faults by rusage, before main and in all.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct measure {
	int64_t t_ns;
	int64_t cpu_ns;
	int64_t faults;
};

static struct measure measure(void)
{
	struct timespec now;
	struct measure m;

	clock_gettime(CLOCK_MONOTONIC, &now);
	m = (struct measure){ .t_ns = now.tv_sec * 1000000000ll + now.tv_nsec };
	for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
		struct rusage ru;

		getrusage(who, &ru);
		m.cpu_ns += (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000000ll +
			    (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000ll;
		m.faults += ru.ru_minflt + ru.ru_majflt;
	}
	return m;
}

/* The child calls CHILD, which does not return; waits for it. */
static void in_child(void (*child)(void *), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		child(arg);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "a child failed");
}

struct memory {
	char *start;
	size_t bytes;
};

static void write_pages(void *arg)
{
	const struct memory *m = arg;

	for (size_t i = 0; i < m->bytes; i += 4096)
		((volatile char *)m->start)[i] = 1;
}

static void touch(size_t bytes, int child_writes)
{
	struct memory m = { .bytes = bytes };

	m.start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m.start == MAP_FAILED)
		err(1, "mmap");
	madvise(m.start, bytes, MADV_NOHUGEPAGE); /* fails where there are no huge pages */
	write_pages(&m);
	if (child_writes)
		in_child(write_pages, &m);
}

static void pass_byte(int from, int to, long turns, int first)
{
	char byte = 0;

	while (turns--) {
		if (first && write(to, &byte, 1) != 1)
			err(1, "write");
		if (read(from, &byte, 1) != 1)
			err(1, "read");
		if (!first && write(to, &byte, 1) != 1)
			err(1, "write");
	}
}

struct pipes {
	int there[2], back[2];
	long turns;
};

static void answer(void *arg)
{
	const struct pipes *p = arg;

	pass_byte(p->there[0], p->back[1], p->turns, 0);
}

static void ping_pong(long calls)
{
	struct pipes p = { .turns = calls / 4 };
	int status;
	pid_t pid;

	if (pipe(p.there) || pipe(p.back))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		answer(&p);
		_exit(0);
	}
	pass_byte(p.back[0], p.there[1], p.turns, 1);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the other side failed");
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long shared;

static void *fight(void *arg)
{
	for (long turns = *(long *)arg; turns--;) {
		pthread_mutex_lock(&mutex);
		shared++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void two_threads(long turns)
{
	pthread_t other;

	if (pthread_create(&other, NULL, fight, &turns))
		errx(1, "no second thread");
	fight(&turns);
	pthread_join(other, NULL);
}

static void be_nothing(void *arg)
{
	(void)arg;
	execl("/proc/self/exe", "load", "/dev/null", "nothing", "0", NULL);
	_exit(1);
}

static void touch_a_little(void *arg)
{
	(void)arg;
	touch(16 * 4096, 0);
}

static void be_command(void *arg)
{
	char **argv = arg;

	execvp(argv[0], argv);
	err(1, "%s", argv[0]);
}

static void hold(const char *fifo)
{
	int fd = open(fifo, O_RDONLY);
	char none;

	if (fd < 0)
		err(1, "%s", fifo);
	while (read(fd, &none, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	const struct measure start = measure();
	struct measure end;
	int fd;

	if (argc < 4)
		errx(2, "usage: load REPORT KIND ARGUMENT...");
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err(1, "%s", argv[1]);

	const char *kind = argv[2];
	long n = strtol(argv[3], NULL, 10);

	if (!strcmp(kind, "cow") || !strcmp(kind, "zero")) {
		touch(n, !strcmp(kind, "cow"));
	} else if (!strcmp(kind, "pipe")) {
		ping_pong(n);
	} else if (!strcmp(kind, "mutex")) {
		two_threads(n);
	} else if (!strcmp(kind, "spawn") || !strcmp(kind, "procs")) {
		while (n--)
			in_child(*kind == 's' ? be_nothing : touch_a_little, NULL);
	} else if (!strcmp(kind, "hold")) {
		hold(argv[3]);
	} else if (!strcmp(kind, "command")) {
		in_child(be_command, argv + 3);
	} else if (strcmp(kind, "nothing")) {
		errx(2, "no load of kind %s", kind);
	}

	end = measure();
	dprintf(fd, "%lld %lld %lld %lld %lld\n", (long long)start.t_ns, (long long)end.t_ns,
		(long long)(end.cpu_ns - start.cpu_ns), (long long)start.faults,
		(long long)end.faults);
	_exit(0);
}
