// SPDX-License-Identifier: GPL-2.0
/*
 * kthread-birth: who makes kernel threads
 *
 * A kernel thread runs in the kernel and nowhere else: it has no memory of its own
 * (mm), no program, and its parent is kthreadd, pid 2, whoever needed it.
 *
 *	snapshot	all kernel threads of this machine, as /proc shows them
 *	create		a BPF map of the kind CPUMAP has a kernel thread for each entry (to take
 *			packets on another CPU, of which there are none here), so we make one
 *	delete		and take it out again, several times
 *
 * Kernel threads are not among the traced tasks.  What they are is told by this program,
 * which reads it in /proc, and by the kernel, which tells of their births and ends; who
 * wakes us while we wait for one is seen from outside.
 */
#include "tasks.h"

#include <dirent.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#define KERNEL_THREAD 0x00200000 /* PF_KTHREAD */
#define KTHREADD 2
#define QUEUE 64 /* packets; there must be room for some */

struct process {
	char comm[64];
	int parent;
	unsigned int flags;
	unsigned long memory; /* bytes of address space */
};

/* What /proc says about PID; false: it has gone. */
static int look_at(int pid, struct process *p)
{
	char path[32], text[512], *begin, *end;
	int fd, found;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close_end(fd);
	text[n > 0 ? n : 0] = 0;
	begin = strchr(text, '(');
	end = strrchr(text, ')');
	if (!begin || !end)
		return 0;
	*end = 0;
	snprintf(p->comm, sizeof(p->comm), "%s", begin + 1);
	/* state ppid pgrp session tty tpgid flags, 13 more, vsize: see proc(5) */
	found = sscanf(end + 1,
		       " %*c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d"
		       " %*d %*u %lu",
		       &p->parent, &p->flags, &p->memory);
	return found == 3;
}

static int is_kernel_thread(const struct process *p)
{
	return !!(p->flags & KERNEL_THREAD);
}

/* Call EACH for every process that /proc shows. */
static void each_process(void (*each)(int pid, const struct process *p))
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct process p;

	if (!proc)
		fail("open /proc");
	while ((entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid > 0 && look_at(pid, &p))
			each(pid, &p);
	}
	closedir(proc);
}

static long kernel_threads, with_memory, strangers;

static void count(int pid, const struct process *p)
{
	if (!is_kernel_thread(p))
		return;
	kernel_threads++;
	with_memory += p->memory != 0;
	strangers += pid != KTHREADD && p->parent != KTHREADD;
}

static void snapshot(void)
{
	struct process daemon = { .parent = -1 };

	fl_value("visible", look_at(KTHREADD, &daemon) && is_kernel_thread(&daemon));
	fl_value("parent.of.2", daemon.parent);
	each_process(count);
	fl_value("kernel.threads", kernel_threads);
	fl_value("with.memory", with_memory);
	fl_value("other.parent", strangers);
}

static int bpf_call(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_CPUMAP,
		.key_size = sizeof(__u32),
		.value_size = sizeof(__u32),
		.max_entries = sysconf(_SC_NPROCESSORS_CONF),
	};

	return bpf_call(BPF_MAP_CREATE, &attr);
}

static int change(int map, int command)
{
	__u32 cpu = sched_getcpu(), queue = QUEUE;
	union bpf_attr attr = { .map_fd = map, .key = (__u64)&cpu, .value = (__u64)&queue };

	if (command == BPF_MAP_DELETE_ELEM)
		attr.value = 0;
	return bpf_call(command, &attr);
}

/* The names of kernel threads for an entry begin with this; the map's number is the end. */
static char name[64];
static int born;

static void find(int pid, const struct process *p)
{
	if (is_kernel_thread(p) && !strcmp(p->comm, name))
		born = pid;
}

static int find_born(void)
{
	born = 0;
	each_process(find);
	return born;
}

static int has_program(int pid)
{
	char path[32], target[8];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, target, sizeof(target)) >= 0;
}

static void make_and_end(int map)
{
	struct process p;
	int pid;

	if (find_born())
		fail("there is a thread %s already", name);
	fl_phase("create");
	if (change(map, BPF_MAP_UPDATE_ELEM))
		fail("make an entry");
	fl_phase("look");
	pid = find_born();
	fl_value("born", !!pid);
	if (pid && look_at(pid, &p)) {
		fl_value("born.parent", p.parent);
		fl_value("born.memory", (long)p.memory);
		fl_value("born.program", has_program(pid));
	}
	fl_phase("delete");
	if (change(map, BPF_MAP_DELETE_ELEM))
		fail("delete an entry");
	fl_phase("");
	while (find_born()) /* somebody else ends it, a little later */
		sleep_ns(1000000);
	fl_value("ended", 1);
}

int main(int argc, char **argv)
{
	union bpf_attr attr = { 0 };
	struct bpf_map_info info = { 0 };
	long rounds;
	int map;

	(void)argc;
	workload_start(argv);
	rounds = param("rounds");
	stay_on_this_cpu();
	fl_role("maker");
	snapshot();

	map = make_map();
	fl_value("cpumap", map >= 0);
	if (map < 0)
		return 0;
	attr.info.bpf_fd = map;
	attr.info.info_len = sizeof(info);
	attr.info.info = (__u64)&info;
	if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr))
		fail("ask for the number of a map");
	snprintf(name, sizeof(name), "cpumap/%d/map:%u", sched_getcpu(), info.id);
	fl_value("cpu", sched_getcpu());
	fl_value("map", info.id);
	for (long i = 0; i < rounds; i++)
		make_and_end(map);
	return 0;
}
