/* SPDX-License-Identifier: GPL-2.0 */
/* A folder of the test's own, which is the working directory, with one claims file in it. */
#ifndef CLAIMS_FILE_H
#define CLAIMS_FILE_H

#include <stddef.h>

#define CLAIMS_FILE "x.sql"

struct claims;

/* Setup and teardown of a group of tests. */
int claims_file_enter(void **state);
int claims_file_leave(void **state);

void claims_file_write(const void *data, size_t size);

/* The claims of TEXT, which must be good, on a machine with 3 CPUs and pages of 4096 bytes. */
struct claims *claims_file_load(const char *text);

#endif
