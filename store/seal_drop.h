/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keeps seals verifiable while retention drops what is under them: of each
 * dropped fact its digest stays (table `stub`), of a whole branch of dropped
 * facts one digest, and of a seal that is left with nothing its root alone.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/failure.h"
#include "store/seal.h"

/* Of one connection, and its thread. */
struct seal_drop;

bool seal_drop_open(struct seal_drop **out, sqlite3 *db, struct failure *why) NODISCARD;
void seal_drop_close(struct seal_drop *drop);

/*
 * A row is about to be deleted, in the transaction that is open. `kind` is one
 * with ids of its own; of a stretch there are two. What is not sealed passes.
 */
bool seal_drop_row(struct seal_drop *drop, enum seal_kind kind, int64_t id,
                   struct failure *why) NODISCARD;

/* At the end of that transaction, when the rows are deleted. */
bool seal_drop_finish(struct seal_drop *drop, struct failure *why) NODISCARD;

/* After a transaction that was undone. */
void seal_drop_forget(struct seal_drop *drop);
