/* SPDX-License-Identifier: MIT */

#include "store/ledger_coverage.h"

#include <stdlib.h>

#include "store/ledger_query.h"

enum {
    FIRST_STRETCHES = 64,
    SCHEDULING_MS = 1000, /* what a busy machine adds to a sample's way into the ledger */
};

/* The stretches of a range, gathered so that they can be ordered by the clock. */
struct stretches {
    struct ledger_stretch *items;
    size_t count;
    size_t capacity;
    struct failure *why;
    bool failed;
};

static bool gather(void *context, const struct ledger_stretch *stretch)
{
    struct stretches *stretches = context;

    if (stretches->count == stretches->capacity) {
        size_t capacity = stretches->capacity == 0 ? FIRST_STRETCHES : stretches->capacity * 2;
        struct ledger_stretch *items = realloc(stretches->items, capacity * sizeof(*items));

        if (items == NULL) {
            stretches->failed = true;
            return FAIL(stretches->why, FAILURE_MEMORY, 0, "no memory for the coverage");
        }
        stretches->items = items;
        stretches->capacity = capacity;
    }
    stretches->items[stretches->count++] = *stretch;
    return true;
}

/* By the clock, not by recording: a clock that was set back makes stretches overlap. */
static int compare_begin(const void *left, const void *right)
{
    const struct ledger_stretch *a = left;
    const struct ledger_stretch *b = right;

    return (a->begin_at > b->begin_at) - (a->begin_at < b->begin_at);
}

static bool add_gap(struct ledger_coverage *coverage, int64_t from_at, int64_t until_at,
                    const char *reason, struct failure *why)
{
    if (from_at >= until_at) {
        return true;
    }
    if (coverage->gap_count == coverage->gap_capacity) {
        size_t capacity = coverage->gap_capacity == 0 ? 16 : coverage->gap_capacity * 2;
        struct ledger_coverage_gap *gaps = realloc(coverage->gaps, capacity * sizeof(*gaps));

        if (gaps == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the coverage");
        }
        coverage->gaps = gaps;
        coverage->gap_capacity = capacity;
    }
    coverage->gaps[coverage->gap_count++] = (struct ledger_coverage_gap){from_at, until_at, reason};
    return true;
}

static const char *gap_reason(enum ledger_gap ended)
{
    return ledger_gap_seamless((int)ended) ? "no sample since" : ledger_gap_name((int)ended);
}

/* Why nothing was watched from `at` on, where no stretch of the range covers it. */
static bool find_reason(struct ledger *ledger, int64_t at, const char **reason, struct failure *why)
{
    struct ledger_moments around;

    if (!ledger_find_moments(ledger, at, &around, why)) {
        return false;
    }
    if (around.count > 0) {
        /* Just after the newest sample: still good for a moment, but not for a range. */
        *reason = gap_reason(around.moments[around.count - 1].stretch.ended);
    } else if (around.watched_before == INT64_MIN) {
        *reason = "before the first sample";
    } else {
        *reason = gap_reason(around.reason);
    }
    return true;
}

/* The gap before `next`, where what was watched so far ended at `end` with the stretch `last`. */
static bool add_gap_between(struct ledger_coverage *coverage, const struct ledger_stretch *last,
                            int64_t end, int64_t next, struct failure *why)
{
    /* Where a stretch ended without a gap the next sample came when it was due. */
    if (ledger_gap_seamless((int)last->ended) && next - end <= 2 * coverage->interval) {
        return true;
    }
    return add_gap(coverage, end, next, ledger_gap_name((int)last->ended), why);
}

/* Far beyond every real time and number, so that differences and sums of some of them hold. */
#define BOUND ((int64_t)1 << 60)

static int64_t bounded(int64_t number)
{
    if (number > BOUND) {
        return BOUND;
    }
    return number < -BOUND ? -BOUND : number;
}

static void count_in(struct ledger_coverage *coverage, const struct ledger_stretch *stretch)
{
    if (stretch->interval > coverage->interval) {
        coverage->interval = stretch->interval;
    }
    coverage->lacks |= stretch->lacks;
    coverage->missed = bounded(coverage->missed + stretch->missed);
    coverage->missed_beyond =
        coverage->missed_beyond || (stretch->missed > 0 && (stretch->begin_at < coverage->since ||
                                                            stretch->end_at > coverage->until));
    if (stretch->left_out_processes > coverage->left_out_processes) {
        coverage->left_out_processes = stretch->left_out_processes;
    }
    if (stretch->left_out_sockets > coverage->left_out_sockets) {
        coverage->left_out_sockets = stretch->left_out_sockets;
    }
}

/*
 * The time after the last stretch is a gap, unless the next samples are only
 * under way. Those are not claimed either: what is not stored may be lost.
 */
static bool add_tail(struct ledger_coverage *coverage, const struct ledger_stretch *last,
                     int64_t end, int64_t commit, struct failure *why)
{
    bool goes_on = ledger_gap_seamless((int)last->ended);

    if (coverage->until <= end) { /* the stretch goes on behind what was asked for */
        return true;
    }
    if (goes_on && coverage->until - end <= ledger_coverage_slack(last->interval, commit)) {
        coverage->pending = coverage->until - end;
        coverage->until = end > coverage->since ? end : coverage->since;
        return true;
    }
    return add_gap(coverage, end, coverage->until, gap_reason(last->ended), why);
}

/* Stretches are ordered by begin; there is at least one. */
static bool find_gaps(struct ledger_coverage *coverage, const struct stretches *stretches,
                      int64_t commit, const char *before, struct failure *why)
{
    const struct ledger_stretch *last = &stretches->items[0];
    int64_t end = last->end_at;

    if (!add_gap(coverage, coverage->since, last->begin_at, before, why)) {
        return false;
    }
    for (size_t i = 0; i < stretches->count; i++) {
        const struct ledger_stretch *next = &stretches->items[i];

        count_in(coverage, next);
        if (next->begin_at > end && !add_gap_between(coverage, last, end, next->begin_at, why)) {
            return false;
        }
        if (next->end_at >= end) {
            last = next;
            end = next->end_at;
        }
    }
    return add_tail(coverage, last, end, commit, why);
}

static void count_watched(struct ledger_coverage *coverage)
{
    coverage->watched = coverage->until - coverage->since;
    for (size_t i = 0; i < coverage->gap_count; i++) {
        coverage->watched -= coverage->gaps[i].until_at - coverage->gaps[i].from_at;
    }
}

static bool read_stretches(struct ledger_coverage *coverage, struct ledger *ledger,
                           struct stretches *stretches, int64_t commit, struct failure *why)
{
    bool has_begin = coverage->since != INT64_MIN;
    const char *before = "";

    if (has_begin && !find_reason(ledger, coverage->since, &before, why)) {
        return false;
    }
    if (stretches->count == 0) {
        coverage->since = has_begin ? coverage->since : coverage->until;
        return add_gap(coverage, coverage->since, coverage->until, before, why);
    }
    qsort(stretches->items, stretches->count, sizeof(stretches->items[0]), compare_begin);
    coverage->since = has_begin ? coverage->since : stretches->items[0].begin_at;
    if (!find_gaps(coverage, stretches, commit, before, why)) {
        return false;
    }
    count_watched(coverage);
    return true;
}

bool ledger_coverage_read(struct ledger_coverage *coverage, struct ledger *ledger,
                          const struct ledger_coverage_range *range, struct failure *why)
{
    struct stretches stretches = {.why = why};
    bool done;

    coverage->since = range->since == INT64_MIN ? INT64_MIN : bounded(range->since);
    coverage->until = bounded(range->until);
    done = ledger_walk_coverage(ledger, range->since, range->until, gather, &stretches, why) &&
           !stretches.failed && read_stretches(coverage, ledger, &stretches, range->commit, why);
    free(stretches.items);
    return done;
}

void ledger_coverage_clear(struct ledger_coverage *coverage)
{
    free(coverage->gaps);
    *coverage = (struct ledger_coverage){0};
}

bool ledger_coverage_is_empty(const struct ledger_coverage *coverage)
{
    return coverage->interval == 0;
}

int64_t ledger_coverage_unwatched(const struct ledger_coverage *coverage)
{
    return coverage->until - coverage->since - coverage->watched;
}

int64_t ledger_coverage_slack(int64_t interval, int64_t commit)
{
    return 2 * (interval + commit) + SCHEDULING_MS;
}
