// SPDX-License-Identifier: GPL-2.0
/*
 * A process that knows what its task_struct must have: nice 7, on one CPU, 5
 * children, 2 more threads, signals that wait and signals that are blocked, files.
 * It says what it finds of itself in /proc, once at the start of a phase and once
 * at a barrier, and compares nothing itself.
 */
#include "testlib.h"

#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "faultline-barrier.h"

#define FOLDER "folder"
#define CHILDREN 5
#define THREADS 2 /* besides the first */
#define NICE 7
#define WEIGHT (215L << 10) /* sched_prio_to_weight[20 + 7], scale_load() */

/* Of the parent, at the start of phase look. */
#define CARD                                                                                       \
	" FROM card JOIN task USING (task) WHERE role = 'parent' AND card.phase = 'look'"          \
	" AND moment = 'phase'"
/* Of all, at the barrier in it. */
#define AT_BARRIER " FROM card JOIN task USING (task) WHERE moment = 'barrier'"

static char text[64 * 1024];

static void slurp(const char *path)
{
	size_t had = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("%s", path);
	while ((n = read(fd, text + had, sizeof(text) - 1 - had)) > 0)
		had += (size_t)n;
	close(fd);
	text[had] = '\0';
}

/* Field I of /proc/self/stat as proc_pid_stat(5) counts them. */
static long stat_field(int i)
{
	char *at;

	slurp("/proc/self/stat");
	at = strrchr(text, ')');
	for (int field = 2; field < i; field++)
		at = strchr(at + 1, ' ');
	return strtol(at, NULL, 10);
}

/* A set of signals in /proc/self/status, of which this is the first thread. */
static long status_set(const char *key)
{
	char *at;

	slurp("/proc/self/status");
	at = strstr(text, key);
	return at ? (long)strtoul(at + strlen(key), NULL, 16) : -1;
}

static void state_maps(void)
{
	int count = 0;

	slurp("/proc/self/maps");
	for (char *line = text, *end; *line; line = end + 1) {
		unsigned long from, to, offset;
		char rights[8], name[300] = "";
		int at = 0;

		end = strchr(line, '\n');
		*end = '\0';
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s%n", &from, &to, rights, &offset, &at) < 4)
			die("a line of /proc/self/maps");
		if ((long)from < 0) /* the gate into the kernel's half: no mapping of the process */
			continue;
		count++;
		while (isspace((unsigned char)line[at]))
			at++;
		snprintf(name, sizeof(name), "%s", line + at);
		expect(1,
		       "SELECT count(*) FROM vma JOIN task USING (task) WHERE role = 'parent' AND"
		       " start = %ld AND length = %ld AND rights = '%s' AND coalesce(path, CASE"
		       " WHEN part IN ('heap', 'stack') THEN '[' || part || ']' ELSE '' END) = '%s'"
		       " AND coalesce(path_offset, 0) = %ld",
		       (long)from, (long)(to - from), rights, name, (long)offset);
	}
	expect(count, "SELECT count(*) FROM vma JOIN task USING (task) WHERE role = 'parent'");
	expect(1 + CHILDREN, "SELECT count(DISTINCT task) FROM vma");
	expect(1, "SELECT count(*) FROM vma JOIN task USING (task) WHERE role = 'parent'"
		  " AND part = 'text'");
	expect(1, "SELECT count(DISTINCT t_ns) FROM vma");
}

/* What the barrier itself opens is open while it looks. */
static void state_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	if (!folder)
		die("/proc/self/fd");
	for (struct dirent *entry; (entry = readdir(folder));) {
		char path[300], name[300] = "";
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(folder))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, name, sizeof(name) - 1) < 0)
			die("%s", path);
		expect(1,
		       "SELECT count(*) FROM open_file JOIN task USING (task) WHERE role = 'parent'"
		       " AND fd = %d AND path = '%s' AND close_on_exec = %d AND flags & 3 = %d",
		       fd, name, fcntl(fd, F_GETFD) & FD_CLOEXEC, fcntl(fd, F_GETFL) & O_ACCMODE);
		count++;
	}
	closedir(folder);
	expect(count, "SELECT open_files" CARD);
	expect(count + 1,
	       "SELECT count(*) FROM open_file JOIN task USING (task) WHERE role = 'parent'");
}

/* Until thread TID of ours, or process TID, waits for its byte. */
static void until_it_waits(pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	for (;;) {
		slurp(path);
		if (strrchr(text, ')')[2] == 'S')
			return;
		sched_yield();
	}
}

static atomic_int tids[THREADS];
static int hold[2];

static void *rest(void *tid)
{
	char byte;

	if (tid)
		atomic_store((atomic_int *)tid, gettid());
	if (read(hold[0], &byte, 1))
		die("nobody was to write");
	return NULL;
}

static void state_card(cpu_set_t cpu, unsigned long sp)
{
	expect(getppid(), "SELECT parent_tid" CARD);
	expect(CHILDREN, "SELECT children" CARD);
	expect(1 + THREADS, "SELECT threads" CARD);
	expect(0, "SELECT state" CARD);
	expect(0, "SELECT exit_state" CARD);
	expect(120 + NICE, "SELECT prio" CARD);
	expect(120 + NICE, "SELECT static_prio" CARD);
	expect(WEIGHT, "SELECT weight" CARD);
	expect(SCHED_OTHER, "SELECT policy" CARD);
	expect(cpu.__bits[0], "SELECT cpus_mask" CARD);
	expect(stat_field(26), "SELECT start_code" CARD);
	expect(stat_field(27), "SELECT end_code" CARD);
	expect(stat_field(28), "SELECT start_stack" CARD);
	expect(stat_field(45), "SELECT start_data" CARD);
	expect(stat_field(46), "SELECT end_data" CARD);
	expect(stat_field(47), "SELECT start_brk" CARD);
	expect(sbrk(0), "SELECT brk" CARD);
	expect(1, "SELECT cwd = '" FOLDER "'" CARD);
	expect(status_set("\nSigPnd:"), "SELECT pending" CARD);
	expect(status_set("\nShdPnd:"), "SELECT shared_pending" CARD);
	expect(status_set("\nSigBlk:"), "SELECT blocked" CARD);
	expect(1, "SELECT registers LIKE '%% sp=%lx %% di=464c0001 %% orig_ax=%lx'" CARD, sp,
	       (long)SYS_prctl);
	/* and of those that wait */
	expect(1 + THREADS + CHILDREN, "SELECT count(*)" AT_BARRIER);
	expect(THREADS + CHILDREN, "SELECT count(*)" AT_BARRIER " AND role IS NOT 'parent'"
				   " AND state = 1 AND registers LIKE '%% orig_ax=0'");
	expect(1 + CHILDREN, "SELECT count(DISTINCT mm)" AT_BARRIER);
	expect(1, "SELECT count(DISTINCT mm)" AT_BARRIER " AND coalesce(role, '') <> 'child'");
	expect(1 + CHILDREN, "SELECT count(DISTINCT files)" AT_BARRIER);
	expect(CHILDREN, "SELECT count(*)" AT_BARRIER " AND parent_tid = %d AND role = 'child'",
	       getpid());
	/* from start to end each has its last card */
	expect(1 + THREADS + CHILDREN, "SELECT count(*) FROM card WHERE moment = 'exit'");
	expect(0, "SELECT children FROM card JOIN task USING (task) WHERE role = 'parent'"
		  " AND moment = 'exit'");
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	pid_t children[CHILDREN];
	unsigned long sp;
	sigset_t blocked;
	cpu_set_t cpu;

	test_start(argc, argv);
	fl_role("parent");
	fl_barrier_prepare();
	if (sched_getcpu() < 0 || setpriority(PRIO_PROCESS, 0, NICE) || mkdir(FOLDER, 0755) ||
	    chdir(FOLDER))
		die("setting up");
	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		die("sched_setaffinity");
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigaddset(&blocked, SIGUSR2);
	sigaddset(&blocked, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	must_pipe(hold);
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = must_fork();
		if (!children[i]) {
			fl_role("child");
			close(hold[1]);
			rest(NULL);
			_exit(0);
		}
	}
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, rest, &tids[i]))
			die("pthread_create");
	for (int i = 0; i < CHILDREN; i++)
		until_it_waits(children[i], children[i]);
	for (int i = 0; i < THREADS; i++) {
		while (!atomic_load(&tids[i]))
			sched_yield();
		until_it_waits(getpid(), atomic_load(&tids[i]));
	}
	raise(SIGUSR1);
	kill(getpid(), SIGUSR2);

	__asm__ volatile("mov %%rsp, %0" : "=r"(sp));
	fl_phase("look");
	fl_barrier();
	fl_phase("");
	state_maps();
	state_card(cpu, sp);
	state_files();

	close(hold[1]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < CHILDREN; i++)
		reap(children[i], 0);
	truth_write();
	return 0;
}
