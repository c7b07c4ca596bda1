/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * From what a clock on the wall shows to moments.
 *
 * A local time is written as milliseconds since 1970 as if it were UTC: it is
 * `shown`, and no moment. Pure: the zone is given as a function.
 */

#include <stdint.h>

/* Seconds that local time is ahead of UTC at a moment; clock_zone_offset() is one. */
typedef int local_time_zone_fn(int64_t at);

/*
 * The moments at which clocks in the zone show `shown`. A time that a clock
 * change skipped is the moment of the change; one that is shown twice has two
 * moments, the earlier in *first; otherwise both are equal. A later `shown`
 * never has an earlier *first. No zone is further from UTC than 16 hours, and
 * no two changes of one are closer than 32 hours. Asks for four offsets, and for
 * some thirty where a change is searched for.
 */
void local_time_moments(local_time_zone_fn *zone, int64_t shown, int64_t *first, int64_t *second);
