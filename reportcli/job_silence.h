/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs that were due and of which the ledger has nothing, neither that they
 * took place nor that they were missed: the service does not run, or its jobs
 * do not. A share of what is recorded would call that all well.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/time_text.h"
#include "probes/job.h"
#include "reportcli/command.h"
#include "store/probe_query.h"

struct job_silence {
    int64_t unrecorded; /* runs, at least, in the time that was asked for */
    int64_t lacking;    /* runs, at least, since the newest one that took place */
    int64_t first;      /* the first of those was due; 0: there is none */
    bool is_stale;      /* they are so many, or so old, that nobody knows how things are now */
};

enum {
    JOB_SILENCE_TOLD = 3,             /* silent jobs that are named */
    JOB_SILENCE_RUNS = 3,             /* lacking runs that make a job stale */
    JOB_SILENCE_AGE = 60 * 60 * 1000, /* milliseconds after which one of them is enough */
};

/*
 * Up to `until`, which is earlier than the end of the time that was asked for
 * where the newest runs may not be in the ledger yet. With `job` by its
 * schedule, maintenance apart; where it is NULL, since nobody knows the
 * settings, by the longest time that there was between its newest runs: then
 * of a job that has had no run since `since` nothing can be told.
 */
void job_silence_find(struct job_silence *silence, const struct probe_job_sum *sum,
                      const struct job *job, int64_t since, int64_t until);

/* Appends "job shop has not run since ..., and at least 3 runs were due"; `last_due` 0: never. */
void job_silence_add(struct text *text, const char *name, int64_t last_due, int64_t lacking,
                     enum time_zone_choice zone);

/* The notes on all of them: runs that are not recorded, and jobs that are stale, which are told. */
void job_silence_note(const struct command_context *context, int64_t unrecorded, int64_t stale,
                      const struct text *told);
