/* SPDX-License-Identifier: MIT */

/*
 * Linux: whoever manages many machines writes the settings file itself.
 */

#include "base/policy.h"

const char policy_place[] = "";

bool policy_walk(policy_fn *visit, void *context, struct failure *why)
{
    (void)visit;
    (void)context;
    (void)why;
    return true;
}
