/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What somebody kept elsewhere, and gives to hold a ledger against: first keys
 * of its seals, and seals as they were published.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/options.h"
#include "store/verify.h"

/* For the options of a command: what verify_given_read() asks for. */
#define VERIFY_GIVEN_OPTIONS                                                                       \
    {.name = "key",                                                                                \
     .kind = OPTION_TEXT,                                                                          \
     .value = "FILE",                                                                              \
     .help = "A file with the first key, as it was shown when sealing began; also several of "     \
             "them, a line each"},                                                                 \
    {                                                                                              \
        .name = "anchor", .kind = OPTION_TEXT, .value = "FILE",                                    \
        .help = "A file with seals as the service published them; an export of the event log "     \
                "will do"                                                                          \
    }

/* Starts as {0}, but for the id. */
struct verify_given {
    const char *ledger_id; /* of the ledger that is verified; lent */
    struct seal_key *keys;
    size_t key_count;
    struct verify_anchor *anchors;
    size_t anchor_count;
};

/*
 * Reads the files that the options name, which may be pipes; without them nothing is given.
 * UTF-8, or UTF-16 with its mark, little end first; zeros end lines, capitals do not matter.
 * FAILURE_USAGE where one cannot be read, has nothing of the kind in it, or is
 * of another ledger. The caller clears *given, also then.
 */
bool verify_given_read(struct verify_given *given, const struct options *options,
                       struct failure *why) NODISCARD;

/* The keys are wiped. */
void verify_given_clear(struct verify_given *given);

/* So that the plan has what was given; it lends that. */
void verify_given_plan(const struct verify_given *given, struct verify_plan *plan);
