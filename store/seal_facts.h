/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Facts in the form in which they are sealed. Whoever seals, drops or verifies
 * reads them here, so that all three see the same.
 *
 * A fact is a byte of its kind and the columns of its row, each with a byte of
 * its type and, of texts and blobs, its length. Texts stand for themselves, not for
 * their ids; a command line is in by its SHA-256, so that a copy without command
 * lines can still be verified. The columns of a kind are never changed: what a
 * later schema knows more is another kind.
 *
 * What is not known when a row is sealed, its end, is a fact of its own. A row
 * that is completed in place after it was sealed leaves the digest of what it
 * was in `changed`, and is a fact of a later seal, too.
 */

#include <sqlite3.h>

#include "store/seal.h"

struct seal_fact {
    enum seal_kind kind;
    int64_t id;
    int64_t key; /* its place in the tree: see seal_key_of() */
    bool told;   /* false: not under that seal; only the end counts */
    uint8_t digest[SHA256_SIZE];
    struct ledger_position begin; /* of an interval; else 0 */
    bool misplaced; /* a process whose column `span` is not what its times give: see docs/ledger.md
                     */

    /* The end of an interval, process or module that is a fact of its own. */
    bool ended;
    enum seal_kind end_kind;
    struct ledger_position end; /* belongs to the first seal that covers it */
    uint8_t end_digest[SHA256_SIZE];

    /* Of a reader that leaves the hashing to others: */
    const uint8_t *form; /* what `digest` would be of, lent; NULL: it is there */
    size_t form_size;
    size_t end_form_size; /* so many bytes stand in `end_digest`, to be hashed; 0: it is there */
};

/*
 * Rows are in the tree by their ids; intervals and their closings by process
 * and id, so that what one noisy program leaves behind when it is dropped lies
 * together. `process` 0: not known, or not an interval.
 */
int64_t seal_key_of(int64_t process, int64_t id);

/*
 * Whether a row that came after the seal says that it began at a moment which
 * the seal covers. The writer stores what began in a sample with the sample.
 */
bool seal_is_backdated(const struct seal *seal, const struct seal_fact *fact);

/* What reads them: of one open database. Belongs to its thread. */
struct seal_reader;

bool seal_reader_open(struct seal_reader **out, sqlite3 *db, struct failure *why) NODISCARD;
void seal_reader_close(struct seal_reader *reader);

/* For digests of the caller's own, between two calls. */
struct sha256 *seal_reader_sha256(struct seal_reader *reader);

/*
 * From now on facts of intervals, which are by far the most, come without their digests. For those
 * who can make use of another thread.
 */
void seal_reader_leave_hashing(struct seal_reader *reader);

/* *fact is lent for the call. */
typedef bool seal_fact_fn(void *context, const struct seal_fact *fact, struct failure *why);

/*
 * Visits the rows of a kind with low <= id < high, ascending, as they were when
 * `by` sealed them. An interval that had ended by then has no end of its own.
 * `by` NULL: the ends are asked for, and the rest is not worked out.
 */
bool seal_reader_walk(struct seal_reader *reader, enum seal_kind kind, int64_t low, int64_t high,
                      const struct seal *by, seal_fact_fn *visit, void *context,
                      struct failure *why) NODISCARD;

/* Visits the rows that were completed after the seal `before` and up to the seal `by`. */
bool seal_reader_walk_changed(struct seal_reader *reader, int64_t before, int64_t by,
                              seal_fact_fn *visit, void *context, struct failure *why) NODISCARD;

/*
 * Visits (as `by` NULL above) the ends that come after what `seal` covers, of
 * rows that were sealed by then. `since` is the first row of each kind that is
 * sealed at all.
 */
bool seal_reader_walk_ends(struct seal_reader *reader, const struct seal *seal,
                           const struct seal *since, seal_fact_fn *visit, void *context,
                           struct failure *why) NODISCARD;

/* The digest of a version of a row: the first one that was replaced after seal `number`, or the
 * present one. *found: there is such a row. */
bool seal_reader_version(struct seal_reader *reader, enum seal_kind kind, int64_t id,
                         int64_t number, uint8_t digest[SHA256_SIZE], bool *found,
                         struct failure *why) NODISCARD;

/*
 * The present version of a row, and what it knows of that which may be learned
 * later: a number for the column `had` of `changed`, of bits in an order that never changes.
 */
bool seal_reader_present(struct seal_reader *reader, enum seal_kind kind, int64_t id,
                         uint8_t digest[SHA256_SIZE], int64_t *had, bool *found,
                         struct failure *why) NODISCARD;

/*
 * The digest of what the present row was when it knew no more than `had`: not that of an earlier
 * version if anything in it has become another value since.
 */
bool seal_reader_rebuild(struct seal_reader *reader, enum seal_kind kind, int64_t id, int64_t had,
                         uint8_t digest[SHA256_SIZE], bool *found, struct failure *why) NODISCARD;

/* The stretch that an interval lies in. */
bool seal_reader_stretch_of(struct seal_reader *reader, int64_t interval, int64_t *stretch,
                            struct failure *why) NODISCARD;
