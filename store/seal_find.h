/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which seal a moment rests on, for whoever takes the moment away.
 */

#include "store/ledger.h"
#include "store/seal.h"
#include "store/seal_key.h"

enum seal_basis {
    SEAL_FOUND,
    SEAL_NOT_YET, /* it was recorded after the newest seal, or nothing is sealed */
    SEAL_NEVER,   /* it was recorded before sealing began */
};

struct seal_found {
    enum seal_basis basis;
    char ledger_id[SEAL_LEDGER_ID + 1];
    struct seal seal;          /* FOUND: the first one that binds all up to the moment; */
    uint8_t head[SHA256_SIZE]; /* its head binds the seals before it */
};

/*
 * Nothing is verified: the head is calculated from the seals as they stand.
 * Half a million of them, a year's, take a second.
 */
bool seal_find(struct seal_found *found, struct ledger *ledger,
               const struct ledger_position *moment, struct failure *why) NODISCARD;
