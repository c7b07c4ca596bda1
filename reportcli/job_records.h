/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Records of jobs: each job with its next and last run; each port of each
 * target with what came of asking it; each change of that.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "probes/job.h"
#include "reportcli/render.h"
#include "store/probe_query.h"

extern const struct column_table job_table;
extern const struct column_table reach_table;
extern const struct column_table reach_change_table;

/* Texts of a record, kept from one to the next. Starts as {0}. */
struct job_record {
    struct text targets;
    struct text ports;
    struct text schedule;
    struct text expectation;
    struct text address;
    struct text cause;
};

/* `job` NULL: it is in no settings any more. `sum` NULL: the ledger knows nothing of it. */
bool job_record_print(struct job_record *record, struct render *render, const struct job *job,
                      const struct probe_job_sum *sum, int64_t now, struct failure *why) NODISCARD;

/* `sum` is of the pair's job; NULL: not known. `story` NULL: none. */
bool reach_record_print(struct job_record *record, struct render *render,
                        const struct probe_pair_sum *pair, const struct probe_job_sum *sum,
                        const char *story, struct failure *why) NODISCARD;

bool reach_change_record_print(struct job_record *record, struct render *render,
                               const struct probe_change_row *row, struct failure *why) NODISCARD;

void job_record_clear(struct job_record *record);

/* Appends why the newest missed run was: "could not begin: ..."; nothing where none was. */
void job_add_missed(struct text *text, const struct probe_job_sum *sum);

/* Share of the runs that were due (those skipped for maintenance apart); -1: none was due. */
double job_runs_percent(const struct probe_job_sum *sum);

/* Share of the asks that found it LISTENING, of those that could be made; -1: none could. */
double reach_percent(const struct probe_figure *figure);

/* Appends the cause in words: "ICMP port unreachable". */
void reach_add_cause(struct text *text, const struct probe_change *change);
