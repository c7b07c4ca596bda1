/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The log beside a ledger ("-wal"). SQLite empties it after commits, unless
 * somebody reads on in a state of long ago: our own readers never do that for
 * more than a moment, a program of others may.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"

/* Bytes from which on something is in the way. In good days it has a few MiB. */
enum { LEDGER_LOG_BOUND = 32 << 20 };

/*
 * For the writer, after a commit: where the log has reached the bound, tries
 * to empty it, without waiting for anybody. *held says whether a reader keeps
 * it from that.
 */
bool ledger_tend_log(struct ledger *ledger, bool *held, struct failure *why) NODISCARD;
