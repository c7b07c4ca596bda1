/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs of programs with their parents: over a time, or at a moment as a tree;
 * and the record "run".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "reportcli/column.h"
#include "reportcli/command.h"
#include "reportcli/process_list.h"
#include "reportcli/render.h"
#include "reportcli/states.h"

extern const struct column_table process_runs_table;

/* So many are held for a tree. */
enum { PROCESS_RUNS_MOST = 1 << 16 };

/* What is asked of a ledger. */
struct process_runs_question {
    int64_t since;
    int64_t until; /* 0: no end */
    bool tree;     /* who started whom; a chosen run with those that led to it, and all below it */
    struct process_choice choice;
};

/* Prints the runs of a time. *left_out are those for which a tree had no room. */
bool process_runs_print(const struct command_context *context, struct ledger *ledger,
                        const struct process_runs_question *question, struct render *render,
                        int64_t *left_out, struct failure *why) NODISCARD;

/* Prints the trees of all states. */
bool process_runs_print_states(struct states *states, const struct process_choice *choice,
                               struct render *render, struct failure *why) NODISCARD;
