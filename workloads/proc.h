/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What experiments ask of the kernel about themselves: numbers in /proc and
 * /sys, and the CPUs to run on.  Include it after workload.h.
 *
 * Not for a phase that counts: reading a file copies and fills pages.
 */
#ifndef PROC_H
#define PROC_H

#include "workload.h"

#include <dirent.h>

/* The number in the file at PATH; -1 if it is not there or no number. */
HELPER long file_number(const char *path)
{
	char text[32], *end;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	long value;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close_end(fd);
	if (n <= 0)
		return -1;
	text[n] = 0;
	value = strtol(text, &end, 10);
	return end == text ? -1 : value;
}

/* Whether it could be done; errno says why not. */
HELPER int file_set_number(const char *path, long value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), written;

	if (fd < 0)
		return 0;
	written = dprintf(fd, "%ld", value) > 0;
	close_end(fd);
	return written;
}

/* The number in LINE if that is "KEY: 123 kB", else -1. */
HELPER long line_kb(const char *line, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(line, key, length) || line[length] != ':')
		return -1;
	return strtol(line + length + 1, NULL, 10);
}

/* "KEY: 123 kB" of the mapping of PID that begins at ADDRESS; -1: no such line. */
HELPER long smaps_kb(pid_t pid, const void *address, const char *key)
{
	char path[32], line[512], *end;
	long value = -1;
	int inside = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		fail("open %s", path);
	while (value < 0 && fgets(line, sizeof(line), f)) {
		unsigned long start = strtoul(line, &end, 16);

		if (end > line && *end == '-') /* a mapping begins: START-END ... */
			inside = start == (unsigned long)address;
		else if (inside)
			value = line_kb(line, key);
	}
	fclose(f);
	return value;
}

/*
 * Whether DAMON watches which memory is used.  To do so it clears the accessed bit
 * of page table entries, of a large folio in all of them at once
 * (damon_folio_mkold_one()), and a copy during which the entry changes is thrown
 * away (wp_page_copy()): the fault comes again.
 */
HELPER int damon_runs(void)
{
	char path[sizeof("/proc//comm") + 256], name[16];
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	while (!found && processes && (entry = readdir(processes))) {
		int fd;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		found = read(fd, name, sizeof(name)) > 8 && !strncmp(name, "kdamond.", 8);
		close_end(fd);
	}
	if (processes)
		closedir(processes);
	return found;
}

#define THP "/sys/kernel/mm/transparent_hugepage/"

/* Whether the kernel gives huge pages of BYTES, as large as a page table maps, to who asks; from now on to us. */
HELPER int thp_available(size_t bytes)
{
	char line[64] = "";
	int fd = open(THP "enabled", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, line, sizeof(line) - 1) < 0)
		fail("read " THP "enabled");
	close_end(fd);
	return !strstr(line, "[never]") && file_number(THP "hpage_pmd_size") == (long)bytes &&
	       !prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

/* Run on CPU and nowhere else. */
HELPER void move_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("move to CPU %d", cpu);
}

/* The CPUs that faultline may use, of which it pins an experiment to one; else those that we may. */
HELPER void usable_cpus(cpu_set_t *set)
{
	const char *at = getenv("FAULTLINE_CPUS");
	char *end;

	if (!at) {
		if (sched_getaffinity(0, sizeof(*set), set))
			fail("ask which CPUs there are");
		return;
	}
	CPU_ZERO(set);
	for (;; at = end + 1) {
		long cpu = strtol(at, &end, 10);

		if (end == at || cpu < 0 || cpu >= CPU_SETSIZE)
			fail("FAULTLINE_CPUS is no list of CPUs");
		CPU_SET(cpu, set);
		if (*end != ',')
			break;
	}
}

/* A CPU besides the one that we are on, or -1. */
HELPER int another_cpu(void)
{
	int here = sched_getcpu();
	cpu_set_t set;

	if (here < 0)
		fail("ask for this CPU");
	usable_cpus(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (cpu != here && CPU_ISSET(cpu, &set))
			return cpu;
	}
	return -1;
}

#endif /* PROC_H */
