// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "base/env.h"

#include <errno.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count(char *const *environment)
{
	size_t n = 0;

	while (environment[n])
		n++;
	return n;
}

static char *const *find(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
			return environment;
	return NULL;
}

char **env_copy(char *const *environment, bool (*keep)(const char *assignment))
{
	char **copy = calloc(count(environment) + 1, sizeof(*copy));
	size_t n = 0;

	if (!copy)
		return NULL;
	for (; *environment; environment++) {
		if (keep && !keep(*environment))
			continue;
		copy[n] = strdup(*environment);
		if (!copy[n++]) {
			env_free(copy);
			return NULL;
		}
	}
	return copy;
}

void env_free(char **environment)
{
	if (!environment)
		return;
	for (char **entry = environment; *entry; entry++)
		free(*entry);
	free(environment);
}

const char *env_get(char *const *environment, const char *name)
{
	char *const *entry = find(environment, name);

	return entry ? strchr(*entry, '=') + 1 : NULL;
}

int env_set(char ***environment, const char *name, const char *value)
{
	char **entry = (char **)find(*environment, name);
	char *assignment = NULL;
	size_t n;

	if (value && asprintf(&assignment, "%s=%s", name, value) < 0)
		return -ENOMEM;
	if (entry) {
		free(*entry);
		if (assignment) {
			*entry = assignment;
		} else {
			n = count(entry + 1) + 1;
			memmove(entry, entry + 1, n * sizeof(*entry));
		}
		return 0;
	}
	if (!assignment)
		return 0;
	n = count(*environment);
	entry = realloc(*environment, (n + 2) * sizeof(*entry));
	if (!entry) {
		free(assignment);
		return -ENOMEM;
	}
	entry[n] = assignment;
	entry[n + 1] = NULL;
	*environment = entry;
	return 0;
}

int env_add_to_path(char ***environment, const char *folder)
{
	const char *path = env_get(*environment, "PATH");
	char *longer;
	int err;

	if (strchr(folder, ':'))
		return 0;
	if (asprintf(&longer, "%s:%s", path ? path : _PATH_DEFPATH, folder) < 0)
		return -ENOMEM;
	err = env_set(environment, "PATH", longer);
	free(longer);
	return err;
}
