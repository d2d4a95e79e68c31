// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "base/available.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number after KEY in a file of lines "KEY NUMBER"; -1: none. */
static long long number_after(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	long long number = -1;
	size_t length = strlen(key);
	char line[256];

	while (file && number < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, length))
			number = strtoll(line + length, NULL, 10);
	if (file)
		fclose(file);
	return number;
}

/* Of a group's file with one number; -1: there is none, or it says "max". */
static long long group_number(const char *folder, const char *name)
{
	char path[PATH_MAX], line[64] = "", *end;
	long long number;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	number = strtoll(line, &end, 10);
	return end == line ? -1 : number;
}

long long available_in_meminfo(const char *path)
{
	long long kilobytes = number_after(path, "MemAvailable:");

	return kilobytes < 0 ? -1 : kilobytes * 1024;
}

static long long left_in(const char *folder)
{
	long long limit = group_number(folder, "memory.max"), used, idle;
	bool first = limit < 0; /* version 1 of control groups, where no limit is a huge one */
	char path[PATH_MAX + 16];

	if (first)
		limit = group_number(folder, "memory.limit_in_bytes");
	used = group_number(folder, first ? "memory.usage_in_bytes" : "memory.current");
	if (limit < 0 || used < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/memory.stat", folder);
	idle = number_after(path, first ? "total_inactive_file " : "inactive_file ");
	used -= idle > 0 ? idle : 0;
	return limit > used ? limit - used : 0;
}

static long long least(long long a, long long b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

long long available_in_group(const char *folder, const char *top)
{
	char at[PATH_MAX], *slash;
	long long available = -1;

	snprintf(at, sizeof(at), "%s", folder);
	for (;;) {
		available = least(available, left_in(at));
		slash = strrchr(at, '/');
		if (!slash || slash < at + strlen(top))
			return available;
		*slash = '\0';
	}
}

/* True if WORD is in LIST, which has commas between. */
static bool is_in_list(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; *list; list += *list == ',') {
		size_t n = strcspn(list, ",");

		if (n == length && !strncmp(list, word, n))
			return true;
		list += n;
	}
	return false;
}

/* Where the control groups that limit memory are mounted: "MOUNT" and the "ROOT" that is shown there. */
static bool find_mount(bool second, char root[PATH_MAX], char mount[PATH_MAX])
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	bool found = false;
	size_t room = 0;

	while (file && !found && getline(&line, &room, file) > 0) {
		char *rest = strstr(line, " - "), type[32] = "", options[512] = "";

		if (!rest || sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) != 2 ||
		    sscanf(rest, " - %31s %*s %511s", type, options) != 2)
			continue;
		found = second ? !strcmp(type, "cgroup2") :
				 !strcmp(type, "cgroup") && is_in_list(options, "memory");
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* "4:memory:/path" (version 1) or "0::/path". */
static long long available_in_line(char *line)
{
	char root[PATH_MAX], mount[PATH_MAX], folder[2 * PATH_MAX];
	char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
	size_t length;

	if (!path)
		return -1;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (names[1] && !is_in_list(names + 1, "memory"))
		return -1;
	if (!find_mount(!names[1], root, mount))
		return -1;
	length = strcmp(root, "/") ? strlen(root) : 0;
	if (strncmp(path, root, length) != 0)
		return -1;
	snprintf(folder, sizeof(folder), "%s%s", mount, path + length);
	return available_in_group(folder, mount);
}

long long available_memory(void)
{
	long long available = available_in_meminfo("/proc/meminfo");
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0)
		available = least(available, available_in_line(line));
	free(line);
	if (file)
		fclose(file);
	return available;
}
