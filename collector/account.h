/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whose process it is. The id comes with the process; the name may have to be
 * asked of another machine and comes later: published once, by the thread that
 * found it. Accounts are shared: whoever keeps one holds a reference, from any
 * thread.
 */

#include <stdbool.h>

#include "base/compiler.h"

struct account {
    const char *id; /* a SID as in S-1-5-18, or a user id as in 1000; never NULL */
};

/* With one reference. NULL where memory ran out. */
const struct account *account_make(const char *id) NODISCARD;
const struct account *account_hold(const struct account *account);

/* Does nothing for NULL. */
void account_release(const struct account *account);

/* "DOMAIN\\name" or "name", UTF-8; NULL where it is not known (yet), and for NULL. */
const char *account_name(const struct account *account);

/* False while nobody has looked the name up. */
bool account_is_settled(const struct account *account);

/*
 * Says what was found; NULL: there is no name. Once per account; a second call
 * does nothing. False where memory ran out: then there is no name.
 */
bool account_publish(const struct account *account, const char *name);
