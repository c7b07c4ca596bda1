/* SPDX-License-Identifier: MIT */
#pragma once

/* What a verification found, in words: for `verify` and for the manifest of evidence. */

#include "base/text.h"
#include "store/verify.h"

/* "held", "changed", "cut off", "undecided". */
const char *verify_status_word(enum verify_status status);

/* "edited", "removed" and so on; NULL where nothing is damaged. */
const char *verify_damage_word(enum verify_damage damage);

/* "key", "partly", "anchors", "nothing": as the column `proven` says it. */
const char *verify_proven_word(const struct verify_result *result);

/* One or more plain sentences. */
void verify_add_finding(struct text *text, const struct verify_result *result);
