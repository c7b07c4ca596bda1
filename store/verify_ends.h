/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ends that were read with their rows, and belong to a seal that was not
 * reached yet: of intervals that were open when they were sealed, and the like.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/seal.h"

struct verify_end {
    struct ledger_position at;
    int64_t id;
    int64_t key;
    enum seal_kind kind; /* of the row */
    enum seal_kind end_kind;
    size_t form_size; /* as end_form_size of a seal_fact */
    uint8_t digest[SHA256_SIZE];
};

/* A heap. Starts as {0}. */
struct verify_ends {
    struct verify_end *items; /* the earliest is the first */
    size_t count;
    size_t capacity;
};

/* The end is copied. */
bool verify_ends_add(struct verify_ends *ends, const struct verify_end *end,
                     struct failure *why) NODISCARD;

/* Takes the earliest out; there is one. */
struct verify_end verify_ends_take(struct verify_ends *ends);

void verify_ends_clear(struct verify_ends *ends);
