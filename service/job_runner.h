/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs the jobs of the settings when they are due, in threads of its own: one
 * that waits for the next run, and one for each run that goes on, RUNS_AT_ONCE
 * at most. A job never overlaps itself, and a target that does not answer
 * delays no other job.
 *
 * What comes of it waits here until the keeper of the ledger takes it. The
 * queue is bounded: facts that have no room are lost, and counted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/settings.h"
#include "base/text.h"
#include "probes/job.h"
#include "store/probe_fact.h"

enum { JOB_RUNS_AT_ONCE = 16 };

struct job_runner;

/* Up to when a job's runs are dealt with by the ledger; INT64_MIN: it knows of none. */
typedef bool job_handled_fn(void *context, const char *job, int64_t *handled, struct failure *why);

/* What is known of the time before the service began. */
struct job_past {
    job_handled_fn *handled;
    void *context;
    struct settings *settings; /* that were in force then; NULL: they are not known */
};

/*
 * Begins without jobs. `ring` is called in another thread when there is
 * something to take. The caller closes *out.
 */
bool job_runner_open(struct job_runner **out, void (*ring)(void *context), void *context,
                     struct failure *why) NODISCARD;

/*
 * Takes over the jobs of the settings, which are the runner's then, also where
 * this fails (then the jobs before stay). A job that goes on under its name
 * with the same times keeps its place; with other times, and where it was not
 * there before, it begins now, and nothing before counts. Runs that go on end
 * as they began.
 *
 * `past` is for the first call, in which the service begins; later ones do not
 * look at it. What was due since it ran last is missed by the times of then. Its
 * settings are the runner's, too. `handled` is asked in this thread.
 */
bool job_runner_configure(struct job_runner *runner, struct settings *settings,
                          const struct job_past *past, struct failure *why) NODISCARD;

/* How many jobs there are, and which is due next. */
struct job_outlook {
    size_t jobs;
    int64_t next;     /* SCHEDULE_NEVER: none is */
    struct text name; /* the caller clears it */
};

void job_runner_look_ahead(struct job_runner *runner, struct job_outlook *outlook);

/* What came since the last call. The caller owns it. */
struct job_news {
    struct probe_facts facts;
    struct text changes;  /* of state, a line each */
    struct text troubles; /* jobs whose runs cannot take place, a line each */
    struct text mended;   /* jobs whose runs can again, likewise */
};

void job_runner_take(struct job_runner *runner, struct job_news *news);
void job_news_clear(struct job_news *news);

/*
 * Ends runs that go on, and waits for that. What they found until then, and
 * that they were ended, goes into *news. False: something hangs in the system
 * and was left behind, with its memory. Does nothing for NULL.
 */
bool job_runner_close(struct job_runner *runner, int64_t patience, struct job_news *news);
