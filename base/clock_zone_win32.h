/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Windows' zones, apart from the question in which of them this machine is.
 */

#include <stdint.h>

#include <windows.h>

/* The rules that hold in a zone in a year. */
TIME_ZONE_INFORMATION clock_zone_rules(const DYNAMIC_TIME_ZONE_INFORMATION *zone, unsigned year);

/* The year that people in the zone wrote at that moment, summer or winter. */
unsigned clock_zone_year(const DYNAMIC_TIME_ZONE_INFORMATION *zone, int64_t at);

/* Seconds that local time is ahead of UTC at `at` by these rules, which are of that year. */
int clock_zone_offset_by(const TIME_ZONE_INFORMATION *rules, int64_t at);

/*
 * Seconds that local time in `zone` is ahead of UTC at `at` (milliseconds
 * since 1970 UTC), by the rules of the year of that moment. Any thread.
 */
int clock_zone_offset_in(const DYNAMIC_TIME_ZONE_INFORMATION *zone, int64_t at);
