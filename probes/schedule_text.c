/* SPDX-License-Identifier: MIT */

/*
 * Schedules as people write them.
 */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "probes/day_names.h"
#include "probes/schedule.h"

#define ALL_MINUTES ((UINT64_C(1) << 60) - 1)
#define ALL_HOURS ((UINT32_C(1) << 24) - 1)
#define ALL_DAYS (UINT32_MAX & ~UINT32_C(1)) /* 1 to 31 */
#define ALL_MONTHS ((1U << 13) - 2)          /* 1 to 12 */

enum { WORD_SIZE = 12, SUNDAY_AGAIN = 7 };

/* Reads a word of letters, at most WORD_SIZE - 1 of them, or of digits, or one other character. */
static const char *read_word(const char *at, char word[WORD_SIZE])
{
    size_t size = day_name_size(at);

    if (size == 0) {
        size = strspn(at, "0123456789");
    }
    if (size == 0 && *at != '\0') {
        size = 1;
    }
    snprintf(word, WORD_SIZE, "%.*s", (int)size, at);
    return at + size;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

static bool take(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

/* Of crontab. */
struct field {
    const char *name;
    int least;
    int most;
    const char *const *names; /* of `least` and what follows; NULL: there are none */
};

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};

enum field_place { MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, FIELD_COUNT };

static const struct field fields[FIELD_COUNT] = {
    [MINUTES] = {"minute", 0, 59, NULL},
    [HOURS] = {"hour", 0, 23, NULL},
    [DAYS] = {"day of the month", 1, 31, NULL},
    [MONTHS] = {"month", 1, 12, month_names},
    [WEEKDAYS] = {"day of the week", 0, SUNDAY_AGAIN, day_names},
};

/* A number up to 99, or a name. */
static bool read_value(const struct field *field, const char **at, int *value)
{
    char word[WORD_SIZE];
    const char *rest = read_word(*at, word);

    for (int i = 0; field->names != NULL && field->names[i] != NULL; i++) {
        if (text_equal_fold(word, field->names[i])) {
            *value = field->least + i;
            *at = rest;
            return true;
        }
    }
    if (word[0] < '0' || word[0] > '9' || rest - *at > 2) {
        return false;
    }
    *value = word[1] == '\0' ? word[0] - '0' : (word[0] - '0') * 10 + (word[1] - '0');
    *at = rest;
    return true;
}

static bool refuse_field(const struct field *field, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0,
                "the %s must be %d to %d, as in *, %d, %d-%d, */%d or a list", field->name,
                field->least, field->most, field->least + 1, field->least + 1, field->least + 3,
                field->least + 2);
}

/* What a field allows from `first` to `last`. */
struct span {
    int first;
    int last;
    int step;
    bool is_range;
};

/* "*", "5" or "1-5" */
static bool read_ends(const struct field *field, const char **at, struct span *span)
{
    *span = (struct span){.first = field->least, .last = field->most, .step = 1, .is_range = true};
    if (take(at, '*')) {
        return true;
    }
    if (!read_value(field, at, &span->first)) {
        return false;
    }
    span->last = span->first;
    span->is_range = take(at, '-');
    return !span->is_range || read_value(field, at, &span->last);
}

/* "/2" behind a range, or nothing. */
static bool read_step(const struct field *field, const char **at, struct span *span,
                      struct failure *why)
{
    static const struct field plain = {.names = NULL};

    if (!take(at, '/')) {
        return true;
    }
    if (!span->is_range) {
        return FAIL(why, FAILURE_FORMAT, 0, "a step needs a range; write the %s as %d-%d/N or */N",
                    field->name, span->first, field->most);
    }
    return (read_value(&plain, at, &span->step) && span->step > 0) ||
           FAIL(why, FAILURE_FORMAT, 0, "the step of the %s must be 1 to 99", field->name);
}

static bool read_span(const struct field *field, const char **at, uint64_t *set,
                      struct failure *why)
{
    struct span span;

    if (!read_ends(field, at, &span)) {
        return refuse_field(field, why);
    }
    if (span.is_range && field == &fields[WEEKDAYS] && span.last == 0) {
        span.last = SUNDAY_AGAIN; /* sat-sun */
    }
    if (span.first < field->least || span.last > field->most) {
        return refuse_field(field, why);
    }
    if (span.first > span.last) {
        return FAIL(why, FAILURE_FORMAT, 0, "the range %d-%d of the %s goes backwards", span.first,
                    span.last, field->name);
    }
    if (!read_step(field, at, &span, why)) {
        return false;
    }
    for (int i = span.first; i <= span.last; i += span.step) {
        *set |= UINT64_C(1) << i;
    }
    return true;
}

/* Up to the blanks behind it. */
static bool read_field(const struct field *field, const char **at, uint64_t *set,
                       struct failure *why)
{
    *set = 0;
    do {
        if (!read_span(field, at, set, why)) {
            return false;
        }
    } while (take(at, ','));
    if (**at != '\0' && !is_blank(**at)) {
        return refuse_field(field, why);
    }
    *at = skip_blanks(*at);
    return true;
}

static bool read_crontab(struct schedule_rule *rule, const char *text, struct failure *why)
{
    uint64_t sets[FIELD_COUNT];
    bool starred[FIELD_COUNT];
    const char *at = skip_blanks(text);

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (*at == '\0') {
            return FAIL(why, FAILURE_FORMAT, 0,
                        "write a time as in Mon-Fri 07:30, or the five fields of crontab: minute, "
                        "hour, day of the month, month, day of the week");
        }
        starred[i] = *at == '*';
        if (!read_field(&fields[i], &at, &sets[i], why)) {
            return false;
        }
    }
    if (*at != '\0') {
        return FAIL(why, FAILURE_FORMAT, 0, "nothing can follow the five fields");
    }
    *rule = (struct schedule_rule){
        .minutes = sets[MINUTES],
        .hours = (uint32_t)sets[HOURS],
        .days = (uint32_t)sets[DAYS],
        .months = (uint16_t)sets[MONTHS],
        .weekdays = (uint8_t)((sets[WEEKDAYS] | sets[WEEKDAYS] >> SUNDAY_AGAIN) & DAY_NAMES_ALL),
        .either_day = !starred[DAYS] && !starred[WEEKDAYS],
    };
    return true;
}

/* @daily and its like, as in Vixie's cron. */
static bool read_nickname(struct schedule_rule *rule, const char *text, struct failure *why)
{
    static const char *const names[] = {"@hourly",  "@daily",  "@midnight", "@weekly",
                                        "@monthly", "@yearly", "@annually", NULL};
    static const char *const meanings[] = {"0 * * * *", "0 0 * * *", "0 0 * * *", "0 0 * * 0",
                                           "0 0 1 * *", "0 0 1 1 *", "0 0 1 1 *"};

    for (size_t i = 0; names[i] != NULL; i++) {
        if (text_equal_fold(text, names[i])) {
            return read_crontab(rule, meanings[i], why);
        }
    }
    return FAIL(why, FAILURE_FORMAT, 0,
                "known with an @ are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and "
                "@annually");
}

static bool add_rule(struct schedule *schedule, const struct schedule_rule *rule,
                     struct failure *why)
{
    struct schedule alone = {
        .form = SCHEDULE_AT, .is_utc = true, .rules = {*rule}, .rule_count = 1};

    if (schedule->rule_count == SCHEDULE_RULES_MOST) {
        return FAIL(why, FAILURE_FORMAT, 0, "more than %d times; a line of crontab holds many",
                    SCHEDULE_RULES_MOST);
    }
    if (schedule_next(&alone, NULL, 0) == SCHEDULE_NEVER) {
        return FAIL(why, FAILURE_FORMAT, 0, "there is no such day in any year");
    }
    schedule->rules[schedule->rule_count++] = *rule;
    return true;
}

static bool add_crontab(struct schedule *schedule, const char *text, struct failure *why)
{
    struct schedule_rule rule;

    return (text[0] == '@' ? read_nickname(&rule, text, why) : read_crontab(&rule, text, why)) &&
           add_rule(schedule, &rule, why);
}

/* Mon-Fri 07:30, 19:30 */
static bool add_times(struct schedule *schedule, const char *text, struct failure *why)
{
    const char *at = skip_blanks(text);
    struct schedule_rule rule = {.days = ALL_DAYS, .months = ALL_MONTHS};

    if (!day_names_read(&at, &rule.weekdays, why)) {
        return false;
    }
    do {
        int minute;

        at = skip_blanks(at);
        if (!day_time_read(&at, &minute, why)) {
            return false;
        }
        if (minute == DAY_MINUTES) {
            return FAIL(why, FAILURE_FORMAT, 0, "24:00 is 00:00 of the next day; write that");
        }
        rule.hours = UINT32_C(1) << minute / 60;
        rule.minutes = UINT64_C(1) << minute % 60;
        if (!add_rule(schedule, &rule, why)) {
            return false;
        }
        at = skip_blanks(at);
    } while (take(&at, ','));
    return *at == '\0' ||
           FAIL(why, FAILURE_FORMAT, 0,
                "\"%s\" cannot follow the time; write times as in 07:30, 19:30, and other days as "
                "another entry of a list",
                at);
}

bool schedule_add_at(struct schedule *schedule, const char *text, struct failure *why)
{
    bool is_times = strchr(text, ':') != NULL || day_name_size(skip_blanks(text)) > 0;

    return is_times ? add_times(schedule, text, why) : add_crontab(schedule, text, why);
}
