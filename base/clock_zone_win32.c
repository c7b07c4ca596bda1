/* SPDX-License-Identifier: MIT */

/*
 * Windows keeps the rules of each zone year by year in the registry. Asking
 * for them takes long, so those of a few years are kept.
 */

#include "base/clock_zone_win32.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "base/clock.h"

enum {
    FRESH_FOR = 1000, /* milliseconds after which we look whether the zone was changed */
};

struct year_rules {
    unsigned year; /* 0: none */
    TIME_ZONE_INFORMATION rules;
};

static struct {
    SRWLOCK lock;
    bool filled;
    int64_t looked_at; /* by clock_steady() */
    DYNAMIC_TIME_ZONE_INFORMATION zone;
    struct year_rules years[8]; /* by year modulo their number */
} present = {.lock = SRWLOCK_INIT};

static bool same_date(const SYSTEMTIME *a, const SYSTEMTIME *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* Not by all their bytes: behind the end of the names is what happened to be there. */
static bool same_zone(const DYNAMIC_TIME_ZONE_INFORMATION *a,
                      const DYNAMIC_TIME_ZONE_INFORMATION *b)
{
    return a->Bias == b->Bias && a->StandardBias == b->StandardBias &&
           a->DaylightBias == b->DaylightBias &&
           a->DynamicDaylightTimeDisabled == b->DynamicDaylightTimeDisabled &&
           same_date(&a->StandardDate, &b->StandardDate) &&
           same_date(&a->DaylightDate, &b->DaylightDate) &&
           wcscmp(a->TimeZoneKeyName, b->TimeZoneKeyName) == 0;
}

/* Forgets the years where the zone is another one. The lock is held. */
static void follow_zone(void)
{
    int64_t now = clock_steady();
    DYNAMIC_TIME_ZONE_INFORMATION zone;

    if (present.filled && now - present.looked_at < FRESH_FOR) {
        return;
    }
    memset(&zone, 0, sizeof(zone));
    GetDynamicTimeZoneInformation(&zone);
    if (!present.filled || !same_zone(&zone, &present.zone)) {
        present.zone = zone;
        memset(present.years, 0, sizeof(present.years));
    }
    present.filled = true;
    present.looked_at = now;
}

/* The lock is held. */
static TIME_ZONE_INFORMATION present_rules(int64_t at)
{
    unsigned year = clock_zone_year(&present.zone, at);
    struct year_rules *kept =
        &present.years[year % (sizeof(present.years) / sizeof(present.years[0]))];

    if (kept->year != year) {
        kept->rules = clock_zone_rules(&present.zone, year);
        kept->year = year;
    }
    return kept->rules;
}

int clock_zone_offset(int64_t at)
{
    TIME_ZONE_INFORMATION rules;

    AcquireSRWLockExclusive(&present.lock);
    follow_zone();
    rules = present_rules(at);
    ReleaseSRWLockExclusive(&present.lock);
    return clock_zone_offset_by(&rules, at);
}
