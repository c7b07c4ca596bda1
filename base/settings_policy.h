/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Policies as settings: a policy whose name stands in a table (setting_key.policy)
 * wins over the file. A list is a REG_MULTI_SZ, or one text; true and false may
 * be the numbers 1 and 0; durations and sizes are texts with a unit, as in the file.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/settings.h"
#include "base/text.h"

/*
 * Applies all policies of this machine. FAILURE_SETTINGS says which is wrong and what would be
 * right; then some of them may have been applied: the caller drops the settings. Appends to
 * *unknown the names that stand in no table, as "A, B", for whoever shows settings.
 */
bool settings_apply_policies(struct settings *settings, setting_tables tables, struct text *unknown,
                             struct failure *why) NODISCARD;
