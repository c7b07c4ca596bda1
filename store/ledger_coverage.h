/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What of an asked range of time the ledger really watched. "Not seen" and
 * "not watched" are different answers; this is where the second one comes
 * from. It belongs to every answer of ledger_query.h that has a range.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"

/* A time in which nothing was watched, and why. */
struct ledger_coverage_gap {
    int64_t from_at;
    int64_t until_at;
    const char *reason; /* the words of every output */
};

/* What is asked of ledger_coverage_read(). */
struct ledger_coverage_range {
    int64_t since; /* INT64_MIN: from the first sample on */
    int64_t until;
    int64_t commit; /* milliseconds that a sample may be on its way into the ledger */
};

/* Starts as {0}. */
struct ledger_coverage {
    int64_t since; /* of the range; where that had no begin, of what was watched */
    int64_t until;
    int64_t watched;    /* milliseconds of since..until */
    int64_t pending;    /* milliseconds behind `until` of which no sample can be stored yet */
    int64_t interval;   /* the longest between samples, in milliseconds; 0: nothing was watched */
    unsigned lacks;     /* enum snapshot_lack of any stretch */
    int64_t missed;     /* connections: at least so many came and went between two samples */
    bool missed_beyond; /* some of that may lie outside of the range, in the same stretches */
    int64_t left_out_processes; /* the most in a sample that the settings said not to record */
    int64_t left_out_sockets;
    struct ledger_coverage_gap *gaps; /* by time */
    size_t gap_count;
    size_t gap_capacity;
};

/* Fills *coverage, which is {0}; the caller clears it. Its gaps are within the range. */
bool ledger_coverage_read(struct ledger_coverage *coverage, struct ledger *ledger,
                          const struct ledger_coverage_range *range, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void ledger_coverage_clear(struct ledger_coverage *coverage);

/* Nothing at all of the range was watched. */
bool ledger_coverage_is_empty(const struct ledger_coverage *coverage);

/* Milliseconds of the range that were not watched. */
int64_t ledger_coverage_unwatched(const struct ledger_coverage *coverage);

/* After the end of a stretch that goes on, the longest time until the next sample is stored. */
int64_t ledger_coverage_slack(int64_t interval, int64_t commit);
