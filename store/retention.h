/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keeps a ledger within its limits, in small steps between samples.
 *
 * By age: what ended longer ago than `keep` goes, whole intervals in the order
 * of recording, then processes and modules, then what nothing refers to any
 * more. Age is told a sixteenth of `keep` at a time, and a day at the most.
 *
 * By size: while the pages in use are more than `max_size`, the application
 * with the most intervals loses its oldest ones, batch by batch. So the large
 * ones become smaller until all that still lose something have about equally
 * many, and an application with fewer than those loses nothing. A sixty-fourth
 * of the limit is freed at once. Where intervals are less than a quarter of
 * the limit, processes that have ended go instead, the oldest first, and then
 * the oldest profile rows. Open intervals and running processes always stay.
 *
 * Some ten thousand intervals at once are added to the daily profile
 * (profile_fold.h), in one transaction with a row of the table `dropped` that
 * says which ones they are. From there on they count as dropped, and are
 * deleted in small steps; after a crash that goes on. So each one is in exactly
 * one profile. These transactions need not be durable: a power cut undoes the
 * newest of them, whole.
 *
 * A step looks at a bounded number of rows, and changes as many as took about
 * 20 ms last time. Space is given back to the system but for some pages that
 * the writer will need soon. Nothing is begun while a reader keeps the
 * write-ahead log from being emptied.
 *
 * Belongs to the thread of the ledger's writer, and is not called inside of a
 * transaction.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"

struct retention;

struct retention_limits {
    int64_t keep;         /* milliseconds */
    int64_t max_size;     /* bytes of the main file */
    int64_t keep_profile; /* milliseconds */
};

/* The ledger was opened for writing and outlives *out; the caller closes it. */
bool retention_open(struct retention **out, struct ledger *ledger,
                    const struct retention_limits *limits, struct failure *why) NODISCARD;
void retention_close(struct retention *retention);

/* From now on. */
void retention_set_limits(struct retention *retention, const struct retention_limits *limits);

/*
 * Works for about `budget` milliseconds, one step at least. `now` is the wall
 * clock. *more: there is more to do, and it need not be waited for. On failure
 * the step that failed was undone, and the next call tries again.
 */
bool retention_work(struct retention *retention, int64_t now, int64_t budget, bool *more,
                    struct failure *why) NODISCARD;

/* Milliseconds for which a step has held the write lock: the longest so far. */
int64_t retention_longest_lock(const struct retention *retention);
