/* SPDX-License-Identifier: MIT */

#include "collector/image_cache.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

static uint64_t hash_of(const struct image_identity *identity)
{
    uint64_t hash = hash_bytes(0, &identity->volume, sizeof(identity->volume));

    hash = hash_bytes(hash, &identity->file, sizeof(identity->file));
    hash = hash_bytes(hash, &identity->size, sizeof(identity->size));
    return hash_bytes(hash, &identity->written_at, sizeof(identity->written_at));
}

const struct image_facts *image_cache_find(struct image_cache *cache,
                                           const struct image_identity *identity)
{
    for (uint32_t at = hash_index_first(&cache->index, hash_of(identity)); at != HASH_INDEX_END;
         at = hash_index_next(&cache->index)) {
        struct image_cache_entry *entry = &cache->entries[at];

        if (image_identity_equal(&entry->identity, identity)) {
            entry->used = ++cache->uses;
            return image_facts_hold(entry->facts);
        }
    }
    return NULL;
}

/* What was used last comes first. */
static int compare_uses(const void *left, const void *right)
{
    const struct image_cache_entry *a = left;
    const struct image_cache_entry *b = right;

    return (a->used < b->used) - (a->used > b->used);
}

/* The index had room for more than stays, so that nothing can fail here. */
static bool forget_older_half(struct image_cache *cache, struct failure *why)
{
    size_t kept = cache->count / 2;

    qsort(cache->entries, cache->count, sizeof(cache->entries[0]), compare_uses);
    for (size_t i = kept; i < cache->count; i++) {
        image_facts_release(cache->entries[i].facts);
    }
    cache->count = kept;
    hash_index_reset(&cache->index);
    for (size_t i = 0; i < kept; i++) {
        if (!hash_index_add(&cache->index, hash_of(&cache->entries[i].identity), (uint32_t)i,
                            why)) {
            return false;
        }
    }
    return true;
}

static bool grow(struct image_cache *cache, struct failure *why)
{
    size_t capacity = cache->capacity == 0 ? FIRST_CAPACITY : cache->capacity * 2;
    struct image_cache_entry *entries = realloc(cache->entries, capacity * sizeof(*entries));

    if (entries == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember %zu files", capacity);
    }
    cache->entries = entries;
    cache->capacity = capacity;
    return true;
}

static bool make_room(struct image_cache *cache, struct failure *why)
{
    if (cache->count == IMAGE_CACHE_MOST) {
        return forget_older_half(cache, why);
    }
    return cache->count < cache->capacity || grow(cache, why);
}

bool image_cache_add(struct image_cache *cache, const struct image_identity *identity,
                     const struct image_facts *facts, struct failure *why)
{
    if (!make_room(cache, why) ||
        !hash_index_add(&cache->index, hash_of(identity), (uint32_t)cache->count, why)) {
        return false;
    }
    cache->entries[cache->count++] = (struct image_cache_entry){
        .identity = *identity,
        .facts = image_facts_hold(facts),
        .used = ++cache->uses,
    };
    return true;
}

void image_cache_clear(struct image_cache *cache)
{
    for (size_t i = 0; i < cache->count; i++) {
        image_facts_release(cache->entries[i].facts);
    }
    free(cache->entries);
    hash_index_clear(&cache->index);
    *cache = (struct image_cache){0};
}
