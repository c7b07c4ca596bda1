/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One of the two things that are compared, as people type it. A word is, by
 * the first of these that fits:
 *
 *   now            the present, asked of the system
 *   TIME           moments of the usual ledger, or the one of --ledger
 *   LEDGER@TIME    of another ledger: behind the last @ that has a time behind it, so that
 *                  the path may have an @ or a colon in it
 *   FILE           a baseline, or a ledger: its newest sample
 *
 * A file that is called like a time is named by a path: ./now.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/snapshot.h"
#include "reportcli/baseline.h"
#include "reportcli/command.h"
#include "reportcli/history_filter.h"
#include "reportcli/moments.h"
#include "reportcli/process_index.h"

enum diff_side_kind {
    DIFF_SIDE_LIVE,
    DIFF_SIDE_TIME,
    DIFF_SIDE_LEDGER,
    DIFF_SIDE_BASELINE,
};

/* Starts as {0}. */
struct diff_side {
    enum diff_side_kind kind;
    const char *word; /* as it was typed; lent */
    struct moments moments;
    struct snapshot snapshot; /* in hand; sorted */
    struct process_index index;
    enum ledger_detail_kind detail; /* of the snapshot in hand: what retention has left of it */

    const struct command_context *context; /* for diff_side.c only, from here on */
    struct text file;
    struct baseline baseline; /* without its snapshot, which is in hand */
    struct command_ledger own;
    const struct command_ledger *from;
};

/* Reads the word. No ledger is touched; files are looked for. FAILURE_USAGE where it is nothing. */
bool diff_side_read(struct diff_side *side, const struct command_context *context, const char *word,
                    struct failure *why) NODISCARD;

/* Whether the side is a moment of the usual ledger. */
bool diff_side_needs_ledger(const struct diff_side *side);

/* Opens what it is of, and finds its moments. `usual` outlives the side. On failure *status may be
 * set. */
bool diff_side_open(struct diff_side *side, const struct command_ledger *usual,
                    enum exit_status *status, struct failure *why) NODISCARD;

/* Asks the system, where the side is the present. */
bool diff_side_sample(struct diff_side *side, bool files, struct failure *why) NODISCARD;

/* 0: nothing was watched then. */
size_t diff_side_count(const struct diff_side *side);

/* Puts moment i in hand. */
bool diff_side_load(struct diff_side *side, size_t i, struct failure *why) NODISCARD;

/* The ledger that it is of; NULL where it is of none. */
struct ledger *diff_side_ledger(const struct diff_side *side);

/* When it was, or the first of its moments. */
int64_t diff_side_at(const struct diff_side *side);

/* Appends the name of the machine; nothing where it is not known. */
bool diff_side_add_host(const struct diff_side *side, struct text *host,
                        struct failure *why) NODISCARD;

/* What there is to say of its moments. */
void diff_side_note(const struct diff_side *side);

/* Harmless twice. */
void diff_side_clear(struct diff_side *side);
