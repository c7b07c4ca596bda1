/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A difference for people, laid out like the views: sockets sorted by process
 * with what changed marked, and port statistics of both sides.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "reportcli/change_record.h"
#include "reportcli/command.h"
#include "reportcli/difference.h"

/* Starts as {0} with the context set; kept between comparisons. */
struct difference_block {
    const struct command_context *context;
    const struct difference_wish *wish;
    const char *names[2]; /* of the two sides, as they were typed; lent */

    struct socket_record record; /* for difference_block.c only, from here on */
    struct text words;
    struct text left_out;
    size_t kept_back; /* by --limit, of all tables */
    bool begun;
};

bool difference_block_print(struct difference_block *block, const struct change_side *before,
                            const struct change_side *after, const struct difference *difference,
                            struct failure *why) NODISCARD;

/* What is said where a filter took no socket of either side: that is not the same as no difference.
 */
void difference_block_add_nothing(struct text *words, const struct snapshot *before,
                                  const struct snapshot *after);

/* Notes on columns that had no room in the widest of the tables, and on what --limit kept back. */
void difference_block_note(const struct difference_block *block);

/* Frees. Harmless twice. */
void difference_block_clear(struct difference_block *block);
