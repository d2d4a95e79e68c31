/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tree of processes over time: who created, exec'd, waited for and reaped
 * whom, who lost its parent, and the threads apart.
 */
#ifndef TREE_VIEW_H
#define TREE_VIEW_H

#include <sqlite3.h>
#include <stdio.h>

#include "report.h"

/* 0 or a negative errno, as the parts in report.h. */
int report_tree(sqlite3 *db, FILE *out, const struct report_style *style);

#endif
