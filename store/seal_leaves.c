/* SPDX-License-Identifier: MIT */

#include "store/seal_leaves.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BRANCHES = 16, BITS = 4, WHOLE = 64 };

bool seal_leaves_add(struct seal_leaves *leaves, enum seal_kind kind, const struct seal_leaf *leaf,
                     struct failure *why)
{
    struct seal_leaf_list *list = &leaves->kinds[kind];

    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        struct seal_leaf *items = realloc(list->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu facts of a seal", capacity);
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *leaf;
    return true;
}

/* What stands before each form. */
struct form_head {
    uint32_t leaf; /* its number in its list */
    uint8_t kind;
    uint8_t size;
};

static bool reserve_form(struct seal_leaves *leaves, size_t size, struct failure *why)
{
    if (leaves->forms_capacity - leaves->forms_size < size) {
        size_t capacity = leaves->forms_capacity * 2 + 4096;
        uint8_t *forms = realloc(leaves->forms, capacity);

        if (forms == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the facts of a seal");
        }
        leaves->forms = forms;
        leaves->forms_capacity = capacity;
    }
    return true;
}

bool seal_leaves_add_form(struct seal_leaves *leaves, enum seal_kind kind, int64_t key,
                          const uint8_t *form, size_t size, struct failure *why)
{
    struct form_head head = {
        .leaf = (uint32_t)leaves->kinds[kind].count, .kind = (uint8_t)kind, .size = (uint8_t)size};
    struct seal_leaf leaf = {.first = key, .leaves = 1};

    assert(size <= SEAL_LONGEST_FORM);
    if (!reserve_form(leaves, sizeof(head) + size, why) ||
        !seal_leaves_add(leaves, kind, &leaf, why)) {
        return false;
    }
    memcpy(leaves->forms + leaves->forms_size, &head, sizeof(head));
    memcpy(leaves->forms + leaves->forms_size + sizeof(head), form, size);
    leaves->forms_size += sizeof(head) + size;
    return true;
}

static bool hash_forms(struct seal_leaves *leaves, struct sha256 *sha256, struct failure *why)
{
    const uint8_t *at = leaves->forms;
    size_t left = leaves->forms_size;

    while (left > 0) {
        struct form_head head;
        struct seal_leaf *leaf;

        memcpy(&head, at, sizeof(head));
        leaf = &leaves->kinds[head.kind].items[head.leaf];
        if (!sha256_add(sha256, at + sizeof(head), head.size, why) ||
            !sha256_finish(sha256, leaf->digest, why)) {
            return false;
        }
        at += sizeof(head) + head.size;
        left -= sizeof(head) + head.size;
    }
    leaves->forms_size = 0;
    return true;
}

size_t seal_leaves_count(const struct seal_leaves *leaves)
{
    size_t count = 0;

    for (int i = 0; i < SEAL_KINDS; i++) {
        count += leaves->kinds[i].count;
    }
    return count;
}

void seal_leaves_reset(struct seal_leaves *leaves)
{
    leaves->forms_size = 0;
    for (int i = 0; i < SEAL_KINDS; i++) {
        leaves->kinds[i].count = 0;
    }
}

void seal_leaves_clear(struct seal_leaves *leaves)
{
    for (int i = 0; i < SEAL_KINDS; i++) {
        free(leaves->kinds[i].items);
    }
    free(leaves->forms);
    *leaves = (struct seal_leaves){0};
}

static int compare_leaves(const void *a, const void *b)
{
    const struct seal_leaf *left = a;
    const struct seal_leaf *right = b;

    if (left->first != right->first) {
        return left->first < right->first ? -1 : 1;
    }
    return (left->shift < right->shift) - (left->shift > right->shift);
}

/*
 * A seal has as many as a hundred thousand leaves, in the order of their ids and to be in that of
 * processes: they are counted into place digit by digit, and moved once.
 */

enum { DIGITS = 9, VALUES = 256, FEW = 128 };

/* Where a leaf belongs, and which one it is. */
struct place {
    uint64_t first; /* with the sign turned round */
    uint32_t index;
    uint8_t narrow; /* a wider stub comes first */
};

/* The digits, least significant first. */
static unsigned digit_of(const struct place *place, int digit)
{
    return digit == 0 ? place->narrow : (unsigned)(place->first >> (8 * (digit - 1))) & 0xff;
}

/* `differ` gets the bits that are not the same in all. */
static void fill_places(struct place *places, const struct seal_leaf_list *list,
                        struct place *differ)
{
    *differ = (struct place){0};
    for (size_t i = 0; i < list->count; i++) {
        const struct seal_leaf *leaf = &list->items[i];

        places[i].first = (uint64_t)leaf->first ^ UINT64_C(1) << 63;
        places[i].index = (uint32_t)i;
        places[i].narrow = (uint8_t)~leaf->shift;
        differ->first |= places[i].first ^ places[0].first;
        differ->narrow |= places[i].narrow ^ places[0].narrow;
    }
}

static void order_by(const struct place *from, struct place *to, size_t count, int digit)
{
    size_t next[VALUES] = {0};
    size_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        next[digit_of(&from[i], digit)]++;
    }
    for (int value = 0; value < VALUES; value++) {
        size_t same = next[value];

        next[value] = sum;
        sum += same;
    }
    for (size_t i = 0; i < count; i++) {
        to[next[digit_of(&from[i], digit)]++] = from[i];
    }
}

/* `places` has room for twice the list. Most digits are the same in all leaves. */
static void sort_into(struct seal_leaf *sorted, const struct seal_leaf_list *list,
                      struct place *places)
{
    struct place *from = places;
    struct place *to = places + list->count;
    struct place differ;

    fill_places(places, list, &differ);
    for (int digit = 0; digit < DIGITS; digit++) {
        if (digit_of(&differ, digit) != 0) {
            struct place *done = from;

            order_by(from, to, list->count, digit);
            from = to;
            to = done;
        }
    }
    for (size_t i = 0; i < list->count; i++) {
        sorted[i] = list->items[from[i].index];
    }
}

/* False: there was no memory for it, and nothing is changed. */
static bool sort_many(struct seal_leaf_list *list)
{
    struct seal_leaf *sorted = malloc(list->capacity * sizeof(*sorted));
    struct place *places = malloc(2 * list->count * sizeof(*places));
    bool ok = sorted != NULL && places != NULL && list->count < UINT32_MAX;

    if (ok) {
        sort_into(sorted, list, places);
        free(list->items);
        list->items = sorted;
    } else {
        free(sorted);
    }
    free(places);
    return ok;
}

static bool is_sorted(const struct seal_leaf_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        if (compare_leaves(&list->items[i - 1], &list->items[i]) > 0) {
            return false;
        }
    }
    return true;
}

void seal_leaves_sort(struct seal_leaf_list *list)
{
    if (!is_sorted(list) && (list->count < FEW || !sort_many(list))) {
        qsort(list->items, list->count, sizeof(list->items[0]), compare_leaves);
    }
}

static bool covers(const struct seal_leaf *stub, const struct seal_leaf *leaf)
{
    return stub->shift >= WHOLE || leaf->first >> stub->shift == stub->first >> stub->shift;
}

bool seal_leaves_overlap(const struct seal_leaves *leaves, enum seal_kind *kind, int64_t *id)
{
    for (int k = 0; k < SEAL_KINDS; k++) {
        const struct seal_leaf_list *list = &leaves->kinds[k];

        for (size_t i = 1; i < list->count; i++) {
            if (covers(&list->items[i - 1], &list->items[i])) {
                *kind = (enum seal_kind)k;
                *id = list->items[i].first;
                return true;
            }
        }
    }
    return false;
}

/* The level at which the first and the last of sorted leaves part: a multiple of four bits. */
static int level_of(const struct seal_leaf *leaves, size_t count)
{
    uint64_t different = (uint64_t)leaves[0].first ^ (uint64_t)leaves[count - 1].first;
    int level = 0;

    while (level < WHOLE - BITS && different >> (level + BITS) != 0) {
        level += BITS;
    }
    return level;
}

static unsigned branch_of(const struct seal_leaf *leaf, int level)
{
    return (unsigned)((uint64_t)leaf->first >> level) & (BRANCHES - 1);
}

static size_t count_branch(const struct seal_leaf *leaves, size_t count, int level)
{
    size_t same = 1;

    while (same < count && branch_of(&leaves[same], level) == branch_of(&leaves[0], level)) {
        same++;
    }
    return same;
}

/* As deep as an id has digits. */
static bool digest_of(const struct seal_leaf *leaves, size_t count, struct sha256 *sha256, // NOLINT
                      uint8_t digest[SHA256_SIZE], struct failure *why)
{
    uint8_t node[2 + (size_t)BRANCHES * (1 + SHA256_SIZE)];
    size_t size = 2;
    int level;

    if (count == 1 || leaves[0].first == leaves[count - 1].first) {
        memcpy(digest, leaves[0].digest, SHA256_SIZE);
        return true;
    }
    level = level_of(leaves, count);
    node[0] = 1; /* no fact begins with it */
    node[1] = (uint8_t)level;
    while (count > 0 && size < sizeof(node)) {
        size_t same = count_branch(leaves, count, level);

        node[size] = (uint8_t)branch_of(leaves, level);
        if (!digest_of(leaves, same, sha256, node + size + 1, why)) {
            return false;
        }
        size += 1 + SHA256_SIZE;
        leaves += same;
        count -= same;
    }
    return sha256_add(sha256, node, size, why) && sha256_finish(sha256, digest, why);
}

bool seal_leaves_root(struct seal_leaves *leaves, struct sha256 *sha256, uint8_t root[SHA256_SIZE],
                      int64_t *count, struct failure *why)
{
    static const char domain[] = "portledger root";
    uint8_t bytes[sizeof(domain) + (size_t)SEAL_KINDS * (1 + SHA256_SIZE)];
    size_t size = sizeof(domain);

    if (!hash_forms(leaves, sha256, why)) {
        return false;
    }
    memcpy(bytes, domain, sizeof(domain));
    *count = 0;
    for (int k = 0; k < SEAL_KINDS; k++) {
        struct seal_leaf_list *list = &leaves->kinds[k];

        if (list->count == 0) {
            continue;
        }
        seal_leaves_sort(list);
        bytes[size] = (uint8_t)k;
        if (!digest_of(list->items, list->count, sha256, bytes + size + 1, why)) {
            return false;
        }
        size += 1 + SHA256_SIZE;
        for (size_t i = 0; i < list->count; i++) {
            *count = seal_sum(*count, list->items[i].leaves);
        }
    }
    return sha256_add(sha256, bytes, size, why) && sha256_finish(sha256, root, why);
}

/* All stubs, and more than one of them: a node that nothing is left of. */
static bool is_whole(const struct seal_leaf *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!leaves[i].stub) {
            return false;
        }
    }
    return count > 1;
}

/*
 * Works on one node and writes what is left of it to *kept, which is never
 * behind what is still to be read. Returns how many leaves that are; 0: it failed.
 */
static size_t collapse(const struct seal_leaf *leaves, size_t count, int floor, // NOLINT
                       struct seal_leaf *kept, struct sha256 *sha256, struct failure *why)
{
    struct seal_leaf stub = {.stub = true};
    size_t left = 0;
    int level;

    if (count == 1) {
        *kept = leaves[0];
        return 1;
    }
    level = level_of(leaves, count);
    if (level < floor && is_whole(leaves, count)) {
        int shift = level + BITS;

        stub.shift = (uint8_t)shift;
        stub.first = shift >= WHOLE ? 0 : (int64_t)((uint64_t)leaves[0].first >> shift << shift);
        for (size_t i = 0; i < count; i++) {
            stub.leaves = seal_sum(stub.leaves, leaves[i].leaves);
        }
        if (!digest_of(leaves, count, sha256, stub.digest, why)) {
            return 0;
        }
        *kept = stub;
        return 1;
    }
    while (count > 0) {
        size_t same = count_branch(leaves, count, level);
        size_t more = collapse(leaves, same, floor, kept + left, sha256, why);

        if (more == 0) {
            return 0;
        }
        left += more;
        leaves += same;
        count -= same;
    }
    return left;
}

bool seal_leaves_collapse(struct seal_leaf_list *list, int floor, struct sha256 *sha256,
                          struct failure *why)
{
    size_t kept;

    if (list->count < 2) {
        return true;
    }
    kept = collapse(list->items, list->count, floor, list->items, sha256, why);
    list->count = kept == 0 ? list->count : kept;
    return kept != 0;
}
