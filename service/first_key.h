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
