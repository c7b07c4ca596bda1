/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How each port of each target was, as far as it was told: for events. What a
 * port is found to be for the first time is told to nobody; which changes are,
 * steadiness.h says. The ledger has every change.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "probes/expectation.h"
#include "probes/outcome.h"

struct job_states;

bool job_states_open(struct job_states **out, struct failure *why) NODISCARD;
void job_states_close(struct job_states *states);

/*
 * Takes an outcome of a job's run in. Appends "dc1:389/udp LISTENING -> FILTERED
 * (timeout) since 09:14, job shop" where it confirms a change, or that it is
 * flapping, or steady; of the same status "dc1:443/tcp held -> not held (the certificate ...)",
 * with the sentence of expectation_judge(); nothing else is appended. Two jobs that ask the same
 * port may see it otherwise (at other times, in another protocol): each tells its own. Where memory
 * runs out a port is not watched for changes.
 */
void job_states_take(struct job_states *states, const char *job, const struct outcome *outcome,
                     enum expectation_result result, const char *sentence, struct text *change);

/* What is to be told of a job's run. */
enum job_run_news {
    JOB_RUN_AS_BEFORE, /* nothing */
    JOB_RUN_FAILED,    /* it could not take place, for a reason that was not told */
    JOB_RUN_AGAIN,     /* it did, and those before could not */
};

/*
 * Takes in that a run of a job took place (`why` NULL) or why it could not.
 * *failed: runs before it, in a row, that could not.
 */
enum job_run_news job_states_take_run(struct job_states *states, const char *job, const char *why,
                                      unsigned *failed);

/* Forgets a job: what it finds next is new. */
void job_states_forget(struct job_states *states, const char *job);
