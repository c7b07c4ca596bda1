/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The ways into the intervals: which index a filter is looked up in. A way
 * finds all that the filter asks for and may find more; the walk compares the
 * rest. The SQL of the ways is in ledger_rows.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger_ids.h"
#include "store/ledger_query.h"
#include "store/ledger_rows.h"

/* Bytes of an address as they stand in a row: with the interface behind them where it has one. */
struct ledger_address {
    uint8_t bytes[20];
    int size;
};

/* The bounds of a prefix; where it is one address, both are equal. */
struct ledger_addresses {
    struct ledger_address first;
    struct ledger_address last;
};

struct ledger_way;

/* A filter with the way that was chosen for it. */
struct ledger_way_in {
    const struct ledger_way *way;
    const struct ledger_filter *filter;
    struct ledger_addresses plain;  /* of the filter's remote address, where it has one */
    struct ledger_addresses mapped; /* of its other form: an IPv4 address inside of IPv6 */
    struct ledger_ids owners;       /* that the filter can mean */
    struct ledger_ids services;
};

/*
 * Chooses the best way that the filter leads to. The filter outlives *in, which
 * is cleared with ledger_way_clear(), also after a failure. Called inside of a
 * read transaction, as are the next ones that can fail.
 */
bool ledger_way_choose(struct ledger_way_in *in, struct ledger *ledger,
                       const struct ledger_filter *filter, struct failure *why) NODISCARD;
void ledger_way_clear(struct ledger_way_in *in);

/* Nothing in the ledger can match. */
bool ledger_way_is_vain(const struct ledger_way_in *in);

/*
 * The first id from `low` on that may match, for a chunk of so many ids;
 * LEDGER_ROWS_NONE where there is none.
 */
bool ledger_way_from(const struct ledger_way_in *in, struct ledger *ledger, int64_t width,
                     int64_t low, int64_t *first, struct failure *why) NODISCARD;

/*
 * The statement for the ids from `low` to `high`, with everything bound but :limit. *in lives
 * until that is reset.
 */
enum ledger_rows_statement ledger_way_bind(struct ledger_way_in *in, struct ledger *ledger,
                                           int64_t low, int64_t high);

/* How many ids to look through in one read transaction where few match. */
int64_t ledger_way_widest_chunk(const struct ledger_way_in *in);

/*
 * Makes the functions known that statements of ledger_rows.c use: is_like(PATTERN, TEXT) by
 * base/pattern.h, and may_match(way, ...), which is false where a row cannot match.
 */
bool ledger_ways_add_functions(sqlite3 *db, struct failure *why) NODISCARD;
