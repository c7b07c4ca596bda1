/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A ledger that is taken away: a ZIP file with a copy of the ledger, what the
 * machine was and what was watched (manifest.json), and the hashes of all of
 * it (SHA256SUMS, as sha256sum --check reads it).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "reportcli/verify_given.h"
#include "store/ledger.h"

struct evidence {
    const char *copy;                 /* path of the copy that ledger_copy.h has made */
    const char *source;               /* path of the ledger that it is a copy of */
    bool command_lines;               /* they are in it */
    int64_t made_at;                  /* now */
    int64_t commit;                   /* milliseconds, as in struct command_ledger */
    const struct verify_given *given; /* what the copy is held against */
};

/* What the copy was found to be, as the manifest tells it. */
struct evidence_verdict {
    enum verify_status status;
    struct text finding; /* the caller clears it, also after a failure */
};

/*
 * Makes the ZIP file at `path`, where nothing is yet, and fills *verdict, which is {0} before.
 * Where it fails nothing is there after it.
 */
bool evidence_write(const struct evidence *evidence, const char *path,
                    struct evidence_verdict *verdict, struct failure *why) NODISCARD;
