/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the service begins to write a ledger, also one that is damaged: that one
 * is moved aside, and a new one begun.
 *
 * A ledger is damaged where SQLite says so of a file that is a ledger of ours,
 * or where such a file is cut off, or where its beginning is not SQLite's or has our mark with a
 * wrong byte and a key or a lock of ours is beside it; and only where a second look, with a
 * connection of its own, says so again. What is no ledger, or one of a newer
 * version, or in other hands, is refused as by ledger_open() and stays where
 * it is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/ledger_writer.h"
#include "store/verify.h"

enum { LEDGER_DAMAGED_KEPT = 3 }; /* the oldest of more is removed */

/*
 * Whether a failure of the ledger's writer is a reason to look at the whole of
 * it: SQLite found damage, or a row that can only be in the way of a new one
 * where something is wrong.
 */
bool ledger_is_suspect(const struct failure *why);

/* Such a row: somebody else has put it there, unless the file is damaged. */
bool ledger_is_in_conflict(const struct failure *why);

/* Whether it is in the way of a beginning that another program reads or writes the file just now.
 */
bool ledger_is_locked(const struct failure *why);

/* A ledger that is written. Starts as {0}. */
struct ledger_begun {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct text kept;      /* where the damaged one is now; empty: there was none */
    struct failure damage; /* then: what was wrong with it */

    /* Filled by ledger_begun_end(): the newest seal of the run, to be published. */
    bool sealed;
    struct verify_anchor seal;
    int64_t sealed_until;
    char ledger_id[SEAL_LEDGER_ID + 1];
};

/*
 * Opens the ledger at `path` for writing, and begins a run in it. With
 * `suspect`, because a commit failed, all of it is looked through first, which
 * for a large one takes minutes. Fails as ledger_open() and
 * ledger_writer_open() do; also where a damaged ledger cannot be moved aside,
 * which the text then says.
 *
 * A damaged ledger keeps its name with ".damaged-" and the time behind it, and
 * so do the files that SQLite has beside it. The new one names it in `meta`
 * (earlier_ledger), and says until when it had samples, as far as that can
 * still be read (earlier_last_sample_at; 0: not at all): the time from there on
 * is not covered.
 */
bool ledger_begin(struct ledger_begun *begun, const char *path, const struct ledger_run *run,
                  bool suspect, struct failure *why) NODISCARD;

/* Ends the run with `reason`, closes and frees what there is. Harmless twice. */
bool ledger_begun_end(struct ledger_begun *begun, enum ledger_gap reason,
                      struct failure *why) NODISCARD;
