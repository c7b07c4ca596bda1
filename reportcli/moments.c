/* SPDX-License-Identifier: MIT */

#include "reportcli/moments.h"

#include "base/time_text.h"
#include "reportcli/coverage.h"

bool moments_read(struct moments *moments, const struct command_context *context, const char *word,
                  struct failure *why)
{
    int64_t *readings = moments->readings;

    *moments = (struct moments){.word = word};
    if (!time_text_parse(word, context->now, &readings[0], &readings[1], why)) {
        return false;
    }
    moments->reading_count = readings[1] == readings[0] ? 1 : MOMENT_READINGS;
    return true;
}

/* Appends the moments of one reading. */
static bool add_reading(struct moments *moments, struct ledger *ledger, size_t reading,
                        struct failure *why)
{
    struct ledger_moments found;

    if (!ledger_find_moments(ledger, moments->readings[reading], &found, why)) {
        return false;
    }
    if (reading == 0) {
        moments->around = found;
    }
    moments->more = moments->more || found.more;
    for (size_t i = 0; i < found.count; i++) {
        moments->found[moments->count++] = found.moments[i];
    }
    return true;
}

/* Takes the newest stored sample for a moment whose own is still on its way. */
static bool add_newest(struct moments *moments, const struct command_context *context,
                       const struct command_ledger *from, struct failure *why)
{
    const struct ledger_moments *around = &moments->around;
    struct ledger_moments newest;
    struct ledger_moment last;

    if (around->watched_before == INT64_MIN || around->watched_after != INT64_MAX ||
        !ledger_gap_seamless((int)around->reason) || moments->readings[0] > context->now) {
        return true;
    }
    if (!ledger_find_moments(from->ledger, around->watched_before, &newest, why)) {
        return false;
    }
    if (newest.count > 0) {
        last = newest.moments[newest.count - 1];
        if (moments->readings[0] - last.at <=
            ledger_coverage_slack(last.stretch.interval, from->commit)) {
            moments->found[moments->count++] = last;
        }
    }
    return true;
}

bool moments_check(const struct ledger_stretch *stretch, enum exit_status *status,
                   struct failure *why)
{
    if (stretch->ended != LEDGER_GAP_IMPORTED) {
        return true;
    }
    *status = EXIT_UNDECIDED;
    return FAIL(why, FAILURE_FORMAT, 0,
                "the ledger is an import: its record says what opened, not what was open; "
                "history, profile and export --as answer from it");
}

static bool check_found(const struct moments *moments, enum exit_status *status,
                        struct failure *why)
{
    for (size_t i = 0; i < moments->count; i++) {
        if (!moments_check(&moments->found[i].stretch, status, why)) {
            return false;
        }
    }
    return true;
}

bool moments_find(struct moments *moments, const struct command_context *context,
                  const struct command_ledger *from, enum exit_status *status, struct failure *why)
{
    for (size_t i = 0; i < moments->reading_count; i++) {
        if (!add_reading(moments, from->ledger, i, why)) {
            return false;
        }
    }
    return (moments->count > 0 || add_newest(moments, context, from, why)) &&
           check_found(moments, status, why);
}

bool moments_find_newest(struct moments *moments, const struct command_ledger *from,
                         enum exit_status *status, struct failure *why)
{
    struct ledger_summary summary;
    struct ledger_moments newest;

    if (!ledger_summarize(from->ledger, &summary, why) ||
        !ledger_find_moments(from->ledger, summary.last_sample_at, &newest, why)) {
        return false;
    }
    moments->readings[0] = summary.last_sample_at;
    moments->reading_count = 1;
    if (newest.count > 0) {
        moments->found[0] = newest.moments[newest.count - 1];
        moments->count = 1;
    }
    return check_found(moments, status, why);
}

static void add_watched(struct text *words, const struct ledger_moments *around,
                        enum time_zone_choice zone)
{
    if (around->watched_before == INT64_MIN && around->watched_after == INT64_MAX) {
        text_add(words, "; the ledger holds no sample yet");
        return;
    }
    if (around->watched_before != INT64_MIN) {
        text_add(words, "; the last sample before it is of ");
        time_text_add_table(words, around->watched_before, zone);
    }
    if (around->watched_after != INT64_MAX) {
        text_add(words, around->watched_before != INT64_MIN ? ", the next one of "
                                                            : "; the first sample is of ");
        time_text_add_table(words, around->watched_after, zone);
    }
}

/* Why the ledger knows nothing of the moment; NULL where it cannot say. */
static const char *why_unwatched(const struct command_context *context,
                                 const struct moments *moments)
{
    const struct ledger_moments *around = &moments->around;

    if (moments->readings[0] > context->now) {
        return "it is still to come";
    }
    if (around->watched_before == INT64_MIN) {
        return NULL;
    }
    return ledger_gap_seamless((int)around->reason) ? "no sample since"
                                                    : ledger_gap_name((int)around->reason);
}

static void note_unwatched(const struct command_context *context, const struct moments *moments)
{
    const char *reason = why_unwatched(context, moments);
    struct text words = {0};

    text_addf(&words, "%s (", moments->word);
    time_text_add_table(&words, moments->readings[0], context->render.zone);
    text_add(&words, ") was not watched");
    if (reason != NULL) {
        text_addf(&words, ": %s", reason);
    }
    add_watched(&words, &moments->around, context->render.zone);
    command_note(context, "coverage", "%s", text_bytes(&words));
    text_clear(&words);
}

static void note_several(const struct command_context *context, const struct moments *moments)
{
    struct text words = {0};

    text_addf(&words, "%s was %zu%s moments, because the clock was set back; all are answered",
              moments->word, moments->count, moments->more ? " and more" : "");
    for (size_t i = 0; i < moments->count; i++) {
        const struct ledger_moment *moment = &moments->found[i];

        text_addf(&words, "%s %zu is ", i == 0 ? ":" : ",", i + 1);
        time_text_add_table(&words, moment->at, context->render.zone);
        text_add(&words, " of the stretch that began ");
        time_text_add_table(&words, moment->stretch.begin_at, context->render.zone);
    }
    command_note(context, "moments", "%s", text_bytes(&words));
    text_clear(&words);
}

/* Local time repeated an hour, but only one of the two was watched. */
static void note_half(const struct command_context *context, const struct moments *moments)
{
    struct text words = {0};

    text_addf(&words, "%s happened twice, because the clocks were set back; watched was ",
              moments->word);
    time_text_add_table(&words, moments->found[0].at, context->render.zone);
    command_note(context, "moments", "%s", text_bytes(&words));
    text_clear(&words);
}

/* The one moment that was found is earlier than the word: nothing later is stored yet. */
static bool is_newest(const struct moments *moments)
{
    return moments->reading_count == 1 && moments->found[0].at < moments->readings[0];
}

static void note_newest(const struct command_context *context, const struct moments *moments)
{
    struct text words = {0};

    text_addf(&words,
              "%s is newer than the newest stored sample, which is answered: ", moments->word);
    time_text_add_table(&words, moments->found[0].at, context->render.zone);
    command_note(context, "moments", "%s", text_bytes(&words));
    text_clear(&words);
}

void moments_note(const struct command_context *context, const struct moments *moments)
{
    if (moments->count == 0) {
        note_unwatched(context, moments);
    } else if (moments->count > 1) {
        note_several(context, moments);
    } else if (is_newest(moments)) {
        note_newest(context, moments);
    } else if (moments->reading_count > 1) {
        note_half(context, moments);
    }
}
