/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A time from --since to --until, for commands that otherwise show a moment.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/command.h"

/* The rows of a command's option table. */
#define RANGE_OPTIONS                                                                              \
    {.name = "since",                                                                              \
     .kind = OPTION_TEXT,                                                                          \
     .value = "TIME",                                                                              \
     .help = "Out of the ledger, all that there was from this time on: -2h, yesterday, "           \
             "\"2026-11-20 02:13\""},                                                              \
    {                                                                                              \
        .name = "until", .kind = OPTION_TEXT, .value = "TIME",                                     \
        .help = "Out of the ledger, all that there was up to this time"                            \
    }

bool range_is_given(const struct command_context *context);

/* FAILURE_USAGE: --at is given too, or nothing lies between. until 0: no end. */
bool range_read(const struct command_context *context, int64_t *since, int64_t *until,
                struct failure *why) NODISCARD;

/*
 * Notes what of the range was watched and what was dropped, and sets *status.
 * `empty` is what is said where there are no records.
 */
bool range_note(const struct command_context *context, const struct command_ledger *from,
                size_t records, const char *empty, enum exit_status *status,
                struct failure *why) NODISCARD;
