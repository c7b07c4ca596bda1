/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Windows' zones, apart from the question in which of them this machine is.
 */

#include <stdint.h>

#include <windows.h>

/*
 * Seconds that local time in `zone` is ahead of UTC at `at` (milliseconds
 * since 1970 UTC), by the rules of the year of that moment. Any thread.
 */
int clock_zone_offset_in(const DYNAMIC_TIME_ZONE_INFORMATION *zone, int64_t at);
