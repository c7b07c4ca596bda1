/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Shares times out to the 24 hours of the day as clocks on the wall show them.
 * A piece costs the same whether it lasts for a second or for years.
 *
 * Starts as {0}.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum { HOURS_OF_DAY = 24 };

/* Seconds that local time is ahead of UTC at a moment, as clock_zone_offset() says them. */
typedef int hours_of_day_zone_fn(int64_t at);

struct hours_of_day {
    hours_of_day_zone_fn *zone_offset;
    int64_t since; /* a midnight, UTC */
    int64_t until;
    int64_t (*before)[HOURS_OF_DAY]; /* for each day what lies between `since` and its beginning */
    int64_t quarter;                 /* whose offset was asked for last */
    int offset;
};

/*
 * Makes it ready for pieces within since..until, milliseconds since 1970 UTC.
 * It takes 192 bytes a day and asks for the offset once a day, and every
 * quarter of an hour on days on which the two differ: no zone changes twice
 * within a day, nor at another time. FAILURE_USAGE: more than 150 years.
 */
bool hours_of_day_open(struct hours_of_day *hours, hours_of_day_zone_fn *zone_offset, int64_t since,
                       int64_t until, struct failure *why) NODISCARD;

/* Adds the milliseconds of from..until, which lies within the range, to `sums`. */
void hours_of_day_add(struct hours_of_day *hours, int64_t from, int64_t until,
                      int64_t sums[HOURS_OF_DAY]);

/* Frees. Harmless twice. */
void hours_of_day_close(struct hours_of_day *hours);
