/* SPDX-License-Identifier: MIT */

/*
 * What is different between two moments, of one machine or of two.
 */

#include <string.h>

#include "base/text.h"
#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "reportcli/diff_side.h"
#include "reportcli/difference.h"
#include "reportcli/difference_block.h"
#include "reportcli/difference_record.h"
#include "reportcli/history_filter.h"
#include "store/ledger_query.h"

struct comparison {
    const struct command_context *context;
    struct history_filter filter;
    struct difference_wish wish;
    struct command_ledger usual;
    struct diff_side before;
    struct diff_side after;
    struct text hosts[2];
    struct difference difference;
    struct render *render; /* of records; NULL where people are shown blocks */
    struct difference_block block;
    struct difference_record record;
    size_t number;  /* of comparisons made */
    size_t changes; /* in all of them, as are the next ones */
    size_t matching;
    size_t unseen_owners;
    size_t unread_files;
    size_t unread_modules;
    bool in_part; /* a moment was not whole any more */
};

/* People get blocks, unless they ask for every column. */
static bool shows_blocks(const struct command_context *context)
{
    return context->renderer == &render_table && !context->render.verbose;
}

static bool print_records(struct comparison *comparison, const struct change_side *before,
                          const struct change_side *after, struct failure *why)
{
    struct value values[DIFFERENCE_FIELDS];
    bool done = true;

    for (size_t i = 0; done && i < comparison->difference.count; i++) {
        done = difference_record_fill(&comparison->record, before, after,
                                      &comparison->difference.items[i], comparison->number, values,
                                      why) &&
               render_record(comparison->render, values, why);
    }
    return done;
}

/* Compares the two snapshots in hand. */
static bool compare_pair(struct comparison *comparison, struct failure *why)
{
    const struct difference *difference = &comparison->difference;
    const struct change_side before = {&comparison->before.snapshot, &comparison->before.index};
    const struct change_side after = {&comparison->after.snapshot, &comparison->after.index};

    if (!difference_make(&comparison->difference, before.snapshot, after.snapshot,
                         &comparison->wish, why)) {
        return false;
    }
    comparison->number++;
    comparison->changes += difference->count;
    comparison->matching += difference->matching;
    comparison->unseen_owners += difference->unseen_owners;
    comparison->unread_files += difference->unread_files;
    comparison->unread_modules += difference->unread_modules;
    comparison->in_part = comparison->in_part || comparison->before.detail != LEDGER_DETAIL_WHOLE ||
                          comparison->after.detail != LEDGER_DETAIL_WHOLE;
    return comparison->render != NULL
               ? print_records(comparison, &before, &after, why)
               : difference_block_print(&comparison->block, &before, &after, difference, why);
}

/* Every moment of the one side with every moment of the other. */
static bool compare_all(struct comparison *comparison, struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < diff_side_count(&comparison->before); i++) {
        done = diff_side_load(&comparison->before, i, why);
        for (size_t k = 0; done && k < diff_side_count(&comparison->after); k++) {
            done = diff_side_load(&comparison->after, k, why) && compare_pair(comparison, why);
        }
    }
    return done;
}

static bool sample_live(struct comparison *comparison, struct failure *why)
{
    bool files = !options_flag(comparison->context->options, "no-files");

    return diff_side_sample(&comparison->before, files, why) &&
           diff_side_sample(&comparison->after, files, why);
}

static bool is_in_time(const struct diff_side *side)
{
    return side->kind == DIFF_SIDE_TIME || side->kind == DIFF_SIDE_LIVE;
}

/* What lies between the two: a socket that came and went there is in no difference. */
static bool note_between(struct comparison *comparison, struct failure *why)
{
    int64_t before = diff_side_at(&comparison->before);
    int64_t after = diff_side_at(&comparison->after);
    struct ledger_coverage_range range = {
        .since = before < after ? before : after,
        .until = before < after ? after : before,
        .commit = comparison->usual.commit,
    };
    struct ledger_coverage coverage = {0};
    bool done = true;

    if (comparison->usual.ledger == NULL || !is_in_time(&comparison->before) ||
        !is_in_time(&comparison->after)) {
        return true;
    }
    done = ledger_coverage_read(&coverage, comparison->usual.ledger, &range, why);
    if (done) {
        coverage_note(comparison->context, &coverage, "between the two: ");
    }
    ledger_coverage_clear(&coverage);
    return done;
}

static void note_order(const struct comparison *comparison)
{
    if (!comparison->wish.by_program &&
        diff_side_at(&comparison->before) > diff_side_at(&comparison->after)) {
        command_note(comparison->context, "order",
                     "%s is later than %s: \"opened\" is what the earlier moment has and the later "
                     "one has not",
                     comparison->before.word, comparison->after.word);
    }
}

static void note_restart(const struct comparison *comparison)
{
    const struct diff_side *before = &comparison->before;
    const struct diff_side *after = &comparison->after;

    if (before->kind == DIFF_SIDE_TIME && after->kind == DIFF_SIDE_TIME &&
        before->moments.found[0].stretch.boot_id != after->moments.found[0].stretch.boot_id) {
        command_note(comparison->context, "restart",
                     "the machine was restarted between the two: every process is another one");
    }
}

static void note_hosts(const struct comparison *comparison)
{
    struct text machines = {0};

    if (!comparison->wish.by_program) {
        return;
    }
    if (comparison->hosts[0].size > 0 && comparison->hosts[1].size > 0) {
        text_addf(&machines, "A is of %s, B of %s: ", text_bytes(&comparison->hosts[0]),
                  text_bytes(&comparison->hosts[1]));
    }
    command_note(comparison->context, "hosts",
                 "%slisteners are compared by program and port; processes, connections and "
                 "addresses do not count",
                 text_bytes(&machines));
    text_clear(&machines);
}

/* What the answer does not know. */
static void note_unknown(const struct comparison *comparison)
{
    const struct command_context *context = comparison->context;

    if (comparison->unseen_owners > 0) {
        command_note(
            context, "denied",
            "of %zu socket%s the owners could not be compared, since they were not allowed "
            "to be seen at one of the two; run the command elevated, as an administrator "
            "or root, to see those of now",
            comparison->unseen_owners, comparison->unseen_owners == 1 ? "" : "s");
    }
    if (comparison->unread_files > 0) {
        command_note(context, "facts",
                     "of %zu process%s the file was not read at one of the two: whether it is "
                     "another one is not known",
                     comparison->unread_files, comparison->unread_files == 1 ? "" : "es");
    }
    if (comparison->unread_modules > 0) {
        command_note(context, "modules",
                     "of %zu process%s the modules are not known at one of the two: whether there "
                     "are new ones is not known either",
                     comparison->unread_modules, comparison->unread_modules == 1 ? "" : "es");
    }
}

/* A port that nobody had at either time, or a name that was mistyped. */
static bool is_of_nothing(const struct comparison *comparison)
{
    return comparison->wish.filter != NULL && comparison->matching == 0;
}

/* For records: blocks say it themselves. */
static void note_none(const struct comparison *comparison)
{
    struct text words = {0};

    if (is_of_nothing(comparison)) {
        difference_block_add_nothing(&words, &comparison->before.snapshot,
                                     &comparison->after.snapshot);
    } else {
        text_add(&words, comparison->wish.filter != NULL ? "no difference in what is asked for"
                                                         : "no difference");
    }
    command_note(comparison->context, "empty", "%s", text_bytes(&words));
    text_clear(&words);
}

static bool say_result(struct comparison *comparison, struct failure *why)
{
    if (comparison->changes == 0 && comparison->render != NULL) {
        note_none(comparison);
    }
    note_unknown(comparison);
    note_hosts(comparison);
    note_order(comparison);
    note_restart(comparison);
    return note_between(comparison, why);
}

/* Nothing was found although not all could be looked at, or what was found may come from that. */
static bool is_undecided(const struct comparison *comparison)
{
    return comparison->in_part || (comparison->changes == 0 && comparison->unseen_owners > 0);
}

static bool print(struct comparison *comparison, bool can, struct failure *why)
{
    struct command_context shown = *comparison->context;

    if (diff_side_count(&comparison->before) * diff_side_count(&comparison->after) > 1) {
        shown.render.also = "comparison";
    }
    if (!shows_blocks(&shown) &&
        !command_begin(&shown, &difference_table, &comparison->render, why)) {
        return false;
    }
    if (can && (!sample_live(comparison, why) || !compare_all(comparison, why))) {
        return false;
    }
    difference_block_note(&comparison->block);
    return comparison->render == NULL ||
           command_finish(comparison->context, comparison->render, why);
}

static bool run_comparison(struct comparison *comparison, enum exit_status *status,
                           struct failure *why)
{
    bool can = diff_side_count(&comparison->before) > 0 && diff_side_count(&comparison->after) > 0;

    if (!print(comparison, can, why)) {
        return false;
    }
    diff_side_note(&comparison->before);
    diff_side_note(&comparison->after);
    if (!can) {
        *status = EXIT_UNDECIDED;
        return true;
    }
    if (!say_result(comparison, why)) {
        return false;
    }
    *status = comparison->changes == 0 ? EXIT_YES : EXIT_NO;
    *status = is_undecided(comparison) ? EXIT_UNDECIDED : *status;
    return true;
}

/* Moments of one ledger, and the present beside it, are of one machine: nobody is asked. */
static bool decide_how(struct comparison *comparison, struct failure *why)
{
    const char *a;
    const char *b;

    if (!is_in_time(&comparison->before) || !is_in_time(&comparison->after)) {
        if (!diff_side_add_host(&comparison->before, &comparison->hosts[0], why) ||
            !diff_side_add_host(&comparison->after, &comparison->hosts[1], why)) {
            return false;
        }
    }
    a = text_bytes(&comparison->hosts[0]);
    b = text_bytes(&comparison->hosts[1]);
    comparison->wish.by_program = options_flag(comparison->context->options, "by-program") ||
                                  (*a != '\0' && *b != '\0' && !text_equal_fold(a, b));
    return true;
}

static bool open_sides(struct comparison *comparison, enum exit_status *status, struct failure *why)
{
    return ((!diff_side_needs_ledger(&comparison->before) &&
             !diff_side_needs_ledger(&comparison->after)) ||
            command_open_ledger(comparison->context, &comparison->usual, status, why)) &&
           diff_side_open(&comparison->before, &comparison->usual, status, why) &&
           diff_side_open(&comparison->after, &comparison->usual, status, why);
}

static bool start(struct comparison *comparison, struct failure *why)
{
    const struct command_context *context = comparison->context;
    bool two = options_words(context->options) > 1;

    if (!history_filter_read_facts(&comparison->filter, context, why) ||
        !diff_side_read(&comparison->before, context, options_word(context->options, 0), why) ||
        !diff_side_read(&comparison->after, context,
                        two ? options_word(context->options, 1) : "now", why)) {
        return false;
    }
    comparison->wish.filter =
        history_filter_is_empty(&comparison->filter) ? NULL : &comparison->filter.filter;
    comparison->block = (struct difference_block){
        .context = context,
        .wish = &comparison->wish,
        .names = {comparison->before.word, comparison->after.word},
        .record.instance.no_command_lines = context->no_command_lines,
    };
    return true;
}

static void clear(struct comparison *comparison)
{
    render_close(comparison->render);
    difference_clear(&comparison->difference);
    difference_block_clear(&comparison->block);
    difference_record_clear(&comparison->record);
    diff_side_clear(&comparison->before);
    diff_side_clear(&comparison->after);
    text_clear(&comparison->hosts[0]);
    text_clear(&comparison->hosts[1]);
    ledger_close(comparison->usual.ledger);
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct comparison comparison = {
        .context = context,
        .record.socket.instance.no_command_lines = context->no_command_lines,
    };
    bool done = start(&comparison, why) && open_sides(&comparison, status, why) &&
                decide_how(&comparison, why) && run_comparison(&comparison, status, why);

    clear(&comparison);
    return done;
}

static const struct option options[] = {
    HISTORY_FILTER_OPTIONS,
    {.name = "by-program",
     .kind = OPTION_FLAG,
     .help = "Compare listeners by program and port, as is done with another machine"},
    {.name = "no-files",
     .kind = OPTION_FLAG,
     .help = "Do not read the files and modules of what runs now: quicker, but changed ones are "
             "not found"},
};

static const struct column_table *const tables[] = {&difference_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the two are the same"},
    {EXIT_NO, "they differ"},
    {EXIT_UNDECIDED,
     "they could not be compared: one of them was not watched, a part of what was seen was "
     "dropped, or owners could not be seen and nothing else differs; a baseline was changed"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger diff -1h", "What opened, closed and changed in the last hour."},
    {"portledger diff yesterday today", "Between the two midnights."},
    {"portledger diff \"2026-11-20 02:00\" \"2026-11-20 03:00\" --jsonl",
     "One hour of a night, an object a line."},
    {"portledger diff boot now", "What is different from when the machine started."},
    {"portledger diff good.json", "What is different from a baseline."},
    {"portledger diff -1d now --port 443", "... of one port."},
    {"portledger diff -1d now --pid 1276", "... of one process."},
    {"portledger diff D:\\copies\\web2.db@-1h now", "What the twin web2 has not, or has besides."},
    {NULL, NULL},
};

const struct command command_diff = {
    .name = "diff",
    .words = "A [B]",
    .summary = "What opened, closed and changed between two moments, or two machines",
    .text = "A and B are times, as in --at of \"local\"; the word now, which is also what a "
            "missing B means, and which asks the system itself; a moment of another ledger, "
            "LEDGER@TIME, its newest where there is no time; or a file made by \"baseline\". "
            "Sockets are sorted by process, "
            "then by port. A difference knows the two moments and nothing between them: what came "
            "and went there is in \"history\". Ledgers of two machines are compared by what should "
            "be the same: listeners, by program and port.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .words_min = 1,
    .words_max = 2,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
