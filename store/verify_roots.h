/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Holds the facts that were found under seals against their roots, in a thread
 * of its own, while the caller reads on: to hash them takes about as long as to
 * read them. Where the system has no thread to give, the caller does it itself.
 *
 * Seals come out as they went in. Many are small: they go over in batches.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/seal.h"
#include "store/seal_leaves.h"
#include "store/verify.h"

/* The first thing that is found wrong with a seal says most. Starts as {0}. */
struct verify_blame {
    bool any;
    enum verify_damage damage;
    enum seal_kind kind; /* 0: it cannot be told */
    int64_t row;         /* likewise */
};

/* A seal, and what was found of it. */
struct verify_root {
    struct seal seal;
    struct seal before;
    bool read;                 /* its rows were: their facts are in `leaves` */
    struct seal_leaves leaves; /* kept, for the next one */
    struct verify_blame rows;  /* by whoever read the rows */
    struct verify_blame root;  /* by this module */
    struct verify_blame chain; /* by whoever looked at the chain */
    int64_t agreed_until;      /* up to here published seals agreed */
};

struct verify_roots;

bool verify_roots_open(struct verify_roots **out, struct failure *why) NODISCARD;

/* Waits for the thread. Does nothing for NULL. */
void verify_roots_close(struct verify_roots *roots);

/* The next one, to be filled: empty but for what `leaves` keeps. It stays until it is added. */
struct verify_root *verify_roots_next(struct verify_roots *roots);

/* Called in the caller's thread. *root is lent for the call. */
typedef void verify_root_fn(void *context, const struct verify_root *root);

/* What verify_roots_next() gave is filled. Visits those that are done meanwhile, if any. */
bool verify_roots_add(struct verify_roots *roots, verify_root_fn *visit, void *context,
                      struct failure *why) NODISCARD;

/* Visits all that are left. */
bool verify_roots_finish(struct verify_roots *roots, verify_root_fn *visit, void *context,
                         struct failure *why) NODISCARD;
