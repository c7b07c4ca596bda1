/* SPDX-License-Identifier: MIT */

#include "probes/schedule.h"

#include <assert.h>

#include "base/time_text.h"

enum {
    MINUTE = 60 * 1000,
    HOUR_MINUTES = 60,
    DAY_HOURS = 24,
    DAY_MINUTES = DAY_HOURS * HOUR_MINUTES,
    FAR_DAYS = 41 * 366, /* 29 February falls on each day of the week within these, also by 2100 */
    SHORTEST_MONTH = 28,
    FIRST_WINDOW = 5 * MINUTE,
    SET_BACK_MOST = 180 * MINUTE, /* by a change of a zone: behind it times are not new */
};

#define DAY (INT64_C(1) * DAY_MINUTES * MINUTE)

/* Division that goes down for negative numbers too. */
static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static bool has(uint64_t set, int bit)
{
    return (set >> bit & 1) != 0;
}

/* 1 January 1970 was a Thursday. */
static int weekday_of(int64_t day)
{
    return (int)(day + 4 - floor_div(day + 4, 7) * 7);
}

static bool fits_day(const struct schedule_rule *rule, const struct calendar_time *date,
                     int64_t day)
{
    bool in_month = has(rule->days, date->day);
    bool in_week = has(rule->weekdays, weekday_of(day));

    return rule->either_day ? in_month || in_week : in_month && in_week;
}

/* The first minute of a day that fits, from `minute` on; -1 where there is none. */
static int first_minute(const struct schedule_rule *rule, int minute)
{
    for (; minute < DAY_MINUTES; minute++) {
        if (!has(rule->hours, minute / HOUR_MINUTES)) {
            minute += HOUR_MINUTES - 1 - minute % HOUR_MINUTES; /* on to the next hour */
        } else if (has(rule->minutes, minute % HOUR_MINUTES)) {
            return minute;
        }
    }
    return -1;
}

/* The first time after `shown` that the rule names, as the wall shows it; or SCHEDULE_NEVER. */
static int64_t next_of_rule(const struct schedule_rule *rule, int64_t shown)
{
    int64_t from = floor_div(shown, MINUTE) + 1;
    int64_t day = floor_div(from, DAY_MINUTES);
    int64_t far = day + FAR_DAYS;
    int minute = (int)(from - day * DAY_MINUTES);

    for (; day < far; day++, minute = 0) {
        struct calendar_time date = calendar_from_ms(day * DAY);

        if (!has(rule->months, date.month)) {
            if (date.day < SHORTEST_MONTH) {
                day += SHORTEST_MONTH - 1 - date.day;
            }
        } else if (fits_day(rule, &date, day)) {
            int found = first_minute(rule, minute);

            if (found >= 0) {
                return day * DAY + found * (int64_t)MINUTE;
            }
        }
    }
    return SCHEDULE_NEVER;
}

static int64_t next_shown(const struct schedule *schedule, int64_t shown)
{
    int64_t next = SCHEDULE_NEVER;

    for (size_t i = 0; i < schedule->rule_count; i++) {
        int64_t of_rule = next_of_rule(&schedule->rules[i], shown);

        next = of_rule < next ? of_rule : next;
    }
    return next;
}

static int utc_zone(int64_t at)
{
    (void)at;
    return 0;
}

/*
 * What is shown now, and whatever was before it, has its first moment now or
 * before, so the search begins behind it. In the second pass of times that
 * happen twice it goes on until they are over.
 */
static int64_t next_on_wall(const struct schedule *schedule, local_time_zone_fn *zone,
                            int64_t after)
{
    int64_t shown = after + zone(after) * INT64_C(1000);
    int64_t first = after;
    int64_t second;

    while (first <= after) {
        shown = next_shown(schedule, shown);
        if (shown == SCHEDULE_NEVER) {
            return SCHEDULE_NEVER;
        }
        local_time_moments(zone, shown, &first, &second);
    }
    return first;
}

int64_t schedule_next(const struct schedule *schedule, local_time_zone_fn *zone, int64_t after)
{
    int64_t before_offset = after - schedule->offset;
    int64_t next;

    if (schedule->form == SCHEDULE_EVERY) {
        assert(schedule->every > 0);
        next = (floor_div(before_offset, schedule->every) + 1) * schedule->every;
    } else {
        next = next_on_wall(schedule, schedule->is_utc ? utc_zone : zone, before_offset);
    }
    return next == SCHEDULE_NEVER ? SCHEDULE_NEVER : next + schedule->offset;
}

/* Runs of `every` up to a moment, counted from 1970 on; below 0 before it. */
static int64_t number_of_run(const struct schedule *schedule, int64_t at)
{
    return floor_div(at - schedule->offset, schedule->every);
}

/* Windows before `until` that grow, until one has a run; its last one is found by walking. */
static int64_t last_on_wall(const struct schedule *schedule, local_time_zone_fn *zone,
                            int64_t after, int64_t until)
{
    int64_t window = FIRST_WINDOW;
    int64_t last = SCHEDULE_NEVER;

    while (last == SCHEDULE_NEVER) {
        bool whole = window >= until - after;
        int64_t next = schedule_next(schedule, zone, whole ? after : until - window);

        for (; next <= until; next = schedule_next(schedule, zone, next)) {
            last = next;
        }
        if (whole) {
            break;
        }
        window *= 2;
    }
    return last;
}

int64_t schedule_last(const struct schedule *schedule, local_time_zone_fn *zone, int64_t after,
                      int64_t until)
{
    int64_t last;

    if (until <= after) {
        return SCHEDULE_NEVER;
    }
    if (schedule->form != SCHEDULE_EVERY) {
        return last_on_wall(schedule, zone, after, until);
    }
    last = number_of_run(schedule, until) * schedule->every + schedule->offset;
    return last > after ? last : SCHEDULE_NEVER;
}

/* The first minute that does not begin before that. */
static int64_t minute_from(int64_t ms)
{
    return floor_div(ms + MINUTE - 1, MINUTE);
}

static int64_t count_bits(uint64_t bits)
{
    int64_t count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

/* Where a minute of the day stands in an hour: 0 before it, 60 behind it. */
static int minute_of_hour(int64_t minute, int hour)
{
    int64_t in_hour = minute - hour * (int64_t)HOUR_MINUTES;

    return in_hour < 0 ? 0 : (int)(in_hour < HOUR_MINUTES ? in_hour : HOUR_MINUTES);
}

/* The minutes of a day from `from` on and before `until` that some rule names. */
static int64_t count_minutes(const struct schedule *schedule, int64_t day, int64_t from,
                             int64_t until)
{
    struct calendar_time date = calendar_from_ms(day * DAY);
    uint64_t minutes[DAY_HOURS] = {0};
    int64_t count = 0;

    for (size_t i = 0; i < schedule->rule_count; i++) {
        const struct schedule_rule *rule = &schedule->rules[i];
        bool fits = has(rule->months, date.month) && fits_day(rule, &date, day);

        for (int hour = 0; fits && hour < DAY_HOURS; hour++) {
            minutes[hour] |= has(rule->hours, hour) ? rule->minutes : 0;
        }
    }
    for (int hour = 0; hour < DAY_HOURS; hour++) {
        uint64_t below_low = (UINT64_C(1) << minute_of_hour(from, hour)) - 1;
        uint64_t below_high = (UINT64_C(1) << minute_of_hour(until, hour)) - 1;

        count += count_bits(minutes[hour] & below_high & ~below_low);
    }
    return count;
}

/* One by one: from `from` on and before `until`. */
static int64_t count_by_walking(const struct schedule *schedule, local_time_zone_fn *zone,
                                int64_t from, int64_t until)
{
    int64_t count = 0;

    for (int64_t at = from - 1; (at = next_on_wall(schedule, zone, at)) < until;) {
        count++;
    }
    return count;
}

/* Whether all times of a part of a day, which ends at `end`, are shown in it and only then. */
static bool is_even(local_time_zone_fn *zone, int64_t from, int64_t end)
{
    int offset = zone(from);

    return zone(from - SET_BACK_MOST) == offset && zone(end) == offset;
}

/* When the part of `length`, counted on the wall, ends that a moment is in. */
static int64_t end_of_part(int64_t from, int64_t offset, int64_t length)
{
    return (floor_div(from + offset, length) + 1) * length - offset;
}

static int64_t count_part(const struct schedule *schedule, int64_t offset, int64_t from,
                          int64_t end)
{
    int64_t day = floor_div(from + offset, DAY);

    return count_minutes(schedule, day, minute_from(from + offset - day * DAY),
                         minute_from(end + offset - day * DAY));
}

/*
 * Day by day, so that decades of minutes cost milliseconds. Only in the hours
 * around a change of the zone, where times are skipped or come twice, are runs
 * walked.
 */
static int64_t count_on_wall(const struct schedule *schedule, local_time_zone_fn *zone,
                             int64_t from, int64_t until)
{
    int64_t count = 0;

    while (from < until) {
        int64_t offset = zone(from) * INT64_C(1000);
        int64_t end = end_of_part(from, offset, DAY);
        bool even = is_even(zone, from, end);

        if (!even) {
            end = end_of_part(from, offset, HOUR_MINUTES * (int64_t)MINUTE);
            even = is_even(zone, from, end);
        }
        end = end < until ? end : until;
        count += even ? count_part(schedule, offset, from, end)
                      : count_by_walking(schedule, zone, from, end);
        from = end;
    }
    return count;
}

int64_t schedule_count(const struct schedule *schedule, local_time_zone_fn *zone, int64_t after,
                       int64_t until)
{
    if (until <= after) {
        return 0;
    }
    if (schedule->form != SCHEDULE_EVERY) {
        return count_on_wall(schedule, schedule->is_utc ? utc_zone : zone,
                             after - schedule->offset + 1, until - schedule->offset + 1);
    }
    return number_of_run(schedule, until) - number_of_run(schedule, after);
}

void schedule_decide(const struct schedule *schedule, local_time_zone_fn *zone, int64_t handled,
                     int64_t now, bool catch_up, struct schedule_turn *turn)
{
    int64_t from = handled - now > SCHEDULE_SET_BACK ? now : handled;
    int64_t last = schedule_last(schedule, zone, from, now);
    int64_t missed_until = now;

    *turn = (struct schedule_turn){
        .run = SCHEDULE_NEVER,
        .missed_first = SCHEDULE_NEVER,
        .missed_last = SCHEDULE_NEVER,
        .handled = from,
    };
    if (last != SCHEDULE_NEVER) {
        turn->late = now - last > SCHEDULE_PUNCTUAL;
        turn->handled = last;
        if (!turn->late || catch_up) {
            turn->run = last;
            missed_until = last - 1;
        } else {
            turn->late = false; /* it is missed */
        }
        turn->missed_last = schedule_last(schedule, zone, from, missed_until);
    }
    if (turn->missed_last != SCHEDULE_NEVER) {
        turn->missed = schedule_count(schedule, zone, from, turn->missed_last);
        turn->missed_first = schedule_next(schedule, zone, from);
    }
    turn->next = schedule_next(schedule, zone, turn->handled);
}

/* FNV-1a with 64 bits; the 0 at the end belongs to the text. */
static uint64_t add_to_hash(uint64_t hash, const char *text)
{
    static const uint64_t prime = UINT64_C(0x100000001B3);

    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * prime;
    }
    return hash * prime;
}

/* Names differ in their last letters, which FNV does not carry to its upper bits: the end of
 * MurmurHash3 does. */
static uint64_t finish_hash(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    hash = (hash ^ hash >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return hash ^ hash >> 33;
}

/* None of this is ever to change: all jobs would run at other times. */
int64_t schedule_offset(const char *host_id, const char *job_name, int64_t spread)
{
    uint64_t hash = add_to_hash(UINT64_C(0xCBF29CE484222325), host_id);

    assert(spread >= 0 && spread <= INT64_C(1) << 32);
    hash = finish_hash(add_to_hash(hash, job_name));
    return (int64_t)((hash >> 32) * (uint64_t)spread >> 32);
}
