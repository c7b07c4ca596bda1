/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The ledger: one SQLite file that says which process held which port, when.
 *
 * The service is its only writer. Any number of readers may have it open while
 * the service writes. A `struct ledger` belongs to one thread.
 *
 * What is in it: intervals (one socket in one state, from the sample in which
 * it was first seen to the first one in which it was not), the process
 * instances behind them, and the coverage: stretches of time in which the
 * collector really watched. The schema is in ledger_schema.c, in SQL comments.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/settings.h"

struct ledger;

enum ledger_access {
    LEDGER_READ,  /* fails where the file does not exist; never changes it */
    LEDGER_WRITE, /* creates the file, or brings an older one up to date */
};

/*
 * Opens the ledger at `path` (UTF-8, or ":memory:") and stores it in *out; the
 * caller closes it with ledger_close().
 *
 * FAILURE_MISSING: no such file (reading). FAILURE_FORMAT: a file that is no
 * ledger; it is left as it was. FAILURE_VERSION: written by a newer
 * portledger; left as it was. FAILURE_BUSY (writing): another process has this
 * ledger open for writing. FAILURE_DENIED, FAILURE_DATABASE: as they say.
 */
bool ledger_open(struct ledger **out, const char *path, enum ledger_access access,
                 struct failure *why) NODISCARD;

/* Closes and frees. Does nothing for NULL. */
void ledger_close(struct ledger *ledger);

/* The path it was opened with. Lives as long as the ledger. */
const char *ledger_path(const struct ledger *ledger);

/*
 * Whether the file was not closed by its service and has no log ("-wal")
 * beside it. Where it was copied without one, the newest part is missing, and
 * what was being changed may be wrong. After a crash another program may have
 * moved the log into it: then it is whole, and nothing in it tells which it is.
 */
bool ledger_lacks_log(struct ledger *ledger, bool *lacks, struct failure *why) NODISCARD;

/* The settings of this part: ledger.path, ledger.commit and their like. */
extern const struct setting_table ledger_settings;
