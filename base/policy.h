/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the administrator of many machines has said for this one. Windows: the
 * values below HKEY_LOCAL_MACHINE\SOFTWARE\Policies\PortLedger, which Group
 * Policy writes there. Linux has nothing of the kind.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

enum policy_kind {
    POLICY_TEXT,
    POLICY_NUMBER,
    POLICY_LIST,
    POLICY_OTHER, /* of a type that no setting has */
};

/* Lent for the visit. */
struct policy {
    const char *name;
    enum policy_kind kind;
    const char
        *text; /* of a list its texts one behind the other, each with its 0, and an empty one */
    uint64_t number;
};

/* Returns false to end the walk early. */
typedef bool policy_fn(void *context, const struct policy *policy);

/* Where policies stand, for messages. */
extern const char policy_place[];

/* Visits all of them; none where there is no such key. */
bool policy_walk(policy_fn *visit, void *context, struct failure *why) NODISCARD;
