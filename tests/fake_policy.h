/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Takes the place of base/policy_win32.c and policy_linux.c: the policies of this machine are those
 * that a test sets.
 */

#include <stddef.h>

#include "base/policy.h"

/* Lent until the next call; none for a count of 0. */
void fake_policy_set(const struct policy *policies, size_t count);
