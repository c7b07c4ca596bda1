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
#include "base/filetime_win32.h"

enum {
    MS_PER_SECOND = 1000,
    MS_PER_MINUTE = 60000,
    FRESH_FOR = 1000, /* milliseconds after which we look whether the zone was changed */
};

/* What SYSTEMTIME can hold, less a day at each end for the way to local time. */
static const int64_t EARLIEST = -11644473600000LL + 86400000; /* 1601 */
static const int64_t LATEST = 253402300799999LL - 86400000;   /* 9999 */

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

static int64_t hold(int64_t at)
{
    if (at < EARLIEST) {
        return EARLIEST;
    }
    return at > LATEST ? LATEST : at;
}

static SYSTEMTIME to_system_time(int64_t at)
{
    FILETIME time = filetime_from_units(filetime_from_ms(at));
    SYSTEMTIME fields = {0};

    FileTimeToSystemTime(&time, &fields);
    return fields;
}

static int64_t from_system_time(const SYSTEMTIME *fields)
{
    FILETIME time = {0};

    SystemTimeToFileTime(fields, &time);
    return filetime_to_ms(filetime_units(time));
}

/* The part of a zone that holds when nobody has said anything of a year. */
static TIME_ZONE_INFORMATION lasting_rules(const DYNAMIC_TIME_ZONE_INFORMATION *zone)
{
    TIME_ZONE_INFORMATION rules = {
        .Bias = zone->Bias,
        .StandardDate = zone->StandardDate,
        .StandardBias = zone->StandardBias,
        .DaylightDate = zone->DaylightDate,
        .DaylightBias = zone->DaylightBias,
    };

    return rules;
}

/* The call would look the zone's name up even where the user has switched daylight saving off. */
static TIME_ZONE_INFORMATION rules_of_year(const DYNAMIC_TIME_ZONE_INFORMATION *zone, unsigned year)
{
    DYNAMIC_TIME_ZONE_INFORMATION copy = *zone;
    TIME_ZONE_INFORMATION rules;

    if (zone->DynamicDaylightTimeDisabled || zone->TimeZoneKeyName[0] == L'\0' ||
        !GetTimeZoneInformationForYear((USHORT)year, &copy, &rules)) {
        return lasting_rules(zone);
    }
    return rules;
}

/* The year that people in the zone wrote at that moment, summer or winter. */
static unsigned local_year(const DYNAMIC_TIME_ZONE_INFORMATION *zone, int64_t at)
{
    return to_system_time(at - (int64_t)zone->Bias * MS_PER_MINUTE).wYear;
}

static int offset_by(const TIME_ZONE_INFORMATION *rules, int64_t at)
{
    SYSTEMTIME utc = to_system_time(at);
    SYSTEMTIME local;

    if (!SystemTimeToTzSpecificLocalTime(rules, &utc, &local)) {
        return -(int)rules->Bias * 60;
    }
    return (int)((from_system_time(&local) - from_system_time(&utc)) / MS_PER_SECOND);
}

int clock_zone_offset_in(const DYNAMIC_TIME_ZONE_INFORMATION *zone, int64_t at)
{
    int64_t held = hold(at);
    TIME_ZONE_INFORMATION rules = rules_of_year(zone, local_year(zone, held));

    return offset_by(&rules, held);
}

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
    unsigned year = local_year(&present.zone, at);
    struct year_rules *kept =
        &present.years[year % (sizeof(present.years) / sizeof(present.years[0]))];

    if (kept->year != year) {
        kept->rules = rules_of_year(&present.zone, year);
        kept->year = year;
    }
    return kept->rules;
}

int clock_zone_offset(int64_t at)
{
    int64_t held = hold(at);
    TIME_ZONE_INFORMATION rules;

    AcquireSRWLockExclusive(&present.lock);
    follow_zone();
    rules = present_rules(held);
    ReleaseSRWLockExclusive(&present.lock);
    return offset_by(&rules, held);
}
