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
};

/* Chooses the best way that the filter leads to. The filter outlives *in. */
void ledger_way_choose(struct ledger_way_in *in, const struct ledger_filter *filter);

/* Its statement, with everything bound but :limit. *in lives until that is reset. */
enum ledger_rows_statement ledger_way_bind(const struct ledger_way_in *in, struct ledger *ledger,
                                           int64_t low, int64_t high);

/* How many ids to look through in one read transaction: to begin with, and where few match. */
int64_t ledger_way_first_chunk(const struct ledger_way_in *in);
int64_t ledger_way_widest_chunk(const struct ledger_way_in *in);
