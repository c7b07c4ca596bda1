/* SPDX-License-Identifier: MIT */

/*
 * What applications do with ports, over a time: Port Reporter's parser, out of
 * the ledger.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "reportcli/activity.h"
#include "reportcli/activity_record.h"
#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "reportcli/detail_note.h"
#include "reportcli/history_filter.h"
#include "store/ledger_query.h"

/* A table has little room: without --peers it has fewer than the other formats. */
enum { USUAL_MOST = 5, USUAL_TOLD = 2, MOST_MOST = 100000 };

static const char *const by_words[] = {"application", "user", "port", "service", "instance", NULL};

struct profile {
    const struct command_context *context;
    struct history_filter filter;
    struct interest interest;
    struct activity activity;
    struct activity_question question;
    struct activity_view view;
    const struct activity_row **order; /* as they are printed */
    size_t *twins; /* by place of a row: offset of another one's path; 0: none */
};

static int no_offset(int64_t at)
{
    (void)at;
    return 0;
}

static enum activity_by read_by(const struct options *options)
{
    const char *word = options_text(options, "by");

    for (int i = 0; word != NULL && by_words[i] != NULL; i++) {
        if (strcmp(word, by_words[i]) == 0) {
            return (enum activity_by)i;
        }
    }
    return ACTIVITY_BY_APPLICATION;
}

/* What daily rows keep of an interval is enough to tell whether it matches. */
static bool suits_daily(const struct ledger_filter *filter, enum activity_by by)
{
    return by != ACTIVITY_BY_SERVICE && by != ACTIVITY_BY_INSTANCE && filter->local_port == 0 &&
           filter->remote_port == 0 && filter->address.address_size == 0 &&
           filter->local_address.address_size == 0 && filter->remote_address.address_size == 0 &&
           filter->state == 0 && !filter->has_pid && filter->process_id == 0 &&
           filter->image == NULL && filter->module == NULL && filter->service == NULL;
}

static bool read_question(struct profile *profile, struct failure *why)
{
    const struct command_context *context = profile->context;
    const struct options *options = context->options;
    const char *list = options_text(options, "interest");
    struct activity_view *view = &profile->view;

    if (!history_filter_read(&profile->filter, context, why) ||
        !command_time(context, "new-since", COMMAND_EARLIER, 0, &view->new_since, why) ||
        (list != NULL && !interest_read(&profile->interest, list, why))) {
        return false;
    }
    *view = (struct activity_view){
        .activity = &profile->activity,
        .by = read_by(options),
        .interest = list == NULL ? NULL : &profile->interest,
        .most = (int)options_number(options, "peers", USUAL_MOST),
        .most_told = (int)options_number(options, "peers", USUAL_TOLD),
        .grouped = context->renderer == &render_table,
        .has_new_since = options_given(options, "new-since"),
        .new_since = view->new_since,
    };
    profile->question = (struct activity_question){
        .by = view->by,
        .filter = profile->filter.filter,
        .interest = view->interest,
        .zone_offset = context->render.zone == TIME_ZONE_UTC ? no_offset : clock_zone_offset,
        .daily = suits_daily(&profile->filter.filter, view->by),
    };
    if (view->has_new_since && profile->filter.filter.since >= view->new_since) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--since must be earlier than --new-since: what there was before tells what "
                    "is new");
    }
    return true;
}

/*
 * Order and twins.
 */

static int64_t open_of(const struct activity_row *row)
{
    return row->open + row->daily_open;
}

static int compare_rows(const void *left, const void *right)
{
    const struct activity_row *a = *(const struct activity_row *const *)left;
    const struct activity_row *b = *(const struct activity_row *const *)right;

    if (open_of(a) != open_of(b)) {
        return open_of(a) > open_of(b) ? -1 : 1;
    }
    return (a > b) - (a < b); /* they are of one array, in the order of first seen */
}

static const char *text_of(const struct profile *profile, size_t at)
{
    return text_bytes(&profile->activity.texts) + at;
}

/* Windows has many programs twice, for each kind of processor. */
static size_t skip_system(const char *path)
{
    static const char *const folders[] = {"C:\\Windows\\System32\\", "C:\\Windows\\SysWOW64\\"};

    for (size_t i = 0; i < 2; i++) {
        if (text_starts_fold(path, folders[i])) {
            return strlen(folders[i]);
        }
    }
    return 0;
}

static bool are_twins(const char *a, const char *b)
{
    size_t skip_a = skip_system(a);
    size_t skip_b = skip_system(b);

    if (strpbrk(a, "/\\") == NULL || strpbrk(b, "/\\") == NULL || text_equal_fold(a, b)) {
        return false;
    }
    return skip_a == 0 || skip_b == 0 || !text_equal_fold(a + skip_a, b + skip_b);
}

static bool find_twins(struct profile *profile, struct failure *why)
{
    const struct activity *activity = &profile->activity;
    struct hash_index names = {0};
    struct text folded = {0};
    bool done = true;

    for (size_t i = 0; done && i < activity->count; i++) {
        const struct activity_row *row = &activity->rows[i];
        const char *name = text_of(profile, row->name);
        uint64_t hash;

        text_reset(&folded);
        for (const char *c = name; *c != '\0'; c++) {
            text_add_char(&folded, (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c));
        }
        hash = hash_bytes(0, text_bytes(&folded), folded.size);
        for (uint32_t k = hash_index_first(&names, hash);
             row->path != 0 && k != HASH_INDEX_END && profile->twins[i] == 0;
             k = hash_index_next(&names)) {
            const struct activity_row *other = &activity->rows[k];

            if (text_equal_fold(name, text_of(profile, other->name)) &&
                are_twins(text_of(profile, row->path), text_of(profile, other->path))) {
                profile->twins[i] = other->path;
                profile->twins[k] = profile->twins[k] == 0 ? row->path : profile->twins[k];
            }
        }
        done = row->path == 0 || hash_index_add(&names, hash, (uint32_t)i, why);
    }
    done = done && text_ok(&folded, why);
    hash_index_clear(&names);
    text_clear(&folded);
    return done;
}

static bool arrange(struct profile *profile, struct failure *why)
{
    const struct activity *activity = &profile->activity;

    profile->order = (const struct activity_row **)calloc(activity->count + 1, sizeof(void *));
    profile->twins = calloc(activity->count + 1, sizeof(*profile->twins));
    if (profile->order == NULL || profile->twins == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu records", activity->count);
    }
    for (size_t i = 0; i < activity->count; i++) {
        profile->order[i] = &activity->rows[i];
    }
    if (activity->count > 1) {
        qsort((void *)profile->order, activity->count, sizeof(void *), compare_rows);
    }
    return (profile->view.by != ACTIVITY_BY_APPLICATION &&
            profile->view.by != ACTIVITY_BY_INSTANCE) ||
           find_twins(profile, why);
}

/*
 * Output.
 */

static bool is_shown(const struct profile *profile, const struct activity_row *row, bool twin)
{
    bool new = activity_is_new(&profile->view, row);

    if (profile->view.has_new_since && !new) {
        return false;
    }
    return !options_flag(profile->context->options, "flagged") || new || twin || row->misplaced ||
           activity_is_of_interest(&profile->view, row);
}

static bool print_rows(struct profile *profile, struct render *render, struct failure *why)
{
    struct activity_record record = {.found = NULL};
    bool done = true;

    for (size_t i = 0; done && i < profile->activity.count; i++) {
        const struct activity_row *row = profile->order[i];
        size_t twin = profile->twins[row - profile->activity.rows];
        struct value values[COLUMNS_MAX];

        if (is_shown(profile, row, twin != 0)) {
            done = activity_record_fill(&record, &profile->view, row,
                                        twin != 0 ? text_of(profile, twin) : NULL, values, why) &&
                   render_record(render, values, why);
        }
    }
    activity_record_clear(&record);
    return done;
}

/* Who sees the hours on a terminal may never have seen them before. */
static void note_hours(const struct command_context *context, size_t records)
{
    if (records > 0 && context->renderer == &render_table && context->render.terminal &&
        options_text(context->options, "columns") == NULL) {
        command_note(context, "hours",
                     "of each hour of the day: . nothing open, 1 to 9 tenths of the time, # all "
                     "of it, ? not watched");
    }
}

static void note_none(const struct profile *profile, size_t records,
                      const struct ledger_summary *summary)
{
    if (profile->activity.count == 0) {
        command_note(profile->context, "empty",
                     "nothing matches; the ledger has %" PRId64 " intervals", summary->intervals);
    } else if (records == 0) {
        command_note(profile->context, "empty", "nothing to show of %zu", profile->activity.count);
    }
}

/* Nothing is left out in silence. */
static void note_left_out(const struct profile *profile)
{
    const struct activity *activity = &profile->activity;
    const struct command_context *context = profile->context;

    if (activity->rows_left_out > 0) {
        command_note(context, "limit",
                     "%" PRId64 " intervals are of still more than the %d that have a record each: "
                     "a shorter time or a filter shows them",
                     activity->rows_left_out, (int)ACTIVITY_ROWS);
    }
    if (activity->things_left_out > 0) {
        command_note(context, "limit",
                     "%" PRId64 " times a port, peer, service or mark was beyond the %d that are "
                     "kept: lists and their counts are a part of what there was",
                     activity->things_left_out, (int)ACTIVITY_THINGS);
    }
    if (activity->listeners_left_out > 0) {
        command_note(context, "limit",
                     "%" PRId64 " listeners are beyond the %d that are kept: connections to them "
                     "may be counted as outbound",
                     activity->listeners_left_out, (int)LISTENERS_MOST);
    }
}

/* What is new can be said only against a time before. */
static bool can_tell_new(const struct profile *profile)
{
    const struct activity_view *view = &profile->view;

    if (!view->has_new_since || profile->activity.since < view->new_since) {
        return true;
    }
    command_note(profile->context, "coverage",
                 "nothing was watched before --new-since: everything would be new");
    return false;
}

static bool note_all(const struct profile *profile, const struct command_ledger *from,
                     size_t records, enum exit_status *status, struct failure *why)
{
    const struct command_context *context = profile->context;
    const struct ledger_filter *filter = &profile->filter.filter;
    struct ledger_coverage_range range = {
        .since = options_given(context->options, "since") ? filter->since : INT64_MIN,
        .until = filter->until != 0 && filter->until < context->now ? filter->until : context->now,
        .commit = from->commit,
    };
    struct ledger_coverage coverage = {0};
    struct ledger_summary summary = {0};
    bool dropped = false;
    bool done = ledger_coverage_read(&coverage, from->ledger, &range, why) &&
                (profile->activity.count > 0 || ledger_summarize(from->ledger, &summary, why)) &&
                detail_note_range(context, from->ledger, range.since, &dropped, why);

    if (done) {
        bool telling = can_tell_new(profile);

        *status = records > 0 ? EXIT_YES : EXIT_NO;
        if (!telling || (records == 0 && (ledger_coverage_is_empty(&coverage) ||
                                          (dropped && !profile->question.daily)))) {
            *status = EXIT_UNDECIDED;
        }
        note_none(profile, records, &summary);
        if (dropped && !profile->question.daily) {
            command_note(context, "dropped",
                         "daily rows cannot answer this filter or grouping, and "
                         "are not counted");
        }
        note_hours(context, records);
        note_left_out(profile);
        coverage_note(context, &coverage, NULL);
    }
    ledger_coverage_clear(&coverage);
    return done;
}

static bool read_all(struct profile *profile, const struct command_ledger *from,
                     struct failure *why)
{
    struct ledger_detail detail;

    if (!ledger_read_detail(from->ledger, &detail, why)) {
        return false;
    }
    profile->question.dropped = detail.dropped;
    return activity_read(&profile->activity, from->ledger, &profile->question, why) &&
           arrange(profile, why);
}

/* What was asked for has room, whatever else has none. */
static const char *asked_column(const struct profile *profile)
{
    if (profile->view.has_new_since) {
        return "new";
    }
    return profile->view.interest != NULL ? "interest" : NULL;
}

static bool print(struct profile *profile, const struct command_ledger *from,
                  enum exit_status *status, struct failure *why)
{
    struct command_context shown = *profile->context;
    struct render *render = NULL;
    bool done;

    shown.render.also = asked_column(profile);
    done = command_begin(&shown, &activity_table, &render, why) &&
           print_rows(profile, render, why) && command_finish(profile->context, render, why) &&
           note_all(profile, from, render->records, status, why);

    render_close(render);
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct profile profile = {.context = context};
    struct command_ledger from = {0};
    bool done = read_question(&profile, why) && command_open_ledger(context, &from, status, why) &&
                read_all(&profile, &from, why) && print(&profile, &from, status, why);

    free((void *)profile.order);
    free(profile.twins);
    activity_clear(&profile.activity);
    interest_clear(&profile.interest);
    ledger_close(from.ledger);
    return done;
}

static const struct option options[] = {
    {.name = "by",
     .kind = OPTION_CHOICE,
     .value = "WHAT",
     .choices = by_words,
     .help = "Whose activity a record is; without it of each application"},
    {.name = "peers",
     .kind = OPTION_NUMBER,
     .value = "N",
     .help = "So many peers, ports and services in a record; without it 5, in a table 2",
     .minimum = 1,
     .maximum = MOST_MOST},
    {.name = "new-since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Only what has something that was not seen before this time, and what that is"},
    {.name = "interest",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "Mark what this list speaks of: a line each, as in port tcp/4444, address "
             "10.0.0.0/8, user guest, program *\\Temp\\*, module *\\evil.dll"},
    {.name = "flagged",
     .kind = OPTION_FLAG,
     .help = "Only what is marked: misplaced, a twin, of interest, or new"},
    HISTORY_FILTER_OPTIONS,
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Only what was open at this time or later: -7d, yesterday, \"2026-11-20 02:13\""},
    {.name = "until",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Only what was open at this time or earlier"},
};

static const struct column_table *const tables[] = {&activity_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "something is shown"},
    {EXIT_NO, "nothing matches, or nothing is new or marked"},
    {EXIT_UNDECIDED,
     "nothing matches, and nothing was watched in the asked time, or a part of what "
     "was seen was dropped; or nothing was watched before --new-since"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger profile --since -7d", "What each application did with ports in a week."},
    {"portledger profile --by port --since yesterday", "Which ports were used most, and by whom."},
    {"portledger profile --new-since -1d", "What began yesterday that was never seen before."},
    {"portledger profile --by instance --process svchost.exe",
     "Which services are in which svchost."},
    {"portledger profile --interest list.txt --flagged", "Who had to do with what is on a list."},
    {"portledger profile --process chrome.exe --peers 50 -v", "All about one program."},
    {NULL, NULL},
};

const struct command command_profile = {
    .name = "profile",
    .words = "",
    .summary = "What applications do with ports: how long, when, with whom, what is new",
    .text = "Out of the ledger. A connection is inbound where somebody listened on its local port "
            "when it was first seen, otherwise outbound. Hours are those of the day, summed up "
            "over the asked time. Where retention has dropped intervals, the daily rows that it "
            "left are counted, and the column daily_intervals says how many; then shares are the "
            "least that they can be. Records are sorted by how long something was open.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
