/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What of an asked range of time the ledger really watched. "Not seen" and
 * "not watched" are different answers; this is where the second one comes
 * from.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "base/time_text.h"
#include "reportcli/command.h"
#include "store/ledger.h"

/* A time in which nothing was watched, and why. */
struct coverage_gap {
    int64_t from_at;
    int64_t until_at;
    const char *reason; /* the words of every output */
};

/* What is asked of coverage_read(). */
struct coverage_range {
    int64_t since; /* INT64_MIN: from the first sample on */
    int64_t until;
    int64_t commit; /* milliseconds that a sample may be on its way into the ledger */
};

/* Starts as {0}. */
struct coverage {
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
    struct coverage_gap *gaps; /* by time */
    size_t gap_count;
    size_t gap_capacity;
};

/* Fills *coverage, which is {0}; the caller clears it. Its gaps are within the range. */
bool coverage_read(struct coverage *coverage, struct ledger *ledger,
                   const struct coverage_range *range, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void coverage_clear(struct coverage *coverage);

/* Nothing at all of the range was watched. */
bool coverage_is_empty(const struct coverage *coverage);

/* Milliseconds of the range that were not watched. */
int64_t coverage_unwatched(const struct coverage *coverage);

/* Appends one sentence for people, without a period: how much was watched, and the first gaps. */
void coverage_add_words(struct text *text, const struct coverage *coverage,
                        enum time_zone_choice zone);

/* The sentence as a note, with `before` (NULL: nothing) in front of it. */
void coverage_note(const struct command_context *context, const struct coverage *coverage,
                   const char *before);

/* After the end of a stretch that goes on, the longest time until the next sample is stored. */
int64_t coverage_slack(int64_t interval, int64_t commit);

/* A note of kind "lacking" for tables that the watched system did not have. */
void coverage_note_lacks(const struct command_context *context, unsigned lacks);
