/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether time passed unwatched between two samples: told from their clocks,
 * for the writer of the ledger, and for the collector, which believes nothing
 * of a sample that was not directly before.
 */

#include <stdint.h>

#include "collector/snapshot.h"

enum snapshot_gap {
    SNAPSHOT_GAP_NONE,
    SNAPSHOT_GAP_CLOCK_SET, /* the wall clock was set */
    SNAPSHOT_GAP_ASLEEP,    /* the machine slept */
    SNAPSHOT_GAP_LATE,      /* the later one came later than it had to */
};

/*
 * Compares the times of two samples that were taken one after the other,
 * `interval` milliseconds apart as planned. Of a moment that does not tell its
 * steady or awake clock, the wall clock counts.
 */
enum snapshot_gap snapshot_gap_find(const struct snapshot *before, const struct snapshot *after,
                                    int64_t interval);
