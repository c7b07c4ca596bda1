/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the notes of retention (table `dropped`) say to be gone, for whoever
 * finds rows missing. Whether the notes are genuine, their seals tell.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "store/seal.h"

enum { VERIFY_WHATS = 11 }; /* one more than the last number of dropped.what */

struct verify_range {
    int64_t first;
    int64_t last;
};

/* The notes of one kind: ranges that do not touch, ascending. */
struct verify_notes {
    struct verify_range *ranges;
    size_t count;
    size_t capacity;
    int64_t rows;
};

/* A row of `fold`: seals that are gone, and the head of the one before them. */
struct verify_fold {
    int64_t first;
    int64_t last;
    uint8_t head[SHA256_SIZE];
};

/* Starts as {0}. */
struct verify_told {
    struct verify_fold *folds; /* by `first` */
    size_t fold_count;
    size_t fold_capacity;
    struct verify_notes notes[VERIFY_WHATS];
    int64_t rows;        /* of all notes */
    int64_t rows_by_age; /* of them */
    int64_t newest_at;   /* of the notes; 0: there is none */
    int64_t wrong_note;  /* one that tells of what cannot be; 0: there is none. It tells nothing */
};

/* Reads all notes anew. */
bool verify_told_read(struct verify_told *told, sqlite3 *db, struct failure *why) NODISCARD;
void verify_told_clear(struct verify_told *told);

/* Whether the rows of a kind from `first` up to, not including, `end` may be missing: the notes
 * tell of them, or nobody tells of such rows. */
bool verify_told_of(const struct verify_told *told, enum seal_kind kind, int64_t first,
                    int64_t end);

/*
 * Whether the seals from `first` to `last` may be gone. `head` is that of the
 * seal before them, on which the notes say that they followed; NULL: it is
 * not there any more, and its head may not be asked for.
 */
bool verify_told_folded(const struct verify_told *told, int64_t first, int64_t last,
                        const uint8_t head[SHA256_SIZE]);

/* How many rows of a kind may be missing at most; -1: that is not counted. */
int64_t verify_told_rows(const struct verify_told *told, enum seal_kind kind);
