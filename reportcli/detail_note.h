/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What retention has taken from an answer: notes of kind "dropped". "Dropped"
 * is not "was not there", and not "was not watched".
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/command.h"
#include "reportcli/moments.h"

/* For each of the moments that is not whole any more. */
void detail_note_moments(const struct command_context *context, const struct moments *moments);

/*
 * For a range of time that begins at `since` (INT64_MIN: with the first
 * sample). *dropped: a part of what it had is gone.
 */
bool detail_note_range(const struct command_context *context, struct ledger *ledger, int64_t since,
                       bool *dropped, struct failure *why) NODISCARD;
