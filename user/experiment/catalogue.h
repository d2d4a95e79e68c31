/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The experiments that can be found.  One is a claims file ID.sql with a
 * program ID (or ID.sh, ID.py, ...: any executable file) in the same folder.
 */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include <stddef.h>

struct claims;

struct experiment {
	char *id;
	char *sql;             /* paths without links */
	char *program;         /* NULL where `wrong` */
	struct claims *claims; /* NULL where `wrong` */
	char *wrong;           /* why it cannot be run, as a sentence; else NULL */
};

struct catalogue {
	/* where all were read: by chapter, then id; the wrong ones last */
	struct experiment *experiments;
	size_t n;
};

/*
 * Look through FOLDERS (ends with NULL; one that is not there is skipped).
 * An id that is in two of them is wrong and names both.  Where ONLY names some
 * (ends with NULL; itself NULL: all), only their files are read, which takes most
 * of the time; of the others just id and sql are known.  0 or -ENOMEM.
 */
int catalogue_load(struct catalogue **catalogue, const char *const *folders, char *const *only);

/*
 * The same for the folders of this program: "workloads" beside it (build tree)
 * or "../lib/faultline/workloads" (installed), then each of FAULTLINE_PATH, which
 * adds and never replaces.  A folder of FAULTLINE_PATH that cannot be read is told on stderr.
 */
int catalogue_open(struct catalogue **catalogue, char *const *only);

void catalogue_free(struct catalogue *catalogue);

/* By id, or NULL. */
struct experiment *catalogue_find(const struct catalogue *catalogue, const char *id);

/* The id nearest to ID, or NULL. */
const char *catalogue_nearest(const struct catalogue *catalogue, const char *id);

#endif
