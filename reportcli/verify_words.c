/* SPDX-License-Identifier: MIT */

#include "reportcli/verify_words.h"

#include <inttypes.h>

#include "base/time_text.h"

const char *verify_status_word(enum verify_status status)
{
    static const char *const words[] = {
        [VERIFY_HELD] = "held",
        [VERIFY_CHANGED] = "changed",
        [VERIFY_CUT] = "cut off",
        [VERIFY_UNDECIDED] = "undecided",
    };

    return words[status];
}

const char *verify_damage_word(enum verify_damage damage)
{
    static const char *const words[] = {
        [VERIFY_NO_DAMAGE] = NULL,
        [VERIFY_EDITED] = "edited or reordered",
        [VERIFY_REMOVED] = "removed",
        [VERIFY_INSERTED] = "inserted",
        [VERIFY_SEAL_CHANGED] = "seal is not of its key",
        [VERIFY_NOT_ANCHOR] = "seal is not the published one",
        [VERIFY_SEALS_GONE] = "seals removed",
    };

    return words[damage];
}

const char *verify_proven_word(const struct verify_result *result)
{
    if (result->keys_given > 0) {
        return result->unproven >= 0 || result->proven_seals < result->seals ? "partly" : "key";
    }
    return result->anchors > 0 ? "anchors" : "nothing";
}

static void add_time(struct text *text, int64_t at)
{
    time_text_add_table(text, at, TIME_ZONE_LOCAL);
}

/* What was done, as a sentence that goes on with "between". */
static void add_damage(struct text *text, const struct verify_result *result)
{
    const char *kind = result->damaged_kind == 0 ? "facts" : seal_kind_name(result->damaged_kind);

    switch (result->damage) {
    case VERIFY_REMOVED:
        text_addf(text, "The ledger was changed: %s", kind);
        break;
    case VERIFY_SEAL_CHANGED:
    case VERIFY_NOT_ANCHOR:
        text_add(text, "The ledger was changed after it was sealed: facts or seals");
        break;
    case VERIFY_SEALS_GONE:
        text_add(text, "The ledger was changed: seals");
        break;
    default:
        text_addf(text, "The ledger was changed: %s", kind);
        break;
    }
    if (result->damaged_row != 0) {
        text_addf(text, " %" PRId64, result->damaged_row);
    }
    switch (result->damage) {
    case VERIFY_REMOVED:
    case VERIFY_SEALS_GONE:
        text_add(text, " removed");
        break;
    case VERIFY_INSERTED:
        text_add(text, " inserted");
        break;
    default:
        text_add(text, " edited, removed, inserted or reordered");
        break;
    }
}

static void add_changed(struct text *text, const struct verify_result *result)
{
    add_damage(text, result);
    if (result->seals == 0) {
        text_add(text, ": there is none, and there were some, unless no service has run since the "
                       "ledger was brought up to date from a version without. What it holds is not "
                       "proven.");
        return;
    }
    text_add(text, " between ");
    add_time(text, result->damaged_from);
    text_add(text, " and ");
    add_time(text, result->damaged_until);
    text_addf(text, " (seal %" PRId64 ").", result->damaged_seal);
    if (result->damage == VERIFY_SEAL_CHANGED && result->keys_given > 0 &&
        result->proven_seals == 0) {
        text_add(text, " No seal at all fits the key that was given: it may be mistyped.");
    }
    if (result->damaged_seals > 1) {
        text_addf(text, " It is the first of %" PRId64 " seals that do not hold.",
                  result->damaged_seals);
    }
}

static void add_holds(struct text *text, const struct verify_result *result)
{
    text_add(text, " What is sealed there holds, up to ");
    add_time(text, result->sealed_until);
    text_add(text, ".");
}

/* What there is of the lost time: somebody may have written it there since. */
static void add_not_proven(struct text *text, int64_t intervals)
{
    if (intervals > 0) {
        text_addf(text,
                  " %" PRId64 " interval%s of the lost time %s in the ledger, and not proven: no "
                  "seal of then is there.",
                  intervals, intervals == 1 ? "" : "s", intervals == 1 ? "is" : "are");
    }
}

static void add_end_lost(struct text *text, const struct verify_result *result)
{
    text_addf(text,
              "The ledger ends before seal %" PRId64 ": it lost its end in a power cut, or "
              "was cut off.",
              result->cut_before);
    add_holds(text, result);
    add_not_proven(text, result->unsealed);
}

/* The service has gone on since: there is something behind the gap, to be asked alone. */
static void add_stretch_lost(struct text *text, const struct verify_result *result)
{
    text_add(text, "What was recorded between ");
    add_time(text, result->lost_from);
    text_add(text, " and ");
    add_time(text, result->lost_until);
    text_addf(text, " was lost (seal%s %" PRId64, result->lost_seals == 1 ? "" : "s",
              result->cut_before);
    if (result->lost_seals != 1) {
        text_addf(text, " to %" PRId64, seal_sum(result->cut_before, result->lost_seals - 1));
    }
    text_add(
        text,
        "): in a power cut, by an older copy that was put in the ledger's place, or its end was "
        "cut off; and the service went on.");
    if (result->cuts > 1) {
        text_addf(text, " It is the first of %" PRId64 " such losses.", result->cuts);
    }
    add_holds(text, result);
    add_not_proven(text, result->late);
    text_add(text, " With --since, only a later time is looked at.");
}

static void add_cut(struct text *text, const struct verify_result *result)
{
    if (result->lost_until == 0) {
        add_end_lost(text, result);
    } else {
        add_stretch_lost(text, result);
    }
}

static void add_undecided(struct text *text, const struct verify_result *result)
{
    if (result->damaged_seals > 0) {
        text_add(text, "This copy was made without command lines, which are sealed with their "
                       "processes: it cannot be told from a changed one. Verify the ledger itself, "
                       "or a copy by `portledger export`.");
        return;
    }
    if (result->seals < 2) {
        text_add(text, "Nothing is sealed yet: nothing can be told.");
        return;
    }
    if (result->read_seals == 0) {
        text_add(text, "Nothing of the asked time is sealed yet: the newest seal reaches to ");
        add_time(text, result->sealed_until);
        text_add(text, ".");
        return;
    }
    if (result->unproven < 0) {
        text_add(text, "A published seal that was given is of time of which retention has left "
                       "nothing. The seals that are left agree with the facts, and nothing that "
                       "was given proves them: give the key, or a seal that was published later.");
        return;
    }
    text_addf(text,
              "The seals from number %" PRId64 " on are of a key whose first one was not given: "
              "of them only is known that they agree with the facts. Give the keys of all chains "
              "in one file.",
              result->unproven);
}

static void add_held(struct text *text, const struct verify_result *result)
{
    text_add(text, "The ledger holds what was sealed, up to ");
    add_time(text, result->sealed_until);
    text_add(text, ".");
    if (result->proven_seals == 0 && result->anchors == 0 && result->anchors_given > 0) {
        text_add(text, " None of the published seals that were given is in it, and no key proves "
                       "it.");
    } else if (result->proven_seals == 0 && result->anchors == 0) {
        text_add(text, " No key and no published seal was given: whoever changed facts and "
                       "seals together is not found without one.");
    }
}

void verify_add_finding(struct text *text, const struct verify_result *result)
{
    switch (result->status) {
    case VERIFY_CHANGED:
        add_changed(text, result);
        break;
    case VERIFY_CUT:
        add_cut(text, result);
        break;
    case VERIFY_UNDECIDED:
        add_undecided(text, result);
        break;
    default:
        add_held(text, result);
        break;
    }
}
