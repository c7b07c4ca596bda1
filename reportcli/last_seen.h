/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/command.h"

/*
 * A note of kind "empty" that no process of this number runs, or ran `at` a time (0: now);
 * with who had it last until then, by its sockets, where the ledger can be read
 * and tells. That it cannot be read is no failure here: live, the ledger was not asked for.
 */
bool last_seen_note(const struct command_context *context, uint32_t pid, int64_t at,
                    struct failure *why) NODISCARD;
