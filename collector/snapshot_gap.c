/* SPDX-License-Identifier: MIT */

#include "collector/snapshot_gap.h"

enum {
    STEP_MS = 1000,       /* the two clocks may part by this much between two samples */
    SLEEP_MS = 1000,      /* time in which the machine was not awake, from here on a gap */
    LATE_INTERVALS = 3,   /* a sample is late after so many of them ... */
    LATE_LEAST_MS = 2000, /* ... and so much more than one */
};

/* A moment out of a replay has the wall clock only. */
static int64_t passed(int64_t before, int64_t after, int64_t otherwise)
{
    return before == 0 || after == 0 ? otherwise : after - before;
}

enum snapshot_gap snapshot_gap_find(const struct snapshot *before, const struct snapshot *after,
                                    int64_t interval)
{
    int64_t wall = after->taken_at - before->taken_at;
    int64_t steady = passed(before->steady_at, after->steady_at, wall);
    int64_t awake = passed(before->awake_at, after->awake_at, steady);

    if (wall < 0) {
        return SNAPSHOT_GAP_CLOCK_SET;
    }
    if (steady - awake > SLEEP_MS) {
        return SNAPSHOT_GAP_ASLEEP;
    }
    if (wall - steady > STEP_MS || steady - wall > STEP_MS) {
        return SNAPSHOT_GAP_CLOCK_SET;
    }
    if (steady > interval * LATE_INTERVALS && steady > interval + LATE_LEAST_MS) {
        return SNAPSHOT_GAP_LATE;
    }
    return SNAPSHOT_GAP_NONE;
}
