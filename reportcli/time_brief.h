/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Times of a table that has little room: without the fraction of a second,
 * without the offset that the heading tells, and without the year where it is
 * this one. A time of another year or offset keeps what it differs in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time_text.h"

enum {
    TIME_BRIEF_OFFSET = 6, /* "+01:00" */
    TIME_BRIEF_YEAR = 5,   /* "2026-" */
    TIME_BRIEF_SIZE = 48,
};

struct time_brief {
    char offset[TIME_BRIEF_OFFSET + 1];
    char year[TIME_BRIEF_YEAR + 1];
};

/* What may be left out, as it is at the moment `now`. */
void time_brief_make(struct time_brief *brief, int64_t now, enum time_zone_choice zone);

/* `cell` is what time_text_add_table() writes, or anything else, which comes back as it is. */
const char *time_brief_cell(const struct time_brief *brief, const char *cell,
                            char out[TIME_BRIEF_SIZE]);
