/* SPDX-License-Identifier: MIT */

#include "base/local_time.h"

#include <stdbool.h>

static const int64_t ZONE_REACH = INT64_C(16) * 60 * 60 * 1000;

static int64_t offset_ms(local_time_zone_fn *zone, int64_t at)
{
    return zone(at) * INT64_C(1000);
}

/* The first moment after `before`, up to `after`, that has the offset of `after`. */
static int64_t find_change(local_time_zone_fn *zone, int64_t before, int64_t after)
{
    int64_t offset = offset_ms(zone, after);

    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;

        if (offset_ms(zone, middle) == offset) {
            after = middle;
        } else {
            before = middle;
        }
    }
    return after;
}

void local_time_moments(local_time_zone_fn *zone, int64_t shown, int64_t *first, int64_t *second)
{
    int64_t before = offset_ms(zone, shown - ZONE_REACH);
    int64_t after = offset_ms(zone, shown + ZONE_REACH);
    bool in_before = offset_ms(zone, shown - before) == before;
    bool in_after = offset_ms(zone, shown - after) == after;

    if (in_before || in_after) {
        *first = shown - (in_before ? before : after);
        *second = shown - (in_after ? after : before);
    } else {
        *first = find_change(zone, shown - ZONE_REACH, shown + ZONE_REACH);
        *second = *first;
    }
}
