/* SPDX-License-Identifier: MIT */

#include "store/verify_roots.h"

#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

enum {
    BATCH_SEALS = 64,
    BATCH_FACTS = 4096, /* enough that to hand a batch over takes no time beside */
};

struct batch {
    struct verify_root roots[BATCH_SEALS];
    int count;
    size_t facts;
    bool ok;
    struct failure why;
};

struct verify_roots {
    struct batch batches[2];
    struct batch *filling;
    struct batch *working; /* with the thread; NULL: it has nothing to do */
    struct sha256 *sha256; /* of whoever works */
    struct thread *thread; /* NULL: there is none */
    struct bell *begin;
    struct bell *done;
    bool ending;
};

static void blame(struct verify_root *root, enum verify_damage damage, enum seal_kind kind,
                  int64_t row)
{
    root->root = (struct verify_blame){.any = true, .damage = damage, .kind = kind, .row = row};
}

/* Whether the facts that are there are those of the seal. */
static bool compare(struct verify_root *root, struct sha256 *sha256, struct failure *why)
{
    uint8_t digest[SHA256_SIZE];
    enum seal_kind kind;
    int64_t leaves;
    int64_t id;

    if (!root->read || root->seal.emptied) {
        return true;
    }
    if (!seal_leaves_root(&root->leaves, sha256, digest, &leaves, why)) {
        return false;
    }
    if (seal_leaves_overlap(&root->leaves, &kind, &id)) {
        blame(root, VERIFY_INSERTED, kind, id & 0xffffffff);
    } else if (memcmp(digest, root->seal.root, sizeof(digest)) != 0) {
        blame(root,
              leaves < root->seal.leaves   ? VERIFY_REMOVED
              : leaves > root->seal.leaves ? VERIFY_INSERTED
                                           : VERIFY_EDITED,
              0, 0);
    }
    return true;
}

static void work(struct verify_roots *roots, struct batch *batch)
{
    batch->ok = true;
    for (int i = 0; i < batch->count && batch->ok; i++) {
        batch->ok = compare(&batch->roots[i], roots->sha256, &batch->why);
    }
}

static void run(void *context)
{
    struct verify_roots *roots = context;

    while (bell_wait(roots->begin, -1) && !roots->ending) {
        work(roots, roots->working);
        bell_ring(roots->done);
    }
}

bool verify_roots_open(struct verify_roots **out, struct failure *why)
{
    struct verify_roots *roots = calloc(1, sizeof(*roots));
    struct failure ignored;

    if (roots == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the seals");
    }
    roots->filling = &roots->batches[0];
    if (!sha256_open(&roots->sha256, why) || !bell_open(&roots->begin, why) ||
        !bell_open(&roots->done, why)) {
        verify_roots_close(roots);
        return false;
    }
    if (!thread_start(&roots->thread, run, roots, &ignored)) {
        roots->thread = NULL;
    }
    *out = roots;
    return true;
}

void verify_roots_close(struct verify_roots *roots)
{
    if (roots == NULL) {
        return;
    }
    if (roots->thread != NULL) {
        if (roots->working != NULL) {
            (void)bell_wait(roots->done, -1);
        }
        roots->ending = true;
        bell_ring(roots->begin);
        thread_join(roots->thread);
    }
    bell_close(roots->begin);
    bell_close(roots->done);
    sha256_close(roots->sha256);
    for (int i = 0; i < BATCH_SEALS; i++) {
        seal_leaves_clear(&roots->batches[0].roots[i].leaves);
        seal_leaves_clear(&roots->batches[1].roots[i].leaves);
    }
    free(roots);
}

struct verify_root *verify_roots_next(struct verify_roots *roots)
{
    return &roots->filling->roots[roots->filling->count];
}

static void empty(struct verify_root *root, bool keep)
{
    struct seal_leaves leaves = root->leaves;

    if (!keep && seal_leaves_count(&leaves) > BATCH_FACTS) {
        seal_leaves_clear(&leaves);
    } else {
        seal_leaves_reset(&leaves);
    }
    *root = (struct verify_root){.leaves = leaves};
}

/* What was worked on is visited, and its place free again. A large seal mostly comes first. */
static bool take_out(struct batch *batch, verify_root_fn *visit, void *context, struct failure *why)
{
    bool ok = batch->ok;

    for (int i = 0; i < batch->count; i++) {
        if (ok) {
            visit(context, &batch->roots[i]);
        }
        empty(&batch->roots[i], i == 0);
    }
    batch->count = 0;
    batch->facts = 0;
    if (!ok) {
        *why = batch->why;
    }
    return ok;
}

/* Of the batch that the thread has, if any. */
static bool await(struct verify_roots *roots, verify_root_fn *visit, void *context,
                  struct failure *why)
{
    struct batch *batch = roots->working;

    if (batch == NULL) {
        return true;
    }
    (void)bell_wait(roots->done, -1);
    roots->working = NULL;
    return take_out(batch, visit, context, why);
}

static bool hand_over(struct verify_roots *roots, verify_root_fn *visit, void *context,
                      struct failure *why)
{
    struct batch *batch = roots->filling;

    if (!await(roots, visit, context, why)) {
        return false;
    }
    if (roots->thread == NULL) {
        work(roots, batch);
        return take_out(batch, visit, context, why);
    }
    roots->filling = batch == &roots->batches[0] ? &roots->batches[1] : &roots->batches[0];
    roots->working = batch;
    bell_ring(roots->begin);
    return true;
}

bool verify_roots_add(struct verify_roots *roots, verify_root_fn *visit, void *context,
                      struct failure *why)
{
    struct batch *batch = roots->filling;

    batch->facts += seal_leaves_count(&batch->roots[batch->count].leaves);
    batch->count++;
    return (batch->count < BATCH_SEALS && batch->facts < BATCH_FACTS) ||
           hand_over(roots, visit, context, why);
}

bool verify_roots_finish(struct verify_roots *roots, verify_root_fn *visit, void *context,
                         struct failure *why)
{
    return hand_over(roots, visit, context, why) && await(roots, visit, context, why);
}
