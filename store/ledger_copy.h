/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A copy of a ledger, made while the ledger goes on: one file of one moment,
 * with no log beside it, that anybody's SQLite can read.
 *
 * It is made in steps. Between two of them no lock is held on the ledger, so a
 * copy of any size never holds back the log of the service that writes it.
 * What the owner of a `struct ledger` writes through it meanwhile goes into
 * the copy, too; what another process writes makes the copy begin anew.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"

struct ledger_copy;

enum ledger_copy_content {
    LEDGER_COPY_WHOLE,                /* page by page as the ledger is */
    LEDGER_COPY_NO_COMMAND_LINES,     /* without those, and packed anew: nothing of them, and of
                                         what was deleted earlier, is left in any free space. It
                                         cannot be verified: `meta` says so */
    LEDGER_COPY_HASHED_COMMAND_LINES, /* the same with their hashes, by which it can be verified */
};

/*
 * Begins a copy to `path`, where nothing is yet (FAILURE_USAGE). The file that
 * is made is private to whoever makes it. A second one, `path` with "-part"
 * behind it, is there for the time of making where the content asks for it.
 * The ledger outlives *out, and is not closed or read by others' calls on the
 * same handle that would open it anew. The caller closes *out.
 */
bool ledger_copy_open(struct ledger_copy **out, struct ledger *ledger, const char *path,
                      enum ledger_copy_content content, struct failure *why) NODISCARD;

/*
 * Of a copy with hashed command lines: only those for which `holds_secret` is
 * true are taken out, and the others stay. To be called before the end.
 */
typedef bool ledger_copy_secret_fn(const char *command_line);
void ledger_copy_keep_harmless(struct ledger_copy *copy, ledger_copy_secret_fn *holds_secret);

/*
 * From now on steps and the end fail, soon, once *stop is true, which another
 * thread or a signal may make it. It outlives the copy.
 */
void ledger_copy_stop_by(struct ledger_copy *copy, const atomic_bool *stop);

/* Command lines that were taken out, after the end, of those with hashes. */
int64_t ledger_copy_withheld(const struct ledger_copy *copy);

/*
 * Copies for about so many milliseconds; *done says whether that was the last
 * step. FAILURE_BUSY: another process writes faster than its ledger can be
 * copied.
 */
bool ledger_copy_step(struct ledger_copy *copy, int64_t milliseconds, bool *done,
                      struct failure *why) NODISCARD;

/* How many of how many pages are copied. Both are 0 before the first step. */
void ledger_copy_progress(const struct ledger_copy *copy, int64_t *pages, int64_t *of);

/*
 * After the last step: takes out what is to be left out, and closes the file.
 * Does not touch the ledger, and may be called in another thread. Without it,
 * or where it fails, there is no file in the end.
 */
bool ledger_copy_finish(struct ledger_copy *copy, struct failure *why) NODISCARD;

/* Frees, and removes what was not finished. Does nothing for NULL. */
void ledger_copy_close(struct ledger_copy *copy);
