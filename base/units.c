/* SPDX-License-Identifier: MIT */

#include "base/units.h"

#include <inttypes.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct unit {
    const char *name;
    int64_t value;
};

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR, WEEK = 7 * DAY };

/* From the largest: a joined duration goes down this list. */
static const struct unit durations[] = {
    {"w", WEEK}, {"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {"ms", 1},
};

/* From the largest; of each pair the one in use first. */
static const struct unit sizes[] = {
    {"TiB", INT64_C(1) << 40},   {"TB", INT64_C(1000000000000)}, {"GiB", INT64_C(1) << 30},
    {"GB", INT64_C(1000000000)}, {"MiB", INT64_C(1) << 20},      {"MB", INT64_C(1000000)},
    {"KiB", INT64_C(1) << 10},   {"kB", INT64_C(1000)},          {"B", 1},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number at *word, which is moved behind it; false where it is too large. */
static bool read_number(const char **word, int64_t *number)
{
    *number = 0;
    for (; is_digit(**word); (*word)++) {
        int digit = **word - '0';

        if (*number > (INT64_MAX - digit) / 10) {
            return false;
        }
        *number = *number * 10 + digit;
    }
    return true;
}

/* The unit whose name is the whole of the `size` letters. */
static const struct unit *find_unit(const struct unit *units, size_t count, const char *name,
                                    size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(units[i].name) == size && memcmp(units[i].name, name, size) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

static size_t count_letters(const char *word)
{
    size_t count = 0;

    while (word[count] != '\0' && !is_digit(word[count])) {
        count++;
    }
    return count;
}

static bool refuse_large(const char *word, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0, "\"%s\" is too large", word);
}

static bool refuse_duration(const char *word, struct failure *why)
{
    return FAIL(why, FAILURE_FORMAT, 0,
                "\"%s\" is no duration; write a whole number with its unit (ms s m h d w), such as "
                "250ms, 30s, 5m or 1h30m",
                word);
}

/* Adds number * unit to *sum. */
static bool add_product(int64_t *sum, int64_t number, int64_t unit)
{
    if (number > (INT64_MAX - *sum) / unit) {
        return false;
    }
    *sum += number * unit;
    return true;
}

/* One number with its unit, at *at; `previous` is the unit before it, or NULL. */
static bool add_part(const char *word, const char **at, const struct unit **previous, int64_t *sum,
                     struct failure *why)
{
    const char *digits = *at;
    const struct unit *unit;
    size_t letters;
    int64_t number;

    if (!read_number(at, &number)) {
        return refuse_large(word, why);
    }
    letters = count_letters(*at);
    unit = find_unit(durations, COUNT(durations), *at, letters);
    if (*at == digits || unit == NULL || (*previous != NULL && unit <= *previous)) {
        return refuse_duration(word, why);
    }
    *at += letters;
    *previous = unit;
    return add_product(sum, number, unit->value) || refuse_large(word, why);
}

static bool is_bare_number(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

bool units_parse_duration(const char *word, int64_t *milliseconds, struct failure *why)
{
    const struct unit *previous = NULL;
    const char *at = word;
    int64_t sum = 0;

    if (strcmp(word, "0") == 0) {
        *milliseconds = 0;
        return true;
    }
    if (is_bare_number(word)) {
        return FAIL(why, FAILURE_FORMAT, 0, "\"%s\" does not say of what; write %ss or %sm", word,
                    word, word);
    }
    do {
        if (!add_part(word, &at, &previous, &sum, why)) {
            return false;
        }
    } while (*at != '\0');
    *milliseconds = sum;
    return true;
}

/* For 4G, 4gb and their like: the two units that may have been meant. */
static bool refuse_size(const char *word, const char *name, struct failure *why)
{
    int digits = (int)(name - word);

    for (size_t i = 0; digits > 0 && i + 1 < COUNT(sizes); i += 2) {
        char large = sizes[i].name[0];

        if ((name[0] == large || name[0] == large - 'A' + 'a') && count_letters(name) <= 3 &&
            name[count_letters(name)] == '\0') {
            return FAIL(why, FAILURE_FORMAT, 0, "\"%s\" is no size; write %.*s%s or %.*s%s", word,
                        digits, word, sizes[i].name, digits, word, sizes[i + 1].name);
        }
    }
    return FAIL(why, FAILURE_FORMAT, 0,
                "\"%s\" is no size; write a whole number with its unit, such as 512B, 64KiB, "
                "64MiB or 4GiB",
                word);
}

bool units_parse_size(const char *word, int64_t *bytes, struct failure *why)
{
    const char *at = word;
    const struct unit *unit;
    int64_t number;
    int64_t product = 0;

    if (strcmp(word, "0") == 0) {
        *bytes = 0;
        return true;
    }
    if (is_bare_number(word)) {
        return FAIL(why, FAILURE_FORMAT, 0, "\"%s\" does not say of what; write %sMiB or %sGiB",
                    word, word, word);
    }
    if (!read_number(&at, &number)) {
        return refuse_large(word, why);
    }
    unit = find_unit(sizes, COUNT(sizes), at, strlen(at));
    if (at == word || unit == NULL) {
        return refuse_size(word, at, why);
    }
    if (!add_product(&product, number, unit->value)) {
        return refuse_large(word, why);
    }
    *bytes = product;
    return true;
}

bool units_parse_number(const char *word, int64_t *number, struct failure *why)
{
    bool negative = word[0] == '-';
    const char *at = word + negative;

    if (!is_bare_number(at)) {
        return FAIL(why, FAILURE_FORMAT, 0, "\"%s\" is not a whole number", word);
    }
    if (!read_number(&at, number)) {
        return refuse_large(word, why);
    }
    *number = negative ? -*number : *number;
    return true;
}

/* The absolute value; a minus goes into the text. */
static uint64_t add_sign(struct text *text, int64_t value)
{
    if (value < 0) {
        text_add_char(text, '-');
        return (uint64_t)0 - (uint64_t)value;
    }
    return (uint64_t)value;
}

void units_add_duration(struct text *text, int64_t milliseconds)
{
    uint64_t rest = add_sign(text, milliseconds);

    if (rest == 0) {
        text_add_char(text, '0');
        return;
    }
    for (size_t i = 1; i < COUNT(durations); i++) { /* 400d says more than 57w1d */
        uint64_t unit = (uint64_t)durations[i].value;

        if (rest >= unit) {
            text_addf(text, "%" PRIu64 "%s", rest / unit, durations[i].name);
            rest %= unit;
        }
    }
}

void units_add_size(struct text *text, int64_t bytes)
{
    uint64_t value = add_sign(text, bytes);
    const struct unit *best = &sizes[COUNT(sizes) - 1];

    for (size_t i = COUNT(sizes); i-- > 0;) { /* the largest unit that divides */
        if (value > 0 && value % (uint64_t)sizes[i].value == 0 && sizes[i].value > best->value) {
            best = &sizes[i];
        }
    }
    text_addf(text, "%" PRIu64 "%s", value / (uint64_t)best->value, best->name);
}

/* Below a minute: three digits, cut and not rounded, so that no 60 s comes out. */
static void add_seconds(struct text *text, unsigned milliseconds)
{
    unsigned step = milliseconds >= 10000 ? 100 : milliseconds >= 1000 ? 10 : 1;
    unsigned shown = milliseconds - milliseconds % step;
    unsigned fraction = shown % SECOND;
    int digits = 3;

    while (digits > 0 && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    text_addf(text, "%u", shown / SECOND);
    if (digits > 0) {
        text_addf(text, ".%0*u", digits, fraction);
    }
    text_add(text, " s");
}

void units_add_duration_rough(struct text *text, int64_t milliseconds)
{
    uint64_t rest = add_sign(text, milliseconds);

    if (rest < MINUTE) {
        add_seconds(text, (unsigned)rest);
        return;
    }
    for (size_t i = 1; i + 1 < COUNT(durations); i++) {
        uint64_t unit = (uint64_t)durations[i].value;
        uint64_t smaller = (uint64_t)durations[i + 1].value;

        if (rest >= unit) {
            text_addf(text, "%" PRIu64 " %s", rest / unit, durations[i].name);
            if (rest % unit >= smaller) {
                text_addf(text, " %" PRIu64 " %s", rest % unit / smaller, durations[i + 1].name);
            }
            return;
        }
    }
}

void units_add_size_rough(struct text *text, int64_t bytes)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    uint64_t value = add_sign(text, bytes);
    double shown = (double)value;
    size_t i = 0;

    while (shown >= 999.5) {
        shown /= 1024;
        i++;
    }
    text_addf(text, "%.*f %s",
              i == 0 || shown >= 99.95 ? 0
              : shown >= 9.995         ? 1
                                       : 2,
              shown, names[i]);
}
