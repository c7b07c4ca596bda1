/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which runs begin now, and what became of those that do not: decided on plain
 * data. It knows no clock and no thread, so that a year of it is a test.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/local_time.h"
#include "probes/job.h"
#include "store/probe_fact.h"

/* A look at the clocks. */
struct job_moment {
    int64_t wall;
    int64_t steady;
    int64_t awake;
};

struct job_moment job_moment_now(void);

/* What happened to time between two looks; told from the clocks as between samples. */
enum job_time {
    JOB_TIME_RAN,
    JOB_TIME_SLEPT,
    JOB_TIME_SET, /* the wall clock was set */
};

enum job_time job_time_between(const struct job_moment *before, const struct job_moment *after);

/* Where a job stands. */
struct job_turn {
    int64_t handled; /* what was due up to here is dealt with */
    int64_t next;    /* when the next run is due; SCHEDULE_NEVER */
    bool looked;     /* at least once since the service began */
    bool was_ahead;  /* the clock, before the service began */
    bool running;
    int64_t due; /* of the run that goes on, or went on last */

    const struct job *past; /* as job_turn_begin_anew() was given it; NULL: nothing of it is due */
    int64_t past_handled;
};

/*
 * `handled` INT64_MIN: the job is new, and nothing before `now` counts. Nor
 * does it where `handled` is later than `now` by more than SCHEDULE_SET_BACK:
 * the clock was ahead, and the job would rest until that time comes.
 */
void job_turn_begin(struct job_turn *turn, const struct job *job, local_time_zone_fn *zone,
                    int64_t handled, int64_t now);

/*
 * Begins a job whose times or windows were others when the service ran last:
 * those of `past`, which is lent until the first look. That one tells what of
 * them was due after `handled` and is missed. Its own times count from now on,
 * and nothing is made up for.
 */
void job_turn_begin_anew(struct job_turn *turn, const struct job *job, const struct job *past,
                         local_time_zone_fn *zone, int64_t handled, int64_t now);

/* What came of a look at a job. */
struct job_decision {
    bool begin;                /* a run begins now; it was due at turn->due */
    bool late;                 /* it is made up for */
    struct probe_run facts[5]; /* of runs that do not take place, by when their last was due */
    int fact_count;
};

/* Whether a look would find anything to do. It costs next to nothing. */
bool job_turn_is_due(const struct job_turn *turn, int64_t now, enum job_time time);

/*
 * Looks at a job. With `busy` no run can begin for the moment: one that is due
 * waits for the next look, while it is not late or is to be made up for; those
 * before it that are missed are told at once. turn->running is the caller's to
 * set and to take back.
 */
void job_turn_look(struct job_turn *turn, const struct job *job, local_time_zone_fn *zone,
                   int64_t now, enum job_time time, bool busy, struct job_decision *decision);
