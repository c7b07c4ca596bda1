/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The states of the machine that a command answers for: the present one, or
 * with --at those of the moments that the time names.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "collector/collector.h"
#include "reportcli/command.h"
#include "reportcli/history_filter.h"
#include "reportcli/moments.h"
#include "reportcli/process_index.h"

/* The first and the last column of records of a state. */
extern const struct column state_moment_column[1];
extern const struct column state_at_column[1];

/* The row of --at among a command's options. */
#define STATES_AT_OPTION                                                                           \
    {                                                                                              \
        .name = "at", .kind = OPTION_TEXT, .value = "TIME",                                        \
        .help = "Out of the ledger, as it was then: -2h, 14:00, yesterday, \"2026-11-20 02:13\""   \
    }

/* Starts as {0} with `live`, `wishes` and `filter` set. */
struct states {
    struct collector_options live;       /* what is asked of the system */
    unsigned wishes;                     /* enum ledger_state_wish: what is asked of the ledger */
    const struct history_filter *filter; /* sockets that it does not take are dropped; NULL: none.
                                            What it needs to know is asked for by itself */
    bool is_live;
    size_t count;             /* 0: nothing was watched at that time */
    size_t looked_at;         /* sockets that the filter was asked of, in all states so far */
    struct snapshot snapshot; /* the state in hand */
    struct process_index index;

    const struct command_context *context; /* for states.c only, from here on */
    struct command_ledger from;
    struct moments moments;
    size_t in_hand; /* 1 + the place of the state in hand; 0: none */
};

/*
 * Reads --at, and takes the present state or finds the moments. On failure
 * *status may be set. The caller closes in any case.
 */
bool states_open(struct states *states, const struct command_context *context,
                 enum exit_status *status, struct failure *why) NODISCARD;

/* Puts state i in hand, unless it is. */
bool states_load(struct states *states, size_t i, struct failure *why) NODISCARD;

/* The column that tells several states apart; NULL where there are not several. */
const char *states_also(const struct states *states);

/* What there is to say of where the answer comes from. */
bool states_note(struct states *states, struct failure *why) NODISCARD;

/* Harmless twice. */
void states_close(struct states *states);
