/* SPDX-License-Identifier: MIT */

/*
 * What opened, closed and changed between two moments.
 */

#include <string.h>

#include "collector/collector.h"
#include "collector/snapshot_diff.h"
#include "reportcli/change_record.h"
#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "reportcli/detail_note.h"
#include "reportcli/live.h"
#include "reportcli/moments.h"
#include "reportcli/socket_record.h"
#include "store/ledger_query.h"

static const struct column change_columns[] = {
    {.name = "comparison",
     .type = COLUMN_INTEGER,
     .heading = "Comparison",
     .help = "1; counts on where a time was several moments because the clock was set back",
     .rank = -1},
    {.name = "change",
     .type = COLUMN_TEXT,
     .heading = "Change",
     .help = "opened, closed, state (the same socket in another state) or owner (the same ends, "
             "another process)"},
};

static const struct column after_at_column[] = {
    {.name = "after_at",
     .type = COLUMN_TIME,
     .heading = "After",
     .help = "The later moment",
     .rank = -1},
};

enum {
    COMPARISON,
    CHANGE, /* the first of the change's columns */
    AFTER_AT = CHANGE + CHANGE_RECORD_FIELDS,
    DIFF_COLUMNS,
};

static const struct column_table table = {
    .name = "change",
    .title = "one socket that opened, closed or changed",
    .groups = {{change_columns, sizeof(change_columns) / sizeof(change_columns[0])},
               SOCKET_RECORD_GROUPS,
               {change_before_columns, CHANGE_RECORD_BEFORE},
               {after_at_column, 1}},
};

/* One of the two sides: moments out of the ledger, or the present. */
struct side {
    bool live;
    struct moments moments;
    struct snapshot snapshot; /* of the moment in hand; of a live side for good */
    struct process_index index;
};

struct comparison {
    const struct command_context *context;
    struct command_ledger from;
    struct side before;
    struct side after;
    struct render *render;
    struct snapshot_diff diff;
    struct socket_record record;
    size_t number;  /* of comparisons made */
    size_t changes; /* in all of them */
};

static size_t side_count(const struct side *side)
{
    return side->live ? 1 : side->moments.count;
}

/* Finds the moments of a side; a live one is sampled later, when the ledger is known to be good. */
static bool find_side(struct comparison *comparison, struct side *side, struct failure *why)
{
    if (side->live) {
        return true;
    }
    return moments_find(&side->moments, comparison->context, &comparison->from, why);
}

static bool load_side(struct comparison *comparison, struct side *side, size_t i,
                      struct failure *why)
{
    if (side->live) {
        return true;
    }
    if (!ledger_state(comparison->from.ledger, &side->moments.found[i], 0, &side->snapshot, why)) {
        return false;
    }
    snapshot_sort(&side->snapshot);
    return process_index_make(&side->index, &side->snapshot, why);
}

static bool print_change(struct comparison *comparison, const struct snapshot_change *change,
                         struct failure *why)
{
    const struct change_side before = {&comparison->before.snapshot, &comparison->before.index};
    const struct change_side after = {&comparison->after.snapshot, &comparison->after.index};
    struct value values[DIFF_COLUMNS];

    values[COMPARISON] = value_number((int64_t)comparison->number);
    values[AFTER_AT] = value_number(after.snapshot->taken_at);
    return change_record_fill(&comparison->record, &before, &after, change, values + CHANGE, why) &&
           render_record(comparison->render, values, why);
}

/* Compares the two snapshots in hand. */
static bool compare_pair(struct comparison *comparison, struct failure *why)
{
    bool done = snapshot_diff_make(&comparison->diff, &comparison->before.snapshot,
                                   &comparison->after.snapshot, why);

    comparison->number++;
    for (size_t i = 0; done && i < comparison->diff.count; i++) {
        done = print_change(comparison, &comparison->diff.changes[i], why);
    }
    comparison->changes += comparison->diff.count;
    return done;
}

/* Every moment of the one side with every moment of the other. */
static bool compare_all(struct comparison *comparison, struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < side_count(&comparison->before); i++) {
        done = load_side(comparison, &comparison->before, i, why);
        for (size_t k = 0; done && k < side_count(&comparison->after); k++) {
            done =
                load_side(comparison, &comparison->after, k, why) && compare_pair(comparison, why);
        }
    }
    return done;
}

static bool sample_side(const struct command_context *context, struct side *side,
                        struct failure *why)
{
    static const struct collector_options options = {.details = true};

    if (!side->live) {
        return true;
    }
    if (!live_sample(&options, live_patience(context, &options), &side->snapshot, why)) {
        return false;
    }
    snapshot_sort(&side->snapshot);
    return process_index_make(&side->index, &side->snapshot, why);
}

static bool sample_live(struct comparison *comparison, struct failure *why)
{
    return sample_side(comparison->context, &comparison->before, why) &&
           sample_side(comparison->context, &comparison->after, why);
}

static int64_t side_at(const struct comparison *comparison, const struct side *side)
{
    return side->live ? comparison->context->now : side->moments.found[0].at;
}

/* What lies between the two: a socket that came and went there is in no difference. */
static bool note_between(struct comparison *comparison, struct failure *why)
{
    int64_t before = side_at(comparison, &comparison->before);
    int64_t after = side_at(comparison, &comparison->after);
    struct ledger_coverage_range range = {
        .since = before < after ? before : after,
        .until = before < after ? after : before,
        .commit = comparison->from.commit,
    };
    struct ledger_coverage coverage = {0};
    bool done = ledger_coverage_read(&coverage, comparison->from.ledger, &range, why);

    if (done) {
        coverage_note(comparison->context, &coverage, "between the two: ");
    }
    ledger_coverage_clear(&coverage);
    return done;
}

static void note_order(const struct comparison *comparison)
{
    if (side_at(comparison, &comparison->before) > side_at(comparison, &comparison->after)) {
        command_note(comparison->context, "order",
                     "%s is later than %s: \"opened\" is what the earlier moment has and the later "
                     "one has not",
                     comparison->before.moments.word, comparison->after.moments.word);
    }
}

static void note_restart(const struct comparison *comparison)
{
    const struct side *before = &comparison->before;
    const struct side *after = &comparison->after;

    if (!before->live && !after->live &&
        before->moments.found[0].stretch.boot_id != after->moments.found[0].stretch.boot_id) {
        command_note(comparison->context, "restart",
                     "the machine was restarted between the two: every process is another one");
    }
}

static bool say_result(struct comparison *comparison, struct failure *why)
{
    if (comparison->changes == 0) {
        command_note(comparison->context, "empty", "no difference");
    }
    note_order(comparison);
    note_restart(comparison);
    return note_between(comparison, why);
}

static bool run_comparison(struct comparison *comparison, enum exit_status *status,
                           struct failure *why)
{
    struct command_context shown = *comparison->context;
    bool can = side_count(&comparison->before) > 0 && side_count(&comparison->after) > 0;

    if (side_count(&comparison->before) * side_count(&comparison->after) > 1) {
        shown.render.also = "comparison";
    }
    if (!command_begin(&shown, &table, &comparison->render, why) ||
        (can && (!sample_live(comparison, why) || !compare_all(comparison, why))) ||
        !command_finish(comparison->context, comparison->render, why)) {
        return false;
    }
    if (!comparison->before.live) {
        moments_note(comparison->context, &comparison->before.moments);
        detail_note_moments(comparison->context, &comparison->before.moments);
    }
    if (!comparison->after.live) {
        moments_note(comparison->context, &comparison->after.moments);
        detail_note_moments(comparison->context, &comparison->after.moments);
    }
    if (!can) {
        *status = EXIT_UNDECIDED;
        return true;
    }
    *status = comparison->changes == 0 ? EXIT_YES : EXIT_NO;
    return say_result(comparison, why);
}

static bool start_side(const struct command_context *context, struct side *side, const char *word,
                       struct failure *why)
{
    side->live = strcmp(word, "now") == 0;
    return moments_read(&side->moments, context, word, why);
}

static void clear_side(struct side *side)
{
    process_index_clear(&side->index);
    snapshot_clear(&side->snapshot);
}

static void clear(struct comparison *comparison)
{
    render_close(comparison->render);
    snapshot_diff_clear(&comparison->diff);
    socket_record_clear(&comparison->record);
    clear_side(&comparison->before);
    clear_side(&comparison->after);
    ledger_close(comparison->from.ledger);
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct comparison comparison = {
        .context = context,
        .record.instance.no_command_lines = context->no_command_lines,
    };
    bool two = options_words(context->options) > 1;
    bool done;

    done = start_side(context, &comparison.before, options_word(context->options, 0), why) &&
           start_side(context, &comparison.after, two ? options_word(context->options, 1) : "now",
                      why) &&
           command_open_ledger(context, &comparison.from, status, why) &&
           find_side(&comparison, &comparison.before, why) &&
           find_side(&comparison, &comparison.after, why) &&
           run_comparison(&comparison, status, why);
    clear(&comparison);
    return done;
}

static const struct column_table *const tables[] = {&table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the two are the same"},
    {EXIT_NO, "they differ"},
    {EXIT_UNDECIDED, "one of the two moments was not watched: they could not be compared"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger diff -1h", "What opened, closed and changed in the last hour."},
    {"portledger diff yesterday today", "Between the two midnights."},
    {"portledger diff \"2026-11-20 02:00\" \"2026-11-20 03:00\" --jsonl",
     "One hour of a night, an object a line."},
    {"portledger diff boot now", "What is different from when the machine started."},
    {NULL, NULL},
};

const struct command command_diff = {
    .name = "diff",
    .words = "A [B]",
    .summary = "What opened, closed and changed between two moments",
    .text = "A and B are times, as in --at of \"local\". The word now, which is also what a "
            "missing B means, asks the system itself and not the ledger. Closed sockets come "
            "first, then changed ones, then opened ones. A difference knows the two moments and "
            "nothing between them: what came and went there is in \"history\".",
    .words_min = 1,
    .words_max = 2,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
