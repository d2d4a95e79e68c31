/* SPDX-License-Identifier: GPL-2.0 */
/* An environment as a list of NAME=VALUE that ends with NULL. */
#ifndef ENV_H
#define ENV_H

#include <stdbool.h>

/* A copy of ENVIRONMENT without the names for which KEEP (if given) says false.  NULL: no memory. */
char **env_copy(char *const *environment, bool (*keep)(const char *assignment));
void env_free(char **environment);

/* The value of NAME, or NULL. */
const char *env_get(char *const *environment, const char *name);

/* Set NAME, or remove it where VALUE is NULL.  0 or -ENOMEM; the list may move. */
int env_set(char ***environment, const char *name, const char *value);

/*
 * Put FOLDER behind all others in PATH, which is the system's standard where there is none.  A folder
 * with a colon in its name cannot stand there: nothing is changed.  0 or -ENOMEM; the list may move.
 */
int env_add_to_path(char ***environment, const char *folder);

#endif
