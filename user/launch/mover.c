// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "launch/mover.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A phase of a few thousand faults takes about as long. */
#define STAY_MS 1
#define DEEPEST 32

static int next_cpu(const cpu_set_t *allowed, int cpu)
{
	do
		cpu = (cpu + 1) % CPU_SETSIZE;
	while (!CPU_ISSET(cpu, allowed));
	return cpu;
}

static void move_tree(pid_t pid, const cpu_set_t *to, int depth);

/* A file with the pids of the children, blanks between; none without CONFIG_PROC_CHILDREN. */
static void move_children(pid_t pid, long tid, const cpu_set_t *to, int depth)
{
	char path[64];
	char *line = NULL, *end;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%ld/children", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (getline(&line, &room, file) > 0) {
		const char *at = line;
		long child;

		while ((child = strtol(at, &end, 10)) > 0 && end > at) {
			move_tree((pid_t)child, to, depth + 1);
			at = end;
		}
	}
	free(line);
	fclose(file);
}

static void move_tree(pid_t pid, const cpu_set_t *to, int depth)
{
	struct dirent *entry;
	char path[32];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = depth < DEEPEST ? opendir(path) : NULL;
	while (tasks && (entry = readdir(tasks))) {
		long tid = strtol(entry->d_name, NULL, 10);

		if (tid <= 0)
			continue;
		sched_setaffinity((pid_t)tid, sizeof(*to), to); /* it may be gone by now */
		move_children(pid, tid, to, depth);
	}
	if (tasks)
		closedir(tasks);
}

static void __attribute__((noreturn)) move(pid_t pid, int pidfd, pid_t parent)
{
	struct pollfd ended = { .fd = STDERR_FILENO + 1, .events = POLLIN };
	cpu_set_t allowed, one;
	int cpu = -1;

	/* Nothing that traces may stay open in here when faultline is gone. */
	if (dup2(pidfd, ended.fd) < 0 || syscall(SYS_close_range, ended.fd + 1, ~0U, 0) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent ||
	    sched_getaffinity(0, sizeof(allowed), &allowed))
		_exit(1);
	while (!poll(&ended, 1, STAY_MS)) {
		cpu = next_cpu(&allowed, cpu);
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		move_tree(pid, &one, 0);
	}
	_exit(0);
}

pid_t mover_start(pid_t pid, int pidfd)
{
	pid_t parent = getpid(), mover = fork();

	if (!mover)
		move(pid, pidfd, parent);
	return mover < 0 ? -errno : mover;
}

void mover_stop(pid_t mover)
{
	if (mover <= 0)
		return;
	kill(mover, SIGKILL);
	while (waitpid(mover, NULL, 0) < 0 && errno == EINTR)
		;
}
