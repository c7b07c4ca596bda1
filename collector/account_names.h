/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Finds the names of accounts in the background: a domain controller may be
 * far away, or not there. Each account is one object for all of its processes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/account.h"

struct account_names;

/* Starts the thread. */
bool account_names_open(struct account_names **out, struct failure *why) NODISCARD;

/*
 * The account with this id, with a reference for the caller; its name is being
 * looked up, or known already. NULL where memory ran out. One thread calls.
 */
const struct account *account_names_find(struct account_names *names, const char *id,
                                         struct failure *why) NODISCARD;

/* Waits until no name is being looked up any more, at most `milliseconds`. True where that is so.
 */
bool account_names_wait(struct account_names *names, int64_t milliseconds);

/* Like image_reader_close(). Does nothing for NULL. */
void account_names_close(struct account_names *names);

/*
 * The seam: asks the system (account_lookup_win32.c: LookupAccountSidW;
 * account_lookup_linux.c: getpwuid_r). May take as long as it wants. Appends
 * the name; false where there is none.
 */
bool account_lookup(const char *id, struct text *name);
