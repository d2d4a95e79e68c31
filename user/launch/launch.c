// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collect/barrier.h"
#include "base/env.h"
#include "base/identity.h"
#include "launch/profile.h"

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* What the command inherits, as it was before faultline changed anything. */
static struct {
	bool known;
	sigset_t mask;
	struct sigaction child;
	uint64_t ignored;              /* signals; bit 0 is signal 1 */
	struct rlimit memlock, nofile; /* libbpf raises the first on older kernels */
} inherited;

/* As the kernel takes it; the library hides two signals of its own, 32 and 33. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/*
 * posix_spawn() leaves these two ignored in what it starts, and the first thread
 * that we make takes 33 for itself, so that the command would find it as new.
 */
static uint64_t ignored_signals(void)
{
	struct kernel_action action;
	uint64_t ignored = 0;

	for (int signo = 1; signo <= 64; signo++)
		if (!syscall(SYS_rt_sigaction, signo, NULL, &action, sizeof(action.mask)) &&
		    action.handler == SIG_IGN)
			ignored |= 1ull << (signo - 1);
	return ignored;
}

static void ignore_signals(uint64_t ignored)
{
	const struct kernel_action action = { .handler = SIG_IGN };

	for (int signo = 1; signo <= 64; signo++)
		if (ignored >> (signo - 1) & 1 && signo != SIGCHLD)
			syscall(SYS_rt_sigaction, signo, &action, NULL, sizeof(action.mask));
}

void launch_remember(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };

	if (inherited.known)
		return;
	inherited.known = true;
	inherited.ignored = ignored_signals();
	sigprocmask(SIG_SETMASK, NULL, &inherited.mask);
	/* With SIGCHLD ignored there would be nothing to wait for. */
	sigaction(SIGCHLD, &standard, &inherited.child);
	getrlimit(RLIMIT_MEMLOCK, &inherited.memlock);
	getrlimit(RLIMIT_NOFILE, &inherited.nofile);
}

static void held_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void launch_hold_signals(void)
{
	sigset_t held;

	launch_remember();
	held_signals(&held);
	sigprocmask(SIG_BLOCK, &held, NULL);
}

void launch_restore_signals(void)
{
	struct timespec now = { 0 };
	sigset_t held;

	held_signals(&held);
	while (sigtimedwait(&held, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &inherited.mask, NULL);
}

enum step {
	STEP_READY,
	STEP_IDENTITY,
	STEP_SEARCH,
	STEP_EXEC,
	STEP_GATE,
};

struct report {
	uint32_t step;
	int32_t error;
	uint32_t missing;
	char name[20]; /* of the step within STEP_IDENTITY */
};

/* Everything that the child needs, made before the fork, so that it only makes system calls. */
struct plan {
	const struct launch_options *options;
	char **paths; /* where the command may be */
	char **shell; /* argv of a script without "#!"; [1] is the path */
	char **environment;
};

static void plan_free(struct plan *plan)
{
	env_free(plan->paths);
	env_free(plan->environment);
	free(plan->shell);
}

static int list_paths(struct plan *plan, const char *command)
{
	const char *path = getenv("PATH"), *end;
	size_t slots = 2;
	char **slot;

	if (!path)
		path = _PATH_DEFPATH;
	for (end = path; *end; end++)
		slots += *end == ':';
	slot = plan->paths = calloc(slots, sizeof(*plan->paths));
	if (!slot)
		return -ENOMEM;
	if (!*command || strchr(command, '/')) {
		*slot = strdup(command);
		return *slot ? 0 : -ENOMEM;
	}
	do {
		end = strchrnul(path, ':');
		/* An empty entry is the current folder. */
		if (asprintf(slot, "%.*s%s%s", (int)(end - path), path, end == path ? "./" : "/",
			     command) < 0) {
			*slot = NULL;
			return -ENOMEM;
		}
		slot++;
		path = end + 1;
	} while (*end);
	return 0;
}

/* A script marks its phases with "faultline mark", which need not be installed. */
static int find_this_program(char ***environment)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *end;

	self[length < 0 ? 0 : length] = '\0';
	end = strrchr(self, '/');
	if (!end)
		return 0;
	*end = '\0';
	return env_add_to_path(environment, self);
}

static int plan_make(struct plan *plan, const struct launch_options *options)
{
	size_t argc = 0;
	char *tunables, *cpus;
	int err;

	*plan = (struct plan){ .options = options };
	err = list_paths(plan, options->argv[0]);
	if (err)
		return err;
	while (options->argv[argc])
		argc++;
	plan->shell = calloc(argc + 2, sizeof(*plan->shell));
	if (!plan->shell)
		return -ENOMEM;
	plan->shell[0] = _PATH_BSHELL;
	memcpy(plan->shell + 2, options->argv + 1, argc * sizeof(*plan->shell));
	plan->environment = options->identity ? identity_environ(options->identity, environ) :
						env_copy(environ, NULL);
	if (!plan->environment)
		return -ENOMEM;
	/* Nor may a barrier of somebody else's be taken for ours. */
	err = env_set(&plan->environment, BARRIER_VARIABLE, options->barrier);
	if (!err)
		err = env_set(&plan->environment, PROFILE_HUGE_VARIABLE,
			      options->profile & PROFILE_HUGE ? "1" : NULL);
	if (!err && options->profile)
		err = find_this_program(&plan->environment);
	if (!err && options->profile) {
		cpus = profile_list_cpus();
		err = cpus ? env_set(&plan->environment, PROFILE_CPUS_VARIABLE, cpus) : -ENOMEM;
		free(cpus);
	}
	if (err || !(options->profile & PROFILE_RSEQ))
		return err;
	tunables = profile_tunables(env_get(plan->environment, "GLIBC_TUNABLES"));
	err = tunables ? env_set(&plan->environment, "GLIBC_TUNABLES", tunables) : -ENOMEM;
	free(tunables);
	return err;
}

/* As execvp() would find it, but with the rights of the user that we have become. */
static const char *search(char *const *paths, int *error)
{
	struct stat st;

	*error = ENOENT;
	for (; *paths; paths++) {
		if (stat(*paths, &st)) {
			if (errno == EACCES)
				*error = EACCES;
			continue;
		}
		if (S_ISREG(st.st_mode) && !faccessat(AT_FDCWD, *paths, X_OK, AT_EACCESS))
			return *paths;
		*error = EACCES;
	}
	return NULL;
}

static void inherit(void)
{
	ignore_signals(inherited.ignored);
	sigaction(SIGCHLD, &inherited.child, NULL);
	setrlimit(RLIMIT_MEMLOCK, &inherited.memlock);
	setrlimit(RLIMIT_NOFILE, &inherited.nofile);
}

static void __attribute__((noreturn)) child(const struct plan *plan, int gate, int error)
{
	const struct launch_options *options = plan->options;
	struct report ready = { .step = STEP_READY }, failed = { .step = STEP_READY };
	const char *path = NULL, *step = "";
	char go;

	/* Limits come before the identity, which may not raise them. */
	inherit();
	ready.missing = profile_apply(options->profile, options->cpu);
	if (options->identity)
		failed.error = -identity_become(options->identity, &step);
	if (failed.error) {
		failed.step = STEP_IDENTITY;
		snprintf(failed.name, sizeof(failed.name), "%s", step);
	} else {
		path = search(plan->paths, &failed.error);
		if (path)
			plan->shell[1] = (char *)path;
		else
			failed.step = STEP_SEARCH;
	}
	/* What follows the gate has run once before it, so that it faults no more. */
	if (read(gate, &go, 0) || sigprocmask(SIG_BLOCK, NULL, NULL) ||
	    execve("", options->argv, plan->environment) != -1 ||
	    write(error, &ready, sizeof(ready)) != sizeof(ready) || read(gate, &go, 1) != 1)
		_exit(EXIT_NOT_FOUND);
	/* What somebody sent from the keyboard meanwhile is for a command that is traced. */
	sigprocmask(SIG_SETMASK, &inherited.mask, NULL);
	if (path) {
		execve(path, options->argv, plan->environment);
		if (errno == ENOEXEC)
			execve(plan->shell[0], plan->shell, plan->environment);
		failed = (struct report){ .step = STEP_EXEC, .error = errno };
	}
	if (write(error, &failed, sizeof(failed)) != sizeof(failed))
		_exit(EXIT_NOT_EXECUTABLE);
	_exit(failed.error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/* One report, or 0 for the end of the pipe. */
static ssize_t receive(int fd, struct report *report)
{
	ssize_t n;

	do
		n = read(fd, report, sizeof(*report));
	while (n < 0 && errno == EINTR);
	return n;
}

/* The state letter of proc_pid_stat(5), or 0 where /proc does not say. */
static char process_state(pid_t pid)
{
	char path[32], line[256], *end;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, line, sizeof(line) - 1);
		close(fd);
	}
	line[n < 0 ? 0 : n] = '\0';
	/* The name before it may hold anything. */
	end = strrchr(line, ')');
	return end && end[1] ? end[2] : '\0';
}

/*
 * The child has said that it is ready and only has to enter read().  There it
 * sleeps, so that what is followed from now on begins behind the gate.  False: it was killed.
 */
static bool wait_until_blocked(pid_t pid)
{
	struct timespec moment = { .tv_nsec = 50000 };
	char state;

	while ((state = process_state(pid)) == 'R' || state == 'D' || state == 'T')
		nanosleep(&moment, NULL);
	return state != 'Z' && state != 'X';
}

static int fork_behind(struct launch *launch, const struct plan *plan, int *gate, int *error)
{
	launch->pid = fork();
	if (launch->pid < 0)
		return -errno;
	if (!launch->pid) {
		/* Else the child itself would hold the gate that it waits for. */
		close(gate[1]);
		child(plan, gate[0], error[1]);
	}
	close(error[1]);
	error[1] = -1;
	launch->pidfd = syscall(SYS_pidfd_open, launch->pid, 0);
	return launch->pidfd < 0 ? -errno : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int launch_fork(struct launch *launch, const struct launch_options *options)
{
	int gate[2] = { -1, -1 }, error[2] = { -1, -1 };
	struct plan plan;
	int err;

	*launch = (struct launch){ .pid = -1, .gate = -1, .error = -1, .pidfd = -1 };
	launch_remember();
	err = plan_make(&plan, options);
	if (err)
		goto out;
	/* A socket, since writing to a pipe whose reader was killed raises SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) || pipe2(error, O_CLOEXEC)) {
		err = -errno;
		goto out;
	}
	launch->gate = gate[1];
	launch->error = error[0];
	err = fork_behind(launch, &plan, gate, error);
	if (err)
		launch_abort(launch);
out:
	close_fd(&gate[0]);
	close_fd(&error[1]);
	plan_free(&plan);
	return err;
}

/*
 * What the keyboard sent before the child was there went to us alone.  A signal
 * that the child has as well is pending there, too, and remains one.
 */
static void pass_on_signals(pid_t pid)
{
	static const int from_keyboard[] = { SIGINT, SIGQUIT };
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(from_keyboard) / sizeof(from_keyboard[0]); i++)
		if (sigismember(&pending, from_keyboard[i]))
			kill(pid, from_keyboard[i]);
}

int launch_ready(struct launch *launch)
{
	struct report ready;

	if (receive(launch->error, &ready) != sizeof(ready))
		return -ECHILD;
	launch->profile_missing = ready.missing;
	pass_on_signals(launch->pid);
	return wait_until_blocked(launch->pid) ? 0 : -ESRCH;
}

int launch_release(struct launch *launch, const char **what)
{
	static const char *const names[] = {
		[STEP_READY] = "start", [STEP_IDENTITY] = "identity", [STEP_SEARCH] = "search",
		[STEP_EXEC] = "execve", [STEP_GATE] = "gate",
	};
	static struct report report;
	ssize_t n;

	*what = names[STEP_GATE];
	n = send(launch->gate, "", 1, MSG_NOSIGNAL);
	/* A child that was killed while it waited is a command that was killed. */
	if (n < 0 && errno != EPIPE)
		return -errno;
	close_fd(&launch->gate);
	n = receive(launch->error, &report);
	if (n < 0)
		return -errno;
	if (!n)
		return 0;
	launch->failed = true;
	if (n != sizeof(report) || report.step > STEP_GATE)
		return -EPROTO;
	*what = report.step == STEP_IDENTITY ? report.name : names[report.step];
	return -report.error;
}

void launch_abort(struct launch *launch)
{
	bool waits = launch->pid > 0 && launch->gate >= 0;

	close_fd(&launch->gate);
	if (waits)
		kill(launch->pid, SIGKILL);
	if (waits || launch->failed)
		waitpid(launch->pid, NULL, 0);
	close_fd(&launch->error);
	close_fd(&launch->pidfd);
	launch->pid = -1;
	launch->failed = false;
}
