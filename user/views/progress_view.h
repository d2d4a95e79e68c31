/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Progress: from left to right the time, from bottom to top how much of its CPU
 * time a task has had; a flat line is a task that does not run.
 */
#ifndef PROGRESS_VIEW_H
#define PROGRESS_VIEW_H

#include <sqlite3.h>
#include <stdio.h>

#include "report/report.h"

/* 0 or a negative errno, as the parts in report.h. */
int report_progress(sqlite3 *db, FILE *out, const struct report_style *style);

#endif
