/* SPDX-License-Identifier: MIT */

#include "base/hash_index.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

/* All bits of a slot's hash are of use up to here, and every place has a number. */
#define CAPACITY_MOST ((size_t)1 << 31)

/* HASH_INDEX_END is all ones. */
static void free_slots(struct hash_index_slot *slots, size_t capacity)
{
    memset(slots, 0xFF, capacity * sizeof(*slots));
}

static void put(struct hash_index *index, struct hash_index_slot slot)
{
    size_t mask = index->capacity - 1;
    size_t i = slot.hash & mask;

    while (index->slots[i].place != HASH_INDEX_END) {
        i = (i + 1) & mask;
    }
    index->slots[i] = slot;
    index->count++;
}

/*
 * Moves all slots over. It begins behind a free one: a run of slots that goes
 * over the end of the old array must be taken from its beginning, or items of
 * one hash would change their order.
 */
static void put_all(struct hash_index *index, const struct hash_index_slot *slots, size_t capacity)
{
    size_t begin = 0;

    while (begin < capacity && slots[begin].place != HASH_INDEX_END) {
        begin++;
    }
    for (size_t i = 0; i < capacity; i++) {
        struct hash_index_slot slot = slots[(begin + i) & (capacity - 1)];

        if (slot.place != HASH_INDEX_END) {
            put(index, slot);
        }
    }
}

bool hash_index_reserve(struct hash_index *index, size_t count, struct failure *why)
{
    struct hash_index old = *index;
    struct hash_index_slot *slots;
    size_t capacity = old.capacity == 0 ? FIRST_CAPACITY : old.capacity;

    while (capacity / 2 < count && capacity <= CAPACITY_MOST / 2) {
        capacity *= 2;
    }
    if (capacity == old.capacity && capacity / 2 >= count) {
        return true;
    }
    slots = capacity / 2 < count ? NULL : malloc(capacity * sizeof(*slots));
    if (slots == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for an index of %zu items", count);
    }
    free_slots(slots, capacity);
    *index = (struct hash_index){.slots = slots, .capacity = capacity};
    put_all(index, old.slots, old.capacity);
    free(old.slots);
    return true;
}

bool hash_index_add(struct hash_index *index, uint64_t hash, uint32_t place, struct failure *why)
{
    if (!hash_index_reserve(index, index->count + 1, why)) {
        return false;
    }
    put(index, (struct hash_index_slot){(uint32_t)hash, place});
    return true;
}

/* The place of the next slot with the hash, from the cursor on. */
static uint32_t walk(struct hash_index *index)
{
    size_t mask = index->capacity - 1;

    for (;;) {
        const struct hash_index_slot *slot = &index->slots[index->cursor];

        if (slot->place == HASH_INDEX_END) {
            return HASH_INDEX_END;
        }
        index->cursor = (index->cursor + 1) & mask;
        if (slot->hash == index->cursor_hash) {
            return slot->place;
        }
    }
}

uint32_t hash_index_first(struct hash_index *index, uint64_t hash)
{
    if (index->capacity == 0) {
        return HASH_INDEX_END;
    }
    index->cursor_hash = (uint32_t)hash;
    index->cursor = (uint32_t)hash & (index->capacity - 1);
    return walk(index);
}

uint32_t hash_index_next(struct hash_index *index)
{
    return index->capacity == 0 ? HASH_INDEX_END : walk(index);
}

void hash_index_reset(struct hash_index *index)
{
    if (index->count > 0) {
        free_slots(index->slots, index->capacity);
    }
    index->count = 0;
    index->cursor = 0;
}

void hash_index_clear(struct hash_index *index)
{
    free(index->slots);
    *index = (struct hash_index){0};
}

/* MurmurHash3's finalizer: every bit of the result depends on every bit of `value`. */
static uint64_t mix(uint64_t value)
{
    value ^= value >> 33;
    value *= UINT64_C(0xFF51AFD7ED558CCD);
    value ^= value >> 33;
    value *= UINT64_C(0xC4CEB9FE1A85EC53);
    return value ^ value >> 33;
}

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = mix(seed + UINT64_C(0x9E3779B97F4A7C15) * (size + 1));
    uint64_t word;

    for (; size >= sizeof(word); size -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        hash = mix(hash ^ word);
    }
    word = 0;
    if (size > 0) {
        memcpy(&word, at, size);
        hash = mix(hash ^ word);
    }
    return hash;
}
