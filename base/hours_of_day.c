/* SPDX-License-Identifier: MIT */

#include "base/hours_of_day.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUARTER = 15 * 60 * 1000,
    HOUR = 4 * QUARTER,
    DAY = HOURS_OF_DAY * HOUR,
    MOST_DAYS = 150 * 366,
};

/* Division that goes down for negative numbers too. */
static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t offset_at(struct hours_of_day *hours, int64_t at)
{
    int64_t quarter = floor_div(at, QUARTER);

    if (quarter != hours->quarter) {
        hours->quarter = quarter;
        hours->offset = hours->zone_offset(quarter * QUARTER);
    }
    return (int64_t)hours->offset * 1000;
}

/* Piece by piece: up to the next hour on the wall, or the next moment at which a zone may change.
 */
static void step(struct hours_of_day *hours, int64_t from, int64_t until,
                 int64_t sums[HOURS_OF_DAY])
{
    while (from < until) {
        int64_t local = from + offset_at(hours, from);
        int64_t hour = floor_div(local, HOUR);
        int64_t end = smaller(until, from + ((hour + 1) * HOUR - local));

        end = smaller(end, (floor_div(from, QUARTER) + 1) * QUARTER);
        sums[hour - floor_div(hour, HOURS_OF_DAY) * HOURS_OF_DAY] += end - from;
        from = end;
    }
}

/* With one offset all day long each hour on the wall is there for an hour. */
static void add_day(struct hours_of_day *hours, int64_t midnight, int64_t sums[HOURS_OF_DAY])
{
    if (offset_at(hours, midnight) != offset_at(hours, midnight + DAY)) {
        step(hours, midnight, midnight + DAY, sums);
        return;
    }
    for (int i = 0; i < HOURS_OF_DAY; i++) {
        sums[i] += HOUR;
    }
}

bool hours_of_day_open(struct hours_of_day *hours, hours_of_day_zone_fn *zone_offset, int64_t since,
                       int64_t until, struct failure *why)
{
    int64_t first = floor_div(since, DAY);
    int64_t count = floor_div(until, DAY) - first + 1;

    *hours = (struct hours_of_day){
        .zone_offset = zone_offset,
        .since = first * DAY,
        .until = until,
        .quarter = INT64_MIN,
    };
    if (count < 1 || count > MOST_DAYS) {
        return FAIL(why, FAILURE_USAGE, 0, "the hours of the day are told of 150 years at most");
    }
    hours->before = calloc((size_t)count, sizeof(*hours->before));
    if (hours->before == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the hours of the day");
    }
    for (int64_t i = 1; i < count; i++) {
        memcpy(hours->before[i], hours->before[i - 1], sizeof(*hours->before));
        add_day(hours, (first + i - 1) * DAY, hours->before[i]);
    }
    return true;
}

void hours_of_day_add(struct hours_of_day *hours, int64_t from, int64_t until,
                      int64_t sums[HOURS_OF_DAY])
{
    int64_t first = floor_div(from - hours->since, DAY) + 1; /* the first day that may be whole */
    int64_t last = floor_div(until - hours->since, DAY);

    assert(hours->before != NULL && from >= hours->since && until <= hours->until);
    if (from >= until) {
        return;
    }
    if (first >= last) {
        step(hours, from, until, sums);
        return;
    }
    step(hours, from, hours->since + first * DAY, sums);
    for (int i = 0; i < HOURS_OF_DAY; i++) {
        sums[i] += hours->before[last][i] - hours->before[first][i];
    }
    step(hours, hours->since + last * DAY, until, sums);
}

void hours_of_day_close(struct hours_of_day *hours)
{
    free((void *)hours->before);
    *hours = (struct hours_of_day){0};
}
