/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Moments as people type and read them.
 *
 * Times are int64 milliseconds since 1970 UTC. Local time is that of zone.h: as
 * long as nobody chose a zone clock_zone_offset() says it, so that tests with
 * the fake clock live in a zone of their own choosing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

/* How a time is shown: in which zone, and how precisely. */
enum time_zone_choice {
    TIME_ZONE_LOCAL,
    TIME_ZONE_UTC,
};

/*
 * Reads a moment:
 *   2026-11-20T14:00:00.250+01:00   RFC 3339; also with a blank for the T, without seconds,
 *   2026-11-20T13:00Z               with Z, or with no zone, which is local time; and
 *                                   what time_text_add_table() writes
 *   2026-11-20                      that day's midnight, local time
 *   11-20   11-20 14:00:05          the last time that it was so, as narrow tables write it
 *   14:00   14:00:05                today, local time; where that is still to come, yesterday
 *   -90s -5m -2h -3d -1w            that long before `now`
 *   now  today  yesterday           now; the midnight before; the one before that
 *   boot                            when this boot began
 *   @1732111200  @1732111200.250    seconds since 1970 UTC
 *
 * A local time that a clock change skipped is the moment of the change. One
 * that happened twice is the first, and *second (where not NULL) is the other
 * one; otherwise, or where it is still to come for a 14:00, *second is equal
 * to *at.
 *
 * Fails with FAILURE_USAGE and a text that shows the forms; for `boot` also as
 * clock_boot_read() does.
 */
bool time_text_parse(const char *word, int64_t now, int64_t *at, int64_t *second,
                     struct failure *why) NODISCARD;

/*
 * Appends RFC 3339 with milliseconds and offset: 2026-11-20T14:00:00.250+01:00,
 * or ...Z for UTC. Of an offset with seconds (local mean time) the whole
 * minutes are taken, for the digits too, so that what is shown is exact.
 */
void time_text_add_rfc3339(struct text *text, int64_t at, enum time_zone_choice zone);

/*
 * The same for many times: minutes that were written before are kept, as many
 * as there is room for. Starts as {0}; belongs to one thread and one zone.
 */
enum { TIME_KEPT_MINUTES = 64, TIME_KEPT_HEAD = 17, TIME_KEPT_TAIL = 6 };

struct time_kept {
    struct time_kept_minute {
        int64_t minute; /* since 1970 UTC; 0: none */
        char head[TIME_KEPT_HEAD];
        char tail[TIME_KEPT_TAIL];
        uint8_t tail_size;
    } minutes[TIME_KEPT_MINUTES];
};

void time_text_add_kept(struct text *text, int64_t at, enum time_zone_choice zone,
                        struct time_kept *kept);

/* Appends what tables show: 2026-11-20 14:00:00.250 +01:00, without .250 where it is 0. */
void time_text_add_table(struct text *text, int64_t at, enum time_zone_choice zone);

/* A date and time of day as a calendar shows it (proleptic Gregorian). */
struct calendar_time {
    int year, month, day; /* month and day count from 1 */
    int hour, minute, second, millisecond;
};

/* UTC both ways. Years -9999 to 9999; what is beyond is held at the end. */
struct calendar_time calendar_from_ms(int64_t at);
int64_t calendar_to_ms(const struct calendar_time *time);
bool calendar_valid(const struct calendar_time *time);
