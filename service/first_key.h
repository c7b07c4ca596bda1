/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The first key of a ledger's seals, for whoever installs the service: it is
 * shown once, and kept elsewhere it proves that the ledger was not changed.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"

/*
 * Makes the ledger at `path` where there is none, its folder, and the key of
 * its seals. Appends the line that is to be shown, and how to keep it. Appends
 * nothing where the ledger has a key already: that was shown before.
 */
bool first_key_make(const char *path, struct text *out, struct failure *why) NODISCARD;

/*
 * A chain of keys that the service begins by itself (a ledger in place of a damaged one, a key
 * that was lost, a service that nobody installed by hand) is shown to nobody. Its first key waits
 * in "LEDGER.first-key", for administrators and the service only, until it is taken away: for as
 * long, whoever takes the machine over has it. One that waits already stays.
 */
bool first_key_keep(const char *path, const char *line, struct failure *why) NODISCARD;

/* Appends the lines that wait, each with its end; nothing where there are none. */
bool first_key_read(const char *path, struct text *lines, struct failure *why) NODISCARD;

/* Overwrites and removes what waits, once it was shown. */
bool first_key_forget(const char *path, struct failure *why) NODISCARD;
