/* SPDX-License-Identifier: MIT */

#include "tests/fake_policy.h"

const char policy_place[] = "HKLM\\SOFTWARE\\Policies\\PortLedger";

static const struct policy *all;
static size_t all_count;

void fake_policy_set(const struct policy *policies, size_t count)
{
    all = policies;
    all_count = count;
}

bool policy_walk(policy_fn *visit, void *context, struct failure *why)
{
    (void)why;
    for (size_t i = 0; i < all_count && visit(context, &all[i]); i++) {
    }
    return true;
}
