/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Folds seals under which nothing is left, so that they do not fill the ledger
 * in the end: there is one a minute.
 *
 * Of a run of them whose numbers follow on each other the last one stays, and
 * stands for all: it keeps the head of the one before it (`head_before`), so its
 * own head and its mac are what they were. That the others are gone rightfully,
 * and on which head the run follows, is said by a row of `fold`, which is a fact
 * that the next seal binds. The first seal, the newest one, and one behind a hole
 * in the numbers stay.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"
#include "store/ledger_detail.h"

/* Where folding is; of one ledger that is open for writing, and its thread. */
struct seal_fold;

bool seal_fold_open(struct seal_fold **out, struct ledger *ledger, struct failure *why) NODISCARD;
void seal_fold_close(struct seal_fold *fold);

/* From the first seal on. */
void seal_fold_begin(struct seal_fold *fold);

/*
 * Inside a transaction: looks at about `seals` more. Those that had nothing under
 * them from the beginning count as empty where they lie before `before`. `now` is
 * the wall clock. *done: there are no more.
 */
bool seal_fold_step(struct seal_fold *fold, const struct ledger_position *before, int64_t now,
                    int64_t seals, bool *done, struct failure *why) NODISCARD;

/* After the transaction: one that was undone is tried again. */
void seal_fold_settle(struct seal_fold *fold, bool committed);
