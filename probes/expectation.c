/* SPDX-License-Identifier: MIT */

#include "probes/expectation.h"

#include <inttypes.h>
#include <string.h>

#include "base/time_text.h"
#include "base/units.h"

const char *const expected_status_names[] = {
    [EXPECT_ANY] = "any",
    [EXPECT_LISTENING] = "listening",
    [EXPECT_NOT_LISTENING] = "not-listening",
    [EXPECT_FILTERED] = "filtered",
    [EXPECTED_STATUS_COUNT] = NULL,
};

static const char *const result_names[] = {
    [EXPECTATION_HELD] = "held",
    [EXPECTATION_NOT_HELD] = "not held",
    [EXPECTATION_UNDECIDED] = "undecided",
};

static const enum probe_status statuses[EXPECTED_STATUS_COUNT] = {
    [EXPECT_ANY] = PROBE_NOT_ASKED, /* is not looked at */
    [EXPECT_LISTENING] = PROBE_LISTENING,
    [EXPECT_NOT_LISTENING] = PROBE_NOT_LISTENING,
    [EXPECT_FILTERED] = PROBE_FILTERED,
};

const char *expectation_result_name(enum expectation_result result)
{
    return (unsigned)result < EXPECTATION_RESULTS ? result_names[result] : "unknown";
}

static void add_status(struct text *sentence, const struct outcome *outcome)
{
    text_addf(sentence, "the port is %s (", probe_status_name((int)outcome->status));
    outcome_add_cause(sentence, outcome);
    text_add_char(sentence, ')');
}

static enum expectation_result judge_not_asked(enum expected_status expected,
                                               const struct outcome *outcome, struct text *sentence)
{
    text_add(sentence, "the port was not asked (");
    outcome_add_cause(sentence, outcome);
    text_add_char(sentence, ')');
    return expected == EXPECT_LISTENING && outcome->cause == PROBE_NAME_NOT_RESOLVED &&
                   !outcome->name_is_unsure
               ? EXPECTATION_NOT_HELD
               : EXPECTATION_UNDECIDED;
}

static enum expectation_result judge_status(enum expected_status expected,
                                            const struct outcome *outcome, struct text *sentence)
{
    enum probe_status wanted = statuses[expected];
    bool either = outcome->status == PROBE_LISTENING_OR_FILTERED;

    if (expected != EXPECT_ANY && outcome->status == PROBE_NOT_ASKED) {
        return judge_not_asked(expected, outcome, sentence);
    }
    if (expected == EXPECT_ANY || outcome->status == wanted) {
        add_status(sentence, outcome);
        return EXPECTATION_HELD;
    }
    /* It stands behind the status wherever it is shown. */
    text_addf(sentence, "%s is expected", probe_status_name((int)wanted));
    return either && expected != EXPECT_NOT_LISTENING ? EXPECTATION_UNDECIDED
                                                      : EXPECTATION_NOT_HELD;
}

/*
 * That there is no such value: it was not said, or it was never asked for, or
 * was dropped since the answer was too long.
 */
static enum expectation_result judge_missing(const char *what, const struct outcome *outcome,
                                             struct text *sentence)
{
    if (outcome->status != PROBE_LISTENING || outcome->ask.cause == PROBE_CAUSE_NONE) {
        text_addf(sentence, "%s is not known, since the port %s", what,
                  outcome->status != PROBE_LISTENING ? "is " : "was not asked in a protocol");
        if (outcome->status != PROBE_LISTENING) {
            text_add(sentence, probe_status_name((int)outcome->status));
        }
        return EXPECTATION_UNDECIDED;
    }
    if (outcome->answer.cut) {
        text_addf(sentence, "%s is not in the part of the answer that was kept", what);
        return EXPECTATION_UNDECIDED;
    }
    text_addf(sentence, "the server does not say %s", what);
    return EXPECTATION_NOT_HELD;
}

static enum expectation_result judge_certificate(int64_t days, const struct outcome *outcome,
                                                 struct text *sentence)
{
    const struct answer_value *left = answer_find(&outcome->answer, "certificate_days_left");

    if (left == NULL) {
        return judge_missing("how long its certificate is valid", outcome, sentence);
    }
    if (left->number < 0) {
        text_addf(sentence, "the certificate expired %" PRId64 " days ago", -left->number);
    } else {
        text_addf(sentence, "the certificate is valid for %" PRId64 " more days", left->number);
    }
    text_addf(sentence, "%s%" PRId64, left->number < days ? ", less than " : ", at least ", days);
    return left->number < days ? EXPECTATION_NOT_HELD : EXPECTATION_HELD;
}

static bool contains_fold(const char *text, const char *part)
{
    for (; *text != '\0'; text++) {
        if (text_starts_fold(text, part)) {
            return true;
        }
    }
    return *part == '\0';
}

/* A value as outputs show it, for a comparison of texts. */
static void add_value(struct text *text, const struct answer_value *value)
{
    switch (value->field->type) {
    case ANSWER_TEXT:
        text_add(text, value->text);
        break;
    case ANSWER_TIME:
        time_text_add_rfc3339(text, value->number, TIME_ZONE_UTC);
        break;
    case ANSWER_TRUTH:
        text_add(text, value->number != 0 ? "true" : "false");
        break;
    default:
        text_addf(text, "%" PRId64, value->number);
        break;
    }
}

/* The number of a value; servers say some as text. False: it is none. */
static bool read_number(const struct answer_value *value, int64_t *number)
{
    struct failure ignored = {0};

    *number = value->number;
    return value->field->type != ANSWER_TEXT || units_parse_number(value->text, number, &ignored);
}

static bool fits_number(const struct expected_value *expected, const struct answer_value *value)
{
    int64_t number;

    if (!read_number(value, &number)) {
        return false;
    }
    return expected->test == VALUE_AT_LEAST ? number >= expected->number
                                            : number <= expected->number;
}

static bool fits(const struct expected_value *expected, const struct answer_value *value,
                 const char *shown)
{
    switch (expected->test) {
    case VALUE_EQUALS:
        return text_equal_fold(shown, expected->text);
    case VALUE_CONTAINS:
        return contains_fold(shown, expected->text);
    default:
        return fits_number(expected, value);
    }
}

static void add_expected(struct text *sentence, const struct expected_value *expected)
{
    static const char *const words[] = {
        [VALUE_EQUALS] = "",
        [VALUE_CONTAINS] = "something with ",
        [VALUE_AT_LEAST] = "at least ",
        [VALUE_AT_MOST] = "at most ",
    };

    text_add(sentence, words[expected->test]);
    if (expected->test == VALUE_EQUALS || expected->test == VALUE_CONTAINS) {
        text_addf(sentence, "\"%s\"", expected->text);
    } else {
        text_addf(sentence, "%" PRId64, expected->number);
    }
}

/* Names the value that fits, or the first one where none does. */
static enum expectation_result judge_value(const struct expected_value *expected,
                                           const struct outcome *outcome, struct text *sentence)
{
    const struct answer *answer = &outcome->answer;
    struct text shown = {0};
    struct text first = {0};
    bool found = false;
    bool held = false;

    for (size_t i = 0; i < answer->count && !held; i++) {
        const struct answer_value *value = &answer->values[i];

        if (strcmp(value->field->name, expected->field) == 0) {
            text_reset(&shown);
            add_value(&shown, value);
            held = fits(expected, value, text_bytes(&shown));
            text_add(&first, found ? "" : text_bytes(&shown));
            found = true;
        }
    }
    if (found) {
        text_addf(sentence, "%s is \"%s\"%s", expected->field, text_bytes(held ? &shown : &first),
                  held ? ", as expected: " : ", not ");
        add_expected(sentence, expected);
    }
    text_clear(&shown);
    text_clear(&first);
    if (!found) {
        return judge_missing(expected->field, outcome, sentence);
    }
    if (!held && answer->cut) {
        text_add(sentence, ", but not all of the answer was kept");
        return EXPECTATION_UNDECIDED;
    }
    return held ? EXPECTATION_HELD : EXPECTATION_NOT_HELD;
}

/* The worst so far, with its sentence: not held before undecided before held, then the first. */
struct verdict {
    enum expectation_result result;
    struct text sentence;
};

static void take(struct verdict *verdict, enum expectation_result result, struct text *sentence)
{
    static const int weights[] = {
        [EXPECTATION_HELD] = 0,
        [EXPECTATION_UNDECIDED] = 1,
        [EXPECTATION_NOT_HELD] = 2,
    };

    if (verdict->sentence.size == 0 || weights[result] > weights[verdict->result]) {
        struct text other = verdict->sentence;

        verdict->sentence = *sentence;
        verdict->result = result;
        *sentence = other;
    }
    text_reset(sentence);
}

enum expectation_result expectation_judge(const struct expectation *expectation,
                                          const struct outcome *outcome, struct text *sentence)
{
    struct verdict verdict = {0};
    struct text next = {0};

    take(&verdict, judge_status(expectation->status, outcome, &next), &next);
    if (expectation->certificate_days > 0) {
        take(&verdict, judge_certificate(expectation->certificate_days, outcome, &next), &next);
    }
    for (size_t i = 0; i < expectation->value_count; i++) {
        take(&verdict, judge_value(&expectation->values[i], outcome, &next), &next);
    }
    text_add(sentence, text_bytes(&verdict.sentence));
    sentence->failed = sentence->failed || verdict.sentence.failed || next.failed;
    text_clear(&verdict.sentence);
    text_clear(&next);
    return verdict.result;
}
