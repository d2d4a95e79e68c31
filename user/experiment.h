/* SPDX-License-Identifier: GPL-2.0 */
/* One experiment from its prediction to its verdicts, as the command `run` shows it. */
#ifndef EXPERIMENT_H
#define EXPERIMENT_H

struct cli_record;
struct experiment;

/* Question, parameters and expected values, to stdout. */
void experiment_predict(const struct experiment *e);

/* Predict, run, check, show.  The exit status, after messages about what went wrong. */
int experiment_run(const struct experiment *e, const struct cli_record *record);

#endif
