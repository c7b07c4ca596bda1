/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which applications had which ports: since when, until when, for how long,
 * and at which hours of the day.
 *
 * An application is the path of an image, or its file name where no path is
 * known. Several sockets that one application has on one port at the same time
 * count once: what is summed up is the time in which it had at least one.
 *
 * Times are those of the clock that was right then. A time of day that
 * happened twice, because the clock was set back, counts twice, in what was
 * watched and in what was open alike.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/hours_of_day.h"
#include "base/text.h"
#include "store/ledger_query.h"

/* Whose port it is that applications are told apart by. */
enum ledger_port_side {
    LEDGER_LOCAL_PORT,
    LEDGER_REMOTE_PORT, /* sockets without another end are left out */
};

struct ledger_usage_question {
    struct ledger_filter filter; /* since..until are what times are clipped to */
    enum ledger_port_side side;
    hours_of_day_zone_fn *zone_offset; /* NULL: hours of the day are not asked for */
    size_t most;                       /* rows, about 300 bytes each; 0: as many as 65,536 */
};

struct ledger_usage_row {
    const char *application; /* "" where the owner is not known; lives as long as the usage */
    bool is_path;
    uint8_t protocol; /* enum socket_protocol */
    uint16_t port;
    int64_t first_id; /* the first of its intervals that touches the range: first seen then */
    int64_t first_seen_at;
    int64_t last_id;      /* the one that was there last */
    int64_t last_seen_at; /* the last sample that had it; where it was seen to close, the next */
    int64_t intervals;
    int64_t open; /* milliseconds of the range */
    int64_t hours[HOURS_OF_DAY];
    size_t name; /* for ledger_usage.c: offset in `names`, and what has been counted so far */
    int64_t stretch_id;
    int64_t counted_until;
};

/* Starts as {0}. */
struct ledger_usage {
    struct ledger_usage_row *rows; /* in the order in which they were first seen */
    size_t count;
    int64_t left_out; /* intervals of further applications and ports, for which was no room */
    int64_t since;    /* of what was watched within the range */
    int64_t until;
    int64_t watched; /* milliseconds; open / watched is a row's share of time */
    int64_t hours_watched[HOURS_OF_DAY];
    struct text names; /* for ledger_usage.c, from here on */
    size_t capacity;
};

/*
 * Replaces what is in *usage. One walk over the intervals of the filter, so
 * that it takes as long as that. FAILURE_MEMORY and what the walk fails with.
 */
bool ledger_usage_read(struct ledger_usage *usage, struct ledger *ledger,
                       const struct ledger_usage_question *question, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void ledger_usage_clear(struct ledger_usage *usage);
