/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a ledger knows of the machine that it watched and of its own making,
 * row by row with the names of the columns: for whoever takes it away.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"

enum ledger_about {
    LEDGER_ABOUT_BOOTS,        /* of the machine */
    LEDGER_ABOUT_RUNS,         /* of the service, with what each found of the machine */
    LEDGER_ABOUT_SETTINGS,     /* that were in force, and from when on */
    LEDGER_ABOUT_ZONE_OFFSETS, /* of local time */
    LEDGER_ABOUT_COUNT,
};

/* Valid only during the visit. */
struct ledger_about_field {
    const char *name; /* of the column */
    bool present;
    const char *text; /* NULL: `number` counts */
    int64_t number;
};

typedef void ledger_about_fn(void *context, const struct ledger_about_field *fields, size_t count);

/* Visits the rows in the order of recording. Quick visitors only: a read transaction is open. */
bool ledger_walk_about(struct ledger *ledger, enum ledger_about which, ledger_about_fn *visit,
                       void *context, struct failure *why) NODISCARD;
