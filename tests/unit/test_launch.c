// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/launch.h"
#include "launch/profile.h"
#include "needs.h"

static char folder[] = "/tmp/faultline-launch-XXXXXX";

/* Good for the last four names that were asked for. */
static char *in_folder(const char *name)
{
	static char paths[4][sizeof(folder) + 64];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name, const char *content, mode_t mode)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "plain", "script", "text", "out" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

static int wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Run to the end; what the command writes to stdout goes to OUT. */
static int run(char *const *argv, bool clean, char *out, size_t size)
{
	struct launch_options options = { .argv = argv,
					  .profile = clean ? PROFILE_CLEAN : 0,
					  .cpu = -1 };
	const char *what = NULL;
	int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), fd, status;
	struct launch launch;
	ssize_t n;

	fd = open(in_folder("out"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(launch_ready(&launch), 0);
	assert_int_equal(launch_release(&launch, &what), 0);
	status = wait_for(launch.pid);
	launch_abort(&launch);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	n = pread(fd, out, size - 1, 0);
	assert_true(n >= 0);
	out[n] = '\0';
	close(fd);
	assert_no_child();
	return status;
}

static void expect_failure(const char *command, int error, const char *step, int code)
{
	char *const argv[] = { (char *)command, NULL };
	struct launch_options options = { .argv = argv, .cpu = -1 };
	const char *what = NULL;
	struct launch launch;

	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(launch_ready(&launch), 0);
	assert_int_equal(launch_release(&launch, &what), -error);
	assert_string_equal(what, step);
	assert_int_equal(wait_for(launch.pid), code << 8);
	launch_abort(&launch);
	assert_no_child();
}

static void test_runs_and_gives_status(void **state)
{
	char *const argv[] = { "sh", "-c", "echo \"$1\"; exit 23", "sh", "a b", NULL };
	char out[64];

	(void)state;
	assert_int_equal(run(argv, false, out, sizeof(out)), 23 << 8);
	assert_string_equal(out, "a b\n");
}

static void test_waits_behind_the_gate(void **state)
{
	char *const argv[] = { "true", NULL };
	struct launch_options options = { .argv = argv, .cpu = -1 };
	struct launch launch;
	struct pollfd ended;
	char path[64], line[256];
	FILE *stat;

	(void)state;
	needs_proc();
	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(launch_ready(&launch), 0);
	ended = (struct pollfd){ .fd = launch.pidfd, .events = POLLIN };
	assert_int_equal(poll(&ended, 1, 0), 0);
	/* Still this program, not the command, and asleep. */
	snprintf(path, sizeof(path), "/proc/%d/stat", launch.pid);
	stat = fopen(path, "re");
	assert_non_null(stat);
	assert_non_null(fgets(line, sizeof(line), stat));
	fclose(stat);
	assert_null(strstr(line, "(true)"));
	assert_non_null(strstr(line, ") S "));
	launch_abort(&launch);
	assert_no_child();
	assert_int_equal(launch.gate, -1);
}

/* Our death closes the gate: the child must leave by itself. */
static void test_leaves_when_gate_closes(void **state)
{
	char *const argv[] = { "true", NULL };
	struct launch_options options = { .argv = argv, .cpu = -1 };
	struct launch launch;

	(void)state;
	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(launch_ready(&launch), 0);
	close(launch.gate);
	launch.gate = -1;
	assert_int_equal(wait_for(launch.pid), 127 << 8);
	launch_abort(&launch);
	assert_no_child();
}

static void test_killed_behind_the_gate(void **state)
{
	char *const argv[] = { "true", NULL };
	struct launch_options options = { .argv = argv, .cpu = -1 };
	const char *what = NULL;
	struct launch launch;
	siginfo_t info;

	(void)state;
	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(launch_ready(&launch), 0);
	kill(launch.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, launch.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(launch_release(&launch, &what), 0);
	assert_int_equal(wait_for(launch.pid), SIGKILL);
	launch_abort(&launch);
	assert_no_child();
}

/* The terminal sends Ctrl-C to the child as well, while the programs are still being loaded. */
static void test_interrupted_behind_the_gate(void **state)
{
	char *const argv[] = { "true", NULL };
	struct launch_options options = { .argv = argv, .cpu = -1 };
	const char *what = NULL;
	struct launch launch;
	int status;

	(void)state;
	launch_hold_signals();
	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(kill(launch.pid, SIGINT), 0);
	assert_int_equal(launch_ready(&launch), 0);
	assert_int_equal(kill(launch.pid, 0), 0);
	launch_release(&launch, &what);
	status = wait_for(launch.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	launch_abort(&launch);
	launch_restore_signals();
	assert_no_child();
}

/* Ctrl-C between the hold and the fork: the terminal sends it only to us, but means the command. */
static void test_interrupted_before_the_fork(void **state)
{
	static const int signals[] = { SIGINT, SIGQUIT };
	char *const argv[] = { "true", NULL };
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		launch_hold_signals();
		raise(signals[i]);
		assert_int_equal(run(argv, false, out, sizeof(out)) & 0x7f, signals[i]);
		launch_restore_signals();
		assert_int_equal(run(argv, false, out, sizeof(out)), 0);
	}
}

static void test_failures(void **state)
{
	(void)state;
	make_file("plain", "data", 0600);
	make_file("script", "#!/nowhere/interpreter\n", 0700);
	expect_failure("faultline-no-such-command", ENOENT, "search", 127);
	expect_failure("/nowhere/at/all", ENOENT, "search", 127);
	expect_failure("", ENOENT, "search", 127);
	expect_failure(in_folder("plain"), EACCES, "search", 126);
	expect_failure(folder, EACCES, "search", 126);
	expect_failure(in_folder("script"), ENOENT, "execve", 127);
}

static void test_text_without_interpreter_runs_in_sh(void **state)
{
	char *argv[] = { NULL, "x y", NULL };
	char out[64];

	(void)state;
	make_file("text", "echo $# \"$1\"\nexit 7\n", 0700);
	argv[0] = in_folder("text");
	assert_int_equal(run(argv, false, out, sizeof(out)), 7 << 8);
	assert_string_equal(out, "1 x y\n");
}

static void test_searches_path(void **state)
{
	char *const argv[] = { "text", NULL };
	const char *path = getenv("PATH");
	char *old = strdup(path ? path : ""), out[64];

	(void)state;
	assert_non_null(old);
	make_file("text", "#!/bin/sh\necho found\n", 0700);
	/* An unreadable, a missing and a fitting folder. */
	assert_int_equal(setenv("PATH", "/proc/self/mem:/nowhere", 1), 0);
	expect_failure("text", ENOENT, "search", 127);
	setenv("PATH", folder, 1);
	assert_int_equal(run(argv, false, out, sizeof(out)), 0);
	assert_string_equal(out, "found\n");
	setenv("PATH", old, 1);
	free(old);
}

/* The masks as /proc shows them: the command must not see that we hold signals. */
static void test_signals_are_not_inherited(void **state)
{
	char *const argv[] = { "sed", "-n", "s/^SigBlk:\t//p", "/proc/self/status", NULL };
	char before[64], held[64];
	sigset_t pending;

	(void)state;
	needs_proc();
	assert_int_equal(run(argv, false, before, sizeof(before)), 0);
	launch_hold_signals();
	raise(SIGTERM);
	assert_int_equal(run(argv, false, held, sizeof(held)), 0);
	launch_restore_signals();
	assert_string_equal(held, before);
	sigpending(&pending);
	assert_false(sigismember(&pending, SIGTERM));
}

/* Nothing of ours, but what the caller passes on purpose: "faultline trace -- cmp <(a) <(b)". */
static void test_descriptors(void **state)
{
	char *const argv[] = { "sh", "-c",
			       "for fd in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do "
			       "[ -e /proc/$$/fd/$fd ] && echo $fd; done",
			       NULL };
	char out[256];

	(void)state;
	needs_proc();
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	assert_int_equal(dup2(STDIN_FILENO, 17), 17);
	assert_int_equal(run(argv, false, out, sizeof(out)), 0);
	close(17);
	assert_string_equal(out, "0\n1\n2\n17\n");
}

static void test_clean_profile(void **state)
{
	char *const argv[] = {
		"sh", "-c", "echo $GLIBC_TUNABLES; ulimit -c; grep THP_enabled /proc/self/status",
		NULL
	};
	char out[128];

	(void)state;
	needs_proc();
	setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=2", 1);
	assert_int_equal(run(argv, true, out, sizeof(out)), 0);
	unsetenv("GLIBC_TUNABLES");
	assert_string_equal(out,
			    "glibc.malloc.arena_max=2:glibc.pthread.rseq=0\n0\nTHP_enabled:\t0\n");
}

/* Pinned to one of them, the command knows which others there are. */
static void test_tells_the_cpus(void **state)
{
	char *const argv[] = { "printenv", PROFILE_CPUS_VARIABLE, NULL };
	char out[8192], *list = profile_list_cpus(), *end;
	cpu_set_t allowed, listed;

	(void)state;
	assert_non_null(list);
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	CPU_ZERO(&listed);
	for (const char *at = list; at; at = strchr(at + 1, ','))
		CPU_SET(strtol(at + (*at == ','), NULL, 10), &listed);
	assert_true(CPU_EQUAL(&allowed, &listed));
	assert_int_equal(run(argv, true, out, sizeof(out)), 0);
	end = strchr(out, '\n');
	assert_non_null(end);
	*end = '\0';
	assert_string_equal(out, list);
	assert_string_equal(end + 1, "");
	assert_int_equal(run(argv, false, out, sizeof(out)), 1 << 8);
	free(list);
}

static void test_pins_to_the_cpu(void **state)
{
	char *const argv[] = { "sed", "-n", "s/^Cpus_allowed_list:\t//p", "/proc/self/status",
			       NULL };
	struct launch_options options = { .argv = argv, .profile = PROFILE_CLEAN };
	int tracer;
	struct launch launch;
	cpu_set_t set;

	(void)state;
	needs_proc();
	profile_cpus(&options.cpu, &tracer);
	assert_true(options.cpu >= 0);
	assert_int_not_equal(options.cpu, tracer);
	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(launch_ready(&launch), 0);
	assert_int_equal(launch.profile_missing, 0);
	assert_int_equal(sched_getaffinity(launch.pid, sizeof(set), &set), 0);
	assert_int_equal(CPU_COUNT(&set), 1);
	assert_true(CPU_ISSET(options.cpu, &set));
	launch_abort(&launch);
	assert_no_child();
	/* A CPU that is not there is told, and the command runs all the same. */
	options.cpu = CPU_SETSIZE - 1;
	assert_int_equal(launch_fork(&launch, &options), 0);
	assert_int_equal(launch_ready(&launch), 0);
	assert_int_equal(launch.profile_missing, PROFILE_PIN);
	launch_abort(&launch);
	assert_no_child();
}

static void test_profile_in_words(void **state)
{
	char text[200];

	(void)state;
	assert_string_equal(profile_describe(text, sizeof(text), PROFILE_CLEAN, 5, 0),
			    "pinned to CPU 5, no huge pages, no core file, no rseq");
	assert_string_equal(profile_describe(text, sizeof(text), PROFILE_CLEAN, -1,
					     PROFILE_THP | PROFILE_CORE),
			    "not pinned, no rseq; could not be set: no huge pages, no core file");
	assert_string_equal(
		profile_describe(text, sizeof(text),
				 PROFILE_CORE | PROFILE_FIXED | PROFILE_HUGE | PROFILE_MOVE, -1,
				 PROFILE_FIXED),
		"not pinned, no core file, huge pages asked for, moved from CPU to CPU; "
		"could not be set: fixed addresses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_and_gives_status),
		cmocka_unit_test(test_waits_behind_the_gate),
		cmocka_unit_test(test_leaves_when_gate_closes),
		cmocka_unit_test(test_killed_behind_the_gate),
		cmocka_unit_test(test_interrupted_behind_the_gate),
		cmocka_unit_test(test_interrupted_before_the_fork),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_text_without_interpreter_runs_in_sh),
		cmocka_unit_test(test_searches_path),
		cmocka_unit_test(test_signals_are_not_inherited),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_clean_profile),
		cmocka_unit_test(test_tells_the_cpus),
		cmocka_unit_test(test_pins_to_the_cpu),
		cmocka_unit_test(test_profile_in_words),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
