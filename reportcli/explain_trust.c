/* SPDX-License-Identifier: MIT */

/*
 * What was watched around the moment, what may have been missed, and whether
 * the ledger still says what it was sealed with.
 */

#include "base/units.h"
#include "reportcli/coverage.h"
#include "reportcli/explain.h"
#include "reportcli/verify_words.h"
#include "store/ledger_coverage.h"
#include "store/profile_fold.h"
#include "store/verify.h"

static const char *const losses[] = {
    [LEDGER_DETAIL_WHOLE] = NULL,
    [LEDGER_DETAIL_PARTLY] =
        "For want of space some applications have lost what they had then: it may be missing here.",
    [LEDGER_DETAIL_DROPPED] = "The moment is older than the ledger keeps every interval: what is "
                              "not listed may have been there.",
};

static bool say(struct explain *explain, enum explain_part part, struct failure *why)
{
    const struct explain_line line = {.part = part};

    return explain_say(explain, &line, why);
}

/* What lives for less than the time between two samples need not be in any. */
static bool tell_sampling(struct explain *explain, struct failure *why)
{
    const struct ledger_stretch *stretch = &explain->moment->stretch;

    text_add(&explain->words, "The sockets were looked at every ");
    units_add_duration(&explain->words, stretch->interval);
    text_add(&explain->words, ": one that was open for less may not have been seen, and times are "
                              "no more exact than that.");
    if (!say(explain, EXPLAIN_COVERAGE, why)) {
        return false;
    }
    if (losses[explain->moment->detail] != NULL) {
        text_add(&explain->words, losses[explain->moment->detail]);
        return say(explain, EXPLAIN_COVERAGE, why);
    }
    return true;
}

bool explain_tell_coverage(struct explain *explain, struct failure *why)
{
    const struct ledger_coverage_range range = {
        .since = explain->at - explain->around,
        .until = explain->at + explain->around < explain->context->now
                     ? explain->at + explain->around
                     : explain->context->now,
        .commit = explain->from->commit,
    };
    struct ledger_coverage coverage = {0};
    struct text words = {0};
    bool done = ledger_coverage_read(&coverage, explain->from->ledger, &range, why);

    if (done) {
        text_add(&explain->words, "Around it: ");
        coverage_add_words(&words, &coverage, explain->context->render.zone);
        explain_add_shortened(explain, text_bytes(&words));
        text_add_char(&explain->words, '.');
        done = text_ok(&words, why) && say(explain, EXPLAIN_COVERAGE, why);
    }
    text_clear(&words);
    ledger_coverage_clear(&coverage);
    return done && (explain->moment == NULL || tell_sampling(explain, why));
}

/* How far the moment is under a seal at all; true where it is. */
static bool add_reach(struct explain *explain, const struct verify_result *result)
{
    struct text *words = &explain->words;

    if (result->seals == 0) {
        text_add(words, "Nothing is sealed in this ledger: nobody can tell whether it was "
                        "changed.");
    } else if (result->seals == 1) {
        text_add(words, "The moment is not sealed yet: no stretch is, since sealing began at ");
        explain_add_short_time(explain, result->sealed_from);
        text_add_char(words, '.');
    } else if (explain->at < result->sealed_from) {
        text_add(words, "The moment is not sealed: sealing began later, at ");
        explain_add_short_time(explain, result->sealed_from);
        text_add_char(words, '.');
    } else if (explain->at > result->sealed_until) {
        text_add(words, "The moment is not sealed yet: the newest seal reaches up to ");
        explain_add_short_time(explain, result->sealed_until);
        text_add_char(words, '.');
    } else {
        return true;
    }
    return false;
}

static void add_checked(struct explain *explain, const struct verify_plan *plan)
{
    struct text *words = &explain->words;

    text_add(words, " Checked, without a key, was what was recorded from ");
    explain_add_short_time(explain, plan->since);
    text_add(words, " to ");
    explain_add_short_time(explain, plan->until);
    text_add(words, "; what is older, such as a process that started before, and all of it with "
                    "its key: portledger verify.");
}

static bool tell_result(struct explain *explain, const struct verify_plan *plan,
                        const struct verify_result *result, struct failure *why)
{
    if (!add_reach(explain, result) && result->status != VERIFY_CHANGED) {
        return say(explain, EXPLAIN_SEAL, why);
    }
    if (result->status == VERIFY_CHANGED) {
        text_add(&explain->words, explain->words.size > 0 ? " " : "");
        verify_add_finding(&explain->words, result);
    } else {
        text_add(&explain->words,
                 "The moment is sealed, and what the ledger says is as it was sealed.");
    }
    if (result->status == VERIFY_CUT) {
        text_add(&explain->words, " But elsewhere seals are missing.");
    }
    add_checked(explain, plan);
    return say(explain, EXPLAIN_SEAL, why);
}

/* A socket is sealed when it is first seen: with the moment goes the time since then, in reason. */
static int64_t earliest(const struct explain *explain)
{
    const struct explain_rows *all[] = {&explain->held, &explain->reached};
    int64_t since = explain->at;

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < all[k]->count; i++) {
            int64_t opened_at = explain_rows_at(all[k], i)->opened_at;

            since = opened_at < since ? opened_at : since;
        }
    }
    return since < explain->at - PROFILE_DAY_MS ? explain->at - PROFILE_DAY_MS : since;
}

/* Of seals that are not about that time only the chain is looked at. */
bool explain_tell_seal(struct explain *explain, struct failure *why)
{
    const struct verify_plan plan = {.since = earliest(explain), .until = explain->at};
    struct verify_result result;

    if (explain->moment == NULL) {
        return true;
    }
    return ledger_verify(&result, explain->from->ledger, &plan, why) &&
           tell_result(explain, &plan, &result, why);
}
