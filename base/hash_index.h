/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Finds the place of an item in the caller's array by a 64-bit hash: open
 * addressing, linear probing, at most half full. The caller keeps the items,
 * and compares them: the index knows hashes and places only.
 *
 *     for (uint32_t at = hash_index_first(&index, hash); at != HASH_INDEX_END;
 *          at = hash_index_next(&index)) { if (equal(&items[at], item)) ... }
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define HASH_INDEX_END UINT32_MAX /* no place; a macro because an enum constant is an int */

/* Small, since a large index is mostly waiting for memory. */
struct hash_index_slot {
    uint32_t hash;  /* the lower half of it: the caller compares the items anyway */
    uint32_t place; /* HASH_INDEX_END: free */
};

/* Starts as {0}, which is a valid empty index. */
struct hash_index {
    struct hash_index_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    size_t cursor; /* of the walk that hash_index_first() began */
    uint32_t cursor_hash;
};

/* Makes room for `count` items in all, so that adding up to there cannot fail. */
bool hash_index_reserve(struct hash_index *index, size_t count, struct failure *why) NODISCARD;

/* Several items may have one hash; they are found in the order in which they were added. */
bool hash_index_add(struct hash_index *index, uint64_t hash, uint32_t place,
                    struct failure *why) NODISCARD;

uint32_t hash_index_first(struct hash_index *index, uint64_t hash);
uint32_t hash_index_next(struct hash_index *index);

/* Empties, and keeps the memory. */
void hash_index_reset(struct hash_index *index);
void hash_index_clear(struct hash_index *index);

/* A good hash of bytes, seeded, so that several fields can be chained. Not for the ledger: it may
 * change. */
uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size);
