/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * When a job runs: plain data and pure arithmetic. Nothing here knows a clock;
 * moments are milliseconds since 1970 UTC, and the zone is given as a function.
 *
 * Two forms. `every` counts from 1970 UTC, so that 5m is at :00, :05, :10 on
 * every machine, whatever the zone and for however long: nothing adds up to a
 * drift, and a clock change for daylight saving is not noticed. `at` is what
 * clocks on the wall show. A time of day that such a change skips is due at the
 * moment of the change (times that fall together are due once); one that
 * happens twice is due the first time.
 *
 * Every run is later by a fixed offset that differs from host to host and from
 * job to job: see schedule_offset().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/local_time.h"

enum schedule_form {
    SCHEDULE_EVERY,
    SCHEDULE_AT,
};

/*
 * Minutes on the wall. Bits: minute 0..59, hour 0..23, day of the month 1..31,
 * month 1..12, day of the week 0..6 from Sunday on.
 */
struct schedule_rule {
    uint64_t minutes;
    uint32_t hours;
    uint32_t days;
    uint16_t months;
    uint8_t weekdays;
    bool either_day; /* the day of the month or that of the week is enough; else both must fit */
};

enum { SCHEDULE_RULES_MOST = 48 };

/* Owns nothing. Starts as {0} and is filled by its maker. */
struct schedule {
    enum schedule_form form;
    int64_t every;  /* EVERY: above 0 */
    int64_t offset; /* added to every run; 0 or more */
    bool is_utc;    /* the wall is in UTC, whatever the zone; EVERY does not look at it */
    struct schedule_rule rules[SCHEDULE_RULES_MOST];
    size_t rule_count;
};

/* No such moment. */
#define SCHEDULE_NEVER INT64_MAX

/*
 * Adds the runs of a text, AT:
 *   Mon-Fri 07:30    07:30, 19:30    daily 03:00    Sat,Sun 02:00    Fri-Mon 12:00
 *                    days, then times; without days, every day
 *   30 7 * * 1-5     minute, hour, day of the month, month, day of the week, as in crontab(5):
 *                    lists, ranges, steps, names of months and days, Sunday as 0 and 7
 *   @hourly          and @daily, @midnight, @weekly, @monthly, @yearly, @annually
 * Where both days of a crontab line are limited (neither begins with *), one
 * of them is enough, as POSIX and Vixie's cron have it.
 * FAILURE_FORMAT with what is wrong, and what would be right; also for a text
 * that no day ever fits.
 */
bool schedule_add_at(struct schedule *schedule, const char *text, struct failure *why) NODISCARD;

/* The first run after `after`, or SCHEDULE_NEVER. */
int64_t schedule_next(const struct schedule *schedule, local_time_zone_fn *zone, int64_t after);

/* The last run after `after` and up to `until`, or SCHEDULE_NEVER. */
int64_t schedule_last(const struct schedule *schedule, local_time_zone_fn *zone, int64_t after,
                      int64_t until);

/* How many runs are after `after` and up to `until`: exactly, and fast also over decades. */
int64_t schedule_count(const struct schedule *schedule, local_time_zone_fn *zone, int64_t after,
                       int64_t until);

enum {
    SCHEDULE_PUNCTUAL = 30 * 1000, /* a run that starts up to this much later is on time */
    SCHEDULE_SET_BACK = 60 * 1000, /* a clock that is set back by more shows times anew */
};

/* What is to be done now. */
struct schedule_turn {
    int64_t run;          /* the run that starts now, by when it was due; SCHEDULE_NEVER: none */
    bool late;            /* it is caught up: more than SCHEDULE_PUNCTUAL has passed */
    int64_t missed;       /* further runs that were due and will not take place */
    int64_t missed_first; /* of them; SCHEDULE_NEVER where there are none */
    int64_t missed_last;
    int64_t handled; /* everything up to here is dealt with: for the next call */
    int64_t next;    /* when the next run is due */
};

/*
 * Decides about all runs that are due after `handled` and up to `now`. After a
 * sleep, a stop or a clock that was set forward there are several: only the
 * last one may start, on time or, with `catch_up`, late; the others are
 * missed. Where the clock was set back, times that it shows again are run
 * again, except after a small correction.
 */
void schedule_decide(const struct schedule *schedule, local_time_zone_fn *zone, int64_t handled,
                     int64_t now, bool catch_up, struct schedule_turn *turn);

/*
 * The offset of a job on a host: 0 or more and less than `spread` (which is at
 * most 2^32), the same for ever, and evenly shared out over hosts and jobs.
 * It is 0 for a spread of 0.
 */
int64_t schedule_offset(const char *host_id, const char *job_name, int64_t spread);
