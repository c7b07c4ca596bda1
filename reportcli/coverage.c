/* SPDX-License-Identifier: MIT */

#include "reportcli/coverage.h"

#include <inttypes.h>

#include "base/units.h"
#include "collector/snapshot.h"
#include "reportcli/detail_note.h"

enum { GAPS_IN_WORDS = 3 };

static void add_span(struct text *text, int64_t from_at, int64_t until_at,
                     enum time_zone_choice zone)
{
    time_text_add_table(text, from_at, zone);
    text_add(text, " to ");
    time_text_add_table(text, until_at, zone);
}

static void add_gaps(struct text *text, const struct ledger_coverage *coverage,
                     enum time_zone_choice zone)
{
    for (size_t i = 0; i < coverage->gap_count && i < GAPS_IN_WORDS; i++) {
        const struct ledger_coverage_gap *gap = &coverage->gaps[i];

        text_add(text, i == 0 ? "; not watched: " : ", ");
        add_span(text, gap->from_at, gap->until_at, zone);
        text_addf(text, " (%s)", gap->reason);
    }
    if (coverage->gap_count > GAPS_IN_WORDS) {
        text_addf(text,
                  " and %zu more gap%s; portledger status --gaps --since @%" PRId64
                  " --until @%" PRId64 " lists them",
                  coverage->gap_count - GAPS_IN_WORDS,
                  coverage->gap_count == GAPS_IN_WORDS + 1 ? "" : "s", coverage->since / 1000,
                  coverage->until / 1000 + 1);
    }
}

/* "1 socket", "2 sockets". */
static void add_count(struct text *text, int64_t count, const char *one, const char *many)
{
    text_addf(text, "%" PRId64 " %s", count, count == 1 ? one : many);
}

/* The sockets that jobs ask with are nobody's by the settings: they are the service's own. */
static void add_left_out(struct text *text, const struct ledger_coverage *coverage)
{
    if (coverage->left_out_processes > 0) {
        text_add(text, "; up to ");
        add_count(text, coverage->left_out_processes, "process", "processes");
        text_addf(text, " %s left out by the settings at a time",
                  coverage->left_out_processes == 1 ? "is" : "are");
    }
    if (coverage->left_out_sockets > 0) {
        text_add(text, coverage->left_out_processes > 0 ? ", and up to " : "; up to ");
        add_count(text, coverage->left_out_sockets, "socket", "sockets");
        text_add(text, coverage->left_out_processes > 0
                           ? ", those of the service's own probes among them"
                           : " of the service's own probes at a time left out");
    }
}

/* What was not seen, or not kept, although it was watched. */
static void add_losses(struct text *text, const struct ledger_coverage *coverage)
{
    if (coverage->missed > 0) {
        text_add(text, "; at least ");
        add_count(text, coverage->missed, "connection", "connections");
        text_add(text, " came and went unseen between samples");
        text_add(text, coverage->missed_beyond ? ", counted in the whole of the uninterrupted "
                                                 "times that touch this one"
                                               : "");
    }
    add_left_out(text, coverage);
}

void coverage_add_words(struct text *text, const struct ledger_coverage *coverage,
                        enum time_zone_choice zone)
{
    if (coverage->since == coverage->until && ledger_coverage_is_empty(coverage)) {
        text_add(text, "nothing was watched up to ");
        time_text_add_table(text, coverage->until, zone);
        return;
    }
    if (ledger_coverage_is_empty(coverage)) {
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
        units_add_duration_rough(text, ledger_coverage_unwatched(coverage));
        add_gaps(text, coverage, zone);
    }
    add_losses(text, coverage);
    if (coverage->pending > coverage->interval) {
        text_add(text, "; newer samples are not stored yet");
    }
}

void coverage_note(const struct command_context *context, const struct ledger_coverage *coverage,
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

bool coverage_note_answer(const struct command_context *context, const struct command_ledger *from,
                          const struct ledger_filter *filter, size_t records,
                          enum exit_status *status, struct failure *why)
{
    struct ledger_coverage_range range = {
        .since = options_given(context->options, "since") ? filter->since : INT64_MIN,
        .until = filter->until != 0 && filter->until < context->now ? filter->until : context->now,
        .commit = from->commit,
    };
    struct ledger_summary summary;
    struct ledger_coverage coverage = {0};
    bool dropped = false;
    bool done = ledger_coverage_read(&coverage, from->ledger, &range, why) &&
                ledger_summarize(from->ledger, &summary, why) &&
                detail_note_range(context, from->ledger, range.since, &dropped, why);

    if (done && records == 0) {
        command_note(context, "empty", "nothing matches; the ledger has %" PRId64 " intervals",
                     summary.intervals);
        *status = ledger_coverage_is_empty(&coverage) || dropped ? EXIT_UNDECIDED : EXIT_NO;
    }
    if (done) {
        coverage_note(context, &coverage, NULL);
    }
    ledger_coverage_clear(&coverage);
    return done;
}
