/* SPDX-License-Identifier: MIT */

#include "probes/day_names.h"

#include <string.h>

#include "base/text.h"

const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const char *const whole_names[] = {"sunday",   "monday", "tuesday",  "wednesday",
                                          "thursday", "friday", "saturday", NULL};

enum { DAYS = 7, NAME_SIZE = 12 };

size_t day_name_size(const char *text)
{
    size_t size = 0;

    while ((text[size] >= 'a' && text[size] <= 'z') || (text[size] >= 'A' && text[size] <= 'Z')) {
        size++;
    }
    return size;
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    return at;
}

/* Takes the word at *at where it is `name`. */
static bool take(const char **at, const char *name)
{
    size_t size = day_name_size(*at);

    if (size != strlen(name) || !text_starts_fold(*at, name)) {
        return false;
    }
    *at += size;
    return true;
}

static bool read_day(const char **at, int *day, struct failure *why)
{
    for (*day = 0; *day < DAYS; (*day)++) {
        if (take(at, day_names[*day]) || take(at, whole_names[*day])) {
            return true;
        }
    }
    return FAIL(why, FAILURE_FORMAT, 0,
                "\"%.*s\" is no day; write Sun, Mon, Tue, Wed, Thu, Fri, Sat or daily",
                (int)(day_name_size(*at) > 0 ? day_name_size(*at) : strcspn(*at, " \t,")), *at);
}

/* Mon, Fri-Mon, or Fri - Mon */
static bool read_days(const char **at, uint8_t *days, struct failure *why)
{
    int day;
    int last;

    if (!read_day(at, &day, why)) {
        return false;
    }
    last = day;
    if (*skip_blanks(*at) == '-') {
        *at = skip_blanks(skip_blanks(*at) + 1);
        if (!read_day(at, &last, why)) {
            return false;
        }
    }
    for (*days |= (uint8_t)(1U << day); day != last; *days |= (uint8_t)(1U << day)) {
        day = (day + 1) % DAYS;
    }
    return true;
}

bool day_names_read(const char **at, uint8_t *days, struct failure *why)
{
    bool more = true;

    *days = 0;
    if (day_name_size(*at) == 0 || take(at, "daily")) {
        *days = DAY_NAMES_ALL;
    }
    while (*days != DAY_NAMES_ALL && more) {
        if (!read_days(at, days, why)) {
            return false;
        }
        more = *skip_blanks(*at) == ',';
        if (more) {
            *at = skip_blanks(skip_blanks(*at) + 1);
        }
    }
    *at = skip_blanks(*at);
    return true;
}

static bool read_digits(const char **at, size_t least, int *value)
{
    size_t size = strspn(*at, "0123456789");

    *value = 0;
    if (size < least || size > 2) {
        return false;
    }
    for (size_t i = 0; i < size; i++, (*at)++) {
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

bool day_time_read(const char **at, int *minute, struct failure *why)
{
    const char *rest = *at;
    int hours;
    int minutes;

    if (**at == '\0') {
        return FAIL(why, FAILURE_FORMAT, 0,
                    "a time of the day is missing; write it as in Mon-Fri 07:30");
    }
    if (!read_digits(&rest, 1, &hours) || *rest++ != ':' || !read_digits(&rest, 2, &minutes) ||
        minutes > 59 || hours * 60 + minutes > DAY_MINUTES) {
        return FAIL(why, FAILURE_FORMAT, 0,
                    "\"%.*s\" is no time of the day; write it as 07:30, up to 23:59",
                    (int)strcspn(*at, ", \t"), *at);
    }
    *at = rest;
    *minute = hours * 60 + minutes;
    return true;
}
