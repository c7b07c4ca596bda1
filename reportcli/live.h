/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One look at this machine, for a command: what is read in the background is
 * waited for, but not for ever.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/collector.h"
#include "reportcli/command.h"

/*
 * Milliseconds that it is worth to wait for what was asked for: some seconds
 * for files that have to be read; a moment for the names of accounts; nothing
 * where only a table is printed that shows neither.
 */
int64_t live_patience(const struct command_context *context,
                      const struct collector_options *options);

/* Replaces *snapshot by the present moment. Waits for at most `patience` milliseconds. */
bool live_sample(const struct collector_options *options, int64_t patience,
                 struct snapshot *snapshot, struct failure *why) NODISCARD;

/* Notes of kind "facts" where what was waited for did not come in time: files that are not read,
 * accounts that have no name yet. */
bool live_note_facts(const struct command_context *context, const struct collector_options *options,
                     const struct snapshot *snapshot, struct failure *why) NODISCARD;
