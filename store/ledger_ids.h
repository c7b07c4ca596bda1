/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which processes and services a filter can mean: found once for a walk, in
 * small tables, so that the intervals of others need not be looked at.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "store/ledger_query.h"

/* Ids of rows. Starts as {0}. */
struct ledger_ids {
    int64_t *ids; /* ascending, none twice */
    size_t count;
    size_t capacity;
    bool known;       /* an id that is not among them cannot be meant; else nothing was looked for,
                         or there were too many */
    struct text json; /* the same as an array */
};

/*
 * The processes that can be what the filter asks of an owner; more of them may
 * be there than that, and never fewer. Called inside of a read transaction.
 */
bool ledger_ids_of_owners(struct ledger_ids *owners, struct ledger *ledger,
                          const struct ledger_filter *filter, struct failure *why) NODISCARD;

/* The rows of `service` that the filter asks for, likewise. */
bool ledger_ids_of_services(struct ledger_ids *services, struct ledger *ledger,
                            const struct ledger_filter *filter, struct failure *why) NODISCARD;

void ledger_ids_clear(struct ledger_ids *ids);

bool ledger_ids_contain(const struct ledger_ids *ids, int64_t id);
