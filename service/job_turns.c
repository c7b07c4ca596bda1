/* SPDX-License-Identifier: MIT */

#include "service/job_turns.h"

#include "base/clock.h"

enum {
    SLEPT_MS = 1000, /* by which two clocks must differ */
    SET_MS = 2000,   /* likewise: corrections are smaller */
};

struct job_moment job_moment_now(void)
{
    return (struct job_moment){clock_now(), clock_steady(), clock_awake()};
}

enum job_time job_time_between(const struct job_moment *before, const struct job_moment *after)
{
    int64_t steady = after->steady - before->steady;
    int64_t set = after->wall - before->wall - steady;

    if (set > SET_MS || set < -SET_MS) {
        return JOB_TIME_SET;
    }
    return steady - (after->awake - before->awake) > SLEPT_MS ? JOB_TIME_SLEPT : JOB_TIME_RAN;
}

/* What was dealt with is in the future: the clock was ahead then. */
static bool is_set_back(int64_t handled, int64_t now)
{
    return handled - now > SCHEDULE_SET_BACK;
}

void job_turn_begin(struct job_turn *turn, const struct job *job, local_time_zone_fn *zone,
                    int64_t handled, int64_t now)
{
    bool is_ahead = handled != INT64_MIN && is_set_back(handled, now);

    *turn = (struct job_turn){
        .handled = handled == INT64_MIN || is_ahead ? now : handled,
        .looked = handled == INT64_MIN,
        .was_ahead = is_ahead,
    };
    turn->next = schedule_next(&job->schedule, zone, turn->handled);
}

void job_turn_begin_anew(struct job_turn *turn, const struct job *job, const struct job *past,
                         local_time_zone_fn *zone, int64_t handled, int64_t now)
{
    job_turn_begin(turn, job, zone, INT64_MIN, now);
    if (handled != INT64_MIN && handled < now) {
        turn->past = past;
        turn->past_handled = handled;
        turn->looked = false; /* what is due until the first look the service did not see either */
    }
}

static int utc(int64_t at)
{
    (void)at;
    return 0;
}

static bool is_maintained(const struct job *job, local_time_zone_fn *zone, int64_t at)
{
    return maintenance_find(job->windows, job->window_count, job->schedule.is_utc ? utc : zone,
                            at) < job->window_count;
}

static enum probe_run_reason reason_of(const struct job_turn *turn, enum job_time time)
{
    static const enum probe_run_reason reasons[] = {
        [JOB_TIME_SLEPT] = PROBE_MACHINE_SLEPT,
        [JOB_TIME_SET] = PROBE_CLOCK_SET,
    };

    if (!turn->looked) {
        return turn->was_ahead ? PROBE_CLOCK_SET : PROBE_SERVICE_STOPPED;
    }
    if (time != JOB_TIME_RAN) {
        return reasons[time];
    }
    return turn->running ? PROBE_STILL_RUNNING : PROBE_TOO_BUSY;
}

static void add_fact(struct job_decision *decision, int64_t first, int64_t last, int64_t runs,
                     enum probe_run_result result, enum probe_run_reason reason)
{
    decision->facts[decision->fact_count++] = (struct probe_run){
        .due_at = first, .last_due = last, .runs = runs, .result = result, .reason = reason};
}

/* Runs of a kind in a time. */
struct tally {
    int64_t first;
    int64_t last;
    int64_t runs;
};

static void add_to_tally(struct tally *tally, const struct job *job, local_time_zone_fn *zone,
                         int64_t after, int64_t until)
{
    int64_t runs = schedule_count(&job->schedule, zone, after, until);

    if (runs == 0) {
        return;
    }
    tally->first = tally->runs == 0 ? schedule_next(&job->schedule, zone, after) : tally->first;
    tally->last = schedule_last(&job->schedule, zone, after, until);
    tally->runs += runs;
}

/* Those that were due after a moment and up to another, outside of windows and within. */
static void tally_runs(struct tally tallies[2], const struct job *job, local_time_zone_fn *zone,
                       int64_t after, int64_t until)
{
    local_time_zone_fn *wall = job->schedule.is_utc ? utc : zone;

    if (job->window_count == 0) {
        add_to_tally(&tallies[0], job, zone, after, until);
        return;
    }
    while (after < until) {
        int64_t same = maintenance_same_until(job->windows, job->window_count, wall, after + 1) - 1;

        same = same < until ? same : until;
        add_to_tally(&tallies[is_maintained(job, zone, after + 1)], job, zone, after, same);
        after = same;
    }
}

/*
 * Runs that nobody ran. Within windows nobody would have: two facts then, and
 * the one that goes on for longer is the newer.
 */
static void add_missed(struct job_decision *decision, const struct job *job,
                       local_time_zone_fn *zone, int64_t after, int64_t until,
                       enum probe_run_reason reason)
{
    struct tally tallies[2] = {0};
    int newest;

    tally_runs(tallies, job, zone, after, until);
    newest = tallies[1].last > tallies[0].last ? 1 : 0;
    for (int i = 0; i < 2; i++) {
        int kind = i == 0 ? 1 - newest : newest;

        if (tallies[kind].runs > 0) {
            add_fact(decision, tallies[kind].first, tallies[kind].last, tallies[kind].runs,
                     kind == 0 ? PROBE_RUN_MISSED : PROBE_RUN_SKIPPED,
                     kind == 0 ? reason : PROBE_MAINTENANCE);
        }
    }
}

/* Nor is a run made up for within a window. */
static bool is_kept_off(const struct job *job, local_time_zone_fn *zone,
                        const struct schedule_turn *due, int64_t now)
{
    return is_maintained(job, zone, due->run) || (due->late && is_maintained(job, zone, now));
}

/* The run that could begin now: whether it does. */
static void decide_run(struct job_turn *turn, const struct job *job, local_time_zone_fn *zone,
                       const struct schedule_turn *due, int64_t now, struct job_decision *decision)
{
    if (is_kept_off(job, zone, due, now)) {
        add_fact(decision, due->run, due->run, 1, PROBE_RUN_SKIPPED, PROBE_MAINTENANCE);
    } else if (turn->running) {
        add_fact(decision, due->run, due->run, 1, PROBE_RUN_MISSED, PROBE_STILL_RUNNING);
    } else {
        decision->begin = true;
        decision->late = due->late;
        turn->due = due->run;
    }
}

/* What is missed is dealt with, and not counted again; the run is looked at when there is room. */
static void await_room(struct job_turn *turn, const struct schedule_turn *due)
{
    turn->handled = due->missed > 0 ? due->missed_last : turn->handled;
    turn->next = due->run;
    turn->looked = true;
}

/* The times that were in force then, not those of now: they count up to when the job began. */
static void tell_past(struct job_turn *turn, local_time_zone_fn *zone,
                      struct job_decision *decision)
{
    if (turn->past != NULL) {
        add_missed(decision, turn->past, zone, turn->past_handled, turn->handled,
                   PROBE_SERVICE_STOPPED);
        turn->past = NULL;
    }
}

bool job_turn_is_due(const struct job_turn *turn, int64_t now, enum job_time time)
{
    return turn->past != NULL || now >= turn->next || time == JOB_TIME_SET ||
           is_set_back(turn->handled, now);
}

void job_turn_look(struct job_turn *turn, const struct job *job, local_time_zone_fn *zone,
                   int64_t now, enum job_time time, bool busy, struct job_decision *decision)
{
    struct schedule_turn due;

    *decision = (struct job_decision){0};
    tell_past(turn, zone, decision);
    if (!job_turn_is_due(turn, now, time)) {
        turn->looked = true;
        return;
    }
    schedule_decide(&job->schedule, zone, turn->handled, now, job->catch_up, &due);
    if (due.missed > 0) {
        add_missed(decision, job, zone, due.missed_first - 1, due.missed_last,
                   reason_of(turn, time));
    }
    if (due.run != SCHEDULE_NEVER && busy && !turn->running && !is_kept_off(job, zone, &due, now)) {
        await_room(turn, &due);
        return;
    }
    if (due.run != SCHEDULE_NEVER) {
        decide_run(turn, job, zone, &due, now, decision);
    }
    turn->handled = due.handled;
    turn->next = due.next;
    turn->looked = true;
}
