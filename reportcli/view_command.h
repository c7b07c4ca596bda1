/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What `wport` and `wpid` have in common, and in part `local`: the present, a watch, a moment or a
 * time in the past, and the log.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "reportcli/command.h"
#include "reportcli/states.h"
#include "reportcli/view.h"

enum {
    VIEW_SHORTEST_WATCH = 1, /* PortQry's */
    VIEW_LONGEST_WATCH = 1200,
};

/* The rows of a watch, of a time and of the log among a command's options. */
#define VIEW_COMMAND_OPTIONS                                                                       \
    {.name = "since",                                                                              \
     .kind = OPTION_TEXT,                                                                          \
     .value = "TIME",                                                                              \
     .help = "What a watch would have shown from this time on, out of the ledger"},                \
        {.name = "until",                                                                          \
         .kind = OPTION_TEXT,                                                                      \
         .value = "TIME",                                                                          \
         .help = "... and up to this time"},                                                       \
        {.name = "watch",                                                                          \
         .kind = OPTION_NUMBER,                                                                    \
         .value = "SECONDS",                                                                       \
         .help = "Look again so often, 1 to 1200 seconds, and show what changed, until Escape "    \
                 "or Ctrl-C",                                                                      \
         .minimum = VIEW_SHORTEST_WATCH,                                                           \
         .maximum = VIEW_LONGEST_WATCH},                                                           \
        {.name = "wt",                                                                             \
         .kind = OPTION_NUMBER,                                                                    \
         .value = "SECONDS",                                                                       \
         .help = "The same as --watch, PortQry's -wt",                                             \
         .minimum = VIEW_SHORTEST_WATCH,                                                           \
         .maximum = VIEW_LONGEST_WATCH},                                                           \
        {.name = "log",                                                                            \
         .kind = OPTION_TEXT,                                                                      \
         .value = "FILE",                                                                          \
         .help = "Write all that is shown into this file too"},                                    \
    {                                                                                              \
        .name = "overwrite", .kind = OPTION_FLAG, .help = "Replace the log file if it is there"    \
    }

/* A watch or a time was asked for, and not one state. */
bool view_command_goes_on(const struct command_context *context);

/* Runs the command for a subject that was read from its words. */
bool view_command_run(const struct command_context *context, const struct view_subject *subject,
                      enum exit_status *status, struct failure *why) NODISCARD;

/* Reads the first word as a number from `minimum` to `maximum`. */
bool view_command_number(const struct command_context *context, const char *what, uint32_t minimum,
                         uint32_t maximum, uint32_t *number, struct failure *why) NODISCARD;

/* Records of what a view shows once, and of a watch. */
extern const struct column_table *const view_command_tables[];
