/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The intervals of the ledger that match, one after the other, in the order of
 * recording. They are read in pages, by key: no read transaction is open
 * between two of them, and memory does not grow with their number.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "store/ledger_query.h"

struct interval_reader;

/* The ledger and what the filter points to are lent until the reader is closed. */
bool interval_reader_open(struct interval_reader **out, struct ledger *ledger,
                          const struct ledger_filter *filter, struct failure *why) NODISCARD;

/* The next one, good until the call after this one; *interval is NULL behind the last. */
bool interval_reader_next(struct interval_reader *reader, const struct ledger_interval **interval,
                          struct failure *why) NODISCARD;

/* The next one has to be searched for, which may take a while. */
bool interval_reader_pauses(const struct interval_reader *reader);

/* Does nothing for NULL. */
void interval_reader_close(struct interval_reader *reader);
