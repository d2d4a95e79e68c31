// SPDX-License-Identifier: GPL-2.0
/*
 * inc-race: read, add one, write: what is lost when several do it at once
 *
 * Each of several processes adds one to a number in a file, once.  The ways differ
 * only in what keeps the others out between the read and the write:
 *	barrier		nothing, and all have read before the first writes: the worst
 *			case, every time
 *	none		nothing; as a shell does with >, the file is emptied first
 *	no-truncate	nothing; the number is written over
 *	wrong		a lock file that is looked for, and then made: two steps, so two
 *			can pass (access() and open(O_CREAT))
 *	excl		a lock file that is looked for and made in one step: O_EXCL
 *	flock, fcntl	the kernel's file locks, which wait instead of trying again
 *	sh, sh-wrong, sh-flock	none, wrong and flock as a shell script, on all CPUs
 *
 * Between two steps that should be one, everybody sleeps for a moment, so that
 * others come in if nothing keeps them out.  The phase `inside` is the part that
 * only one should be in.
 */
#include "workload.h"

#include "folder.h"
#include "proc.h"

#include <pthread.h>
#include <sys/file.h>
#include <time.h>

#define DIGITS 8

static const char *mode;
static long processes; /* up to 1,000 */

static struct shared {
	pthread_barrier_t start, read;
} * shared;

static void sleep_moment(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static void step_aside(void)
{
	sleep_moment(50000);
}

/* Until the next try: the longer the more there are, or their tries leave nobody time to work. */
static void wait_a_little(void)
{
	sleep_moment(50000 * processes);
}

static int checked_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		fail("open %s", path);
	return fd;
}

static long read_counter(void)
{
	int fd = checked_open("counter", O_RDONLY);
	char text[DIGITS + 1] = "";

	if (read(fd, text, DIGITS) < 0)
		fail("read the counter");
	close_end(fd);
	return strtol(text, NULL, 10);
}

static void write_counter(long value, int flags)
{
	int fd = checked_open("counter", O_WRONLY | O_CREAT | flags);
	char text[32];

	/* Always as long, so that no old digit is left over. */
	snprintf(text, sizeof(text), "%0*ld", DIGITS, value);
	step_aside();
	if (write(fd, text, DIGITS) != DIGITS)
		fail("write the counter");
	close_end(fd);
}

static int lock(void)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = -1;

	if (!strcmp(mode, "wrong")) {
		while (!access("lock", F_OK))
			wait_a_little();
		step_aside();
		fd = checked_open("lock", O_WRONLY | O_CREAT);
	} else if (!strcmp(mode, "excl")) {
		while ((fd = open("lock", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0) {
			if (errno != EEXIST)
				fail("open lock");
			wait_a_little();
		}
	} else if (!strcmp(mode, "flock")) {
		fd = checked_open("lock", O_WRONLY | O_CREAT);
		if (flock(fd, LOCK_EX))
			fail("flock");
	} else if (!strcmp(mode, "fcntl")) {
		fd = checked_open("lock", O_WRONLY | O_CREAT);
		if (fcntl(fd, F_SETLKW, &whole))
			fail("fcntl");
	}
	return fd;
}

static void unlock(int fd)
{
	/* With a wrong lock somebody else may have removed the file. */
	if ((!strcmp(mode, "excl") || !strcmp(mode, "wrong")) && unlink("lock") && errno != ENOENT)
		fail("unlink lock");
	if (fd >= 0)
		close_end(fd);
}

static int in_shell(void)
{
	return !strncmp(mode, "sh", 2);
}

#define ADD_ONE "n=$(cat counter); echo $((n + 1)) > counter"

/* Become the script that adds one. */
static __attribute__((noreturn)) void run_script(void)
{
	const char *script = ADD_ONE;
	char wrong[160];

	/* who waits starts a program each time: with 1,000 scripts each looks once a second */
	snprintf(wrong, sizeof(wrong),
		 "while [ -e lock ]; do sleep %ld.%03ld; done; sleep 0.01; : > lock; " ADD_ONE
		 "; rm -f lock",
		 processes / 1000, processes % 1000);
	if (!strcmp(mode, "sh-wrong"))
		script = wrong;
	if (!strcmp(mode, "sh-flock"))
		execlp("flock", "flock", "lock", "sh", "-c", script, (char *)NULL);
	else
		execlp("sh", "sh", "-c", script, (char *)NULL);
	_exit(127);
}

static void use_all_cpus(void)
{
	cpu_set_t set;

	usable_cpus(&set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("run on all CPUs");
}

/* A script that reads the rest of a longer number behind its own ends with an error. */
static void wait_for_adder(pid_t pid)
{
	int status;

	if (!in_shell()) {
		wait_for(pid);
		return;
	}
	status = wait_status(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		fl_value("missing", 1);
}

static void write_zero(void)
{
	int fd = checked_open("counter", O_WRONLY | O_CREAT);

	if (write(fd, "0\n", 2) != 2)
		fail("write the counter");
	close_end(fd);
}

static void increment(void)
{
	long value;
	int fd;

	pthread_barrier_wait(&shared->start);
	fl_phase("lock");
	fd = lock();
	fl_phase("inside");
	value = read_counter();
	if (!strcmp(mode, "barrier"))
		pthread_barrier_wait(&shared->read);
	write_counter(value + 1, !strcmp(mode, "none") ? O_TRUNC : 0);
	fl_phase("unlock");
	unlock(fd);
	fl_phase("");
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "counter", "lock", NULL };
	pthread_barrierattr_t between_processes;
	pid_t children[1000] = { 0 };

	(void)argc;
	workload_start(argv);
	mode = param_word("mode");
	processes = param("processes");
	if (processes < 1 || processes > 1000) {
		errno = 0;
		fail("processes=%ld: from 1 to 1000", processes);
	}
	if (in_shell())
		use_all_cpus();
	else
		stay_on_this_cpu();
	fl_role("parent");

	if (!enter_folder(names))
		return 0;
	fl_value("folder", 1);
	shared = shared_page();
	pthread_barrierattr_init(&between_processes);
	pthread_barrierattr_setpshared(&between_processes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->start, &between_processes, processes);
	pthread_barrier_init(&shared->read, &between_processes, processes);

	fl_phase("begin");
	if (in_shell())
		write_zero();
	else
		write_counter(0, 0);
	fl_phase("");
	for (long i = 0; i < processes; i++) {
		if (fork_child(&children[i], "adder")) {
			if (in_shell())
				run_script();
			increment();
			_exit(0);
		}
	}
	for (long i = 0; i < processes; i++)
		wait_for_adder(children[i]);
	fl_phase("end");
	fl_value("final", read_counter());
	fl_phase("");

	leave_folder();
	return 0;
}
