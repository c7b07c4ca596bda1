/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A process as people are shown it, in PortQry's order: who it is, its
 * sockets, how many of which kind, and its modules. `local -v` shows all
 * processes so, `wport` and `wpid` those that matter.
 *
 * Blocks are for people: records for programs are had from "processes" and
 * "modules".
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/snapshot.h"
#include "reportcli/command.h"
#include "reportcli/module_records.h"
#include "reportcli/process_index.h"
#include "reportcli/process_list.h"
#include "reportcli/socket_record.h"

/* Starts as {0} with the context set; kept between blocks. */
struct process_block {
    const struct command_context *context; /* the table's columns, the log */
    struct module_sum modules;             /* of the processes that were printed */

    struct process_record process; /* for process_block.c only, from here on */
    struct socket_record socket;
    struct text words;
    struct text left_out; /* columns for which the widest of the tables had no room */
};

/* Prints the block of one process of a list that was made of the snapshot. */
bool process_block_print(struct process_block *block, const struct snapshot *snapshot,
                         const struct process_index *index, const struct process_list_item *item,
                         struct failure *why) NODISCARD;

/* Prints those of all processes that match. Orders the snapshot's sockets by owner. */
bool process_block_print_all(struct process_block *block, struct snapshot *snapshot,
                             const struct process_index *index, const struct process_choice *choice,
                             struct failure *why) NODISCARD;

/* Notes about all that was printed: modules that are not known, columns that had no room. */
void process_block_note(const struct process_block *block);

/* Frees. Harmless twice. */
void process_block_clear(struct process_block *block);

/* A line of text for people, with the statistics of some sockets behind it. */
bool process_block_say(const struct command_context *context, const char *words,
                       struct failure *why) NODISCARD;
