/* SPDX-License-Identifier: MIT */

#include "reportcli/states.h"

#include "reportcli/coverage.h"
#include "reportcli/detail_note.h"
#include "reportcli/live.h"
#include "store/ledger_query.h"

const struct column state_moment_column[] = {
    {.name = "moment",
     .type = COLUMN_INTEGER,
     .heading = "Moment",
     .help = "1; counts on where --at was several moments because the clock was set back",
     .rank = -1,
     .same = COLUMN_SAME_NEEDLESS},
};

const struct column state_at_column[] = {
    {.name = "at",
     .type = COLUMN_TIME,
     .heading = "At",
     .help = "The moment for which the record stands",
     .rank = -1,
     .same = COLUMN_SAME_ONCE},
};

static bool take_present(struct states *states, struct failure *why)
{
    int64_t patience;

    if (states->filter != NULL && !history_filter_check_live(states->filter, why)) {
        return false;
    }
    patience =
        history_filter_patience(states->filter, live_patience(states->context, &states->live));
    states->is_live = true;
    states->count = 1;
    return live_sample(&states->live, patience, &states->snapshot, why);
}

static bool find_moments(struct states *states, enum exit_status *status, struct failure *why)
{
    if (!command_open_ledger(states->context, &states->from, status, why) ||
        !moments_find(&states->moments, states->context, &states->from, status, why)) {
        return false;
    }
    states->count = states->moments.count;
    return true;
}

bool states_open(struct states *states, const struct command_context *context,
                 enum exit_status *status, struct failure *why)
{
    const char *word = options_text(context->options, "at");

    states->context = context;
    if (history_filter_asks_modules(states->filter)) {
        states->live.modules = true;
        states->wishes |= LEDGER_STATE_MODULES;
    }
    states->live.images = states->live.images || history_filter_asks_images(states->filter);
    if (word == NULL) {
        return take_present(states, why);
    }
    return moments_read(&states->moments, context, word, why) && find_moments(states, status, why);
}

bool states_load(struct states *states, size_t i, struct failure *why)
{
    if (states->in_hand == i + 1) {
        return true;
    }
    states->in_hand = 0;
    if (!states->is_live && !ledger_state(states->from.ledger, &states->moments.found[i],
                                          states->wishes, &states->snapshot, why)) {
        return false;
    }
    states->looked_at += states->snapshot.socket_count;
    if (states->filter != NULL) {
        history_filter_keep(states->filter, &states->snapshot);
    }
    if (!process_index_make(&states->index, &states->snapshot, why)) {
        return false;
    }
    states->in_hand = i + 1;
    return true;
}

const char *states_also(const struct states *states)
{
    return states->count > 1 ? "moment" : NULL;
}

static void note_stretch(const struct command_context *context,
                         const struct ledger_stretch *stretch)
{
    struct ledger_coverage around = {
        .since = stretch->begin_at,
        .until = stretch->end_at,
        .watched = stretch->end_at - stretch->begin_at,
        .interval = stretch->interval,
        .lacks = stretch->lacks,
        .missed = stretch->missed,
        .left_out_processes = stretch->left_out_processes,
        .left_out_sockets = stretch->left_out_sockets,
    };

    coverage_note(context, &around, "the moment lies in a time ");
}

bool states_note(struct states *states, struct failure *why)
{
    if (states->is_live) {
        coverage_note_lacks(states->context, states->snapshot.lacks);
        return live_note_facts(states->context, &states->live, &states->snapshot, why);
    }
    moments_note(states->context, &states->moments);
    detail_note_moments(states->context, &states->moments);
    for (size_t i = 0; i < states->moments.count; i++) {
        note_stretch(states->context, &states->moments.found[i].stretch);
    }
    return true;
}

void states_close(struct states *states)
{
    process_index_clear(&states->index);
    snapshot_clear(&states->snapshot);
    ledger_close(states->from.ledger);
    states->from.ledger = NULL;
    states->in_hand = 0;
}
