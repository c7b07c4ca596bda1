/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is under a seal, and its root.
 *
 * Facts of one kind are a tree over the ids of their rows: a path-compressed
 * radix tree with 16 branches, whose node is SHA-256 over its level and, for
 * each branch that is there, its number and digest. Its shape follows from the
 * ids alone. So a part of it can be replaced by its digest (a stub) when its
 * rows are dropped, and the root stays what it was. The root of a seal is
 * SHA-256 over its kinds and their trees' digests.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/seal.h"

/* A fact, or all facts with these ids: those from `first` on that differ in the low `shift` bits.
 */
struct seal_leaf {
    int64_t first;
    int64_t leaves; /* that it stands for: 1, or more of a stub */
    uint8_t shift;  /* 0: one id */
    bool stub;
    uint8_t digest[SHA256_SIZE];
};

struct seal_leaf_list {
    struct seal_leaf *items;
    size_t count;
    size_t capacity;
};

/* Those of each kind. Starts as {0}. */
struct seal_leaves {
    struct seal_leaf_list kinds[SEAL_KINDS];
    uint8_t *forms; /* of leaves that are still to be hashed */
    size_t forms_size;
    size_t forms_capacity;
};

/* The leaf is copied. Any order will do. */
bool seal_leaves_add(struct seal_leaves *leaves, enum seal_kind kind, const struct seal_leaf *leaf,
                     struct failure *why) NODISCARD;

/*
 * Adds a fact by what its digest will be of, at most SEAL_LONGEST_FORM bytes, which are copied.
 * seal_leaves_root() hashes them; until then nothing else may sort or read the leaves.
 */
enum { SEAL_LONGEST_FORM = 255 };
bool seal_leaves_add_form(struct seal_leaves *leaves, enum seal_kind kind, int64_t key,
                          const uint8_t *form, size_t size, struct failure *why) NODISCARD;

/* All facts that were added. */
size_t seal_leaves_count(const struct seal_leaves *leaves);

void seal_leaves_reset(struct seal_leaves *leaves);
void seal_leaves_clear(struct seal_leaves *leaves);

/* Puts a list in the order of ids; of a stub and a leaf that begin alike the stub comes first. */
void seal_leaves_sort(struct seal_leaf_list *list);

/*
 * Finds a leaf that another one covers, in sorted lists: two facts with one id,
 * or a row that a stub says to be gone.
 */
bool seal_leaves_overlap(const struct seal_leaves *leaves, enum seal_kind *kind, int64_t *id);

/* The root, and how many facts are under it. Hashes what is to be hashed, and sorts. Overlapping
 * leaves give some root. */
bool seal_leaves_root(struct seal_leaves *leaves, struct sha256 *sha256, uint8_t root[SHA256_SIZE],
                      int64_t *count, struct failure *why) NODISCARD;

/*
 * Replaces stubs that make up a whole node by one, as long as there are such.
 * The list is sorted and holds all that is left of its tree as far as `floor`
 * bits are concerned: only nodes below that level are looked at.
 */
bool seal_leaves_collapse(struct seal_leaf_list *list, int floor, struct sha256 *sha256,
                          struct failure *why) NODISCARD;
