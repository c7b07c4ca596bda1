/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What retention has taken from a ledger, for those who read it. A time that
 * was watched stays marked as watched when its intervals are dropped: then
 * "not in the ledger" is not "was not there".
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"

/* A moment of a stretch: ordered by recording, whatever the clock did. */
struct ledger_position {
    int64_t stretch; /* 0: before everything */
    int64_t at;
};

/* Negative, 0 or positive. */
int ledger_position_compare(const struct ledger_position *a, const struct ledger_position *b);

/* How much of the detail of a moment there still is. */
enum ledger_detail_kind {
    LEDGER_DETAIL_WHOLE = 0,   /* everything that was seen */
    LEDGER_DETAIL_PARTLY = 1,  /* some applications have lost theirs for want of space */
    LEDGER_DETAIL_DROPPED = 2, /* only what lasted beyond the time of keeping is left */
};

struct ledger_detail {
    struct ledger_position dropped; /* of all applications there is detail only from here on */
    struct ledger_position partly;  /* and from here on nothing is missing at all */
    int64_t applications;           /* that have lost detail after `dropped` */
    int64_t oldest_at;              /* when the oldest interval that is kept began; 0: none is */
    int64_t oldest_profile_at;      /* the day of the oldest profile row; 0: there is none */
    int64_t keep;                   /* what retention was last told, as in retention.h; 0: it */
    int64_t max_size;               /* never was */
    int64_t keep_profile;
};

bool ledger_read_detail(struct ledger *ledger, struct ledger_detail *detail,
                        struct failure *why) NODISCARD;

/* What there is of a moment. */
enum ledger_detail_kind ledger_detail_of(const struct ledger_detail *detail,
                                         const struct ledger_position *moment);
