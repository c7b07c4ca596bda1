/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the files of verification share. Nobody else includes this.
 *
 * verify.c goes from seal to seal and judges; verify_rows.c holds the rows
 * under a seal against its root; verify_chain.c holds the seals against each
 * other, the keys and what was published.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "store/seal_facts.h"
#include "store/seal_leaves.h"
#include "store/verify.h"
#include "store/verify_ends.h"
#include "store/verify_roots.h"
#include "store/verify_told.h"

enum verify_statement {
    IDENTITY,
    TAKEN_UP,
    SEAL_THERE,
    SEALS,
    STUBS,
    NOTES,
    COUNTS,
    NEWEST_STRETCH,
    HEAD,
    TRACES,
    ENDS_OF,
    UNSEALED,
    VERIFY_STATEMENTS,
};

struct verify {
    struct ledger *ledger;
    const struct verify_plan *plan;
    struct verify_result *result;

    /* Of one transaction. */
    sqlite3_stmt *statements[VERIFY_STATEMENTS];
    struct seal_reader *reader;
    struct verify_told told;

    bool unexplained; /* damage that is not of command lines which a copy was made without */
    bool in_order;    /* the newest run was stopped, and all was sealed by then */
    bool begun;       /* there was a first seal */
    bool skipping;    /* rows of before plan->since */
    struct seal first;
    struct seal before;        /* the newest one that was walked */
    struct seal seal;          /* that is looked at */
    struct verify_blame blame; /* what was found wrong with it so far */
    struct verify_roots *roots;
    struct verify_root *root; /* that is filled for `seal` */

    /* verify_chain.c */
    uint8_t head[SHA256_SIZE]; /* of `before`, then of `seal` */
    struct seal_key key;       /* of the chain that is walked */
    bool keyed;
    struct verify_anchor *anchors; /* the plan's, by number */
    int64_t hole_until;   /* `seal` is the first one behind lost ones, up to this moment; else
                             INT64_MIN */
    int64_t agreed_until; /* the sample of the newest anchor that agreed, or where sealing began */
    bool gone;            /* a published seal is in a hole that nothing has proven to be one of the
                             service's own making: */
    struct seal gone_before; /* between these two */
    struct seal gone_after;

    /* verify_rows.c */
    struct seal_leaves *leaves; /* under `seal`: of `root` */
    struct verify_ends ends;
    int64_t missing[SEAL_KINDS];
    int64_t misplaced; /* the first process whose span lies; 0: there is none */
    int64_t expected;  /* the next id of the kind that is walked */
};

/* Counts only where nothing was found wrong with `seal` before. */
void verify_blame(struct verify *verify, enum verify_damage damage, enum seal_kind kind,
                  int64_t row);

/* Reads the rows under `seal` into `leaves`, which must give its root. */
bool verify_rows_read(struct verify *verify, struct failure *why) NODISCARD;

/* Holds what was completed, by notes after one seal and up to another, against what it was. */
bool verify_rows_notes(struct verify *verify, int64_t after, int64_t until,
                       struct failure *why) NODISCARD;

/* After rows were skipped: what ends behind `before` comes when its seal does. */
bool verify_rows_begin(struct verify *verify, struct failure *why) NODISCARD;

/* Before all else of the chain. verify.c frees them. */
bool verify_chain_sort_anchors(struct verify *verify, struct failure *why) NODISCARD;

/* Begins the chain with `seal`, the first one. */
bool verify_chain_begin(struct verify *verify, struct failure *why) NODISCARD;

/* Whether `seal` may follow on `before`. A hole in their numbers is noted. */
bool verify_chain_check_order(struct verify *verify, struct failure *why) NODISCARD;

/* Moves the head on to `seal`, and holds it against the keys and anchors that were given. */
bool verify_chain_move(struct verify *verify, struct failure *why) NODISCARD;
