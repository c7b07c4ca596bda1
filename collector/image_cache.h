/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The facts of files that were read, by what the files are. Bounded: where it
 * is full, the half that was not used for longer is forgotten.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/hash_index.h"
#include "collector/image.h"

enum { IMAGE_CACHE_MOST = 16384 };

struct image_cache_entry {
    struct image_identity identity;
    const struct image_facts *facts; /* the cache's reference */
    uint64_t used;                   /* the count of uses at the last one */
};

/* Starts as {0}, which is a valid empty cache. Belongs to one thread at a time. */
struct image_cache {
    struct image_cache_entry *entries;
    size_t count;
    size_t capacity;
    uint64_t uses;
    struct hash_index index;
};

/* The facts of the file with this identity, with a reference for the caller; NULL: not known. */
const struct image_facts *image_cache_find(struct image_cache *cache,
                                           const struct image_identity *identity) NODISCARD;

/*
 * Remembers the facts of a file that was not known, and takes a reference. On
 * failure the cache is as it was, or has forgotten its older half: no more
 * than a file that will be read again, so that it may be ignored.
 */
bool image_cache_add(struct image_cache *cache, const struct image_identity *identity,
                     const struct image_facts *facts, struct failure *why);

/* Gives all references and memory back. Harmless twice. */
void image_cache_clear(struct image_cache *cache);
