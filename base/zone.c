/* SPDX-License-Identifier: MIT */

#include "base/zone.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/zone_system.h"

enum { MOST_HOURS = 14 }; /* no zone is further from UTC */

static local_time_zone_fn *chosen; /* NULL: this machine's */
static int fixed_seconds;

static int fixed_offset(int64_t at)
{
    (void)at;
    return fixed_seconds;
}

static bool read_two_digits(const char **at, int *value)
{
    const char *digits = *at;

    if (strspn(digits, "0123456789") < 2) {
        return false;
    }
    *value = (digits[0] - '0') * 10 + (digits[1] - '0');
    *at += 2;
    return true;
}

/* "UTC", "Z", "+05:30", "+0530", "-03". */
static bool read_offset(const char *name, int *seconds)
{
    const char *at = name + 1;
    int hours = 0;
    int minutes = 0;

    *seconds = 0;
    if (text_equal_fold(name, "UTC") || text_equal_fold(name, "Z")) {
        return true;
    }
    if ((name[0] != '+' && name[0] != '-') || !read_two_digits(&at, &hours)) {
        return false;
    }
    at += *at == ':' && at[1] != '\0' ? 1 : 0;
    if (*at != '\0' && !read_two_digits(&at, &minutes)) {
        return false;
    }
    *seconds = (name[0] == '-' ? -1 : 1) * (hours * 60 + minutes) * 60;
    return *at == '\0' && minutes < 60 && hours * 60 + minutes <= MOST_HOURS * 60;
}

bool zone_choose(const char *name, struct failure *why)
{
    int seconds;

    if (name == NULL) {
        chosen = NULL;
        return true;
    }
    if (read_offset(name, &seconds)) {
        fixed_seconds = seconds;
        chosen = fixed_offset;
        return true;
    }
    return zone_system_choose(&chosen, name, why);
}

int zone_offset(int64_t at)
{
    return chosen != NULL ? chosen(at) : clock_zone_offset(at);
}
