/* SPDX-License-Identifier: MIT */

#include "reportcli/diff_side.h"

#include <string.h>

#include "base/file.h"
#include "base/machine.h"
#include "collector/collector.h"
#include "reportcli/detail_note.h"
#include "reportcli/live.h"
#include "store/ledger_about.h"
#include "store/ledger_query.h"

/* The times that are of this machine, and say nothing of another ledger. */
static bool is_of_here(const char *time)
{
    return strcmp(time, "boot") == 0;
}

/* LEDGER@TIME: finds the last @ that has a time behind it. */
static bool read_ledger_word(struct diff_side *side, bool *found, struct failure *why)
{
    const char *word = side->word;
    struct failure none;

    *found = false;
    for (size_t i = strlen(word); i > 1; i--) {
        const char *time = word + i;

        if (word[i - 1] != '@' || !moments_read(&side->moments, side->context, time, &none)) {
            continue;
        }
        if (is_of_here(time)) {
            return FAIL(why, FAILURE_USAGE, 0,
                        "%s: \"boot\" is this machine's, not that of the ledger; name the time",
                        word);
        }
        text_add_bytes(&side->file, word, i - 1);
        side->kind = DIFF_SIDE_LEDGER;
        *found = true;
        return text_ok(&side->file, why);
    }
    return true;
}

/* Where a file is named in front of an @, it is the time behind it that is wrong. */
static bool refuse_word(const struct diff_side *side, const struct failure *no_time,
                        struct failure *why)
{
    const char *at = strrchr(side->word, '@');
    struct moments none;
    struct text file = {0};
    bool is_file = false;

    if (at != NULL && at > side->word) {
        text_add_bytes(&file, side->word, (size_t)(at - side->word));
        is_file = file_exists(text_bytes(&file));
        text_clear(&file);
    }
    if (is_file && !moments_read(&none, side->context, at + 1, why)) {
        return false;
    }
    return FAIL(why, FAILURE_USAGE, 0, "%s; nor is there a file of that name", no_time->text);
}

static bool read_file_word(struct diff_side *side, const struct failure *no_time,
                           struct failure *why)
{
    if (!file_exists(side->word)) {
        return refuse_word(side, no_time, why);
    }
    side->moments = (struct moments){.word = side->word};
    side->kind = baseline_is_one(side->word) ? DIFF_SIDE_BASELINE : DIFF_SIDE_LEDGER;
    text_add(&side->file, side->word);
    return text_ok(&side->file, why);
}

bool diff_side_read(struct diff_side *side, const struct command_context *context, const char *word,
                    struct failure *why)
{
    struct failure no_time;
    bool found;

    *side = (struct diff_side){.context = context, .word = word};
    if (strcmp(word, "now") == 0) {
        side->kind = DIFF_SIDE_LIVE;
        return moments_read(&side->moments, context, word, why);
    }
    side->kind = DIFF_SIDE_TIME;
    if (moments_read(&side->moments, context, word, &no_time)) {
        return true;
    }
    if (no_time.kind != FAILURE_USAGE) {
        *why = no_time;
        return false;
    }
    return read_ledger_word(side, &found, why) && (found || read_file_word(side, &no_time, why));
}

bool diff_side_needs_ledger(const struct diff_side *side)
{
    return side->kind == DIFF_SIDE_TIME;
}

static bool open_own(struct diff_side *side, enum exit_status *status, struct failure *why)
{
    struct command_context named = *side->context;

    named.ledger = text_bytes(&side->file);
    if (!command_open_ledger(&named, &side->own, status, why)) {
        return false;
    }
    side->from = &side->own;
    return side->moments.reading_count == 0
               ? moments_find_newest(&side->moments, &side->own, status, why)
               : moments_find(&side->moments, side->context, &side->own, status, why);
}

static bool is_ready(struct diff_side *side, struct failure *why)
{
    snapshot_sort(&side->snapshot);
    return process_index_make(&side->index, &side->snapshot, why);
}

static bool open_baseline(struct diff_side *side, enum exit_status *status, struct failure *why)
{
    if (!baseline_read(&side->baseline, text_bytes(&side->file), why)) {
        *status = why->kind == FAILURE_FORMAT ? EXIT_UNDECIDED : EXIT_LEDGER;
        return false;
    }
    snapshot_swap(&side->snapshot, &side->baseline.snapshot);
    side->detail = side->baseline.detail;
    return is_ready(side, why);
}

bool diff_side_open(struct diff_side *side, const struct command_ledger *usual,
                    enum exit_status *status, struct failure *why)
{
    switch (side->kind) {
    case DIFF_SIDE_TIME:
        side->from = usual;
        return moments_find(&side->moments, side->context, usual, status, why);
    case DIFF_SIDE_LEDGER:
        return open_own(side, status, why);
    case DIFF_SIDE_BASELINE:
        return open_baseline(side, status, why);
    default:
        return true;
    }
}

bool diff_side_sample(struct diff_side *side, bool files, struct failure *why)
{
    const struct collector_options options = {.details = true, .modules = files, .images = files};

    return side->kind != DIFF_SIDE_LIVE ||
           (live_sample(&options, live_patience(side->context, &options), &side->snapshot, why) &&
            is_ready(side, why));
}

/* What has one moment only, which is in hand for good. */
static bool is_single(const struct diff_side *side)
{
    return side->kind == DIFF_SIDE_LIVE || side->kind == DIFF_SIDE_BASELINE;
}

size_t diff_side_count(const struct diff_side *side)
{
    return is_single(side) ? 1 : side->moments.count;
}

bool diff_side_load(struct diff_side *side, size_t i, struct failure *why)
{
    if (is_single(side)) {
        return true;
    }
    side->detail = side->moments.found[i].detail;
    return ledger_state(side->from->ledger, &side->moments.found[i], LEDGER_STATE_MODULES,
                        &side->snapshot, why) &&
           is_ready(side, why);
}

struct ledger *diff_side_ledger(const struct diff_side *side)
{
    return side->from != NULL ? side->from->ledger : NULL;
}

int64_t diff_side_at(const struct diff_side *side)
{
    if (side->kind == DIFF_SIDE_BASELINE) {
        return side->snapshot.taken_at;
    }
    return side->kind == DIFF_SIDE_LIVE ? side->context->now : side->moments.found[0].at;
}

/* Rows come in the order of recording: the newest run knows best. */
static void take_host(void *context, const struct ledger_about_field *fields, size_t count)
{
    struct text *host = context;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, "host") == 0 && fields[i].present && fields[i].text != NULL) {
            text_reset(host);
            text_add(host, fields[i].text);
        }
    }
}

static bool add_this_host(struct text *host, struct failure *why)
{
    struct machine_facts facts = {0};
    bool done = machine_read(&facts, why);

    if (done) {
        text_add(host, facts.host);
    }
    machine_facts_clear(&facts);
    return done && text_ok(host, why);
}

bool diff_side_add_host(const struct diff_side *side, struct text *host, struct failure *why)
{
    if (side->kind == DIFF_SIDE_LIVE) {
        return add_this_host(host, why);
    }
    if (side->kind == DIFF_SIDE_BASELINE) {
        text_add(host, side->baseline.host != NULL ? side->baseline.host : "");
        return text_ok(host, why);
    }
    return ledger_walk_about(side->from->ledger, LEDGER_ABOUT_RUNS, take_host, host, why) &&
           text_ok(host, why);
}

static void note_newest(const struct diff_side *side)
{
    struct text words = {0};

    text_addf(&words, "%s: its newest sample is answered, of ", side->word);
    time_text_add_table(&words, side->moments.found[0].at, side->context->render.zone);
    command_note(side->context, "moments", "%s", text_bytes(&words));
    text_clear(&words);
}

void diff_side_note(const struct diff_side *side)
{
    if (is_single(side)) {
        if (side->detail != LEDGER_DETAIL_WHOLE) {
            command_note(side->context, "dropped",
                         "%s was made of a moment of which a part was dropped already", side->word);
        }
        return;
    }
    if (side->kind == DIFF_SIDE_LEDGER && side->moments.word == side->word &&
        side->moments.count > 0) {
        note_newest(side);
    } else {
        moments_note(side->context, &side->moments);
    }
    detail_note_moments(side->context, &side->moments);
}

void diff_side_clear(struct diff_side *side)
{
    process_index_clear(&side->index);
    snapshot_clear(&side->snapshot);
    text_clear(&side->file);
    baseline_clear(&side->baseline);
    ledger_close(side->own.ledger);
    side->own.ledger = NULL;
}
