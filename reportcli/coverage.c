/* SPDX-License-Identifier: MIT */

#include "reportcli/coverage.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/units.h"
#include "collector/snapshot.h"
#include "store/ledger_query.h"

enum {
    GAPS_IN_WORDS = 3,
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

static bool add_gap(struct coverage *coverage, int64_t from_at, int64_t until_at,
                    const char *reason, struct failure *why)
{
    if (from_at >= until_at) {
        return true;
    }
    if (coverage->gap_count == coverage->gap_capacity) {
        size_t capacity = coverage->gap_capacity == 0 ? 16 : coverage->gap_capacity * 2;
        struct coverage_gap *gaps = realloc(coverage->gaps, capacity * sizeof(*gaps));

        if (gaps == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the coverage");
        }
        coverage->gaps = gaps;
        coverage->gap_capacity = capacity;
    }
    coverage->gaps[coverage->gap_count++] = (struct coverage_gap){from_at, until_at, reason};
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
static bool add_gap_between(struct coverage *coverage, const struct ledger_stretch *last,
                            int64_t end, int64_t next, struct failure *why)
{
    /* Where a stretch ended without a gap the next sample came when it was due. */
    if (ledger_gap_seamless((int)last->ended) && next - end <= 2 * coverage->interval) {
        return true;
    }
    return add_gap(coverage, end, next, ledger_gap_name((int)last->ended), why);
}

static void count_in(struct coverage *coverage, const struct ledger_stretch *stretch)
{
    if (stretch->interval > coverage->interval) {
        coverage->interval = stretch->interval;
    }
    coverage->lacks |= stretch->lacks;
    coverage->missed += stretch->missed;
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
static bool add_tail(struct coverage *coverage, const struct ledger_stretch *last, int64_t end,
                     int64_t commit, struct failure *why)
{
    bool goes_on = ledger_gap_seamless((int)last->ended);

    if (goes_on && coverage->until - end <= coverage_slack(last->interval, commit)) {
        coverage->pending = coverage->until - end;
        coverage->until = end > coverage->since ? end : coverage->since;
        return true;
    }
    return add_gap(coverage, end, coverage->until, gap_reason(last->ended), why);
}

/* Stretches are ordered by begin; there is at least one. */
static bool find_gaps(struct coverage *coverage, const struct stretches *stretches, int64_t commit,
                      const char *before, struct failure *why)
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

static void count_watched(struct coverage *coverage)
{
    coverage->watched = coverage->until - coverage->since;
    for (size_t i = 0; i < coverage->gap_count; i++) {
        coverage->watched -= coverage->gaps[i].until_at - coverage->gaps[i].from_at;
    }
}

static bool read_stretches(struct coverage *coverage, struct ledger *ledger,
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

bool coverage_read(struct coverage *coverage, struct ledger *ledger,
                   const struct coverage_range *range, struct failure *why)
{
    struct stretches stretches = {.why = why};
    bool done;

    coverage->since = range->since;
    coverage->until = range->until;
    done = ledger_walk_coverage(ledger, range->since, range->until, gather, &stretches, why) &&
           !stretches.failed && read_stretches(coverage, ledger, &stretches, range->commit, why);
    free(stretches.items);
    return done;
}

void coverage_clear(struct coverage *coverage)
{
    free(coverage->gaps);
    *coverage = (struct coverage){0};
}

bool coverage_is_empty(const struct coverage *coverage)
{
    return coverage->interval == 0;
}

int64_t coverage_unwatched(const struct coverage *coverage)
{
    return coverage->until - coverage->since - coverage->watched;
}

static void add_span(struct text *text, int64_t from_at, int64_t until_at,
                     enum time_zone_choice zone)
{
    time_text_add_table(text, from_at, zone);
    text_add(text, " to ");
    time_text_add_table(text, until_at, zone);
}

static void add_gaps(struct text *text, const struct coverage *coverage, enum time_zone_choice zone)
{
    for (size_t i = 0; i < coverage->gap_count && i < GAPS_IN_WORDS; i++) {
        const struct coverage_gap *gap = &coverage->gaps[i];

        text_add(text, i == 0 ? "; not watched: " : ", ");
        add_span(text, gap->from_at, gap->until_at, zone);
        text_addf(text, " (%s)", gap->reason);
    }
    if (coverage->gap_count > GAPS_IN_WORDS) {
        text_addf(text,
                  " and %zu more gaps; portledger status --gaps --since @%" PRId64
                  " --until @%" PRId64 " lists them",
                  coverage->gap_count - GAPS_IN_WORDS, coverage->since / 1000,
                  coverage->until / 1000 + 1);
    }
}

/* "1 socket", "2 sockets". */
static void add_count(struct text *text, int64_t count, const char *one, const char *many)
{
    text_addf(text, "%" PRId64 " %s", count, count == 1 ? one : many);
}

/* What was not seen, or not kept, although it was watched. */
static void add_losses(struct text *text, const struct coverage *coverage)
{
    if (coverage->missed > 0) {
        text_add(text, "; at least ");
        add_count(text, coverage->missed, "connection", "connections");
        text_add(text, " came and went unseen between samples");
        text_add(text, coverage->missed_beyond ? ", counted in the whole of the uninterrupted "
                                                 "times that touch this one"
                                               : "");
    }
    if (coverage->left_out_processes > 0 || coverage->left_out_sockets > 0) {
        text_add(text, "; up to ");
        add_count(text, coverage->left_out_processes, "process", "processes");
        text_add(text, " with ");
        add_count(text, coverage->left_out_sockets, "socket", "sockets");
        text_addf(text, " %s left out by the settings at a time",
                  coverage->left_out_processes == 1 ? "is" : "are");
    }
}

void coverage_add_words(struct text *text, const struct coverage *coverage,
                        enum time_zone_choice zone)
{
    if (coverage->since == coverage->until && coverage_is_empty(coverage)) {
        text_add(text, "nothing was watched up to ");
        time_text_add_table(text, coverage->until, zone);
        return;
    }
    if (coverage_is_empty(coverage)) {
        text_add(text, "nothing was watched from ");
        add_span(text, coverage->since, coverage->until, zone);
        text_addf(text, " (%s)", coverage->gap_count > 0 ? coverage->gaps[0].reason : "");
        return;
    }
    text_add(text, "watched from ");
    add_span(text, coverage->since, coverage->until, zone);
    text_add(text, ", every ");
    units_add_duration(text, coverage->interval);
    if (coverage->gap_count == 0) {
        text_add(text, ", without a gap");
    } else {
        text_add(text, ", except for ");
        units_add_duration_rough(text, coverage_unwatched(coverage));
        add_gaps(text, coverage, zone);
    }
    add_losses(text, coverage);
    if (coverage->pending > coverage->interval) {
        text_add(text, "; newer samples are not stored yet");
    }
}

void coverage_note(const struct command_context *context, const struct coverage *coverage,
                   const char *before)
{
    const struct command_range range = {
        .since = coverage->since,
        .until = coverage->until,
        .watched = coverage->watched,
        .gap_count = coverage->gap_count,
        .missed = coverage->missed,
        .left_out_processes = coverage->left_out_processes,
        .left_out_sockets = coverage->left_out_sockets,
    };
    struct text words = {0};

    text_add(&words, before != NULL ? before : "");
    coverage_add_words(&words, coverage, context->render.zone);
    command_note_range(context, &range, text_bytes(&words));
    text_clear(&words);
    coverage_note_lacks(context, coverage->lacks);
}

int64_t coverage_slack(int64_t interval, int64_t commit)
{
    return 2 * (interval + commit) + SCHEDULING_MS;
}

void coverage_note_lacks(const struct command_context *context, unsigned lacks)
{
    static const struct {
        unsigned bit;
        const char *what;
    } tables[] = {
        {SNAPSHOT_NO_IPV4_TCP, "IPv4 TCP"},
        {SNAPSHOT_NO_IPV6_TCP, "IPv6 TCP"},
        {SNAPSHOT_NO_IPV4_UDP, "IPv4 UDP"},
        {SNAPSHOT_NO_IPV6_UDP, "IPv6 UDP"},
    };

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if ((lacks & tables[i].bit) != 0) {
            command_note(context, "lacking", "the system had no table of %s sockets",
                         tables[i].what);
        }
    }
}
