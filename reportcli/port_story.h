/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Why a port did not answer, from the target's own ledger: who listened there,
 * and when that ended.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "base/time_text.h"
#include "store/ledger.h"
#include "store/probe_query.h"

enum { STORY_LEDGERS = 16 };

/* Ledgers that can be asked. Starts as {0}; the caller clears it. */
struct story_ledgers {
    struct ledger *ledgers[STORY_LEDGERS]; /* the first is only lent: this machine's own */
    char *hosts[STORY_LEDGERS];            /* name of the machine that each is of */
    char *domains[STORY_LEDGERS];
    size_t count;
};

/* The ledger of the machine that asks; it outlives *all. */
bool story_add_own(struct story_ledgers *all, struct ledger *ledger, struct failure *why) NODISCARD;

/* Opens one more. FAILURE_USAGE where there are too many. */
bool story_add(struct story_ledgers *all, const char *path, struct failure *why) NODISCARD;
void story_clear(struct story_ledgers *all);

/*
 * Appends one sentence about a pair that does not listen, where the ledger of
 * its target is there; else nothing.
 */
bool story_tell(const struct story_ledgers *all, const struct probe_pair_sum *pair,
                enum time_zone_choice zone, struct text *text, struct failure *why) NODISCARD;
