/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Windows in which nobody is to be disturbed: a run that is due within one is
 * recorded as skipped. Windows are what clocks on the wall show.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/local_time.h"

/* Owns nothing. */
struct maintenance_window {
    bool is_weekly;
    uint8_t days;       /* weekly: those on which it begins; a bit each, Sunday first */
    int from;           /* weekly: minutes since midnight of its day */
    int until;          /* above `from`; behind midnight it goes on into the next day */
    int64_t shown_from; /* once: as local_time.h writes local times */
    int64_t shown_until;
};

/*
 * Reads
 *   Sun 02:00-04:00      Mon-Fri 22:00-02:00     02:00-04:00     every week, from a day on
 *   2026-12-24           2026-12-24 - 2026-12-27                 whole days, the last one included
 *   2026-12-24 18:00 - 2026-12-27 06:00
 * The end of a time does not belong to it. FAILURE_FORMAT.
 */
bool maintenance_read(struct maintenance_window *window, const char *text,
                      struct failure *why) NODISCARD;

/*
 * A moment after `at`: from `at` on and before it, all lies in some window, or
 * all in none. It is not more than a day later; behind it the same may go on.
 */
int64_t maintenance_same_until(const struct maintenance_window *windows, size_t count,
                               local_time_zone_fn *zone, int64_t at);

/* The first window that a moment lies in, or `count`. */
size_t maintenance_find(const struct maintenance_window *windows, size_t count,
                        local_time_zone_fn *zone, int64_t at);
