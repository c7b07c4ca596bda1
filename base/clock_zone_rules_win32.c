/* SPDX-License-Identifier: MIT */

#include "base/clock_zone_win32.h"

#include <wchar.h>

#include "base/filetime_win32.h"

enum {
    MS_PER_SECOND = 1000,
    MS_PER_MINUTE = 60000,
};

/* What SYSTEMTIME can hold, less a day at each end for the way to local time. */
static const int64_t EARLIEST = -11644473600000LL + 86400000; /* 1601 */
static const int64_t LATEST = 253402300799999LL - 86400000;   /* 9999 */

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
TIME_ZONE_INFORMATION clock_zone_rules(const DYNAMIC_TIME_ZONE_INFORMATION *zone, unsigned year)
{
    DYNAMIC_TIME_ZONE_INFORMATION copy = *zone;
    TIME_ZONE_INFORMATION rules;

    if (zone->DynamicDaylightTimeDisabled || zone->TimeZoneKeyName[0] == L'\0' ||
        !GetTimeZoneInformationForYear((USHORT)year, &copy, &rules)) {
        return lasting_rules(zone);
    }
    return rules;
}

unsigned clock_zone_year(const DYNAMIC_TIME_ZONE_INFORMATION *zone, int64_t at)
{
    return to_system_time(hold(at) - (int64_t)zone->Bias * MS_PER_MINUTE).wYear;
}

int clock_zone_offset_by(const TIME_ZONE_INFORMATION *rules, int64_t at)
{
    SYSTEMTIME utc = to_system_time(hold(at));
    SYSTEMTIME local;

    if (!SystemTimeToTzSpecificLocalTime(rules, &utc, &local)) {
        return -(int)rules->Bias * 60;
    }
    return (int)((from_system_time(&local) - from_system_time(&utc)) / MS_PER_SECOND);
}

int clock_zone_offset_in(const DYNAMIC_TIME_ZONE_INFORMATION *zone, int64_t at)
{
    TIME_ZONE_INFORMATION rules = clock_zone_rules(zone, clock_zone_year(zone, at));

    return clock_zone_offset_by(&rules, at);
}
