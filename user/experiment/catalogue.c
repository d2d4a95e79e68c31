// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "experiment/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claims/claims.h"
#include "base/message.h"

#define SUFFIX ".sql"

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) &&
	       !faccessat(AT_FDCWD, path, X_OK, AT_EACCESS);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), n = strlen(suffix);

	return length > n && !strcmp(name + length - n, suffix);
}

/* ID itself, else the one executable ID.something.  0, or -ENOMEM; WRONG says why there is none. */
static int find_program(struct experiment *e, const char *folder)
{
	size_t length = strlen(e->id);
	struct dirent *entry;
	int err = 0;
	char *path;
	DIR *dir;

	if (asprintf(&e->program, "%s/%s", folder, e->id) < 0) {
		e->program = NULL;
		return -ENOMEM;
	}
	if (is_program(e->program))
		return 0;
	free(e->program);
	e->program = NULL;
	dir = opendir(folder);
	while (dir && !err && !e->wrong && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, e->id, length) || entry->d_name[length] != '.' ||
		    has_suffix(entry->d_name, SUFFIX))
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) {
			err = -ENOMEM;
		} else if (!is_program(path)) {
			free(path);
		} else if (!e->program) {
			e->program = path;
		} else {
			if (asprintf(&e->wrong,
				     "%s: has two programs, %s and %s; leave one of them executable",
				     e->sql, e->program, path) < 0)
				err = -ENOMEM;
			free(path);
		}
	}
	if (dir)
		closedir(dir);
	if (!err && !e->program &&
	    asprintf(&e->wrong,
		     "%s: has no program: there is no executable file %s/%s; build it, or make the "
		     "script executable with chmod +x",
		     e->sql, folder, e->id) < 0)
		err = -ENOMEM;
	return err;
}

/* What is wrong is not to be run: only the sentence stays. */
static void forget(struct experiment *e)
{
	claims_free(e->claims);
	e->claims = NULL;
	free(e->program);
	e->program = NULL;
}

static bool is_among(const char *id, char *const *ids)
{
	for (; ids && *ids; ids++)
		if (!strcmp(*ids, id))
			return true;
	return !ids;
}

static int load(struct experiment *e, const char *folder)
{
	char why[512] = "";
	int err = claims_load(&e->claims, e->sql, why, sizeof(why));

	if (!err) {
		err = find_program(e, folder);
	} else {
		if (!why[0])
			snprintf(why, sizeof(why), "%s: cannot read it: %s", e->sql,
				 strerror(-err));
		e->wrong = strdup(why);
		err = e->wrong ? 0 : -ENOMEM;
	}
	if (e->wrong)
		forget(e);
	return err;
}

static void free_experiment(struct experiment *e)
{
	free(e->id);
	free(e->sql);
	free(e->program);
	free(e->wrong);
	claims_free(e->claims);
}

/* Neither is run: which one the user means is not ours to guess. */
static int refuse_twin(struct experiment *first, const char *sql)
{
	char *wrong;

	if (asprintf(&wrong, "%s: the same experiment is in %s; rename or remove one of them", sql,
		     first->sql) < 0)
		return -ENOMEM;
	free(first->wrong);
	first->wrong = wrong;
	forget(first);
	return 0;
}

static int add(struct catalogue *catalogue, const char *folder, const char *name, char *const *only)
{
	struct experiment *list, *twin, e = { 0 };
	int err = -ENOMEM;

	e.id = strndup(name, strlen(name) - strlen(SUFFIX));
	if (!e.id || asprintf(&e.sql, "%s/%s", folder, name) < 0) {
		free(e.id);
		return err;
	}
	twin = catalogue_find(catalogue, e.id);
	if (twin) {
		err = refuse_twin(twin, e.sql);
		free_experiment(&e);
		return err;
	}
	err = is_among(e.id, only) ? load(&e, folder) : 0;
	if (err) {
		free_experiment(&e);
		return err;
	}
	list = realloc(catalogue->experiments, (catalogue->n + 1) * sizeof(*list));
	if (!list) {
		free_experiment(&e);
		return -ENOMEM;
	}
	list[catalogue->n++] = e;
	catalogue->experiments = list;
	return 0;
}

static int add_folder(struct catalogue *catalogue, const char *folder, char *const *only)
{
	struct dirent *entry;
	char real[PATH_MAX];
	int err = 0;
	DIR *dir;

	if (!realpath(folder, real))
		return 0;
	dir = opendir(real);
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && has_suffix(entry->d_name, SUFFIX))
			err = add(catalogue, real, entry->d_name, only);
	closedir(dir);
	return err;
}

static int by_chapter(const void *a, const void *b)
{
	const struct experiment *x = a, *y = b;

	if (!x->wrong != !y->wrong)
		return x->wrong ? 1 : -1;
	if (x->claims && y->claims && x->claims->chapter != y->claims->chapter)
		return x->claims->chapter - y->claims->chapter;
	return strcmp(x->id, y->id);
}

static bool same_folder(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int catalogue_load(struct catalogue **catalogue, const char *const *folders, char *const *only)
{
	struct catalogue *c = calloc(1, sizeof(*c));
	int err = c ? 0 : -ENOMEM;

	*catalogue = c;
	for (size_t i = 0; !err && folders[i]; i++) {
		bool known = false;

		for (size_t j = 0; j < i && !known; j++)
			known = same_folder(folders[i], folders[j]);
		if (!known)
			err = add_folder(c, folders[i], only);
	}
	if (!err && c->n && !only)
		qsort(c->experiments, c->n, sizeof(*c->experiments), by_chapter);
	return err;
}

/* A folder that cannot be read would be an experiment that is not found, for no reason to be seen. */
static bool is_folder(const char *path)
{
	DIR *dir = opendir(path);

	if (dir)
		closedir(dir);
	else
		message("no experiments from %s, which FAULTLINE_PATH names: %s; correct the path",
			path, strerror(errno));
	return dir;
}

int catalogue_open(struct catalogue **catalogue, char *const *only)
{
	char self[PATH_MAX], beside[PATH_MAX + 16], installed[PATH_MAX + 40];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *more = getenv("FAULTLINE_PATH");
	size_t n = 0, slots = 4;
	const char **folders;
	char *list, *part;
	int err;

	*catalogue = NULL;
	self[length < 0 ? 0 : length] = '\0';
	part = strrchr(self, '/');
	if (part)
		*part = '\0';
	snprintf(beside, sizeof(beside), "%s/workloads", self);
	snprintf(installed, sizeof(installed), "%s/../lib/faultline/workloads", self);
	list = strdup(more ? more : "");
	for (part = list; part && *part; part++)
		slots += *part == ':';
	folders = calloc(slots, sizeof(*folders));
	if (!list || !folders) {
		free(list);
		free(folders);
		return -ENOMEM;
	}
	if (length > 0) {
		folders[n++] = beside;
		folders[n++] = installed;
	}
	for (char *rest = list; (part = strsep(&rest, ":"));)
		if (*part && is_folder(part))
			folders[n++] = part;
	err = catalogue_load(catalogue, folders, only);
	free(list);
	free(folders);
	return err;
}

void catalogue_free(struct catalogue *catalogue)
{
	if (!catalogue)
		return;
	for (size_t i = 0; i < catalogue->n; i++)
		free_experiment(&catalogue->experiments[i]);
	free(catalogue->experiments);
	free(catalogue);
}

struct experiment *catalogue_find(const struct catalogue *catalogue, const char *id)
{
	for (size_t i = 0; i < catalogue->n; i++)
		if (!strcmp(catalogue->experiments[i].id, id))
			return &catalogue->experiments[i];
	return NULL;
}

const char *catalogue_nearest(const struct catalogue *catalogue, const char *id)
{
	const char **names = calloc(catalogue->n + 1, sizeof(*names)), *nearest;

	if (!names)
		return NULL;
	for (size_t i = 0; i < catalogue->n; i++)
		names[i] = catalogue->experiments[i].id;
	nearest = message_nearest(id, names);
	free(names);
	return nearest;
}
