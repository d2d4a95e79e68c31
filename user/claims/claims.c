// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claims/claims.h"
#include "claims/claims_impl.h"

int claims_wrong(const struct claims *claims, int line, char *why, size_t why_size,
		 const char *format, ...)
{
	int used = snprintf(why, why_size, "%s:%d: ", claims->path, line);
	va_list args;

	if (used < 0 || (size_t)used >= why_size)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(why + used, why_size - used, format, args);
	va_end(args);
	return -EINVAL;
}

int claims_replace(char **field, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

static long long count_cpus(void)
{
	cpu_set_t set;

	/* Those that we may use: a second one that a claim needs is of no use out of reach. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	return sysconf(_SC_NPROCESSORS_ONLN);
}

/* The whole file with a NUL behind it, in memory that the caller frees. */
static int read_file(const char *path, char **text, size_t *size, char *why, size_t why_size)
{
	struct stat st;
	size_t used = 0;
	int fd, err = 0;

	*text = NULL;
	/* A FIFO in the place of a claims file must not make us wait. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err = -errno;
		snprintf(why, why_size, "%s: %s", path, strerror(-err));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err = -EINVAL;
		snprintf(why, why_size, "%s: not a regular file", path);
		goto out;
	}
	*text = malloc(CLAIMS_MAX_FILE + 1);
	if (!*text) {
		err = -ENOMEM;
		snprintf(why, why_size, "%s: no memory", path);
		goto out;
	}
	for (;;) {
		ssize_t n = read(fd, *text + used, CLAIMS_MAX_FILE + 1 - used);

		if (n < 0) {
			err = -errno;
			snprintf(why, why_size, "%s: %s", path, strerror(-err));
			goto out;
		}
		used += n;
		if (used > CLAIMS_MAX_FILE) {
			err = -EINVAL;
			snprintf(why, why_size, "%s: larger than %d KiB, so not a claims file",
				 path, CLAIMS_MAX_FILE >> 10);
			goto out;
		}
		if (n == 0)
			break;
	}
	(*text)[used] = '\0';
	*size = used;
out:
	if (fd >= 0)
		close(fd);
	return err;
}

int claims_check_bytes(const struct claims *claims, const char *text, size_t size, char *why,
		       size_t why_size)
{
	const char *line_start = text;
	int line = 1;
	size_t i;

	if (!text[strspn(text, " \t\r\n")] && strlen(text) == size)
		return claims_wrong(claims, 1, why, why_size,
				    "the file is empty; it must begin with \"-- title: ...\"");
	for (i = 0; i < size; i++) {
		unsigned char c = text[i];

		if ((c < ' ' && !strchr("\t\r\n", c)) || c == '\0' || c == 0x7f)
			return claims_wrong(claims, line, why, why_size,
					    "byte 0x%02x, so this is not a text file", c);
		if (text + i - line_start > CLAIMS_MAX_LINE)
			return claims_wrong(claims, line, why, why_size,
					    "a line longer than %d bytes", CLAIMS_MAX_LINE);
		if (c == '\n') {
			line++;
			line_start = text + i + 1;
		}
	}
	return 0;
}

static char *id_of(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t len;

	name = name ? name + 1 : path;
	len = strlen(name);
	if (len > 4 && strcmp(name + len - 4, ".sql") == 0)
		len -= 4;
	return strndup(name, len);
}

int claims_load(struct claims **out, const char *path, char *why, size_t why_size)
{
	struct claims *claims = calloc(1, sizeof(*claims));
	char *text = NULL;
	size_t size = 0;
	int err;

	*out = claims;
	if (claims) {
		claims->id = id_of(path);
		claims->path = strdup(path);
	}
	if (!claims || !claims->id || !claims->path) {
		snprintf(why, why_size, "%s: no memory", path);
		return -ENOMEM;
	}
	claims->chapter = 'Z';
	claims->query_ms = SANDBOX_DEADLINE_MS;
	claims->cpus = count_cpus();
	claims->page_size = sysconf(_SC_PAGESIZE);
	err = read_file(path, &text, &size, why, why_size);
	if (!err)
		err = claims_parse(claims, text, size, why, why_size);
	if (!err)
		err = claims_check_sql(claims, why, why_size);
	if (!err)
		err = claims_predict(claims, why, why_size);
	free(text);
	return err;
}

static void free_param(struct param *param)
{
	size_t i;

	for (i = 0; i < param->nr_choices; i++)
		free(param->choices[i]);
	free(param->choices);
	free(param->name);
	free(param->text);
	free(param->word);
	free(param->def_word);
}

static void free_provisos(struct proviso *provisos, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(provisos[i].condition);
		free(provisos[i].reason);
	}
	free(provisos);
}

static void free_claim(struct claim *claim)
{
	free_provisos(claim->provisos, claim->nr_provisos);
	free(claim->id);
	free(claim->text);
	free(claim->phase);
	free(claim->expect);
	free(claim->when);
	free(claim->sql);
	free(claim->expected);
	free(claim->observed);
	free(claim->reason);
}

void claims_free(struct claims *claims)
{
	size_t i;

	if (!claims)
		return;
	for (i = 0; i < claims->nr_params; i++)
		free_param(&claims->params[i]);
	for (i = 0; i < claims->nr_claims; i++)
		free_claim(&claims->claims[i]);
	free_provisos(claims->provisos, claims->nr_provisos);
	claims_free_notes(claims);
	free(claims->params);
	free(claims->claims);
	free(claims->id);
	free(claims->path);
	free(claims->title);
	free(claims->question);
	free(claims->lesson);
	free(claims->root_why);
	free(claims->show);
	free(claims->memory);
	free(claims);
}
